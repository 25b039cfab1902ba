import LakeBytes
import LakeCore

/// What made a version. Names that a later program invents are kept as they are.
public struct Operation: RawRepresentable, Hashable, Sendable, Codable {
    /// The name, as in the file.
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// The first version of a table.
    public static let create = Operation(rawValue: "create")
    /// Shards were added.
    public static let append = Operation(rawValue: "append")
    /// Shards were removed and others added in their place.
    public static let replace = Operation(rawValue: "replace")
    /// The schema was widened.
    public static let widen = Operation(rawValue: "widen")
    /// Derived columns were declared or dropped.
    public static let derive = Operation(rawValue: "derive")
    /// Rows were deleted.
    public static let delete = Operation(rawValue: "delete")
    /// Rows were added, and those with the same keys deleted.
    public static let upsert = Operation(rawValue: "upsert")
    /// The rows of an earlier version came back.
    public static let restore = Operation(rawValue: "restore")
    /// Shards were written anew with the same rows.
    public static let compact = Operation(rawValue: "compact")
    /// Deleted rows were taken out of all files.
    public static let purge = Operation(rawValue: "purge")
    /// Columns were added.
    public static let addColumn = Operation(rawValue: "add-column")
    /// Columns were dropped.
    public static let dropColumn = Operation(rawValue: "drop-column")
    /// Surrogate keys were set aside for rows that are about to come.
    public static let reserveKeys = Operation(rawValue: "reserve-keys")
    /// A column was renamed.
    public static let renameColumn = Operation(rawValue: "rename-column")
}

/// The contents of one file `versions/N.json`: what the version changed, and at every 64th at least the whole table.
public struct VersionRecord: Equatable, Sendable, Codable {
    /// Sizes of the table after the version, and what the version changed.
    public struct Summary: Equatable, Sendable, Codable {
        /// Rows of the table after the version, less those that are deleted.
        public var rows: Int
        /// Bytes of all files of its shards.
        public var bytes: Int
        /// How many shards it has.
        public var shards: Int
        /// Rows in the shards that joined.
        public var rowsAdded: Int
        /// Rows in the shards that left, and rows that were deleted.
        public var rowsRemoved: Int
        /// Shards that joined.
        public var shardsAdded: Int
        /// Shards that left.
        public var shardsRemoved: Int

        enum CodingKeys: String, CodingKey {
            case rows, bytes, shards
            case rowsAdded = "rows_added"
            case rowsRemoved = "rows_removed"
            case shardsAdded = "shards_added"
            case shardsRemoved = "shards_removed"
        }
    }

    /// The whole table, in a checkpoint.
    public struct State: Equatable, Sendable, Codable {
        /// The schema in force.
        public var schema: Schema
        /// All shards, ascending by id.
        public var shards: [ShardEntry]
    }

    /// The rows of a shard that are deleted from this version on.
    public struct ShardDeletion: Equatable, Sendable, Codable {
        /// The shard's id.
        public var shard: Int
        /// All its deleted rows, those of earlier versions among them.
        public var deletion: DeletionEntry
    }

    /// Rows that a purge takes out of a shard of earlier versions.
    public struct PurgedRows: Equatable, Sendable, Codable {
        /// The shard's file.
        public var file: String
        /// Which of its rows.
        public var rows: DeletionEntry
    }

    /// A version whose number is a multiple of this is a checkpoint; any other may be one.
    public static let checkpointInterval = 64

    /// `Lake.format`.
    public var format: Int
    /// What a reader must know to read the table: `deletions` where rows of a shard are deleted, `companions` where a shard has some;
    /// and what a writer must: `surrogate-keys` where the table has ever given some.
    public var requiredFeatures: [String]
    /// The same in every version of a table, and in no other table.
    public var tableID: String
    /// From 1, without gaps.
    public var version: Int
    /// The digest of version `version - 1`; nil in version 1.
    public var parent: Digest?
    /// Chosen by the writer; tells whose commit won when the answer got lost.
    public var transaction: String
    /// What kind of change it was.
    public var operation: Operation
    /// Microseconds since 1970-01-01T00:00:00Z; never less than the parent's.
    public var timestamp: Int64
    /// Free-form, by the program that committed.
    public var details: [String: String]
    /// Above the id of every shard the table ever had.
    public var nextShardID: Int
    /// Above the id of every field the table ever had.
    public var nextFieldID: Int
    /// Above every surrogate key the table ever gave; nil in tables that never had a column of them.
    public var nextKey: Int?
    /// The new schema, when the version changed it.
    public var schema: Schema?
    /// Shards that joined the table, ascending by id.
    public var added: [ShardEntry]
    /// Ids of the shards that left the table.
    public var removed: [Int]
    /// Shards with rows deleted by this version, ascending by id; nil for none.
    public var deletions: [ShardDeletion]?
    /// In the version of a purge: the rows that no earlier version may list when the purge is done; nil in all others.
    public var purged: [PurgedRows]?
    /// Shards that have further columns from this version on, ascending by id; nil for none.
    public var companions: [AddedCompanion]?
    /// Sizes, for people and as a cross-check.
    public var summary: Summary
    /// The whole table; always there when the number is a multiple of 64.
    public var checkpoint: State?
    /// The digests of the files in whose place this one was put, the oldest first; nil when it is as it was committed. Such a
    /// version is a checkpoint and stands for itself.
    public var replaces: [Digest]?

