import LakeBytes
import LakeCore

/// Fields at the same places: rows of a chunk, or keys of a group.
struct FieldVectors {
    /// By the field's position in the schema.
    var vectors: [Int: ColumnVector]
    /// How many places there are.
    var count: Int
    /// Bytes of text that an expression may compute for all places together before it is `TextTooWide`.
    var textLimit: Int

    init(_ vectors: [Int: ColumnVector], count: Int, textLimit: Int = .max) {
        self.vectors = vectors
        self.count = count
        self.textLimit = textLimit
    }

    /// Some of the places, side by side.
    func slicing(_ range: Range<Int>) -> FieldVectors {
        FieldVectors(vectors.mapValues { $0.slicing(range) }, count: range.count, textLimit: textLimit)
    }

    /// The value of a field at a place; NULL for a field that is not there.
    func scalar(_ field: Int, _ type: DataType, at place: Int) -> Scalar {
        vectors[field]?.scalar(place, type) ?? .null
    }

    /// Some of the places, with the fields that an expression reads.
    func gathering(_ places: [Int], for bound: Bound) -> FieldVectors {
        var result = FieldVectors([:], count: places.count, textLimit: textLimit)
        for field in bound.fields { result.vectors[field] = vectors[field]?.gathering(places) }
        return result
    }

    /// The distinct values of a dictionary-coded field that occur here, and for each place the number of its value. Nil
    /// where the field is not coded, or where there would be about as many values as places.
    func distinct(_ field: Int) -> (values: FieldVectors, numbers: [UInt32])? {
        guard case .codes(let codes, let dictionary)? = vectors[field]?.values,
            dictionary.count < codes.count * 2 || dictionary.count < 64
        else { return nil }
        var occurring = Bitmap(count: dictionary.count + 1)
        for code in codes { occurring[min(Int(code), dictionary.count)] = true }
        let values = occurring.positions
        guard values.count < codes.count else { return nil }
        var inner = FieldVectors([:], count: values.count, textLimit: textLimit)
        if values.count == dictionary.count, !occurring[dictionary.count] {
            inner.vectors[field] = dictionary.values
            return (inner, codes)
        }
        let present = ColumnVector(.codes(values.map { UInt32($0) }, dictionary: dictionary)).spelledOut()
        inner.vectors[field] = present
        var numbers = [UInt32](repeating: 0, count: dictionary.count + 1)
        for (number, value) in values.enumerated() { numbers[Int(value)] = UInt32(number) }
        return (inner, codes.map { numbers[min(Int($0), dictionary.count)] })
    }
}

/// Text computed for many places at once takes more memory than there is for it: fewer places do at a time.
struct TextTooWide: Error {
    /// Bytes where an expression is computed for as many places as one likes.
    static let limit = 64 << 20
}

extension ColumnVector {
    /// `count` times one value.
    static func repeating(_ value: Scalar, _ type: DataType, count: Int) -> ColumnVector {
        if value.isNull { return .nulls(count, of: type) }
        let dictionary = ValueDictionary(.of([value], type))
        return ColumnVector(.codes([UInt32](repeating: 0, count: count), dictionary: dictionary))
    }

    /// The vector dictionary-coded: each value once, as far as its bits tell. Lists stay as they are.
    func coded() -> ColumnVector {
        switch values {
        case .codes, .lists: return self
        case .integers(let values):
            var interner = IntegerInterner()
            let numbers = numbers { interner.intern(values[$0]) }
            return withDictionary(numbers, .integers(interner.values))
        case .floats(let values):
            var interner = IntegerInterner()
            let numbers = numbers { interner.intern(Int64(bitPattern: values[$0].bitPattern)) }
            let floats = interner.values.map { Double(bitPattern: UInt64(bitPattern: $0)) }
            return withDictionary(numbers, .floats(floats))
        case .bytes(let strings):
            var interner = ByteInterner()
            let numbers = numbers { interner.intern(strings, $0) }
            return withDictionary(numbers, .bytes(interner.values))
        }
    }

    private func numbers(_ number: (Int) -> UInt32) -> [UInt32] {
        (0..<count).map { isNull($0) ? UInt32.max : number($0) }
    }

    private func withDictionary(_ numbers: [UInt32], _ values: Values) -> ColumnVector {
        let dictionary = ValueDictionary(ColumnVector(values))
        let null = UInt32(dictionary.count)
        return ColumnVector(.codes(numbers.map { $0 == .max ? null : $0 }, dictionary: dictionary))
    }

    /// The values at `numbers`, sharing one dictionary.
    func spread(over numbers: [UInt32]) -> ColumnVector {
        let coded = coded()
        guard case .codes(let codes, let dictionary) = coded.values else {
            return coded.gathering(numbers.map { Int($0) })
        }
        return ColumnVector(.codes(Aggregation.gather(codes, numbers), dictionary: dictionary))
    }

    /// Which values are not NULL; nil when all are. Coded vectors are asked by their codes.
    var known: Bitmap? {
        guard case .codes(let codes, let dictionary) = values else { return validity }
        guard let highest = Aggregation.maximum(codes), Int(highest) >= dictionary.count else { return nil }
        return Aggregation.rows(codes, in: Bitmap(count: dictionary.count, filled: true))
    }
}
