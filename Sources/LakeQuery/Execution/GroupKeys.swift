import LakeBytes
import LakeCore

/// The values of GROUP BY terms as bytes, which are equal exactly when the values are: NaN is one value, and so are 0 and
/// -0.
struct GroupKeys: Sendable {
    /// Of the terms, in their order.
    let types: [DataType]

    private enum Tag {
        static let null: UInt8 = 0
        static let word: UInt8 = 1
        static let bytes: UInt8 = 2
    }

    func append(_ value: Scalar, term: Int, to bytes: inout [UInt8]) {
        if value.isNull {
            bytes.append(Tag.null)
        } else if case .bytes(let text) = value {
            bytes.append(Tag.bytes)
            GroupKeys.append(UInt64(text.count), width: 4, to: &bytes)
            bytes.append(contentsOf: text)
        } else {
            bytes.append(Tag.word)
            GroupKeys.append(word(value, term), width: 8, to: &bytes)
        }
    }

    private func word(_ value: Scalar, _ term: Int) -> UInt64 {
        guard types[term].physical == .float else { return UInt64(bitPattern: value.integerBits ?? 0) }
        let number = value.number ?? 0
        return (number.isNaN ? .nan : number == 0 ? 0 : number).bitPattern
    }

    private static func append(_ value: UInt64, width: Int, to bytes: inout [UInt8]) {
        for byte in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
    }

    private static func word(_ bytes: ArraySlice<UInt8>, at start: Int, width: Int) -> UInt64 {
        var value: UInt64 = 0
        for byte in 0..<width { value |= UInt64(bytes[start + byte]) << UInt64(8 * byte) }
        return value
    }

    /// The bytes of each term in turn.
    func parts(_ key: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var start = key.startIndex
        return types.map { _ in
            var end = start + 1
            switch key[start] {
            case Tag.word: end += 8
            case Tag.bytes: end += 4 + Int(GroupKeys.word(key, at: start + 1, width: 4))
            default: break
            }
            defer { start = end }
            return key[start..<end]
        }
    }

    func values(_ key: ArraySlice<UInt8>) -> [Scalar] {
        zip(parts(key), types).map { part, type in
            switch part[part.startIndex] {
            case Tag.word:
                let word = GroupKeys.word(part, at: part.startIndex + 1, width: 8)
                return type.physical == .float
                    ? .float(Double(bitPattern: word)) : Scalar(bits: Int64(bitPattern: word), type: type)
            case Tag.bytes: return .bytes(Array(part.dropFirst(5)))
            default: return .null
            }
        }
    }
}
