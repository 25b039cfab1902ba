import LakeBytes
import LakeCore

/// Numbers the distinct values of a column in order of arrival, whatever its scalar type; NULL is `ValueInterner.null`.
struct ValueInterner {
    static let null = UInt32.max
    private static let unseen = UInt32.max - 1

    let type: DataType
    private var integers = IntegerInterner()
    private var strings = ByteInterner()
    /// The numbers of those values of the dictionary seen last that occurred: vectors of one source mostly share one.
    private var seen: (dictionary: ValueDictionary, numbers: [UInt32])?

    init(type: DataType) { self.type = type }

    var count: Int { type.physical == .bytes ? strings.count : integers.count }

    /// Bytes that the values take.
    var byteCount: Int { type.physical == .bytes ? strings.values.data.count + 4 * strings.count : 8 * integers.count }

    /// Appends the numbers of the values `range` of `vector` to `numbers`.
    mutating func intern(_ vector: ColumnVector, _ range: Range<Int>, onto numbers: inout [UInt32]) {
        numbers.reserveCapacity(numbers.count + range.count)
        switch vector.values {
        case .codes(let codes, let dictionary):
            var translation = takeTranslation(of: dictionary)
            for index in range {
                let code = Int(codes[index])
                if code >= translation.count {
                    numbers.append(ValueInterner.null)
                } else if translation[code] == ValueInterner.unseen {
                    intern(dictionary.values, code..<(code + 1), onto: &numbers)
                    translation[code] = numbers[numbers.count - 1]
                } else {
                    numbers.append(translation[code])
                }
            }
            seen = (dictionary, translation)
        case .integers(let values):
            for index in range {
                numbers.append(vector.isNull(index) ? ValueInterner.null : integers.intern(values[index]))
            }
        case .floats(let values):
            for index in range {
                let bits = Int64(bitPattern: values[index].bitPattern)
                numbers.append(vector.isNull(index) ? ValueInterner.null : integers.intern(bits))
            }
        case .bytes(let values):
            for index in range {
                numbers.append(vector.isNull(index) ? ValueInterner.null : strings.intern(values, index))
            }
        case .lists:
            for _ in range { numbers.append(ValueInterner.null) }
        }
    }

    /// Taken out, so that it is changed in place.
    private mutating func takeTranslation(of dictionary: ValueDictionary) -> [UInt32] {
        defer { seen = nil }
        if let seen, seen.dictionary === dictionary { return seen.numbers }
        return [UInt32](repeating: ValueInterner.unseen, count: dictionary.count)
    }

    /// The values by number.
    var values: ColumnVector {
        switch type.physical {
        case .bytes: ColumnVector(.bytes(strings.values))
        case .float: ColumnVector(.floats(integers.values.map { Double(bitPattern: UInt64(bitPattern: $0)) }))
        case .integer, .list: ColumnVector(.integers(integers.values))
        }
    }

    /// The numbers in the order of their values: the sorted dictionary. Not for floats.
    var sorted: [Int] {
        if type.physical == .bytes {
            let values = strings.values
            return (0..<count).sorted { values[$0].lexicographicallyPrecedes(values[$1]) }
        }
        let flip: Int64 = type == .uint64 ? .min : 0
        let values = integers.values
        return (0..<count).sorted { values[$0] ^ flip < values[$1] ^ flip }
    }

    /// The payload of the dictionary segment for the values in the order `order`.
    func dictionaryPayload(_ order: [Int]) -> [UInt8] {
        var writer = ByteWriter()
        guard type.physical == .bytes else {
            writer.append(all: order.map { integers.values[$0] })
            return writer.bytes
        }
        var end: UInt32 = 0
        writer.append(end)
        for number in order {
            end += UInt32(strings.values[number].count)
            writer.append(end)
        }
        writer.pad(to: 8)
        for number in order { writer.append(strings.values[number]) }
        return writer.bytes
    }
}
