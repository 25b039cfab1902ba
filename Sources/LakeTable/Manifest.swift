import LakeBytes
import LakeCore

/// The full list of one table version.
public struct Manifest: Equatable, Sendable {
    public let version: Int
    /// Identifies the version's file, and through the parents' digests everything before it.
    public let digest: Digest
    public let tableID: String
    public let transaction: String
    public let operation: Operation
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let timestamp: Int64
    public let schema: Schema
    /// In the order of their ids.
    public let shards: [ShardEntry]
    /// The id that the next shard gets.
    public let nextShardID: Int
    /// The id that the next field gets.
    public let nextFieldID: Int

    /// Rows in all shards.
    public var rows: Int { shards.reduce(0) { $0 &+ $1.rows } }

    /// Bytes of all shard files.
    public var bytes: Int { shards.reduce(0) { $0 &+ $1.bytes } }

    /// The shards whose tag `key` is `value`.
    public func shards(tagged key: String, _ value: String) -> [ShardEntry] {
        shards.filter { $0.tags[key] == value }
    }

    /// The manifest that a checkpoint holds, nil for other records.
    init?(checkpoint record: VersionRecord, digest: Digest) {
        guard let state = record.checkpoint else { return nil }
        self.init(record, digest, state.schema, state.shards)
    }

    /// The manifest after `record`, which follows `parent` (nil for version 1).
    /// - Throws: `LakeError` (corrupt) when it does not follow.
    init(applying record: VersionRecord, digest: Digest, to parent: Manifest?, path: String) throws(LakeError) {
        func refuse(_ message: String) -> LakeError {
            LakeError(
                .corrupt, message, at: .init(file: path),
                hint: "'alphalake validate' names everything that is damaged; restore this file from a copy")
        }
        guard record.version == (parent?.version ?? 0) + 1, record.parent == parent?.digest else {
            throw refuse("its parent is \(record.parent?.hex ?? "none"), which is not the digest of the version before")
        }
        guard parent == nil || parent?.tableID == record.tableID else { throw refuse("it belongs to another table") }
        guard record.nextShardID >= parent?.nextShardID ?? 1, record.nextFieldID >= parent?.nextFieldID ?? 1 else {
            throw refuse("its counters of ids are below those of the version before")
        }
        guard record.timestamp >= parent?.timestamp ?? 0 else { throw refuse("it is older than the version before") }
        guard let schema = record.schema ?? parent?.schema else { throw refuse("it has no schema") }
        var shards = parent?.shards ?? []
        let removed = Set(record.removed)
        if !removed.isEmpty {
            shards.removeAll { removed.contains($0.id) }
            guard shards.count == (parent?.shards.count ?? 0) - removed.count else {
                throw refuse("it removes a shard that the version before does not have")
            }
        }
        if let first = record.added.first, first.id < parent?.nextShardID ?? 1 {
            throw refuse("it gives the id \(first.id) a second time")
        }
        shards += record.added
        if !record.added.isEmpty, Set(shards.map(\.file)).count != shards.count {
            throw refuse("it adds a file that the table has already")
        }
        self.init(record, digest, schema, shards)
        if let state = record.checkpoint, state.schema != schema || state.shards != shards {
            throw refuse("the checkpoint is not what the versions before it add up to")
        }
        guard VersionRecord.Summary(of: record, shards, before: parent) == record.summary else {
            throw refuse("its summary is not what its shards add up to")
        }
    }

    private init(_ record: VersionRecord, _ digest: Digest, _ schema: Schema, _ shards: [ShardEntry]) {
        version = record.version
        self.digest = digest
        tableID = record.tableID
        transaction = record.transaction
        operation = record.operation
        timestamp = record.timestamp
        self.schema = schema
        self.shards = shards
        nextShardID = record.nextShardID
        nextFieldID = record.nextFieldID
    }
}

extension VersionRecord.Summary {
    /// The summary of a version that has `shards` after `parent`.
    init(of record: VersionRecord, _ shards: [ShardEntry], before parent: Manifest?) {
        let rows = shards.reduce(0) { $0 &+ $1.rows }
        let rowsAdded = record.added.reduce(0) { $0 &+ $1.rows }
        self.init(
            rows: rows, bytes: shards.reduce(0) { $0 &+ $1.bytes }, shards: shards.count, rowsAdded: rowsAdded,
            rowsRemoved: (parent?.rows ?? 0) &+ rowsAdded &- rows, shardsAdded: record.added.count,
            shardsRemoved: record.removed.count)
    }
}
