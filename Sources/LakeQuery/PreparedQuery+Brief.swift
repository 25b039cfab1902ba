import LakeCore
import LakeShard
import LakeTable

extension PreparedQuery {
    /// Values that a brief run looks at, and rows that it fetches: some milliseconds.
    private static let (briefValues, briefRows) = (4 << 20, 16)

    /// Whether a run is a matter of a few milliseconds at most: plain groups over the key columns of shards that are open, or
    /// a few rows by their numbers. It gains nothing from threads that work ahead, and loses what waking them takes.
    public var isBrief: Bool {
        guard statement.explain == nil, sample == nil else { return false }
        switch plan {
        case .groups(let groups): return isBrief(groups)
        case .rows(let outputs, let order):
            guard order.isEmpty, let bounds = predicate?.bounds, bounds.count <= PreparedQuery.briefRows else {
                return false
            }
            let fields = outputs.reduce(into: predicate?.fields ?? []) { $0.formUnion($1.fields) }
            return snapshot.shards.allSatisfy { shard in
                let first = table.firstRows[shard.id] ?? 0
                if bounds.overlapping(first..<(first + shard.rows)).isEmpty { return true }
                guard table.isOpen(shard), let scan = try? scan(shard) else { return false }
                return !fields.contains(where: scan.isDerived)
            }
        }
    }

    private func isBrief(_ groups: GroupPlan) -> Bool {
        let arguments = groups.aggregates.compactMap(\.argument)
        let conditions = predicate?.leaves ?? []
        guard !(groups.terms + arguments + conditions).contains(where: \.isSlow),
            !groups.aggregates.contains(where: { $0.state == .values })
        else { return false }
        let expressions = max(1, groups.terms.count + arguments.count + conditions.count)
        let fields = (groups.terms + arguments).reduce(into: predicate?.fields ?? []) { $0.formUnion($1.fields) }
        var values = 0
        for shard in snapshot.shards {
            guard table.isOpen(shard), let scan = try? scan(shard), let domain = scan.domain(of: fields),
                !fields.contains(where: scan.isDerived)
            else { return false }
            values += scan.count(domain) * expressions
            if values > PreparedQuery.briefValues { return false }
        }
        return true
    }
}

extension Bound {
    /// Whether it looks into text, or computes value by value.
    fileprivate var isSlow: Bool {
        switch self {
        case .like, .call: true
        default: children.contains(where: \.isSlow)
        }
    }
}
