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
    init(_ term: Bound, vectors: [Int: ColumnVector], schema: Schema, count: Int) throws {
        if vectors.count == 1, let (field, vector) = vectors.first,
            case .codes(let codes, let dictionary) = vector.values
        {
            let type = schema.fields[field].type
            func value(_ code: Int) throws -> Scalar {
                let value = code < dictionary.count ? dictionary.values.scalar(code, type) : Scalar.null
                return try term.evaluate { _ in value }
            }
            let values: [Scalar]
            do {
                values = try (0...dictionary.count).map(value)
            } catch {
                // Values that do not occur here must not fail the query.
                var occurring = Bitmap(count: dictionary.count + 1)
                for code in codes { occurring[Int(code)] = true }
                values = try (0...dictionary.count).map { occurring[$0] ? try value($0) : .null }
            }
            self.init(numbers: codes, values: values)
            return
        }
        if case .field(let field, let type) = term, let vector = vectors[field] {
            if case .integers(let integers) = vector.values {
                self.init(integers, vector) { Scalar(bits: $0, type: type) }
                return
            }
            if case .floats(let floats) = vector.values {
                let bits = floats.map { Int64(bitPattern: ($0.isNaN ? .nan : $0 == 0 ? 0 : $0).bitPattern) }
                self.init(bits, vector) { .float(Double(bitPattern: UInt64(bitPattern: $0))) }
                return
            }
        }
        var known: [Scalar: UInt32] = [:]
        var (numbers, values): ([UInt32], [Scalar]) = ([], [])
        numbers.reserveCapacity(count)
        for row in 0..<count {
            let value = try term.evaluate { part in
                guard case .field(let field, let type) = part, let vector = vectors[field] else { return .null }
                return vector.scalar(row, type)
            }
            if let number = known[value] {
                numbers.append(number)
            } else {
                known[value] = UInt32(values.count)
                numbers.append(UInt32(values.count))
                values.append(value)
            }
        }
        self.init(numbers: numbers, values: values)
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
