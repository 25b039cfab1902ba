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

/// Several terms over the same positions as one: the combinations that occur, numbered.
struct CombinedTerms {
    /// Which terms of the GROUP BY these are.
    var terms: [Int]
    var numbers: [UInt32]
    /// Per combination the values of its terms.
    var combinations: [[Scalar]]

    init(_ parts: [(term: Int, numbers: TermNumbers)], count: Int) {
        terms = parts.map(\.term)
        guard let first = parts.first else {
            numbers = [UInt32](repeating: 0, count: count)
            combinations = [[]]
            return
        }
        guard parts.count > 1 else {
            numbers = first.numbers.numbers
            combinations = first.numbers.values.map { [$0] }
            return
        }
        var combined = first.numbers.numbers
        var tuples: [[UInt32]] = first.numbers.values.indices.map { [UInt32($0)] }
        for part in parts.dropFirst() {
            var interner = IntegerInterner()
            for row in combined.indices {
                combined[row] = interner.intern(Int64(combined[row]) << 32 | Int64(part.numbers.numbers[row]))
            }
            tuples = interner.values.map { tuples[Int($0 >> 32)] + [UInt32(truncatingIfNeeded: $0)] }
        }
        numbers = combined
        combinations = tuples.map { tuple in zip(parts, tuple).map { $0.numbers.values[Int($1)] } }
    }
}