    enum CodingKeys: String, CodingKey {
        case format, version, parent, transaction, operation, timestamp, details, schema, added, removed
        case deletions, companions, summary, checkpoint, replaces, purged
        case requiredFeatures = "required_features"
        case tableID = "table_id"
        case nextShardID = "next_shard_id"
        case nextFieldID = "next_field_id"
        case nextKey = "next_key"
    }

    /// Whether a version of this number has to be a checkpoint.
    static func isCheckpoint(_ version: Int) -> Bool { version % checkpointInterval == 0 }

    /// Reads a version's file and checks everything that can be checked without its parent.
    static func open(_ bytes: [UInt8], version: Int, path: String) throws(LakeError) -> (VersionRecord, Digest) {
        let (record, digest) = try SealedJSON.open(bytes, VersionRecord.self, path: path)
        if let fault = record.fault(expecting: version) {
            throw LakeError(
                .corrupt, fault, at: .init(file: path),
                hint: "the file was not written by alphalake, or was renamed; restore it from a copy")
        }
        return (record, digest)
    }

    private func fault(expecting number: Int) -> String? {
        if version != number { return "it says that it is version \(version)" }
        if (parent == nil) != (version == 1) { return "version 1 and no other has no parent" }
        if Digest(hex: tableID) == nil || Digest(hex: transaction) == nil { return "an id in it is not an id" }
        let limit: Int64 = 1 << 53
        if !(0..<limit).contains(timestamp) { return "its timestamp is out of range" }
        if schema == nil, version == 1 { return "version 1 has no schema" }
        if !(1..<Int(limit)).contains(nextShardID) || !(1...(1 << 31)).contains(nextFieldID) {
            return "its counters of ids are out of range"
        }
        if let fault = VersionRecord.fault(ofKeys: nextKey, [schema, checkpoint?.schema]) { return fault }
        if checkpoint == nil, VersionRecord.isCheckpoint(version) {
            return "a version whose number is a multiple of 64 has to be a checkpoint"
        }
        if let replaces, checkpoint == nil || replaces.isEmpty {
            return "it took the place of another file and is no checkpoint, or does not say of which"
        }
        if Set(removed).count != removed.count { return "it removes a shard twice" }
        for entries in [added, checkpoint?.shards ?? []] {
            if let fault = VersionRecord.fault(of: entries, nextShardID: nextShardID) { return fault }
        }
        let deletions = deletions ?? []
        if zip(deletions, deletions.dropFirst()).contains(where: { $0.shard >= $1.shard }) {
            return "the shards with deletions do not ascend"
        }
        let companions = companions ?? []
        if zip(companions, companions.dropFirst()).contains(where: { $0.shard >= $1.shard }) {
            return "the shards with companions do not ascend"
        }
        if let fault = companions.lazy.compactMap(\.companion.fault).first { return fault }
        if companions.contains(where: { $0.companion.fields.contains { $0 >= nextFieldID } }) {
            return "the id of a companion's field is not below the counter"
        }
        let listed = added + (checkpoint?.shards ?? [])
        let needed = VersionRecord.features(listed, deletions: deletions, companions: companions, nextKey: nextKey)
        if let feature = needed.first(where: { !requiredFeatures.contains($0) }) {
            return "it has \(feature) and does not require readers to know them"
        }
        for schema in [schema, checkpoint?.schema].compactMap({ $0 }) {
            if schema.fields.contains(where: { $0.id >= nextFieldID }) {
                return "a field's id is not below the counter"
            }
        }
        return nil
    }

    /// What keeps a counter of surrogate keys from being valid, nil when it is.
    static func fault(ofKeys nextKey: Int?, _ schemas: [Schema?]) -> String? {
        if let nextKey, !(0..<(1 << 53)).contains(nextKey) { return "its counter of surrogate keys is out of range" }
        guard nextKey == nil, schemas.contains(where: { $0?.surrogateKey != nil }) else { return nil }
        return "it has a surrogate key and no counter of them"
    }

    /// What keeps a list of shards from being valid, nil when it is.
    static func fault(of entries: [ShardEntry], nextShardID: Int) -> String? {
        if let fault = entries.lazy.compactMap(\.fault).first { return fault }
        if entries.contains(where: { $0.id >= nextShardID }) { return "a shard's id is not below the counter" }
        if zip(entries, entries.dropFirst()).contains(where: { $0.id >= $1.id }) {
            return "the ids of its shards do not ascend"
        }
        let files = entries.flatMap { entry in [entry.file] + entry.companions.map(\.file) }
        return Set(files).count != files.count ? "it lists a file twice" : nil
    }
}
