import LakeBytes
import LakeCore
import LakeShard

/// A shard written anew without the rows that a purge takes out, and how deletions of the one are deletions of the other.
struct PurgedShard {
    /// The shard as it was.
    let old: ShardEntry
    /// The rows of it that are in no file afterwards.
    let gone: Bitmap
    /// The shard as it will be; nil when no row is left.
    let new: NewShard?
    /// Positions of the rows that stay.
    private let staying: [Int32]

    /// Writes the shard with the schema, the tags and the order of rows that it has.
    /// - Throws: `LakeError` (failed) when the rows that were written are not those that should stay.
    init(_ old: ShardEntry, without gone: Bitmap, in table: TableDirectory) throws {
        self.old = old
        self.gone = gone
        var rest = Bitmap(count: old.rows, filled: true)
        rest.subtract(gone)
        staying = rest.positions
        guard !staying.isEmpty else {
            new = nil
            return
        }
        let path = table.shardPath(old.file)
        let reader = try ShardReader(path: path, store: table.store)
        let schema = try reader.schema().stored
        var vector = DeletionVector(rows: old.rows)
        vector.delete(gone)
        let writer = TableWriter(table: table, schema: schema, tags: old.tags)
        do {
            try writer.append(ShardRows(reader, schema: schema, deleted: vector))
            let written = try writer.finish()
            guard written.count == 1, written[0].rows == staying.count else {
                throw LakeError(
                    .failed, "\(written.count) shards were written in the place of one", at: .init(file: path))
            }
            new = written[0]
            try PurgedShard.check(written[0], reader, schema, staying, table)
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// Reads what was written: the rows that stay, each and in order, and a shard that has nothing but these in its dictionaries,
    /// statistics and indexes.
    private static func check(
        _ shard: NewShard, _ before: ShardReader, _ schema: Schema, _ staying: [Int32], _ table: TableDirectory
    ) throws {
        let after = try ShardReader(path: table.shardPath(shard.file), store: table.store)
        let (expected, found) = (try hashes(before, schema), try hashes(after, schema))
        let isSame = found.count == staying.count && zip(found, staying).allSatisfy { $0 == expected[Int($1)] }
        guard isSame, after.check(limit: 1).isEmpty else {
            throw LakeError(
                .failed, "the rows that were written are not those that were to stay",
                at: .init(file: table.shardPath(shard.file)),
                hint: "the table is as it was; run 'alphalake validate', and report this as a fault of alphalake")
        }
    }

    private static func hashes(_ reader: ShardReader, _ schema: Schema) throws -> [UInt64] {
        var all: [UInt64] = []
        try ShardRows(reader, schema: schema, deleted: nil).hashes { _, hashes in all += hashes }
        return all
    }

    /// The shard as a version lists it once it is purged; nil when no row is left there.
    /// - Parameter entry: how the version lists it now.
    func entry(for entry: ShardEntry, deletion: DeletionEntry?, deleted: Int) -> ShardEntry? {
        guard let new, deleted < new.rows else { return nil }
        var entry = ShardEntry(id: entry.id, new)
        entry.deletion = deletion?.released
        return entry
    }

    /// The deleted rows that stay, by their positions in the new shard.
    func deletions(_ before: DeletionVector?) -> DeletionVector {
        var after = DeletionVector(rows: staying.count)
        guard let before else { return after }
        var bits = Bitmap(count: staying.count)
        for (place, row) in staying.enumerated() where before.deleted[Int(row)] { bits[place] = true }
        after.delete(bits)
        return after
    }
}
