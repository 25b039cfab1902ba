import LakeBytes
import LakeCore
import LakeShard

/// Writes a companion: further columns for the rows of one shard, in their order, deleted ones among them. Nothing of it is in the
/// table until it is committed; vacuum leaves it alone while the writer or what it has finished lives.
///
/// Used by one thread at a time.
public final class CompanionWriter {
    private let table: TableDirectory
    private let shard: ShardEntry
    private let schema: Schema
    private let (writer, file, hold): (ShardWriter, String, FileHold)

    /// Rows written.
    public var rows: Int { writer.rows }

    /// - Parameters:
    ///   - fields: the new columns, with ids that the table has yet to give.
    public init(
        table: TableDirectory, shard: ShardEntry, fields: [Field], options: ShardOptions = ShardOptions()
    ) throws {
        self.table = table
        self.shard = shard
        schema = try Schema(fields: fields).stored
        (writer, file, hold) = try table.newShardFile(schema, options)
    }

    /// Appends rows that have the columns in order.
    public func append(_ batch: Batch) throws {
        guard batch.count <= shard.rows - rows else {
            throw LakeError(
                .failed, "\(rows + batch.count) rows for a shard of \(shard.rows)", at: .init(table: table.name))
        }
        try writer.append(batch, 0..<batch.count)
    }

    /// Closes the file, synced, for `TableChange`.
    /// - Throws: `LakeError` (failed) when the shard has more rows.
    public func finish() throws -> CompanionEntry {
        guard rows == shard.rows else {
            throw LakeError(.failed, "\(rows) rows for a shard of \(shard.rows)", at: .init(table: table.name))
        }
        let summary = try writer.finish()
        return CompanionEntry(
            file: file, bytes: Int(summary.bytes), digest: summary.digest, fields: schema.fields.map(\.id).sorted()
        ).holding(hold)
    }

    /// Removes the file. For a writer whose companion is not going to be committed.
    public func abandon() { try? table.store.remove(table.shardPath(file)) }
}

extension TableDirectory {
    /// A new file in `shards/`, which vacuum leaves alone.
    func newShardFile(_ schema: Schema, _ options: ShardOptions) throws -> (ShardWriter, String, FileHold) {
        for _ in 0..<100 {
            let file = newShardName()
            let path = shardPath(file)
            let writer = try ShardWriter(schema: schema, path: path, store: store, options: options)
            // A vacuum may take the file between making and locking it.
            guard let lease = try heldFile(path, store) else { continue }
            return (writer, file, FileHold(lease))
        }
        throw LakeError(
            .conflict, "new files vanish as fast as they are made", at: .init(file: shardsPath), hint: "try again")
    }
}
