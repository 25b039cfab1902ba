import LakeBytes
import LakeCore

/// A shard as its writer hands it to a commit: a finished, synced file in the table's `shards/`.
public struct NewShard: Hashable, Sendable {
    /// Name of the file in `shards/`.
    public var file: String
    /// Rows, 1 to 4,194,304.
    public var rows: Int
    /// Length of the file in bytes.
    public var bytes: Int
    /// XXH3-128 of the whole file.
    public var digest: Digest
    /// What the importer wants to find again, such as the waves in the shard and the digest of their source.
    public var tags: [String: String]
    /// Which of its rows are deleted, where an earlier version's shard comes back.
    var deletion: DeletionEntry?
    /// Its further columns, where an earlier version's shard comes back.
    var companions: [CompanionEntry] = []
    /// Keeps vacuum from the file until a version lists it.
    var hold = FileHold()

    /// A finished, synced file.
    public init(file: String, rows: Int, bytes: Int, digest: Digest, tags: [String: String] = [:]) {
        self.file = file
        self.rows = rows
        self.bytes = bytes
        self.digest = digest
        self.tags = tags
    }

    /// A shard of an earlier version that comes back.
    init(_ shard: ShardEntry) {
        self.init(file: shard.file, rows: shard.rows, bytes: shard.bytes, digest: shard.digest, tags: shard.tags)
        deletion = shard.deletion
        companions = shard.companions
    }
}

/// A shard of a table version, as the manifest lists it.
public struct ShardEntry: Hashable, Sendable, Codable {
    /// Given at commit and never reused in the table: the shard's part of a row id.
    public var id: Int
    /// Name of the file in `shards/`.
    public var file: String
    /// Rows, 1 to 4,194,304.
    public var rows: Int
    /// Length of the shard's own file in bytes; `storedBytes` has all.
    public var bytes: Int
    /// XXH3-128 of the whole file.
    public var digest: Digest
    /// Free-form, by the importer that wrote the shard.
    public var tags: [String: String]
    /// Files with further columns for the same rows.
    public var companions: [CompanionEntry]
    /// Which of its rows are deleted; nil when none is.
    public var deletion: DeletionEntry?

    /// Rows that are not deleted.
    public var liveRows: Int { rows &- (deletion?.rows ?? 0) }

    init(id: Int, _ shard: NewShard) {
        self.id = id
        file = shard.file
        rows = shard.rows
        bytes = shard.bytes
        digest = shard.digest
        tags = shard.tags
        companions = shard.companions.map(\.released)
        deletion = shard.deletion?.released
    }

    static let maximumRows = 4_194_304

    /// Whether both list the same file, whatever rows of it are deleted.
    func isSameFile(as other: ShardEntry) -> Bool {
        file == other.file && rows == other.rows && bytes == other.bytes && digest == other.digest
    }

    /// What keeps the entry from being valid, nil when it is.
    var fault: String? {
        var short: Substring { file.prefix(80) }
        if id < 1 { return "shard '\(short)' has the id \(id)" }
        if !Lake.isShardName(file) { return "'\(short)' cannot be a shard's file name" }
        if !(1...ShardEntry.maximumRows).contains(rows) { return "shard '\(short)' has \(rows) rows" }
        if !(1...(1 << 53)).contains(bytes) { return "shard '\(short)' has \(bytes) bytes" }
        if let fault = companionFault { return fault }
        if let fault = deletion?.fault(shardRows: rows) { return "shard '\(short)': \(fault)" }
        if tags.count > 64 || tags.contains(where: { $0.key.utf8.count > 256 || $0.value.utf8.count > 65_536 }) {
            return "shard '\(short)' has too many or too long tags (64 of 256 and 65536 bytes are allowed)"
        }
        return nil
    }
}
