import LakeBytes
import LakeCore
import LakeShard

extension Operation {
    /// Shards of an older format were written anew, with the same rows.
    public static let upgrade = Operation(rawValue: "upgrade")
}

/// Writes shards of an older format anew, each group as a version of its own whose rows are proved to be the same. Earlier versions keep
/// the files that they list, which stay readable.
public struct Upgrade: Sendable {
    /// What there is of a table.
    public struct Plan: Sendable {
        /// The newest version.
        public let snapshot: Snapshot
        /// Its shards that are to be written anew.
        public let shards: [ShardEntry]
        /// Formats of all shards of the newest version, ascending.
        public let formats: [FormatVersion]
    }

    private let workers: Int?
    private let isOlder: @Sendable (FormatVersion) -> Bool

    /// - Parameter isOlder: which formats are upgraded; those before the current one.
    public init(workers: Int? = nil, isOlder: @escaping @Sendable (FormatVersion) -> Bool = { $0 < .current }) {
        self.workers = workers
        self.isOlder = isOlder
    }

    /// Looks at all versions, tags and shards of a table.
    /// - Throws: `LakeError` (corrupt) naming a file of a newer format than this program knows, or a damaged one.
    public func plan(_ table: TableDirectory) throws -> Plan {
        try locating(.init(table: table.name)) {
            let snapshot = try table.snapshot()
            // Reading them refuses formats and features that are not known.
            for number in try table.versions() { _ = try table.record(number) }
            for tag in try table.tags() { _ = try table.tag(tag) }
            var older: [ShardEntry] = []
            var formats: Set<String> = []
            var all: [FormatVersion] = []
            for shard in snapshot.shards {
                let format = try locating(.init(file: snapshot.path(of: shard))) {
                    let format = try FormatVersion(of: snapshot.map(shard).view)
                    guard format.major <= FormatVersion.current.major else {
                        throw LakeError(
                            .corrupt, "format \(format); this program writes format \(FormatVersion.current)",
                            hint: "use a newer alphalake")
                    }
                    return format
                }
                if isOlder(format) { older.append(shard) }
                if formats.insert(format.description).inserted { all.append(format) }
            }
            return Plan(snapshot: snapshot, shards: older, formats: all.sorted())
        }
    }

    /// Writes the shards of a plan anew.
    /// - Returns: what became of each; none that another writer touched has a version.
    /// - Throws: `LakeError` (failed) when the rows that were written are not those that were read; the table is as it was then.
    public func run(_ plan: Plan) throws -> [Compaction.Outcome] {
        let groups = plan.shards.map { CompactionPlan.Group(shards: [$0], reason: "an older format") }
        let compaction = Compaction(
            CompactionPlan(plan.snapshot, groups: groups), workers: workers, operation: .upgrade)
        return try compaction.run(details: ["command": "upgrade", "format": FormatVersion.current.description])
    }
}
