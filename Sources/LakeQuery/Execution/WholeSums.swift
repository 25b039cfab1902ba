import LakeBytes
import LakeCore

/// Exact sums of integers per cell: 64 bits wide while it is certain that no sum leaves them, then 128.
struct WholeSums: Sendable {
    private var narrow: [Int64] = []
    private var wide: [Int128]?
    /// No sum is further from 0 than this.
    private var reach: UInt64 = 0

    mutating func grow(by more: Int) {
        if wide == nil {
            narrow.append(contentsOf: repeatElement(0, count: more))
        } else {
            wide?.append(contentsOf: repeatElement(0, count: more))
        }
    }

    subscript(cell: Int) -> Int128 { wide.map { $0[cell] } ?? Int128(narrow[cell]) }

    /// - Throws: `LakeError` (failed) when the sum leaves 64 bits.
    func scalar(_ cell: Int) throws -> Scalar {
        guard let sum = Int64(exactly: self[cell]) else {
            throw LakeError(
                .failed, "integer overflow: the sum \(self[cell]) does not fit 64 bits with a sign",
                hint: "sum floats: sum(CAST(x AS DOUBLE)), or take avg(x)")
        }
        return .integer(sum)
    }

    mutating func add(_ input: AggregateInput, _ rows: AggregatedRows, counts: inout [Int64]) throws {
        guard case .integers(let values, let validity) = input else {
            widen()
            rows.forEach(input) { cell, place, multiple in
                counts[cell] &+= multiple
                wide?[cell] += input.scalar(place, .uint64).whole * Int128(multiple)
            }
            return
        }
        if reserve(Aggregation.magnitude(values), times: rows.total) {
            // The flag stays false: the reach says so.
            var overflow = false
            guard
                Aggregation.sum(
                    rows.cells, values: values, validity: validity, indices: rows.indices, multiples: rows.multiples,
                    sums: &narrow, counts: &counts, overflow: &overflow)
            else { throw Accumulator.corrupt }
            return
        }
        rows.forEach(input) { cell, place, multiple in
            counts[cell] &+= multiple
            wide?[cell] += Int128(values[place]) * Int128(multiple)
        }
    }

    /// Whether sums stay within 64 bits when every cell may go that much further; widens them if not.
    private mutating func reserve(_ magnitude: UInt64, times count: UInt64) -> Bool {
        guard wide == nil else { return false }
        let (product, first) = magnitude.multipliedReportingOverflow(by: count)
        let (sum, second) = reach.addingReportingOverflow(product)
        if first || second || sum > UInt64(Int64.max) {
            widen()
            return false
        }
        reach = sum
        return true
    }

    private mutating func widen() {
        guard wide == nil else { return }
        wide = narrow.map { Int128($0) }
        narrow = []
    }

    mutating func merge(_ other: WholeSums, from sources: [Int], into targets: [Int]) {
        if other.wide == nil, reserve(other.reach, times: UInt64(sources.count)) {
            for (source, target) in zip(sources, targets) { narrow[target] += other.narrow[source] }
            return
        }
        widen()
        for (source, target) in zip(sources, targets) { wide?[target] += other[source] }
    }

    // MARK: Spilling

    var byteCount: Int { 8 * narrow.count + 16 * (wide?.count ?? 0) }

    func write(to writer: inout ArrayWriter) {
        let cells = wide ?? narrow.map { Int128($0) }
        writer.append(cells.map { Int64(truncatingIfNeeded: $0 >> 64) })
        writer.append(cells.map { Int64(truncatingIfNeeded: $0) })
    }

    mutating func read(from reader: inout ArrayReader, cells: Int) throws {
        let (high, low) = (try reader.integers(cells), try reader.integers(cells))
        if zip(high, low).allSatisfy({ $0 == $1 >> 63 }) {
            (narrow, wide, reach) = (low, nil, Aggregation.magnitude(low))
        } else {
            (narrow, wide) = ([], zip(high, low).map { Int128($0) << 64 | Int128(UInt64(bitPattern: $1)) })
        }
    }
}

extension Scalar {
    /// The number as an exact integer; 0 for what is none.
    fileprivate var whole: Int128 {
        switch self {
        case .integer(let value): Int128(value)
        case .unsigned(let value): Int128(value)
        case .bool(let value): value ? 1 : 0
        default: 0
        }
    }
}
