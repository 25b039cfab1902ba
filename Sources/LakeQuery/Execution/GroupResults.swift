import LakeBytes
import LakeCore

/// Turns groups into the rows of a result: shares, HAVING, outputs.
struct GroupResults: Sendable {
    let plan: GroupPlan
    /// The terms that these groups are grouped by.
    let set: [Int]
    let cancellation: Cancellation
    private let types: [DataType]
    /// Per aggregate, for shares, the sums of the parents.
    let totals: [ShareTotals?]
    /// Values of GROUPING(...) for this set.
    private let groupings: [Scalar]

    /// - Throws: `LakeError` (failed) when a sum of integers leaves 64 bits.
    init(_ plan: GroupPlan, set: [Int], groups: Groups, _ cancellation: Cancellation) throws {
        self.plan = plan
        self.set = set
        let types = plan.types
        self.types = set.map { types[$0] }
        self.cancellation = cancellation
        groupings = plan.groupings.map { terms in
            .integer(terms.reduce(0) { $0 << 1 | (set.contains($1) ? 0 : 1) })
        }
        var totals = plan.aggregates.map { aggregate -> ShareTotals? in
            guard aggregate.function == .share else { return nil }
            let parents = plan.parent(of: aggregate, in: set)
            return ShareTotals(parents.compactMap { set.firstIndex(of: $0) }, parents.map { types[$0] })
        }
        if totals.contains(where: { $0 != nil }) {
            try groups.forEachTable { table in
                let columns = table.keys.columns
                for index in totals.indices where totals[index] != nil {
                    try totals[index]?.add(table.accumulators[index].results(cancellation), columns, cancellation)
                }
                return true
            }
        }
        self.totals = totals
    }

    /// The groups of a table with the results of their aggregates.
    struct Evaluated: Sendable {
        let count: Int
        let keys: [ColumnVector]
        let results: [[Scalar]]
    }

    /// The results of a table's groups, shares among them, and the bytes that they take.
    func evaluated(_ table: GroupTable) throws -> (made: Evaluated, bytes: Int) {
        let columns = table.keys.columns
        var results = try table.accumulators.map { try $0.results(cancellation) }
        for index in results.indices {
            if let totals = totals[index] { results[index] = try totals.shares(results[index], columns, cancellation) }
        }
        let keys = zip(columns, types).map { $0.vector($1) }
        let bytes = keys.reduce(32 * results.count * table.count) { $0 + $1.byteCount }
        return (Evaluated(count: table.count, keys: keys, results: results), bytes)
    }

    /// Hands on the outputs and the values of ORDER BY of every group that passes; `body` returns false when no more are
    /// wanted.
    /// - Returns: whether more are wanted, and how many groups were too small to be shown.
    func forEachRow(
        _ table: Evaluated, _ body: ([Scalar], [Scalar]) throws -> Bool
    ) throws -> (wantsMore: Bool, suppressed: Int) {
        // The closure below runs several times per group: what it captures is copied each time, so that must be little.
        let (results, groupings, types) = (table.results, groupings, types)
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
            if group & 0xFFF == 0 { try cancellation.check() }
            for (place, term) in set.enumerated() { values[term] = table.keys[place].scalar(group, types[place]) }
            let leaf: (Bound) throws -> Scalar = { part in
                switch part {
                case .group(let term, _): return term < termCount ? values[term] : groupings[term - termCount]
                case .aggregate(let index, _):
                    let isSmall = cells[index]?.contains { (results[$0][group].number ?? 0) < least } ?? false
                    return isSmall ? .null : results[index][group]
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
    func suppressed(_ table: Evaluated) -> Int { (0..<table.count).count { isTooSmall($0, table.results) } }

    private func isTooSmall(_ group: Int, _ results: [[Scalar]]) -> Bool {
        guard plan.minimumCell > 0, let rows = results.last?[group].number else { return false }
        return rows < Double(plan.minimumCell)
    }
}

/// The sums of the groups that the shares of others are parts of.
struct ShareTotals: Sendable {
    /// Which of a key's terms the parent agrees in.
    private let terms: [Int]
    private var parents: KeyInterner
    private var sums: [Double] = []

    init(_ terms: [Int], _ types: [DataType]) {
        self.terms = terms
        parents = KeyInterner(isText: types.map { $0.physical == .bytes })
    }

    /// The parents of groups that are keys of these columns.
    private static func numbers(
        _ parents: inout KeyInterner, _ terms: [Int], _ columns: [KeyColumn], count: Int, _ cancellation: Cancellation
    ) throws -> [Int] {
        let own = terms.map { columns[$0] }
        return try parents.numbers(
            of: own, hashes: KeyColumn.hashes(own, count: count), Array(0..<count), cancellation: cancellation)
    }

    mutating func add(_ groups: [Scalar], _ columns: [KeyColumn], _ cancellation: Cancellation) throws {
        let numbers = try ShareTotals.numbers(&parents, terms, columns, count: groups.count, cancellation)
        sums += [Double](repeating: 0, count: parents.count - sums.count)
        for (group, parent) in numbers.enumerated() { sums[parent] += groups[group].number ?? 0 }
    }

    /// NULL where a group or its parent has no sum, or the parent's is 0.
    func shares(_ groups: [Scalar], _ columns: [KeyColumn], _ cancellation: Cancellation) throws -> [Scalar] {
        var parents = parents
        let numbers = try ShareTotals.numbers(&parents, terms, columns, count: groups.count, cancellation)
        return zip(groups, numbers).map { sum, parent in
            guard let part = sum.number, parent < sums.count, sums[parent] != 0 else { return .null }
            return .float(part / sums[parent])
        }
    }
}
