import LakeBytes
import LakeCore

/// Everything that the versions and tags of a table list.
struct RetainedStates {
    /// A version that is there.
    struct Version {
        var record: VersionRecord
        var digest: Digest
        var schema: Schema
        /// Its shards, in the order of their ids.
        var shards: [ShardEntry]
    }

    /// Ascending.
    private(set) var versions: [Version] = []
    /// In the order of their names.
    private(set) var tags: [Tag] = []
    /// The newest version.
    let newest: Manifest

    /// - Throws: `LakeError`, when a version or a tag cannot be read: what it lists is not known then.
    init(_ table: TableDirectory) throws {
        var chain = VersionChain()
        for number in try table.versions() {
            let (record, digest) = try table.read(number)
            let path = table.versionPath(number)
            if versions.isEmpty, number != 1 {
                guard let base = try VersionChain(checkpoint: record, digest: digest, path: path) else {
                    throw LakeError(
                        .corrupt, "version \(number) cannot be read without those before it", at: .init(file: path),
                        hint: "run 'alphalake vacuum --execute' to take what an interrupted vacuum left, then purge")
                }
                chain = base
            } else {
                try chain.apply(record, digest: digest, path: path)
            }
            guard let state = chain.manifest else { continue }
            versions.append(Version(record: record, digest: digest, schema: state.schema, shards: state.shards))
        }
        guard let newest = chain.manifest else { throw LakeError(.missing, "no table '\(table.name)'") }
        self.newest = newest
        tags = try table.tags().compactMap { name in
            do {
                return try table.tag(name)
            } catch let error as LakeError where error.code == .missing {
                // Deleted since it was listed.
                return nil
            }
        }
    }

    /// What each of them lists.
    var lists: [[ShardEntry]] { versions.map(\.shards) + tags.map(\.state.shards) }

    /// The shards that any of them lists, by file.
    var shards: [String: ShardEntry] {
        var found: [String: ShardEntry] = [:]
        for entry in lists.joined() {
            // Columns that came later are of the same rows.
            let before = found[entry.file]?.companions ?? []
            found[entry.file] = entry
            found[entry.file]?.companions += before.filter { !entry.companions.contains($0) }
        }
        return found
    }

    /// The deletions that any of them lists, by file, with their shards.
    var deletions: [String: ShardEntry] {
        var found: [String: ShardEntry] = [:]
        for entry in lists.joined() { if let deletion = entry.deletion { found[deletion.file] = entry } }
        return found
    }

    /// The shards that a deletion took away whole: no row of them was left. A tag may list one whose version is gone.
    var deletedShards: [ShardEntry] {
        var found: [ShardEntry] = []
        for (index, version) in versions.enumerated() where [.delete, .upsert].contains(version.record.operation) {
            let removed = Set(version.record.removed)
            let before = index > 0 ? versions[index - 1].shards : []
            found += (before + tags.flatMap(\.state.shards)).filter { removed.contains($0.id) }
        }
        return found
    }

    /// The schemas of all versions and tags, the oldest first.
    var schemas: [Schema] { tags.map(\.state.schema) + versions.map(\.schema) }

    /// Tags of versions that are gone, with which it is gone what was deleted after them.
    var blindTags: [String] {
        guard let first = versions.first?.record.version else { return [] }
        return tags.filter { $0.version < first }.map(\.name)
    }

    /// What the versions of purges say has to go.
    var purged: [VersionRecord.PurgedRows] { versions.flatMap { $0.record.purged ?? [] } }
}
