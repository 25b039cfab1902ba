import LakeBytes
import LakeCore

/// Sums of floats per cell; sums of squares, or means and squared differences from them.
struct Moments: Sendable {
    /// Sums; where the spread is asked for, how far the mean is from the cell's first value.
    private(set) var sums: [Double] = []
    private var squares: [Double] = []
    /// The first value of a cell, where the spread is asked for: differences from it lose nothing where the values are large
    /// beside their spread, in whatever order and number they come together.
    private var firsts: [Double] = []

    mutating func grow(by more: Int, squares isSquared: Bool) {
        sums.append(contentsOf: repeatElement(0, count: more))
        guard isSquared else { return }
        squares.append(contentsOf: repeatElement(0, count: more))
        firsts.append(contentsOf: repeatElement(0, count: more))
    }

    // MARK: Sums

    mutating func add(_ sum: Double, to cell: Int) { sums[cell] += sum }

    mutating func addSums(_ input: AggregateInput, _ rows: AggregatedRows, counts: inout [Int64]) throws {
        guard case .floats(let values, let validity) = input else {
            rows.forEach(input) { cell, place, multiple in
                counts[cell] &+= multiple
                sums[cell] += (input.scalar(place, .float64).number ?? 0) * Double(multiple)
            }
            return
        }
        guard
            Aggregation.sum(
                rows.cells, values: values, validity: validity, indices: rows.indices, multiples: rows.multiples,
                sums: &sums, counts: &counts)
        else { throw Accumulator.corrupt }
    }

    mutating func mergeSums(_ other: Moments, from sources: [Int], into targets: [Int]) {
        for (source, target) in zip(sources, targets) { sums[target] += other.sums[source] }
    }

    // MARK: Effective sample size

    mutating func addSquares(
        _ input: AggregateInput, _ rows: AggregatedRows, type: DataType, counts: inout [Int64]
    ) throws {
        rows.forEach(input) { cell, place, multiple in
            let weight = input.number(place, type)
            counts[cell] &+= multiple
            sums[cell] += weight * Double(multiple)
            squares[cell] += weight * weight * Double(multiple)
        }
    }

    mutating func mergeSquares(_ other: Moments, from sources: [Int], into targets: [Int]) {
        for (source, target) in zip(sources, targets) {
            sums[target] += other.sums[source]
            squares[target] += other.squares[source]
        }
    }

    /// Kish's (sum w)^2 / sum w^2; NULL where all weights are 0.
    func effectiveSize(_ cell: Int) -> Scalar {
        squares[cell] == 0 ? .null : .float(sums[cell] * sums[cell] / squares[cell])
    }

    // MARK: Mean and spread

    /// Welford's way, one value after the other: stable where the mean is large beside the spread.
    mutating func addMoments(
        _ input: AggregateInput, _ rows: AggregatedRows, type: DataType, counts: inout [Int64]
    ) {
        rows.forEach(input) { cell, place, multiple in
            let before = Double(counts[cell])
            counts[cell] &+= multiple
            let value = input.number(place, type)
            if before == 0 { firsts[cell] = value }
            join(cell, count: before, value - firsts[cell], 0, count: Double(multiple))
        }
    }

    mutating func mergeMoments(
        _ other: Moments, from sources: [Int], into targets: [Int], counts: inout [Int64], other otherCounts: [Int64]
    ) {
        for (source, target) in zip(sources, targets) {
            guard otherCounts[source] > 0 else { continue }
            if counts[target] == 0 { firsts[target] = other.firsts[source] }
            join(
                target, count: Double(counts[target]), other.sums[source] + (other.firsts[source] - firsts[target]),
                other.squares[source], count: Double(otherCounts[source]))
            counts[target] &+= otherCounts[source]
        }
    }

    /// Chan's formula for two parts with their means and sums of squared differences.
    private mutating func join(
        _ cell: Int, count: Double, _ mean: Double, _ square: Double, count otherCount: Double
    ) {
        let total = count + otherCount
        let difference = mean - sums[cell]
        sums[cell] += difference * (otherCount / total)
        squares[cell] += square + difference * difference * (count * otherCount / total)
    }

    /// Variance or standard deviation: NULL over too few values.
    func spread(_ function: BoundAggregate.Function, _ cell: Int, count: Int64) -> Scalar {
        let isSample = function == .varianceSample || function == .stddevSample
        guard count > (isSample ? 1 : 0) else { return .null }
        let variance = count == 1 ? 0 : squares[cell] / Double(isSample ? count - 1 : count)
        let isRoot = function == .stddevSample || function == .stddevPopulation
        return .float(isRoot ? variance.squareRoot() : variance)
    }

    // MARK: Spilling

    var byteCount: Int { 8 * (sums.count + squares.count + firsts.count) }

    func write(to writer: inout ArrayWriter) {
        writer.append(sums)
        if !squares.isEmpty {
            writer.append(squares)
            writer.append(firsts)
        }
    }

    mutating func read(from reader: inout ArrayReader, cells: Int, squares isSquared: Bool) throws {
        sums = try reader.floats(cells)
        let hasSquares = isSquared && cells > 0
        squares = hasSquares ? try reader.floats(cells) : []
        firsts = hasSquares ? try reader.floats(cells) : []
    }
}

extension AggregateInput {
    /// The value at `place`, which is not NULL, as a float.
    @inline(__always)
    func number(_ place: Int, _ type: DataType) -> Double {
        switch self {
        case .floats(let values, _): values[place]
        case .integers(let values, _): Double(values[place])
        default: scalar(place, type).number ?? 0
        }
    }
}
