/// Partial results of some keys or rows of a shard: groups with their values, and where their aggregates are.
struct PartialGroups: Sendable {
    /// Per GROUP BY term its distinct values here.
    var values: [[Scalar]]
    /// Per GROUP BY term the number of each group's value.
    var numbers: [[UInt32]]
    /// Per group its position in the accumulators.
    var cells: [Int]
    var accumulators: [Accumulator]

    /// - Parameter terms: GROUP BY terms of the query.
    init(terms: Int, accumulators: [Accumulator]) {
        values = Array(repeating: [], count: terms)
        numbers = Array(repeating: [], count: terms)
        cells = []
        self.accumulators = accumulators
    }
}
