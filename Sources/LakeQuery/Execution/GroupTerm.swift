import LakeBytes
import LakeCore

/// The values of a GROUP BY term over some positions (keys of a group, or rows of a chunk), as numbers of its distinct
/// values.
struct TermNumbers {
    var numbers: [UInt32]
    var values: [Scalar]

    init(numbers: [UInt32], values: [Scalar]) {
        self.numbers = numbers
        self.values = values
    }

    /// - Parameter vectors: the fields that the term reads, of `count` values each.
    init(_ term: Bound, vectors: [Int: ColumnVector], count: Int) throws {
        let type = term.type ?? .int64
        let vector = try term.vector(over: FieldVectors(vectors, count: count))
        switch vector.values {
        case .integers(let integers):
            self.init(integers, vector) { Scalar(bits: $0, type: type) }
        case .floats(let floats):
            let bits = floats.map { Int64(bitPattern: ($0.isNaN ? .nan : $0 == 0 ? 0 : $0).bitPattern) }
            self.init(bits, vector) { .float(Double(bitPattern: UInt64(bitPattern: $0))) }
        case .codes, .bytes, .lists:
            guard case .codes(let codes, let dictionary) = vector.coded().values else {
                throw LakeError(.usage, "lists cannot be grouped by")
            }
            let values = (0..<dictionary.count).map { dictionary.values.scalar($0, type) }
            self.init(numbers: codes, values: values + [.null])
        }
    }

    private init(_ bits: [Int64], _ vector: ColumnVector, _ scalar: (Int64) -> Scalar) {
        var interner = IntegerInterner()
        var hasNull = false
        var numbers = bits.indices.map { row -> UInt32 in
            guard vector.isNull(row) else { return interner.intern(bits[row]) }
            hasNull = true
            return UInt32.max
        }
        var values = interner.values.map(scalar)
        if hasNull {
            let null = UInt32(values.count)
            for row in numbers.indices where numbers[row] == UInt32.max { numbers[row] = null }
            values.append(.null)
        }
        self.init(numbers: numbers, values: values)
    }
}

/// Several terms over the same positions as one: the combinations of their values, numbered as cells.
struct CombinedTerms {
    /// Which terms of the GROUP BY these are.
    let terms: [Int]
    /// Per term its distinct values.
    let values: [[Scalar]]
    /// The cell of each position.
    private(set) var numbers: [UInt32]
    /// Cells are below this; some may have no position.
    private(set) var cellCount: Int
    /// Per cell its values' numbers, one per term; nil where a cell is its numbers written as digits.
    private var tuples: [UInt32]?

    /// - Parameter count: positions.
    init(_ parts: [(term: Int, numbers: TermNumbers)], count: Int) {
        terms = parts.map(\.term)
        values = parts.map(\.numbers.values)
        guard let first = parts.first else {
            numbers = [UInt32](repeating: 0, count: count)
            cellCount = 1
            return
        }
        numbers = first.numbers.numbers
        cellCount = max(1, first.numbers.values.count)
        for (index, part) in parts.enumerated().dropFirst() {
            let (cells, overflow) = cellCount.multipliedReportingOverflow(by: max(1, part.numbers.values.count))
            if tuples == nil, !overflow, cells <= max(1024, 2 * count) {
                Aggregation.addScaled(&numbers, part.numbers.numbers, scale: UInt32(cellCount))
                cellCount = cells
                continue
            }
            let known = tuples ?? (0..<cellCount).flatMap { cell in digits(cell, count: index) }
            var interner = IntegerInterner()
            for row in numbers.indices {
                numbers[row] = interner.intern(Int64(numbers[row]) << 32 | Int64(part.numbers.numbers[row]))
            }
            var joined: [UInt32] = []
            joined.reserveCapacity(interner.count * (index + 1))
            for pair in interner.values {
                let start = Int(pair >> 32) * index
                joined.append(contentsOf: known[start..<(start + index)])
                joined.append(UInt32(truncatingIfNeeded: pair))
            }
            tuples = joined
            cellCount = max(1, interner.values.count)
        }
    }

    /// Takes the cells of these terms off the numbers of larger cells, whose lowest digit they are.
    /// - Parameter numbers: per term of the query the numbers of the values; set for these terms.
    func take(from cells: inout [Int], to numbers: inout [[UInt32]]) {
        let (count, width) = (max(1, cellCount), terms.count)
        var own = cells.map { $0 % count }
        for index in cells.indices { cells[index] /= count }
        for (place, term) in terms.enumerated() {
            if let tuples {
                numbers[term] = own.map { tuples[$0 * width + place] }
            } else {
                let size = max(1, values[place].count)
                numbers[term] = own.map { UInt32($0 % size) }
                if place < width - 1 { for index in own.indices { own[index] /= size } }
            }
        }
    }

    private func digits(_ cell: Int, count: Int) -> [UInt32] {
        var rest = cell
        return values.prefix(count).map { values in
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: max(1, values.count))
            rest = quotient
            return UInt32(digit)
        }
    }
}
