import LakeBytes
import LakeCore

/// The full list of one table version.
public struct Manifest: Equatable, Sendable {
    /// The version's number, from 1.
    public let version: Int
    /// Identifies the version's file, and through the parents' digests everything before it.
    public let digest: Digest
    /// The same in every version of the table.
    public let tableID: String
    /// The id of the commit that made the version.
    public let transaction: String
    /// What kind of commit that was.
    public let operation: Operation
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let timestamp: Int64
    /// The columns as of this version.
    public let schema: Schema
    /// In the order of their ids.
    public let shards: [ShardEntry]
    /// The id that the next shard gets.
    public let nextShardID: Int
    /// The id that the next field gets.
    public let nextFieldID: Int
    /// The surrogate key that the next row gets; nil in tables that never had a column of them.
    public let nextKey: Int?
    /// The digests of the files in whose place the version's file was put.
    let replaces: [Digest]

    /// Rows in all shards, less those that are deleted.
    public var rows: Int { shards.reduce(0) { $0 &+ $1.liveRows } }

    /// Bytes of all files of its shards.
    public var bytes: Int { shards.reduce(0) { $0 &+ $1.storedBytes } }

    /// The shards whose tag `key` is `value`.
    public func shards(tagged key: String, _ value: String) -> [ShardEntry] {
        shards.filter { $0.tags[key] == value }
    }

    /// Whether the version has all of some shards by their files: after a commit with a transaction that another writer may have
    /// made too, whose it was.
    public func lists(_ shards: [NewShard]) -> Bool {
        let files = Set(self.shards.map(\.file))
        return shards.allSatisfy { files.contains($0.file) }
    }

    /// Whether the version has all of some companions.
    public func lists(_ companions: [CompanionEntry]) -> Bool {
        let files = Set(shards.flatMap { $0.companions.map(\.file) })
        return companions.allSatisfy { files.contains($0.file) }
    }

    /// Whether the version has all of some files of deletions.
    public func lists(_ deletions: [DeletionEntry]) -> Bool {
        let files = Set(shards.compactMap { $0.deletion?.file })
        return deletions.allSatisfy { files.contains($0.file) }
    }

    init(_ record: VersionRecord, _ digest: Digest, _ schema: Schema, _ shards: [ShardEntry]) {
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
        nextKey = record.nextKey
        replaces = record.replaces ?? []
    }

    /// The version that a tag holds.
    init(_ tag: Tag) {
        version = tag.version
        digest = tag.versionDigest
        tableID = tag.tableID
        transaction = tag.transaction
        operation = tag.operation
        timestamp = tag.timestamp
        schema = tag.state.schema
        shards = tag.state.shards
        nextShardID = tag.nextShardID
        nextFieldID = tag.nextFieldID
        nextKey = tag.nextKey
        replaces = []
    }

    /// Whether this is the version that a tag holds, or what was put in its place: that may have other files, as a purge that was
    /// cut short and run again gives the version and the tag files of their own.
    func isSame(as tagged: Manifest) -> Bool {
        ([digest] + replaces).contains(tagged.digest) && tableID == tagged.tableID && transaction == tagged.transaction
            && operation == tagged.operation && timestamp == tagged.timestamp && schema == tagged.schema
            && (shards == tagged.shards || !replaces.isEmpty)
            && nextShardID == tagged.nextShardID && nextFieldID == tagged.nextFieldID
            && nextKey == tagged.nextKey
    }
}
