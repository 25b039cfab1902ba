import LakeBytes
import LakeCore
import LakeShard

/// The rows of a shard as its table's schema sees them, without those that are deleted.
public struct ShardRows: Sendable {
    let reader: ShardReader
    let schema: Schema
    /// Rows that are not deleted.
    public let count: Int
    private let deleted: DeletionVector?
    /// Per field of the schema the shard's, nil for one that came later.
    let shardFields: [Int?]
    private let plan: NodePlan

    /// Opens a shard of a version.
    /// - Parameter schema: a wider one than the version's.
    /// - Throws: `LakeError`: missing or corrupt for the shard or its deletions.
    public init(_ shard: ShardEntry, of snapshot: Snapshot, as schema: Schema? = nil) throws {
        let reader = try ShardReader(
            try snapshot.map(shard).view, path: snapshot.path(of: shard), companions: snapshot.companions(of: shard))
        guard reader.rowCount == shard.rows else {
            throw LakeError(
                .corrupt, "a shard of \(reader.rowCount) rows; the manifest says \(shard.rows)",
                at: .init(file: reader.path))
        }
        self.init(reader, schema: schema ?? snapshot.schema, deleted: try snapshot.table.deletions(of: shard))
    }

    init(_ reader: ShardReader, schema: Schema, deleted: DeletionVector?) {
        self.reader = reader
        self.schema = schema.stored
        self.deleted = deleted
        count = reader.rowCount - (deleted?.count ?? 0)
        shardFields = self.schema.fields.map { reader.field(id: $0.id) }
        plan = NodePlan(self.schema)
    }

    /// Chunks of the shard.
    public var chunkCount: Int { reader.chunkCount }

    /// The rows of a chunk that are not deleted; nil for all of them.
    func live(_ chunk: Int) -> [Int32]? {
        guard let gone = deleted?.rows(ofChunk: chunk) else { return nil }
        var live = Bitmap(count: gone.count, filled: true)
        live.subtract(gone)
        return live.positions
    }

    /// A field of a chunk's rows.
    /// - Parameter live: the rows to take; nil for all of them.
    func column(_ field: Int, chunk: Int, at live: [Int32]?) throws -> ColumnVector {
        guard let shardField = shardFields[field] else {
            return .nulls(live?.count ?? reader.rows(ofChunk: chunk), of: schema.fields[field].type)
        }
        let vector = try widened(try reader.vector(field: shardField, chunk: chunk), field)
        return live.map { vector.picking($0) } ?? vector
    }

    /// The rows of a chunk that are not deleted, all columns; nil when there are none.
    /// - Parameter workers: threads that read columns side by side.
    public func batch(_ chunk: Int, workers: Int = 1) throws -> Batch? {
        let live = live(chunk)
        let count = live?.count ?? reader.rows(ofChunk: chunk)
        guard count > 0 else { return nil }
        let columns = try parallelMap(count: schema.fields.count, workers: workers, alone: .microseconds(200)) {
            try column($0, chunk: chunk, at: live)
        }
        return Batch(count: count, columns: columns)
    }

    /// Some fields of a chunk's rows that are not deleted, and where these rows stand in it; nil for all of its rows.
    public func columns(_ fields: [Int], chunk: Int) throws -> (columns: [ColumnVector], rows: [Int32]?) {
        let live = live(chunk)
        return (try fields.map { try column($0, chunk: chunk, at: live) }, live)
    }

    private func widened(_ vector: ColumnVector, _ field: Int) throws -> ColumnVector {
        guard let shardField = shardFields[field] else { return vector }
        return try locating(.init(file: reader.path, column: schema.fields[field].name)) {
            try vector.widened(from: try reader.type(ofField: shardField), to: schema.fields[field].type)
        }
    }

    // MARK: Keys

    /// Whether the shard keeps all key groups of the schema.
    var isKeyed: Bool {
        !schema.keyGroups.isEmpty && reader.groups.count == schema.keyGroups.count
            && !reader.groups.contains(where: \.isAbsent)
    }

    /// The keys of all groups, and which of them rows have that are not deleted (nil: all). Only for `isKeyed`.
    func keys() throws -> [(table: KeyTable, live: Bitmap?)] {
        try reader.groups.indices.map { group in
            let columns = try plan.groupFields[group].map { try keys($0, group: group) }
            let parents = reader.groups[group].parent == nil ? nil : try reader.groups[group].parents()
            let table = KeyTable(count: reader.groups[group].keyCount, columns: columns, parents: parents)
            return (table, try liveKeys(group))
        }
    }

    func keys(_ field: Int, group: Int) throws -> ColumnVector {
        guard let shardField = shardFields[field] else {
            return .nulls(reader.groups[group].keyCount, of: schema.fields[field].type)
        }
        return try widened(try reader.keys(ofField: shardField, group: group), field)
    }

    private func liveKeys(_ group: Int) throws -> Bitmap? {
        guard deleted != nil else { return nil }
        var keys = Bitmap(count: reader.groups[group].keyCount)
        for chunk in 0..<chunkCount {
            for key in try codes(group, chunk: chunk, at: live(chunk)) { keys[Int(key)] = true }
        }
        return keys
    }

    /// The keys of a chunk's rows.
    func codes(_ group: Int, chunk: Int, at live: [Int32]?) throws -> [UInt32] {
        var codes: [UInt32] = []
        try reader.groups[group].codes(chunk: chunk, into: &codes)
        return live.map { Aggregation.pick(codes, at: $0) } ?? codes
    }

    /// The columns of a chunk's rows that stand in no group.
    func ungrouped(_ chunk: Int, at live: [Int32]?) throws -> [ColumnVector] {
        try plan.ungroupedFields(of: schema).map { try column($0, chunk: chunk, at: live) }
    }

    // MARK: Digest

    /// A hash per row of a batch that has all columns of the schema.
    func hashes(of batch: Batch) -> [UInt64] {
        var hashes = [UInt64](repeating: 0, count: batch.count)
        for (column, field) in zip(batch.columns, schema.fields) {
            ContentHash.add(ContentHash.shares(column, field: field.id), to: &hashes)
        }
        return hashes
    }

    /// What the rows are, whatever their order and encoding.
    /// - Parameter workers: threads that read chunks side by side.
    public func digest(workers: Int = 1) throws -> ContentDigest {
        let parts = max(1, min(workers, chunkCount))
        let hasher = try RowHasher(self)
        return try parallelMap(count: parts, workers: parts) { part in
            var (own, digest) = (hasher, ContentDigest())
            for chunk in (chunkCount * part / parts)..<(chunkCount * (part + 1) / parts) {
                digest.add(try own.hashes(chunk), at: live(chunk))
            }
            return digest
        }.reduce(ContentDigest(), +)
    }

    /// The hash of each row of the shard, deleted ones among them, chunk by chunk.
    func hashes(_ body: (_ chunk: Int, _ hashes: [UInt64]) throws -> Void) throws {
        var hasher = try RowHasher(self)
        for chunk in 0..<chunkCount { try body(chunk, hasher.hashes(chunk)) }
    }
}

extension Snapshot {
    /// What the rows of the version are, whatever their order and shards (FORMAT.md, Content digest).
    /// - Parameter progress: told the rows done so far, from several threads.
    public func contentDigest(
        workers: Int? = nil, progress: @escaping @Sendable (_ rows: Int) -> Void = { _ in }
    ) throws -> ContentDigest {
        try parallelMap(count: shards.count, workers: workers) { index in
            let rows = try ShardRows(shards[index], of: self)
            let digest = try rows.digest()
            progress(rows.count)
            return digest
        }.reduce(ContentDigest(), +)
    }
}
