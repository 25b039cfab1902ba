import LakeBytes
import LakeCore

/// Brings the rows of an earlier version back, as a new version on top of the others.
///
/// Shards that are as they were stay; the others leave, and what is missing comes back under new ids, the same files with the
/// deletions of that time. Columns that came later stay and are NULL in the rows that come back.
public struct Restore: Sendable {
    /// What there is to do.
    public struct Plan: Sendable {
        /// The version whose rows come back.
        public let source: Snapshot
        /// The version that the change is made for.
        public let base: Manifest
        /// Shards that come back.
        public let returning: [ShardEntry]
        /// Shards that leave.
        public let leaving: [ShardEntry]

        /// Rows in the shards that come back.
        public var rowsReturning: Int { returning.reduce(0) { $0 &+ $1.liveRows } }
        /// Rows in the shards that leave.
        public var rowsLeaving: Int { leaving.reduce(0) { $0 &+ $1.liveRows } }
        /// Whether the table has these rows already.
        public var isDone: Bool { returning.isEmpty && leaving.isEmpty }
    }

    private let table: TableDirectory
    private let selector: VersionSelector

    /// - Parameter selector: the version whose rows come back.
    public init(_ table: TableDirectory, to selector: VersionSelector) {
        self.table = table
        self.selector = selector
    }

    /// What there is to do, of which nothing has happened.
    /// - Throws: as `TableDirectory.snapshot(at:)`.
    public func plan() throws -> Plan {
        try locating(.init(table: table.name)) {
            let source = try table.snapshot(at: selector)
            let base = try table.manifest()
            guard source.manifest.tableID == base.tableID else {
                throw LakeError(
                    .corrupt, "version \(source.manifest.version) is one of another table",
                    hint: "'alphalake validate' names everything that is damaged")
            }
            // A shard that came back before has another id and is the same.
            func keyed(_ shards: [ShardEntry]) -> Set<Content> { Set(shards.map { Content($0) }) }
            let (before, now) = (keyed(source.shards), keyed(base.shards))
            return Plan(
                source: source, base: base, returning: source.shards.filter { !now.contains(Content($0)) },
                leaving: base.shards.filter { !before.contains(Content($0)) })
        }
    }

    /// The rows of a shard, whatever its id.
    private struct Content: Hashable {
        var file: String
        var deletion: DeletionEntry?

        init(_ shard: ShardEntry) {
            file = shard.file
            deletion = shard.deletion
        }
    }

    /// Makes the version. What other writers append meanwhile stays.
    /// - Parameter details: kept in the version for `log`.
    /// - Returns: the new version; the newest one as it was when it has the rows already.
    /// - Throws: `LakeError`: conflict when another writer touched a shard that leaves, upserted, restored or purged; as
    ///   `TableDirectory.commit`.
    public func run(_ plan: Plan, details: [String: String] = [:]) throws -> Manifest {
        if plan.isDone { return plan.base }
        var change = TableChange.replace(
            plan.leaving, with: plan.returning.map { NewShard($0) },
            details: details.merging(["restored": String(plan.source.manifest.version)]) { first, _ in first })
        change.operation = .restore
        // The lease of the source keeps vacuum from its files until the new version lists them.
        return try withExtendedLifetime(plan.source) {
            try table.commit(change, over: plan.base) { current in
                if !plan.returning.isEmpty { try refuseToDouble(plan, current) }
            }
        }
    }

    /// What comes back may have been brought by another restore, or looked for by an upsert; and a purge took rows out of it or is
    /// about to.
    private func refuseToDouble(_ plan: Plan, _ current: Manifest) throws {
        let files = Set(plan.returning.map(\.file))
        for number in min(plan.source.manifest.version, plan.base.version)..<current.version {
            let isLater = number >= plan.base.version
            // A version that is gone may have been anything.
            let record = try? table.record(number + 1)
            let isInTheWay = record.map { [.upsert, .restore].contains($0.operation) } ?? true
            let isPurged = record?.purged?.contains { files.contains($0.file) } ?? false
            guard isLater && isInTheWay || isPurged else { continue }
            throw LakeError(
                .conflict,
                isPurged ? "a purge takes rows out of what comes back" : "another writer brought rows meanwhile",
                hint: "repeat the operation" + (isPurged ? "; run 'alphalake purge' first if it was cut short" : ""))
        }
    }
}
