import LakeBytes
import LakeCore

/// The contents of one file `tags/NAME.json`: a version under a name of its own, with the whole table as it was then, so that it
/// can be opened when the version's file is gone.
public struct Tag: Equatable, Sendable, Codable {
    static let kind = "tag"

    /// `Lake.format`.
    public var format: Int
    /// What a reader must know to read the table, as in a version.
    public var requiredFeatures: [String]
    /// `tag`.
    public var kind: String
    /// The name, as in the file's.
    public var name: String
    /// When it was made, in microseconds since 1970-01-01T00:00:00Z.
    public var created: Int64
    /// What people want to remember of it.
    public var message: String?
    /// The table's id.
    public var tableID: String
    /// The number of the version.
    public var version: Int
    /// The digest of the version's file.
    public var versionDigest: Digest
    /// The version's transaction.
    public var transaction: String
    /// What made the version.
    public var operation: Operation
    /// When the version was made, in microseconds since 1970-01-01T00:00:00Z.
    public var timestamp: Int64
    /// Above the id of every shard that the table had by then.
    public var nextShardID: Int
    /// Above the id of every field that the table had by then.
    public var nextFieldID: Int
    /// Above every surrogate key that the table had given by then; nil where it never had a column of them.
    public var nextKey: Int?
    /// The whole table.
    public var state: VersionRecord.State

    enum CodingKeys: String, CodingKey {
        case format, kind, name, created, message, version, transaction, operation, timestamp, state
        case requiredFeatures = "required_features"
        case tableID = "table_id"
        case versionDigest = "version_digest"
        case nextShardID = "next_shard_id"
        case nextFieldID = "next_field_id"
        case nextKey = "next_key"
    }

    /// A tag of a version.
    init(_ name: String, of manifest: Manifest, message: String?, created: Int64) {
        format = Lake.format
        requiredFeatures = VersionRecord.features(manifest.shards, nextKey: manifest.nextKey)
        kind = Tag.kind
        self.name = name
        self.created = created
        self.message = message
        tableID = manifest.tableID
        version = manifest.version
        versionDigest = manifest.digest
        transaction = manifest.transaction
        operation = manifest.operation
        timestamp = manifest.timestamp
        nextShardID = manifest.nextShardID
        nextFieldID = manifest.nextFieldID
        nextKey = manifest.nextKey
        state = VersionRecord.State(schema: manifest.schema, shards: manifest.shards)
    }

    /// The version that it holds.
    public var manifest: Manifest { Manifest(self) }

    /// Reads a tag's file and checks everything that can be checked without its version.
    static func open(_ bytes: [UInt8], name: String, path: String) throws(LakeError) -> Tag {
        let tag = try SealedJSON.open(bytes, Tag.self, path: path).value
        if let fault = tag.fault(expecting: name) {
            throw LakeError(
                .corrupt, fault, at: .init(file: path),
                hint: "the file was not written by alphalake, or was renamed; restore it from a copy")
        }
        return tag
    }

    private func fault(expecting name: String) -> String? {
        if kind != Tag.kind { return "it is a '\(kind.prefix(40))', not a tag" }
        if self.name != name { return "it says that it is the tag '\(self.name.prefix(140))'" }
        if Digest(hex: tableID) == nil || Digest(hex: transaction) == nil { return "an id in it is not an id" }
        let limit = 1 << 53
        if !(1..<limit).contains(version) || !(1..<limit).contains(nextShardID)
            || !(1...(1 << 31)).contains(nextFieldID)
        {
            return "its version or its counters of ids are out of range"
        }
        if !(0..<Int64(limit)).contains(timestamp) || !(0..<Int64(limit)).contains(created) {
            return "its timestamps are out of range"
        }
        if let fault = VersionRecord.fault(of: state.shards, nextShardID: nextShardID) { return fault }
        if let fault = VersionRecord.fault(ofKeys: nextKey, [state.schema]) { return fault }
        let needed = VersionRecord.features(state.shards, nextKey: nextKey)
        if let feature = needed.first(where: { !requiredFeatures.contains($0) }) {
            return "it has \(feature) and does not require readers to know them"
        }
        if state.schema.fields.contains(where: { $0.id >= nextFieldID }) {
            return "a field's id is not below the counter"
        }
        return nil
    }
}

extension Lake {
    /// Whether `name` can be a tag's name: a letter, digit or `_`, then up to 127 of those, `-` and `.`, all ASCII.
    public static func isTagName(_ name: String) -> Bool {
        isShardName(name) && name.utf8.count <= 128 && name.utf8.first != UInt8(ascii: "-")
    }

    /// - Throws: `LakeError` (usage) when `name` cannot be a tag's name.
    public static func checkTagName(_ name: String) throws(LakeError) {
        guard isTagName(name) else {
            throw LakeError(
                .usage, "'\(name.prefix(140))' cannot be a tag's name",
                hint: "a name is up to 128 letters, digits, '_', '-' or '.', and begins with none of the last two")
        }
    }
}
