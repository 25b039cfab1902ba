import LakeCore

/// GROUP BY: its terms, and where there are ROLLUP, CUBE or GROUPING SETS, per set the terms that it groups by.
struct Grouping {
    var terms: [Expression] = []
    var sets: [[Int]]?
}

extension SelectParser {
    /// Sets that a GROUP BY may come to.
    private static let setLimit = 4096

    func grouping(_ tree: GrammarTree?, _ expressions: ExpressionParser) throws(LakeError) -> Grouping {
        var result = Grouping()
        var sets: [[Int]] = [[]]
        for element in tree?.elements ?? [] {
            let more = try alternatives(element, expressions, &result, depth: 0)
            if element.node?.type == "GroupingSet" { result.sets = [] }
            try checkSets(sets.count * more.count, element)
            // Every set of one element together with every set of the others.
            sets = sets.flatMap { set in more.map { set + $0 } }
        }
        if result.sets != nil { result.sets = sets }
        return result
    }

    private func checkSets(_ count: Int, _ element: GrammarTree) throws(LakeError) {
        guard count <= SelectParser.setLimit else {
            throw source.error(
                "GROUP BY makes more than \(SelectParser.setLimit) grouping sets",
                at: element.node?.fields["location"]?.number ?? 0, hint: "GROUPING SETS ((a, b), (a), ()) names them")
        }
    }

    /// The sets that one element of GROUP BY stands for.
    private func alternatives(
        _ element: GrammarTree, _ expressions: ExpressionParser, _ grouping: inout Grouping, depth: Int
    ) throws(LakeError) -> [[Int]] {
        guard case ("GroupingSet", let fields)? = element.node else {
            return [try unit(element, expressions, &grouping)]
        }
        guard depth < ExpressionParser.depthLimit else {
            throw source.error("GROUP BY is nested too deeply", at: fields["location"]?.number ?? 0)
        }
        let content = fields["content"]?.elements ?? []
        switch fields["kind"]?.string {
        case "GROUPING_SET_EMPTY": return [[]]
        case "GROUPING_SET_ROLLUP":
            var units: [[Int]] = []
            for part in content { units.append(try unit(part, expressions, &grouping)) }
            return (0...units.count).reversed().map { Array(units[..<$0].joined()) }
        case "GROUPING_SET_CUBE":
            var units: [[Int]] = []
            for part in content { units.append(try unit(part, expressions, &grouping)) }
            try checkSets(1 << min(units.count, 30), element)
            return (0..<(1 << units.count)).map { left in
                Array(units.indices.filter { left >> (units.count - 1 - $0) & 1 == 0 }.map { units[$0] }.joined())
            }
        default:
            var sets: [[Int]] = []
            for part in content { sets += try alternatives(part, expressions, &grouping, depth: depth + 1) }
            try checkSets(sets.count, element)
            return sets
        }
    }

    /// One term, or several in parentheses that come and go together.
    private func unit(
        _ element: GrammarTree, _ expressions: ExpressionParser, _ grouping: inout Grouping
    ) throws(LakeError) -> [Int] {
        var parts = [element]
        if case ("RowExpr", let fields)? = element.node, fields["row_format"]?.string == "COERCE_IMPLICIT_CAST" {
            parts = fields["args"]?.elements ?? []
        }
        var result: [Int] = []
        for part in parts {
            grouping.terms.append(try expressions.expression(part))
            result.append(grouping.terms.count - 1)
        }
        return result
    }
}

extension SelectStatement {
    /// With every term of GROUP BY once, and in every grouping set once.
    func withDistinctTerms() -> SelectStatement {
        var result = self
        var numbers: [Expression: Int] = [:]
        var terms: [Expression] = []
        let places = groupBy.map { term -> Int in
            if let number = numbers[term] { return number }
            numbers[term] = terms.count
            terms.append(term)
            return terms.count - 1
        }
        result.groupBy = terms
        result.groupingSets = groupingSets?.map { set in
            var seen = Set<Int>()
            return set.map { places[$0] }.filter { seen.insert($0).inserted }
        }
        return result
    }
}
