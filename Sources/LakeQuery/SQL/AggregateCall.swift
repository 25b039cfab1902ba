import LakeCore

/// `count(*)`, `sum(DISTINCT x) FILTER (WHERE y)`: an aggregate over a group's rows.
public struct AggregateCall: Hashable, Sendable {
    /// The aggregates, as SQL names them.
    public enum Function: String, Hashable, Sendable, CaseIterable {
        case count, sum, avg, min, max
        case stddev, variance
        case stddevSample = "stddev_samp"
        case stddevPopulation = "stddev_pop"
        case varianceSample = "var_samp"
        case variancePopulation = "var_pop"
        case median, mode, quantile
        case quantileContinuous = "quantile_cont"
        case quantileDiscrete = "quantile_disc"
        case percentileContinuous = "percentile_cont"
        case percentileDiscrete = "percentile_disc"
        case boolAnd = "bool_and"
        case boolOr = "bool_or"
        case anyValue = "any_value"
        /// This group's part of its parent's sum.
        case share
        /// Kish's effective sample size.
        case ess
        /// The 1-Wasserstein distance between two parts of a group.
        case wasserstein
    }

    public var function: Function
    /// Nil for `count(*)` and `share(*)` only.
    public var argument: Expression?
    /// What follows the first argument: the fraction of a quantile, the terms of `share`, the conditions of `wasserstein`.
    public var others: [Expression]
    public var distinct: Bool
    /// Rows that do not pass are not aggregated.
    public var filter: Expression?
    /// The direction of `WITHIN GROUP (ORDER BY argument)`; nil where the argument stands between the parentheses.
    public var within: Direction?

    /// How WITHIN GROUP orders.
    public enum Direction: Hashable, Sendable {
        case ascending, descending
    }

    public init(
        _ function: Function, _ argument: Expression?, others: [Expression] = [], distinct: Bool = false,
        filter: Expression? = nil, within: Direction? = nil
    ) {
        self.function = function
        self.argument = argument
        self.others = others
        self.distinct = distinct
        self.filter = filter
        self.within = within
    }

    /// All expressions in it.
    var parts: [Expression] { [argument].compactMap { $0 } + others + [filter].compactMap { $0 } }

    func rewritten(_ inner: (Expression) throws(LakeError) -> Expression) throws(LakeError) -> AggregateCall {
        var result = self
        if let argument { result.argument = try inner(argument) }
        for index in others.indices { result.others[index] = try inner(others[index]) }
        if let filter { result.filter = try inner(filter) }
        return result
    }

    static var hint: String { "aggregates are " + Function.allCases.map(\.rawValue).joined(separator: ", ") }
}

extension AggregateCall: CustomStringConvertible {
    public var description: String {
        var inside = others.map(\.description)
        if within == nil, function != .mode || argument != nil {
            inside.insert((distinct ? "DISTINCT " : "") + (argument?.description ?? "*"), at: 0)
        }
        var text = "\(function.rawValue)(\(inside.joined(separator: ", ")))"
        if let within, let argument {
            text += " WITHIN GROUP (ORDER BY \(argument)\(within == .descending ? " DESC" : ""))"
        }
        return text + (filter.map { " FILTER (WHERE \($0))" } ?? "")
    }
}
