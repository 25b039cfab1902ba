import LakeBytes
import LakeCore

/// Turns groups into the rows of a result: shares, HAVING, outputs.
struct GroupResults {
    let plan: GroupPlan
    /// The terms that these groups are grouped by.
    let set: [Int]
    private let codec: GroupKeys
    /// Per aggregate, for shares, the sums of the parents.
    private let totals: [ShareTotals?]
    /// Values of GROUPING(...) for this set.
    private let groupings: [Scalar]

    /// - Throws: `LakeError` (failed) when a sum of integers leaves 64 bits.
    init(_ plan: GroupPlan, set: [Int], groups: Groups) throws {
        self.plan = plan
        self.set = set
        let types = plan.types
        codec = GroupKeys(types: set.map { types[$0] })
        groupings = plan.groupings.map { terms in
            .integer(terms.reduce(0) { $0 << 1 | (set.contains($1) ? 0 : 1) })
        }
        var totals = plan.aggregates.map { aggregate -> ShareTotals? in
            guard aggregate.function == .share else { return nil }
            return ShareTotals(plan.parent(of: aggregate, in: set).compactMap { set.firstIndex(of: $0) })
        }
        if totals.contains(where: { $0 != nil }) {
            let codec = codec
            try groups.forEachTable { table in
                for index in totals.indices where totals[index] != nil {
                    let sums = try table.accumulators[index].results()
                    for group in 0..<table.count {
                        totals[index]?.add(sums[group], codec.parts(table.keys.values[group]))
                    }
                }
                return true
            }
        }
        self.totals = totals
    }

    /// Hands on the outputs and the values of ORDER BY of every group that passes; `body` returns false when no more are
    /// wanted.
    /// - Returns: whether more are wanted, and how many groups were too small to be shown.
    func forEachRow(
        _ table: GroupTable, _ body: ([Scalar], [Scalar]) throws -> Bool
    ) throws -> (wantsMore: Bool, suppressed: Int) {
        let results = try table.accumulators.map { try $0.results() }
        // The closure below runs several times per group: what it captures is copied each time, so that must be little.
        let (totals, groupings, codec, keys) = (totals, groupings, codec, table.keys.values)
        let (having, outputs, order) = (plan.having, plan.outputs, plan.order.map(\.0))
        var values = [Scalar](repeating: .null, count: plan.terms.count)
        let termCount = values.count
        let (cells, least) = (plan.cells, Double(plan.minimumCell))
        var suppressed = 0
        for group in 0..<table.count {
            if isTooSmall(group, results) {
                suppressed += 1
                continue
            }
            for (term, value) in zip(set, codec.values(keys[group])) { values[term] = value }
            let leaf: (Bound) throws -> Scalar = { part in
                switch part {
                case .group(let term, _): return term < termCount ? values[term] : groupings[term - termCount]
                case .aggregate(let index, _):
                    let isSmall = cells[index]?.contains { (results[$0][group].number ?? 0) < least } ?? false
                    if isSmall { return .null }
                    guard let totals = totals[index] else { return results[index][group] }
                    return totals.share(results[index][group], codec.parts(keys[group]))
                default: return .null
                }
            }
            if let having, try having.evaluate(leaf) != .bool(true) { continue }
            let row = try outputs.map { try $0.evaluate(leaf) }
            guard try body(row, try order.map { try $0.evaluate(leaf) }) else {
                return (false, suppressed + ((group + 1)..<table.count).count { isTooSmall($0, results) })
            }
        }
        return (true, suppressed)
    }

    /// How many groups are too small to be shown.
    func suppressed(_ table: GroupTable) throws -> Int {
        guard plan.minimumCell > 0, let rows = table.accumulators.last else { return 0 }
        let counts = [try rows.results()]
        return (0..<table.count).count { isTooSmall($0, counts) }
    }

    private func isTooSmall(_ group: Int, _ results: [[Scalar]]) -> Bool {
        guard plan.minimumCell > 0, let rows = results.last?[group].number else { return false }
        return rows < Double(plan.minimumCell)
    }
}

/// The sums of the groups that the shares of others are parts of.
private struct ShareTotals {
    /// Which of a key's terms the parent agrees in.
    private let terms: [Int]
    private var parents = ByteInterner()
    private var sums: [Double] = []

    init(_ terms: [Int]) { self.terms = terms }

    private func parent(_ parts: [ArraySlice<UInt8>]) -> [UInt8] { Array(terms.map { parts[$0] }.joined()) }

    mutating func add(_ sum: Scalar, _ parts: [ArraySlice<UInt8>]) {
        let parent = Int(parents.intern(parent(parts)))
        if parent == sums.count { sums.append(0) }
        sums[parent] += sum.number ?? 0
    }

    /// NULL where the group or its parent has no sum, or the parent's is 0.
    func share(_ sum: Scalar, _ parts: [ArraySlice<UInt8>]) -> Scalar {
        guard let part = sum.number, let parent = parents.number(of: parent(parts)), sums[Int(parent)] != 0 else {
            return .null
        }
        return .float(part / sums[Int(parent)])
    }
}
