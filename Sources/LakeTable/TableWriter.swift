import LakeBytes
import LakeCore
import LakeShard

/// Writes rows as shards of a table. Nothing of them is in the table until the shards are committed; a writer that is
/// given up removes its files, and vacuum leaves them alone while the writer or what it has finished lives.
///
/// Used by one thread at a time; several writers of one table may run side by side.
public final class TableWriter {
    /// A shard is closed when its file reaches this size, or its keys take a quarter of `ShardOptions.memory`.
    public static let shardBytes: UInt64 = 1 << 30

    private let table: TableDirectory
    private let schema: Schema
    private let options: ShardOptions
    private let tags: [String: String]
    private var current: (writer: ShardWriter, file: String, isFactored: Bool, hold: FileHold)?
    private var finished: [NewShard] = []

    /// - Parameters:
    ///   - schema: what the shards are written with: the table's schema, or a wider one that is committed with them.
    ///   - tags: recorded with each shard in the manifest, such as the wave it holds.
    public init(
        table: TableDirectory, schema: Schema, options: ShardOptions = ShardOptions(), tags: [String: String] = [:]
    ) {
        self.table = table
        self.schema = schema.stored
        self.options = options
        self.tags = tags
    }

    /// Appends rows that have the schema's columns in order.
    public func append(_ batch: Batch) throws {
        try split(batch.count, isFactored: false) { writer, range in try writer.append(batch, range) }
    }

    /// Appends rows that are factored into the schema's key groups already.
    public func append(_ rows: KeyedRows) throws {
        try split(rows.count, isFactored: true) { writer, range in try writer.append(rows, range) }
    }

    /// Appends the rows of another shard that are not deleted. What its key groups know is copied once per key.
    public func append(_ source: ShardRows) throws {
        guard source.count > 0 else { return }
        // All in one shard: each of its keys has rows there.
        let writer = try writer(isFactored: false, room: source.count)
        let codes = source.isKeyed && options.keyGroups ? try writer.adopt(try source.keys()) : nil
        for chunk in 0..<source.chunkCount {
            try Cancellation.checkCurrent()
            guard let codes else {
                guard let batch = try source.batch(chunk, workers: options.workers) else { continue }
                try writer.append(batch, 0..<batch.count)
                continue
            }
            let live = source.live(chunk)
            let count = live?.count ?? source.reader.rows(ofChunk: chunk)
            guard count > 0 else { continue }
            let own = try codes.indices.map { group in
                Aggregation.gather(codes[group], try source.codes(group, chunk: chunk, at: live))
            }
            try writer.append(codes: own, columns: try source.ungrouped(chunk, at: live), 0..<count)
        }
    }

    /// Appends rows whose keys are known beforehand, all to one shard, piece by piece: memory holds the keys and a piece.
    /// - Parameters:
    ///   - count: rows in all pieces together, at most `ShardFormat.maximumRows`.
    ///   - keys: per key group of the schema its keys, and which of them have rows (nil: all).
    ///   - pieces: hands them over: per key group the position in `keys` of each row's key, and the columns that stand in no group.
    /// - Throws: `LakeError` (failed) when a column of a group does not depend on its key.
    public func append(
        _ count: Int, keys: [(table: KeyTable, live: Bitmap?)],
        _ pieces: (_ append: (_ codes: [[UInt32]], _ columns: [ColumnVector]) throws -> Void) throws -> Void
    ) throws {
        let writer = try writer(isFactored: false, room: count)
        guard let codes = try writer.adopt(keys) else {
            throw LakeError(.failed, "a column of a key group does not depend on its key", at: .init(table: table.name))
        }
        try pieces { rows, columns in
            let own = zip(codes, rows).map { Aggregation.gather($0, $1) }
            try writer.append(codes: own, columns: columns, 0..<(rows.first?.count ?? 0))
        }
    }

    private func split(_ count: Int, isFactored: Bool, _ body: (ShardWriter, Range<Int>) throws -> Void) throws {
        var start = 0
        while start < count {
            let writer = try writer(isFactored: isFactored)
            let end = min(count, start + writer.room)
            try body(writer, start..<end)
            start = end
        }
    }

    /// - Parameter room: rows that it must have room for.
    private func writer(isFactored: Bool, room: Int = 1) throws -> ShardWriter {
        if let current {
            let isFull =
                current.writer.room < room || current.writer.bytesWritten >= TableWriter.shardBytes
                || current.writer.heldBytes >= options.memory / 4
            if !isFull, current.isFactored == isFactored { return current.writer }
            try endShard()
        }
        let (writer, file, hold) = try table.newShardFile(schema, options)
        current = (writer, file, isFactored, hold)
        return writer
    }

    private func endShard() throws {
        guard let (writer, file, _, hold) = current else { return }
        let summary = try writer.finish()
        current = nil
        var shard = NewShard(
            file: file, rows: summary.rows, bytes: Int(summary.bytes), digest: summary.digest, tags: tags)
        shard.hold = hold
        finished.append(shard)
    }

    /// Closes the last shard and returns all of them, finished and synced, for `TableChange`.
    public func finish() throws -> [NewShard] {
        try endShard()
        return finished
    }

    /// Removes the files written so far. For a writer whose shards are not going to be committed.
    public func abandon() {
        for file in finished.map(\.file) + [current?.file].compactMap({ $0 }) {
            // What cannot be removed is an orphan that validation reports and vacuum collects.
            try? table.store.remove(table.shardPath(file))
        }
        finished = []
        current = nil
    }
}
