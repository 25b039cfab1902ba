import LakeBytes
import LakeCore

/// What an aggregate reads: a column of numbers, or any values.
enum AggregateInput {
    case integers([Int64], Bitmap?)
    case floats([Double], Bitmap?)
    case scalars([Scalar])

    /// - Parameter vectors: the fields that the argument reads, of `count` values each.
    init(_ argument: Bound, vectors: [Int: ColumnVector], count: Int) throws {
        let type = argument.type ?? .int64
        // Coded vectors tell NULL by its code; only once spelled out do they have a validity.
        let vector = try argument.vector(over: FieldVectors(vectors, count: count)).spelledOut()
        switch vector.values {
        case .integers(let values) where type != .uint64 || values.allSatisfy({ $0 >= 0 }):
            self = .integers(values, vector.validity)
        case .floats(let values): self = .floats(values, vector.validity)
        default: self = .scalars((0..<count).map { vector.scalar($0, type) })
        }
    }
}

/// The running state of one aggregate over numbered cells.
struct Accumulator: Sendable {
    let aggregate: BoundAggregate
    /// Values that were not NULL; rows for `count(*)`.
    private(set) var counts: [Int64]
    private var integers: [Int64] = []
    private var floats: [Double] = []
    private var extremes: [Scalar] = []

    init(_ aggregate: BoundAggregate, cells: Int) {
        self.aggregate = aggregate
        counts = []
        grow(to: cells)
    }

    mutating func grow(to cells: Int) {
        let more = cells - counts.count
        guard more > 0 else { return }
        counts.append(contentsOf: repeatElement(0, count: more))
        switch aggregate.function {
        case .count: break
        case .sum where aggregate.type == .int64: integers.append(contentsOf: repeatElement(0, count: more))
        case .sum, .avg: floats.append(contentsOf: repeatElement(0, count: more))
        case .min, .max: extremes.append(contentsOf: repeatElement(.null, count: more))
        }
    }

    /// Takes in values: row `i` belongs to `cells[i]` and reads `input` at `indices[i]` (at `i` without indices).
    mutating func add(
        _ input: AggregateInput?, cells: [UInt32], indices: [UInt32]?, multiples: [UInt32]?
    ) throws {
        guard let input else {
            try check(Aggregation.count(cells, multiples: multiples, into: &counts))
            return
        }
        switch (aggregate.function, input) {
        case (.sum, .integers(let values, let validity)) where aggregate.type == .int64:
            var overflow = false
            try check(
                Aggregation.sum(
                    cells, values: values, validity: validity, indices: indices, multiples: multiples, sums: &integers,
                    counts: &counts, overflow: &overflow))
            if overflow { throw Accumulator.overflow }
        case (.sum, .floats(let values, let validity)), (.avg, .floats(let values, let validity)):
            try check(
                Aggregation.sum(
                    cells, values: values, validity: validity, indices: indices, multiples: multiples, sums: &floats,
                    counts: &counts))
        case (.avg, .integers(let values, let validity)):
            try check(
                Aggregation.sum(
                    cells, values: values.map { Double($0) }, validity: validity, indices: indices,
                    multiples: multiples, sums: &floats, counts: &counts))
        default: try addOneByOne(input, cells: cells, indices: indices, multiples: multiples)
        }
    }

    /// Takes in what has been summed up elsewhere: a count, a sum or an average of floats.
    mutating func add(sum: Double, count: Int64, to cell: Int) {
        counts[cell] &+= count
        if !floats.isEmpty { floats[cell] += sum }
    }

    private static let overflow = LakeError(
        .failed, "integer overflow in sum", hint: "sum a float: sum(CAST(x AS DOUBLE))")

    private func check(_ fits: Bool) throws {
        guard fits else { throw LakeError(.corrupt, "key codes that are out of range") }
    }

    private mutating func addOneByOne(
        _ input: AggregateInput, cells: [UInt32], indices: [UInt32]?, multiples: [UInt32]?
    ) throws {
        for row in cells.indices {
            let index = indices.map { Int($0[row]) } ?? row
            let value: Scalar
            switch input {
            case .integers(let values, let validity):
                value = validity.map { $0[index] } ?? true ? Scalar(bits: values[index], type: inputType) : .null
            case .floats(let values, let validity):
                value = validity.map { $0[index] } ?? true ? .float(values[index]) : .null
            case .scalars(let values): value = values[index]
            }
            if value.isNull { continue }
            let cell = Int(cells[row])
            counts[cell] &+= Int64(multiples?[row] ?? 1)
            switch aggregate.function {
            case .min: if extremes[cell].isNull || value.compare(extremes[cell]) < 0 { extremes[cell] = value }
            case .max: if extremes[cell].isNull || value.compare(extremes[cell]) > 0 { extremes[cell] = value }
            case .sum where aggregate.type == .int64:
                // A uint64 column: only values that fit 64 signed bits can be summed.
                guard case .integer(let number) = value else { throw Accumulator.overflow }
                let (product, first) = number.multipliedReportingOverflow(by: Int64(multiples?[row] ?? 1))
                let (sum, second) = integers[cell].addingReportingOverflow(product)
                if first || second { throw Accumulator.overflow }
                integers[cell] = sum
            case .sum, .avg: floats[cell] += (value.number ?? 0) * Double(multiples?[row] ?? 1)
            case .count: break
            }
        }
    }

    private var inputType: DataType { aggregate.argument?.type ?? .int64 }

    /// Adds a cell of another accumulator of the same aggregate to one of this.
    mutating func merge(_ other: Accumulator, from source: Int, into cell: Int) throws {
        counts[cell] &+= other.counts[source]
        switch aggregate.function {
        case .count: break
        case .sum where aggregate.type == .int64:
            let (sum, overflow) = integers[cell].addingReportingOverflow(other.integers[source])
            if overflow { throw Accumulator.overflow }
            integers[cell] = sum
        case .sum, .avg: floats[cell] += other.floats[source]
        case .min:
            let value = other.extremes[source]
            if !value.isNull, extremes[cell].isNull || value.compare(extremes[cell]) < 0 { extremes[cell] = value }
        case .max:
            let value = other.extremes[source]
            if !value.isNull, extremes[cell].isNull || value.compare(extremes[cell]) > 0 { extremes[cell] = value }
        }
    }

    /// The result for a cell: NULL over no values, but 0 for counts.
    func result(_ cell: Int) -> Scalar {
        switch aggregate.function {
        case .count: return .integer(counts[cell])
        case _ where counts[cell] == 0: return .null
        case .sum where aggregate.type == .int64: return .integer(integers[cell])
        case .sum: return .float(floats[cell])
        case .avg: return .float(floats[cell] / Double(counts[cell]))
        case .min, .max: return extremes[cell]
        }
    }
}
