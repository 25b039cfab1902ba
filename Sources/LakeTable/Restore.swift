import LakeBytes
import LakeCore

/// Brings the rows of an earlier version back, as a new version on top of the others.
///
/// Shards that are as they were stay; the others leave, and what is missing comes back under new ids, the same files with the
/// deletions of that time. Columns that were dropped since come back with it. Those that came later stay: they keep their values in
/// shards that are still there, and are NULL in the other rows that come back.
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
        /// Columns that come back.
        public let columns: [Field]
        /// The schema with them; nil where there are none.
        let schema: Schema?

        /// Rows in the shards that come back.
        public var rowsReturning: Int { returning.reduce(0) { $0 &+ $1.liveRows } }
        /// Rows in the shards that leave.
        public var rowsLeaving: Int { leaving.reduce(0) { $0 &+ $1.liveRows } }
        /// Whether the table has these rows already.
        public var isDone: Bool { returning.isEmpty && leaving.isEmpty && columns.isEmpty }
    }

    private let table: TableDirectory
    private let selector: VersionSelector

    /// - Parameter selector: the version whose rows come back.
    public init(_ table: TableDirectory, to selector: VersionSelector) {
        self.table = table
        self.selector = selector
    }

    /// What there is to do, of which nothing has happened.
    /// - Throws: as `TableDirectory.snapshot(at:)`; `LakeError` (usage) for columns that cannot come back, or that the rows cannot do
    ///   without.
    public func plan() throws -> Plan {
        try locating(.init(table: table.name)) {
            let source = try table.snapshot(at: selector)
            let base = try table.manifest()
            guard source.manifest.tableID == base.tableID else {
                throw LakeError(
                    .corrupt, "version \(source.manifest.version) is one of another table",
                    hint: "'alphalake validate' names everything that is damaged")
            }
            let (returning, leaving) = shards(source.manifest, base)
            let columns = try columns(source.manifest, base)
            if !returning.isEmpty { try checkRequired(source.manifest, base) }
            return Plan(
                source: source, base: base, returning: returning, leaving: leaving, columns: columns.fields,
                schema: columns.schema)
        }
    }

    /// The rows of a shard, whatever its id: one that came back before has another and is the same.
    private struct Content: Hashable {
        var file: String
        var deletion: DeletionEntry?

        init(_ shard: ShardEntry) {
            file = shard.file
            deletion = shard.deletion
        }
    }

    /// The shards that come back, and those that leave. What a shard has of further columns is for its rows in any version.
    private func shards(_ source: Manifest, _ base: Manifest) -> (returning: [ShardEntry], leaving: [ShardEntry]) {
        let now = Dictionary(base.shards.map { (Content($0), $0) }, uniquingKeysWith: { first, _ in first })
        let files = Dictionary(base.shards.map { ($0.file, $0.companions) }, uniquingKeysWith: { first, _ in first })
        var returning: [ShardEntry] = []
        var staying: Set<Content> = []
        for var shard in source.shards {
            if let there = now[Content(shard)], Set(there.companions).isSuperset(of: shard.companions) {
                staying.insert(Content(shard))
                continue
            }
            let known = Set(shard.companions.flatMap(\.fields))
            shard.companions += (files[shard.file] ?? []).filter { known.isDisjoint(with: $0.fields) }
            returning.append(shard)
        }
        return (returning, base.shards.filter { !staying.contains(Content($0)) })
    }

    /// The columns that were dropped since, and the schema with them.
    private func columns(_ source: Manifest, _ base: Manifest) throws -> (fields: [Field], schema: Schema?) {
        let known = Set(base.schema.fields.map(\.id))
        let fields = source.schema.fields.filter { !known.contains($0.id) }
        guard !fields.isEmpty else { return ([], nil) }
        let taken = Set(base.schema.fields.map(\.name) + base.schema.derived.map(\.name))
        if let field = fields.first(where: { taken.contains($0.name) }) {
            throw LakeError(
                .usage,
                "version \(source.version) has a column '\(field.name)' that was dropped, and another is called so now",
                at: .init(column: field.name),
                hint: "rename that first: `alphalake column rename`")
        }
        if let key = base.schema.surrogateKey, let field = fields.first(where: \.isSurrogateKey) {
            throw LakeError(
                .usage,
                "version \(source.version) has the surrogate key '\(field.name)', and the table has '\(key.name)' now",
                at: .init(column: field.name), hint: "drop that first: `alphalake column drop`")
        }
        let names = Set(fields.map(\.name))
        var groups = base.schema.keyGroups
        for (index, group) in source.schema.keyGroups.enumerated() where index < groups.count {
            groups[index].columns += group.columns.filter { names.contains($0) }
        }
        let schema = try Schema(
            fields: base.schema.fields + fields, keyGroups: groups, derived: base.schema.derived)
        return (fields, schema)
    }

    /// - Throws: `LakeError` (usage) when the rows that come back lack a column that does not allow NULL.
    private func checkRequired(_ source: Manifest, _ base: Manifest) throws {
        let known = Set(source.schema.fields.map(\.id))
        guard let field = base.schema.fields.first(where: { !$0.nullable && !known.contains($0.id) }) else { return }
        throw LakeError(
            .usage,
            "rows of version \(source.version) have no value in the column '\(field.name)', which came later and does not "
                + "allow NULL", at: .init(column: field.name),
            hint: "drop the column first: `alphalake column drop`")
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
        change.schema = plan.schema
        // The lease of the source keeps vacuum from its files until the new version lists them.
        return try withExtendedLifetime(plan.source) {
            try table.commit(change, over: plan.base) { current in
                try refuseRowsWithout(plan, current)
                if !plan.returning.isEmpty { try refuseToDouble(plan, current) }
            }
        }
    }

    /// A column that comes back and does not allow NULL has no value in rows that came meanwhile.
    private func refuseRowsWithout(_ plan: Plan, _ current: Manifest) throws {
        guard let field = plan.columns.first(where: { !$0.nullable }) else { return }
        let known = Set(plan.base.shards.map(\.id))
        guard current.shards.contains(where: { !known.contains($0.id) }) else { return }
        throw LakeError(
            .conflict, "another writer brought rows meanwhile, which have no '\(field.name)'",
            at: .init(column: field.name), hint: "repeat the operation")
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
