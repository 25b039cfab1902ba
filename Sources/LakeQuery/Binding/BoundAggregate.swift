import LakeCore

/// An aggregate over rows.
struct BoundAggregate: Hashable, Sendable {
    var function: Function
    /// Nil for `count(*)`; `.inputs` where there are several arguments or a filter.
    var argument: Bound?
    /// Of the result.
    var type: DataType
    /// Of the first argument.
    var input: DataType = .int64
    /// Each value of a group counts once.
    var distinct = false
    /// Where a quantile stands, 0 to 1.
    var fraction = 0.5
    /// Quantiles count from the greatest value.
    var descending = false
    /// Terms of GROUP BY that the groups of a share's parent agree in; nil for all but the last.
    var within: [Int]?
    /// Its name in the SQL.
    var place = Place.unknown

    /// What is computed, where SQL has several names for it.
    enum Function: Hashable, Sendable {
        case count, sum, avg, min, max, anyValue, mode, share, ess, wasserstein
        case varianceSample, variancePopulation, stddevSample, stddevPopulation
        case quantileContinuous, quantileDiscrete
    }

    /// What is kept per cell while values are taken in.
    enum State {
        /// How many there were.
        case counts
        /// Exact sums of integers.
        case wholes
        /// Sums of floats.
        case sums
        /// Sums of floats and of their squares.
        case squares
        /// Mean and sum of squared differences from it.
        case moments
        /// The least, the greatest or the first value.
        case extremes
        /// How often each value occurred.
        case values
    }

    /// Whether the order of the rows decides.
    var takesFirst: Bool { function == .anyValue }

    var state: State {
        switch function {
        case .quantileContinuous, .quantileDiscrete, .mode, .wasserstein: .values
        case .min, .max, .anyValue: .extremes
        case _ where distinct: .values
        case .count: .counts
        case .share where argument == nil: .counts
        case .sum, .avg, .share: input.physical == .float ? .sums : .wholes
        case .ess: .squares
        case .varianceSample, .variancePopulation, .stddevSample, .stddevPopulation: .moments
        }
    }
}

extension AggregateCall.Function {
    /// What it computes; `bool_and` is the least of the conditions, `bool_or` the greatest.
    var computed: BoundAggregate.Function {
        switch self {
        case .count: .count
        case .sum: .sum
        case .avg: .avg
        case .min, .boolAnd: .min
        case .max, .boolOr: .max
        case .stddev, .stddevSample: .stddevSample
        case .stddevPopulation: .stddevPopulation
        case .variance, .varianceSample: .varianceSample
        case .variancePopulation: .variancePopulation
        case .median, .quantileContinuous, .percentileContinuous: .quantileContinuous
        case .quantile, .quantileDiscrete, .percentileDiscrete: .quantileDiscrete
        case .mode: .mode
        case .anyValue: .anyValue
        case .share: .share
        case .ess: .ess
        case .wasserstein: .wasserstein
        }
    }
}
