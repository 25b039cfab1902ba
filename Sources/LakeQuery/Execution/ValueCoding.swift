import LakeBytes
import LakeCore

/// The values of one type as words: of numbers, words in the same order; of text, numbers in the order of arrival, or places
/// in ascending order once all are known. NaN is one value above all numbers, and 0 and -0 are one.
struct ValueCoding: Sendable {
    let type: DataType
    private(set) var texts = ByteInterner()
    /// Per place in ascending order the number of the text; nil while words are numbers.
    private var ascending: [UInt32]?

    init(_ type: DataType) { self.type = type }

    var holdsText: Bool { type.physical == .bytes }

    /// What the words of integers are turned by, so that they ascend.
    var sign: UInt64 { type == .uint64 ? 0 : 1 << 63 }

    static func word(_ value: Double) -> UInt64 {
        if value.isNaN { return .max }
        let bits = (value == 0 ? 0 : value).bitPattern
        return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    }

    /// The word of a value that is not NULL.
    mutating func word(_ value: Scalar) -> UInt64 {
        switch type.physical {
        case .float: return ValueCoding.word(value.number ?? 0)
        case .bytes:
            guard case .bytes(let text) = value else { return UInt64(texts.intern([UInt8]())) }
            return UInt64(texts.intern(text))
        default: return UInt64(bitPattern: value.integerBits ?? 0) ^ sign
        }
    }

    /// The word of a text.
    mutating func word(_ strings: ByteStrings, _ index: Int) -> UInt64 { UInt64(texts.intern(strings, index)) }

    func scalar(_ word: UInt64) -> Scalar {
        switch type.physical {
        case .float:
            word == .max ? .float(.nan) : .float(Double(bitPattern: word >> 63 == 1 ? word ^ 1 << 63 : ~word))
        case .bytes: .bytes(Array(texts.values[ascending.map { Int($0[Int(word)]) } ?? Int(word)]))
        default: Scalar(bits: Int64(bitPattern: word ^ sign), type: type)
        }
    }

    /// Makes the words of text ascend with it.
    /// - Returns: per number so far the word from now on.
    mutating func rank() -> [UInt64] {
        let strings = texts.values
        let order = (0..<UInt32(texts.count)).sorted {
            strings[Int($0)].lexicographicallyPrecedes(strings[Int($1)])
        }
        var ranks = [UInt64](repeating: 0, count: order.count)
        for (rank, number) in order.enumerated() { ranks[Int(number)] = UInt64(rank) }
        ascending = order
        return ranks
    }

    mutating func read(_ strings: ByteStrings) {
        for index in 0..<strings.count { _ = texts.intern(strings, index) }
    }
}
