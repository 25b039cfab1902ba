import LakeBytes
import LakeCore

/// The versions that derived columns of any table pin.
final class PinnedVersions {
    private let lake: Lake
    /// The newest version of each table that has been looked at.
    private var seen: [String: Int] = [:]
    private var pins: [String: Set<Int>] = [:]

    init(_ lake: Lake) { self.lake = lake }

    /// The pinned versions of a table, those that were pinned since the last call among them.
    func versions(of table: String) throws -> Set<Int> {
        for name in try lake.tables() {
            let other = TableDirectory(name: name, lake: lake)
            try locating(.init(table: name)) {
                if seen[name] == nil { try addTags(of: other) }
                for version in try other.versions() where version > seen[name] ?? 0 {
                    guard let record = try there(version, other) else { continue }
                    for schema in [record.schema, record.checkpoint?.schema] { if let schema { add(schema) } }
                    seen[name] = version
                }
            }
        }
        return pins[table] ?? []
    }

    /// A version; nil where another vacuum took it after it was listed, and those that stay say what it pinned.
    private func there(_ version: Int, _ table: TableDirectory) throws -> VersionRecord? {
        do {
            return try table.record(version)
        } catch let error as LakeError where error.code == .missing {
            return nil
        }
    }

    private func addTags(of table: TableDirectory) throws {
        for name in try table.tags() {
            do {
                add(try table.tag(name).state.schema)
            } catch let error as LakeError where error.code == .missing {
                // Deleted between the two.
                continue
            }
        }
    }

    private func add(_ schema: Schema) {
        for field in schema.derived {
            if let version = field.lookup.version { pins[field.lookup.table, default: []].insert(version) }
        }
    }
}

/// The files of a table that some version or tag lists.
struct VacuumReferences {
    private let table: TableDirectory
    private var seen: Int
    /// Files in `shards/`, companions among them.
    private(set) var shards: Set<String> = []
    private(set) var deletions: Set<String> = []

    /// What the versions from `first` on list, and the tags, those among them that are gone and still being read.
    /// - Throws: `LakeError`, when one of them cannot be read.
    init(_ table: TableDirectory, from first: Int) throws {
        self.table = table
        seen = first - 1
        // A tag that goes meanwhile is among the old ones afterwards.
        try addTags()
        for path in try VacuumReferences.oldTags(table) where try VacuumReferences.isHeld(path, table.store) {
            let bytes = try table.store.read(path, limit: SealedJSON.limit)
            add(try SealedJSON.open(bytes, Tag.self, path: path).value.state.shards)
        }
        try refresh()
    }

    /// Adds what versions list that were committed since, and tags that were made.
    mutating func refresh() throws {
        try addTags()
        for version in try table.versions() where version > seen {
            let record = try table.record(version)
            add(record.added + (record.checkpoint?.shards ?? []))
            for change in record.deletions ?? [] { deletions.insert(change.deletion.file) }
            for change in record.purged ?? [] { deletions.insert(change.rows.file) }
            for change in record.companions ?? [] { shards.insert(change.companion.file) }
            seen = version
        }
    }

    private mutating func addTags() throws {
        for name in try table.tags() {
            do {
                add(try table.tag(name).state.shards)
            } catch let error as LakeError where error.code == .missing {
                // Deleted between the two; what it listed was seen before, or is held by whoever reads it.
                continue
            }
        }
    }

    private mutating func add(_ entries: [ShardEntry]) {
        for entry in entries {
            for file in entry.files { shards.insert(file.name) }
            if let deletion = entry.deletion { deletions.insert(deletion.file) }
        }
    }

    /// The files of tags that were moved or deleted.
    static func oldTags(_ table: TableDirectory) throws -> [String] {
        guard try table.store.size(table.tagsPath) != nil else { return [] }
        return try table.store.list(table.tagsPath).filter { $0.hasPrefix(TableDirectory.oldTagPrefix) }
            .map { joinPath(table.tagsPath, $0) }
    }

    /// Whether somebody holds a lock on a file that is there.
    static func isHeld(_ path: String, _ store: any Store) throws -> Bool {
        do throws(LakeError) {
            guard let lease = try store.exclusiveLease(path) else { return true }
            lease.release()
            return false
        } catch {
            guard error.code == .missing else { throw error }
            return false
        }
    }
}
