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
    private(set) var new: NewShard?
    /// By the old companions' files.
    private(set) var companions: [String: CompanionEntry] = [:]
    /// Positions of the rows that stay.
    private let staying: [Int32]

    /// Writes the shard and its companions with the schemas, the tags and the order of rows that they have.
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
        var written: [NewShard] = []
        do {
            for file in old.files { try written.append(write(file.name, in: table)) }
        } catch {
            for shard in written { try? table.store.remove(table.shardPath(shard.file)) }
            throw error
        }
        new = written[0]
        for (companion, shard) in zip(old.companions, written.dropFirst()) {
            companions[companion.file] = CompanionEntry(
                file: shard.file, bytes: shard.bytes, digest: shard.digest, fields: companion.fields
            ).holding(shard.hold)
        }
    }

    /// Writes one of the shard's files anew.
    private func write(_ file: String, in table: TableDirectory) throws -> NewShard {
        let path = table.shardPath(file)
        let reader = try ShardReader(path: path, store: table.store)
        guard reader.rowCount == old.rows else {
            throw LakeError(
                .corrupt, "\(reader.rowCount) rows; the manifest says \(old.rows)", at: .init(file: path),
                hint: "run 'alphalake validate'")
        }
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
            try PurgedShard.check(written[0], reader, schema, staying, table)
            return written[0]
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// Lets others have the files that no version lists.
    func release() {
        new?.hold.release()
        for companion in companions.values { companion.release() }
    }

    /// Removes what was written.
    func discard(in table: TableDirectory) {
        guard let new else { return }
        try? table.store.remove(table.shardPath(new.file))
        table.discard(Array(companions.values))
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
        var mapped = ShardEntry(id: entry.id, new)
        mapped.deletion = deletion?.released
        mapped.companions = entry.companions.compactMap { companions[$0.file]?.released }
        return mapped
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
