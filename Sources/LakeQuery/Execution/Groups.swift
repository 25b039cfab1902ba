import LakeBytes
import LakeCore

/// The groups of a whole query, put together from partial results in a fixed order.
struct Groups {
    /// Per GROUP BY term its distinct values so far.
    private var values: [[Scalar]]
    private var valueNumbers: [[Scalar: UInt32]]
    /// Per term the number of each group's value.
    private var numbers: [[UInt32]]
    /// Numbers the combinations of the first two terms, of those and the third, and so on; the last are the groups.
    private var combinations: [IntegerInterner]
    private(set) var count = 0
    var termCount: Int { values.count }
    private(set) var accumulators: [Accumulator]

    init(termCount: Int, aggregates: [BoundAggregate]) {
        values = Array(repeating: [], count: termCount)
        valueNumbers = Array(repeating: [:], count: termCount)
        numbers = Array(repeating: [], count: termCount)
        combinations = Array(repeating: IntegerInterner(), count: termCount)
        accumulators = aggregates.map { Accumulator($0, cells: 0) }
    }

    /// The value of a term in a group.
    func value(_ term: Int, of group: Int) -> Scalar { values[term][Int(numbers[term][group])] }

    mutating func merge(_ partial: PartialGroups) {
        // Values of the partial result become values of the query once, not per group.
        let known = partial.values.enumerated().map { term, values in values.map { number(of: $0, term: term) } }
        let groups = partial.cells.indices.map { position in
            group(of: known.enumerated().map { term, known in known[Int(partial.numbers[term][position])] })
        }
        for index in accumulators.indices {
            accumulators[index].merge(partial.accumulators[index], from: partial.cells, into: groups)
        }
    }

    private mutating func number(of value: Scalar, term: Int) -> UInt32 {
        if let number = valueNumbers[term][value] { return number }
        let number = UInt32(values[term].count)
        valueNumbers[term][value] = number
        values[term].append(value)
        return number
    }

    /// The group with these values, a new one if there is none.
    private mutating func group(of tuple: [UInt32]) -> Int {
        var combination: UInt32 = 0
        for (term, number) in tuple.enumerated() {
            combination = combinations[term].intern(Int64(combination) << 32 | Int64(number))
        }
        let group = Int(combination)
        guard group == count else { return group }
        count += 1
        for (term, number) in tuple.enumerated() { numbers[term].append(number) }
        for index in accumulators.indices { accumulators[index].grow(to: count) }
        return group
    }

    /// Without GROUP BY there is one group, rows or not.
    mutating func ensureOne() {
        if values.isEmpty { _ = group(of: []) }
    }
}
