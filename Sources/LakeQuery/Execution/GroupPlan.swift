import LakeCore

/// What a query with groups computes, fitted to its table.
struct GroupPlan: Sendable {
    /// GROUP BY, each term once.
    var terms: [Bound]
    /// Per grouping set the terms that it groups by; one set of all terms where the SQL names none.
    var sets: [[Int]]
    /// Per GROUPING(...) its terms; outputs read them as groups behind the terms.
    var groupings: [[Int]]
    var aggregates: [BoundAggregate]
    var outputs: [Bound]
    var having: Bound?
    var order: [(Bound, SortKey)]
    /// Equal rows of the result are one.
    var isDistinct: Bool
    /// Rows left out at the start of the result.
    var offset: Int
    /// Rows at most.
    var limit: Int?
    /// Groups of fewer rows are left out; the last of the aggregates counts rows then.
    var minimumCell = 0
    /// Aggregates that are NULL where one of some others, which count the rows that they take in, is below `minimumCell`.
    var cells: [Int: [Int]] = [:]

    /// - Throws: `LakeError` (usage) with a caret for what does not fit the table.
    init(_ statement: SelectStatement, _ binder: inout Binder) throws {
        let items = statement.items.compactMap(\.expression)
        terms = try binder.bindGroups(statement.isAggregate ? statement.groupBy : items)
        sets = statement.groupingSets ?? [Array(terms.indices)]
        outputs = try items.map { try binder.output($0) }
        having = try statement.having.map { try binder.condition($0, output: true) }
        order = try statement.orderBy.map { (try binder.output($0.expression), $0) }
        aggregates = binder.aggregates
        groupings = binder.groupings
        isDistinct = statement.distinct && statement.isAggregate
        (offset, limit) = (statement.offset, statement.limit)
    }

    /// The types of the terms.
    var types: [DataType] { terms.map { $0.type ?? .int64 } }

    /// The terms within which a share is counted, for a grouping set.
    func parent(of aggregate: BoundAggregate, in set: [Int]) -> [Int] {
        guard let within = aggregate.within else { return Array(set.dropLast()) }
        return set.filter { within.contains($0) }
    }
}

extension GroupPlan {
    /// Leaves out groups of fewer than `count` rows.
    mutating func suppress(below count: Int) {
        minimumCell = count
        for (index, aggregate) in aggregates.enumerated() {
            for condition in aggregate.cells {
                var rows = BoundAggregate.rows
                rows.argument = .inputs([.constant(.integer(1), .int64)], filter: condition)
                let place = aggregates.firstIndex(of: rows) ?? aggregates.count
                if place == aggregates.count { aggregates.append(rows) }
                cells[index, default: []].append(place)
            }
        }
        aggregates.append(.rows)
    }
}

extension BoundAggregate {
    /// The conditions that say which rows of a group it takes in, each for a cell of its own; none where it takes in all.
    fileprivate var cells: [Bound] {
        guard case .inputs(let inputs, let filter)? = argument else { return [] }
        // A distance is between two sides: the values come first, then a condition for each.
        let sides = function == .wasserstein ? Array(inputs.dropFirst().prefix(2)) : []
        guard let filter else { return sides }
        return sides.isEmpty ? [filter] : sides.map { .and([filter, $0]) }
    }
}
