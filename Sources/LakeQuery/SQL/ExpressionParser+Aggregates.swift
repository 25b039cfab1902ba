import LakeCore

extension ExpressionParser {
    /// An aggregate of the grammar's tree.
    /// - Parameter arguments: what stands between the parentheses.
    func aggregate(
        _ function: AggregateCall.Function, _ arguments: [Expression], _ fields: GrammarTree, at position: Int,
        depth: Int
    ) throws(LakeError) -> Expression {
        let isStar = fields["agg_star"]?.isTrue == true
        var call = AggregateCall(function, arguments.first, others: Array(arguments.dropFirst()))
        call.distinct = fields["agg_distinct"]?.isTrue == true
        call.filter = try fields["agg_filter"].map { tree throws(LakeError) in try expression(tree, depth: depth) }
        if let order = fields["agg_order"]?.elements, !order.isEmpty {
            guard fields["agg_within_group"]?.isTrue == true else {
                throw source.error(
                    "ORDER BY within an aggregate is not part of AlphaLake's SQL", at: position,
                    hint: "quantiles have WITHIN GROUP (ORDER BY x)")
            }
            try takeWithin(&call, arguments, order, at: position, depth: depth)
        }
        try checkCount(call, isStar: isStar, at: position)
        return Expression(.aggregate(call), at: position)
    }

    /// `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)`
    private func takeWithin(
        _ call: inout AggregateCall, _ arguments: [Expression], _ order: [GrammarTree], at position: Int, depth: Int
    ) throws(LakeError) {
        guard [.percentileContinuous, .percentileDiscrete, .mode].contains(call.function) else {
            throw source.error(
                "\(call.function.rawValue) takes no WITHIN GROUP", at: position,
                hint: "percentile_cont, percentile_disc and mode do")
        }
        guard order.count == 1, case ("SortBy", let fields)? = order[0].node, let node = fields["node"] else {
            throw source.error(
                "WITHIN GROUP orders by one expression", at: position, hint: "WITHIN GROUP (ORDER BY x)")
        }
        call.argument = try expression(node, depth: depth)
        call.others = arguments
        call.within = fields["sortby_dir"]?.string == "SORTBY_DESC" ? .descending : .ascending
    }

    private func checkCount(_ call: AggregateCall, isStar: Bool, at position: Int) throws(LakeError) {
        let count = (call.argument == nil ? 0 : 1) + call.others.count
        func require(_ condition: Bool, _ takes: String, hint: String? = nil) throws(LakeError) {
            guard condition else {
                throw source.error("\(call.function.rawValue) takes \(takes)", at: position, hint: hint)
            }
        }
        switch call.function {
        case .count: try require(count <= 1, "one column or *", hint: "count(*) counts rows, count(x) values")
        case .share:
            try require(!(call.distinct && call.argument == nil), "DISTINCT only with an argument", hint: "share(*)")
        case .wasserstein:
            try require(
                !isStar && (count == 3 || count == 4), "a value, two conditions and perhaps a weight",
                hint: "wasserstein(x, region = 'South', region = 'West', weight)")
        case .quantile, .quantileContinuous, .quantileDiscrete:
            try require(
                !isStar && count == 2, "a value and a fraction", hint: "\(call.function.rawValue)(x, 0.9)")
        case .percentileContinuous, .percentileDiscrete:
            try require(
                call.within != nil && count == 2, "a fraction, and WITHIN GROUP",
                hint: "\(call.function.rawValue)(0.9) WITHIN GROUP (ORDER BY x)")
        default: try require(!isStar && count == 1, "one argument", hint: "\(call.function.rawValue)(x)")
        }
    }
}
