import LakeBytes
import LakeCore

/// How often each value occurred, per cell: what DISTINCT, quantiles, modes and distances between distributions need.
struct ValueCounts: Sendable {
    private let type: DataType
    /// Values count once, however often they occur.
    private let isDistinct: Bool
    /// There are two distributions per cell.
    private let isPaired: Bool
    private(set) var values: DistinctValues
    /// Cell and number of the value.
    private var pairs = IntegerInterner()
    private var weights: [Double] = []
    private var otherWeights: [Double] = []
    /// The last dictionary that values were read from, and the numbers of its values as far as they occurred.
    private var known: (dictionary: ValueDictionary, numbers: [UInt32])?

    init(_ aggregate: BoundAggregate) {
        type = aggregate.input
        isDistinct = aggregate.distinct
        isPaired = aggregate.function == .wasserstein
        values = DistinctValues(type)
    }

    // MARK: Taking in

    mutating func add(_ input: AggregateInput, _ rows: AggregatedRows, counts: inout [Int64]) throws {
        if case .several(let inputs) = input, isPaired {
            try addPaired(inputs, rows, counts: &counts)
            return
        }
        rows.forEach(input) { cell, place, multiple in
            let pair = pair(cell, number(input, place))
            if isDistinct {
                if pair.isNew { counts[cell] &+= 1 }
            } else {
                weights[pair.number] += Double(multiple)
                counts[cell] &+= multiple
            }
        }
    }

    /// A value, two conditions that say which distributions it belongs to, and perhaps a weight.
    private mutating func addPaired(
        _ inputs: [AggregateInput], _ rows: AggregatedRows, counts: inout [Int64]
    ) throws {
        try rows.forEach(inputs[0]) { cell, place, multiple in
            let (isFirst, isSecond) = (inputs[1].isTrue(place), inputs[2].isTrue(place))
            guard isFirst || isSecond else { return }
            var weight = Double(multiple)
            if inputs.count > 3 {
                guard let factor = inputs[3].scalar(place, .float64).number else { return }
                guard factor >= 0, factor.isFinite else {
                    throw LakeError(
                        .failed, "wasserstein: \(factor) is no weight", hint: "weights are numbers from 0")
                }
                weight *= factor
            }
            let pair = pair(cell, number(inputs[0], place)).number
            if isFirst { weights[pair] += weight }
            if isSecond { otherWeights[pair] += weight }
            counts[cell] &+= multiple
        }
    }

    private mutating func number(_ input: AggregateInput, _ place: Int) -> UInt32 {
        guard case .codes(let codes, let dictionary) = input else { return values.number(input, place, type) }
        let code = Int(codes[place])
        if known?.dictionary !== dictionary {
            known = (dictionary, [UInt32](repeating: .max, count: dictionary.count))
        }
        if let number = known?.numbers[code], number != .max { return number }
        let number = values.number(input, place, type)
        known?.numbers[code] = number
        return number
    }

    private mutating func pair(_ cell: Int, _ value: UInt32) -> (number: Int, isNew: Bool) {
        let number = Int(pairs.intern(Int64(cell) << 32 | Int64(value)))
        let isNew = number == weights.count
        if isNew {
            weights.append(isDistinct ? 1 : 0)
            if isPaired { otherWeights.append(0) }
        }
        return (number, isNew)
    }

    // MARK: Merging

    mutating func merge(
        _ other: ValueCounts, from sources: [Int], into targets: [Int], counts: inout [Int64]
    ) {
        let byCell = other.pairsByCell(below: (sources.max() ?? -1) + 1)
        for (source, target) in zip(sources, targets) {
            for place in byCell.starts[source]..<byCell.starts[source + 1] {
                let index = byCell.pairs[place]
                let value = values.number(of: other.values, Int(other.pairs.values[index] & 0xFFFF_FFFF))
                let pair = pair(target, value)
                if isDistinct {
                    if pair.isNew { counts[target] &+= 1 }
                    continue
                }
                weights[pair.number] += other.weights[index]
                if isPaired { otherWeights[pair.number] += other.otherWeights[index] }
            }
        }
    }

    /// Pairs sorted by cell, in order of arrival; those of cell `c` from `starts[c]` on.
    private func pairsByCell(below cells: Int) -> (starts: [Int], pairs: [Int]) {
        var starts = [Int](repeating: 0, count: cells + 1)
        for pair in pairs.values where Int(pair >> 32) < cells { starts[Int(pair >> 32) + 1] += 1 }
        for cell in 0..<cells { starts[cell + 1] += starts[cell] }
        var next = starts
        var result = [Int](repeating: 0, count: starts[cells])
        for (index, pair) in pairs.values.enumerated() where Int(pair >> 32) < cells {
            result[next[Int(pair >> 32)]] = index
            next[Int(pair >> 32)] += 1
        }
        return (starts, result)
    }

    // MARK: Results

    func results(_ aggregate: BoundAggregate, cells: Int) throws -> [Scalar] {
        let ranks = values.ranks()
        let byCell = pairsByCell(below: cells)
        return try (0..<cells).map { cell in
            let sorted = byCell.pairs[byCell.starts[cell]..<byCell.starts[cell + 1]]
                .sorted { ranks[Int(pairs.values[$0] & 0xFFFF_FFFF)] < ranks[Int(pairs.values[$1] & 0xFFFF_FFFF)] }
            let distribution = Distribution(
                values: sorted.map { values.scalar(Int(pairs.values[$0] & 0xFFFF_FFFF), type) },
                weights: sorted.map { weights[$0] }, others: isPaired ? sorted.map { otherWeights[$0] } : [])
            return try distribution.result(aggregate)
        }
    }

    // MARK: Spilling

    var byteCount: Int { values.byteCount + pairs.byteCount + 8 * (weights.count + otherWeights.count) }

    func write(to writer: inout ArrayWriter) {
        values.write(to: &writer)
        writer.append(pairs.values)
        writer.append(weights)
        writer.append(otherWeights)
    }

    mutating func read(from reader: inout ArrayReader, cells: Int) throws {
        try values.read(from: &reader)
        for pair in try reader.integers() {
            guard pair >= 0, pair >> 32 < cells, pair & 0xFFFF_FFFF < values.count else { throw ArrayReader.damaged }
            _ = pairs.intern(pair)
        }
        weights = try reader.floats(pairs.count)
        otherWeights = try reader.floats(isPaired ? pairs.count : 0)
    }
}

extension AggregateInput {
    /// Whether a condition is true.
    fileprivate func isTrue(_ place: Int) -> Bool { scalar(place, .bool) == .bool(true) }
}
