import LakeCore

/// The groups of a whole query, put together from partial results in a fixed order.
struct Groups {
    private let termCount: Int
    private var numbers: [[Scalar]: Int] = [:]
    private(set) var keys: [[Scalar]] = []
    private(set) var accumulators: [Accumulator]

    init(termCount: Int, aggregates: [BoundAggregate]) {
        self.termCount = termCount
        accumulators = aggregates.map { Accumulator($0, cells: 0) }
    }

    mutating func merge(_ partial: PartialGroups) throws {
        for (key, cell) in zip(partial.keys, partial.cells) {
            let group = number(of: key)
            for index in accumulators.indices {
                try accumulators[index].merge(partial.accumulators[index], from: cell, into: group)
            }
        }
    }

    private mutating func number(of key: [Scalar]) -> Int {
        if let number = numbers[key] { return number }
        let number = keys.count
        numbers[key] = number
        keys.append(key)
        for index in accumulators.indices { accumulators[index].grow(to: number + 1) }
        return number
    }

    /// Without GROUP BY there is one group, rows or not.
    mutating func ensureOne() {
        if termCount == 0, keys.isEmpty { _ = number(of: []) }
    }
}
