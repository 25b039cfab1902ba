import LakeBytes
import LakeCore
import LakeShard

/// A file in `shards/` with further columns for the rows of a shard, as the manifest lists it: that is how a column is added without
/// writing the others anew (FORMAT.md, Companions).
public struct CompanionEntry: Hashable, Sendable, Codable {
    /// Name of the file in `shards/`.
    public var file: String
    /// Length of the file in bytes.
    public var bytes: Int
    /// XXH3-128 of the whole file.
    public var digest: Digest
    /// The ids of the fields that it holds. One that the table has dropped since means nothing.
    public var fields: [Int]
    /// Keeps vacuum from the file until a version lists it.
    private var hold = FileHold()

    enum CodingKeys: String, CodingKey {
        case file, bytes, digest, fields
    }

    /// A finished, synced file.
    public init(file: String, bytes: Int, digest: Digest, fields: [Int]) {
        self.file = file
        self.bytes = bytes
        self.digest = digest
        self.fields = fields
    }

    /// The entry with what keeps vacuum from its file.
    func holding(_ hold: FileHold) -> CompanionEntry {
        var entry = self
        entry.hold = hold
        return entry
    }

    /// Lets vacuum have the file.
    func release() { hold.release() }

    /// The entry as a version lists it, which keeps nobody from anything.
    var released: CompanionEntry { holding(FileHold()) }

    /// What keeps the entry from being valid, nil when it is.
    var fault: String? {
        var short: Substring { file.prefix(80) }
        if !Lake.isShardName(file) { return "'\(short)' cannot be a companion's file name" }
        if !(1...(1 << 53)).contains(bytes) { return "the companion '\(short)' has \(bytes) bytes" }
        let isAscending = !zip(fields, fields.dropFirst()).contains { $0 >= $1 }
        if !isAscending || !(1...Int(Int32.max)).contains(fields.first ?? 0) {
            return "the companion '\(short)' has no fields, or their ids do not ascend"
        }
        return nil
    }
}

/// A file of a shard as the manifest lists it: the shard's own or a companion.
public struct StoredFile: Hashable, Sendable {
    /// Its name in `shards/`.
    public var name: String
    /// Its length.
    public var bytes: Int
    /// XXH3-128 of all of it.
    public var digest: Digest
}

extension ShardEntry {
    /// Its files in `shards/`, its own first, then those of its companions.
    public var files: [StoredFile] {
        [StoredFile(name: file, bytes: bytes, digest: digest)]
            + companions.map { StoredFile(name: $0.file, bytes: $0.bytes, digest: $0.digest) }
    }

    /// Bytes of all its files.
    public var storedBytes: Int { companions.reduce(bytes) { $0 &+ $1.bytes } }

    /// What keeps its companions from being valid, nil when they are.
    var companionFault: String? {
        if let fault = companions.lazy.compactMap(\.fault).first { return fault }
        let ids = companions.flatMap(\.fields)
        return Set(ids).count != ids.count ? "two companions of shard '\(file.prefix(80))' have the same field" : nil
    }
}

extension VersionRecord {
    /// Further columns that a shard has from this version on.
    public struct AddedCompanion: Equatable, Sendable, Codable {
        /// The shard's id.
        public var shard: Int
        /// The file with the columns.
        public var companion: CompanionEntry
    }

    /// What a reader must know to read tables with these shards, and versions that change them so.
    static func features(
        _ shards: [ShardEntry], deletions: [ShardDeletion]? = nil, companions: [AddedCompanion]? = nil, nextKey: Int?
    ) -> [String] {
        var features: [String] = []
        if !(companions ?? []).isEmpty || shards.contains(where: { !$0.companions.isEmpty }) {
            features.append(Lake.companionsFeature)
        }
        if !(deletions ?? []).isEmpty || shards.contains(where: { $0.deletion != nil }) {
            features.append(Lake.deletionsFeature)
        }
        if nextKey != nil { features.append(Lake.surrogateKeysFeature) }
        return features
    }
}

extension Snapshot {
    /// The companions of a shard; their files are opened when they are needed.
    public func companions(of shard: ShardEntry) -> [ShardCompanion] {
        table.companions(of: shard, version: manifest.version)
    }
}

extension TableDirectory {
    /// The companions of a shard as some version lists it; their files are opened when they are needed.
    func companions(of shard: ShardEntry, version: Int) -> [ShardCompanion] {
        shard.companions.map { companion in
            ShardCompanion(fields: companion.fields) {
                let file = StoredFile(name: companion.file, bytes: companion.bytes, digest: companion.digest)
                return try ShardReader(
                    try map(file, as: "a companion of shard \(shard.id)", version: version).view,
                    path: shardPath(companion.file))
            }
        }
    }

    /// A file of a shard as memory.
    /// - Throws: `LakeError`: `missing` when it is gone, `corrupt` when its length is not what the manifest says.
    func map(_ stored: StoredFile, as what: String, version: Int) throws(LakeError) -> MappedFile {
        let path = shardPath(stored.name)
        let file: MappedFile
        do throws(LakeError) {
            file = try store.map(path)
        } catch {
            var error = error.located(.init(table: name))
            if error.code == .missing {
                error.message = "\(what) of version \(version) is not there"
                error.hint = "restore the file from a copy; 'alphalake validate' names everything that is missing"
            }
            throw error
        }
        guard file.count == stored.bytes else {
            throw LakeError(
                .corrupt, "\(file.count) bytes on disk, the manifest says \(stored.bytes)",
                at: .init(file: path, table: name, offset: UInt64(min(file.count, stored.bytes))),
                hint: "the file was cut or changed; restore it from a copy")
        }
        return file
    }

    /// Removes companions that are not going to be committed; what cannot be removed is left to vacuum.
    public func discard(_ companions: [CompanionEntry]) {
        for companion in companions { try? store.remove(shardPath(companion.file)) }
    }
}
