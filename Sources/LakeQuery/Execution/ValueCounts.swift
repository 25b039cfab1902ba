import LakeBytes
import LakeCore

/// How often each value occurred, per cell: what DISTINCT, quantiles, modes and distances between distributions need.
struct ValueCounts: Sendable {
    private let type: DataType
    /// Values count once, however often they occur.
    private let isDistinct: Bool
    /// There are two distributions per cell.
    private let isPaired: Bool
    private var coding: ValueCoding
    private var pairs: CellValues
    /// Of the pairs, once they are settled; nil when it has to be found out again.
    private var starts: [Int]?
    /// The last dictionary that values were read from, and the words of its values as far as they occurred.
    private var known: (dictionary: ValueDictionary, words: [UInt64])?

    init(_ aggregate: BoundAggregate) {
        type = aggregate.input
        isDistinct = aggregate.distinct
        isPaired = aggregate.function == .wasserstein
        coding = ValueCoding(type)
        pairs = CellValues(isPaired ? .double : isDistinct ? .none : .single)
    }

    // MARK: Taking in

    /// Counts of distinct values are known only once all are taken in.
    mutating func add(_ input: AggregateInput, _ rows: AggregatedRows, counts: inout [Int64]) throws {
        starts = nil
        pairs.reserve(rows.cells.count)
        if case .several(let inputs) = input, isPaired {
            try addPaired(inputs, rows, counts: &counts)
        } else {
            add(input, rows, &counts)
        }
        try pairs.settleIfLarge(nil)
    }

    private mutating func add(_ input: AggregateInput, _ rows: AggregatedRows, _ counts: inout [Int64]) {
        let isDistinct = isDistinct
        switch input {
        case .integers(let values, _) where type.physical == .integer:
            let sign = coding.sign
            rows.forEach(input) { cell, place, multiple in
                pairs.append(cell, UInt64(bitPattern: values[place]) ^ sign, Double(multiple))
                if !isDistinct { counts[cell] &+= multiple }
            }
        case .floats(let values, _) where type.physical == .float:
            rows.forEach(input) { cell, place, multiple in
                pairs.append(cell, ValueCoding.word(values[place]), Double(multiple))
                if !isDistinct { counts[cell] &+= multiple }
            }
        default:
            rows.forEach(input) { cell, place, multiple in
                pairs.append(cell, word(input, place), Double(multiple))
                if !isDistinct { counts[cell] &+= multiple }
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
            pairs.append(cell, word(inputs[0], place), isFirst ? weight : 0, isSecond ? weight : 0)
            counts[cell] &+= multiple
        }
    }

    private mutating func word(_ input: AggregateInput, _ place: Int) -> UInt64 {
        guard case .codes(let codes, let dictionary) = input, case .bytes(let strings) = dictionary.values.values,
            coding.holdsText
        else { return coding.word(input.scalar(place, type)) }
        let code = Int(codes[place])
        if known?.dictionary !== dictionary {
            known = (dictionary, [UInt64](repeating: .max, count: dictionary.count))
        }
        if let word = known?.words[code], word != .max { return word }
        let word = coding.word(strings, code)
        known?.words[code] = word
        return word
    }

    /// Sorts what was taken in; merging and results need that.
    /// - Throws: `LakeError` (cancelled).
    mutating func settle(cells: Int, _ cancellation: Cancellation?) throws {
        known = nil
        try pairs.settle(cancellation)
        if starts?.count != cells + 1 { starts = pairs.starts(cells: cells) }
    }

    private func settled(cells: Int, _ cancellation: Cancellation?) throws -> (counts: ValueCounts, starts: [Int]) {
        if pairs.isSettled, let starts, starts.count == cells + 1 { return (self, starts) }
        var copy = self
        try copy.settle(cells: cells, cancellation)
        return (copy, copy.starts ?? [])
    }

    // MARK: Merging

    /// - Parameter cells: how many the other has.
    /// - Throws: `LakeError` (cancelled).
    mutating func merge(
        _ other: ValueCounts, cells: Int, from sources: [Int], into targets: [Int], _ cancellation: Cancellation?
    ) throws {
        let (other, otherStarts) = try other.settled(cells: cells, cancellation)
        starts = nil
        var renumbered: ((UInt64) -> UInt64)?
        if coding.holdsText {
            let strings = other.coding.texts.values
            var words = [UInt64](repeating: .max, count: strings.count)
            for source in sources {
                try cancellation?.check()
                for place in otherStarts[source]..<otherStarts[source + 1] {
                    let number = Int(other.pairs.words[place])
                    if words[number] == .max { words[number] = coding.word(strings, number) }
                }
            }
            renumbered = { words[Int($0)] }
        }
        try pairs.append(
            other.pairs, starts: otherStarts, from: sources, into: targets, cancellation: cancellation,
            renumbered: renumbered)
        try pairs.settleIfLarge(cancellation)
    }

    // MARK: Results

    /// - Throws: `LakeError` (failed) for a sum of integers that leaves 64 bits, (cancelled).
    func results(_ aggregate: BoundAggregate, cells: Int, _ cancellation: Cancellation?) throws -> [Scalar] {
        var (settled, starts) = try settled(cells: cells, cancellation)
        if aggregate.function == .count { return (0..<cells).map { .integer(Int64(starts[$0 + 1] - starts[$0])) } }
        if coding.holdsText {
            let words = settled.coding.rank()
            settled.pairs = settled.pairs.mapWords { words[Int($0)] }
            try settled.settle(cells: cells, cancellation)
            starts = settled.starts ?? starts
        }
        let pairs = settled.pairs
        var done = 0
        return try (0..<cells).map { cell in
            let range = starts[cell]..<starts[cell + 1]
            done += range.count + 1
            if done > 1 << 14 {
                done = 0
                try cancellation?.check()
            }
            let distribution = Distribution(
                words: pairs.words[range], weights: pairs.weights.isEmpty ? nil : pairs.weights[range],
                others: isPaired ? pairs.others[range] : [], coding: settled.coding)
            return try distribution.result(aggregate)
        }
    }

    /// How many distinct values each cell has; nil where values count more than once.
    func distinctCounts(cells: Int, _ cancellation: Cancellation?) throws -> [Int64]? {
        guard isDistinct else { return nil }
        let starts = try settled(cells: cells, cancellation).starts
        return (0..<cells).map { Int64(starts[$0 + 1] - starts[$0]) }
    }

    // MARK: Spilling

    var byteCount: Int { coding.texts.byteCount + pairs.byteCount + 8 * (starts?.count ?? 0) }

    /// Writes the values down, settled before.
    func write(to writer: inout ArrayWriter, cells: Int) throws {
        let settled = try settled(cells: cells, nil).counts
        writer.append(settled.coding.texts.values)
        settled.pairs.write(to: &writer, cells: cells)
    }

    mutating func read(from reader: inout ArrayReader, cells: Int) throws {
        coding = ValueCoding(type)
        coding.read(try reader.strings())
        try pairs.read(from: &reader, cells: cells)
        let count = UInt64(coding.texts.count)
        guard !coding.holdsText || pairs.words.allSatisfy({ $0 < count }) else { throw ArrayReader.damaged }
        starts = nil
    }
}

extension AggregateInput {
    /// Whether a condition is true.
    fileprivate func isTrue(_ place: Int) -> Bool { scalar(place, .bool) == .bool(true) }
}
