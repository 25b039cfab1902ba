import LakeBytes
import LakeCore
import LakeShard

/// A value in a form that two readers can be compared by.
enum Value: Hashable, CustomStringConvertible {
    case null
    case integer(Int64)
    case float(UInt64)
    case bytes([UInt8])
    case list([Value])

    var description: String {
        switch self {
        case .null: "NULL"
        case .integer(let value): "\(value)"
        case .float(let bits): "\(Double(bitPattern: bits))"
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .list(let values): "\(values)"
        }
    }
}

extension ColumnVector {
    func value(_ index: Int) -> Value {
        if isNull(index) { return .null }
        switch values {
        case .integers(let values): return .integer(values[index])
        case .floats(let values): return .float(values[index].bitPattern)
        case .bytes(let values): return .bytes(Array(values[index]))
        case .codes(let codes, let dictionary): return dictionary.values.value(Int(codes[index]))
        case .lists(let offsets, let child):
            return .list((offsets[index]..<offsets[index + 1]).map { child.vector.value($0) })
        }
    }

    var all: [Value] { (0..<count).map { value($0) } }
}

/// Makes columns of every type and many shapes.
struct RandomRows {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// How the values of a column are distributed.
    enum Shape: CaseIterable {
        case constant, fewValues, runs, ascending, wide, allNull
    }

    static let scalarTypes: [DataType] = [
        .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64, .date, .timestamp,
        .utf8, .binary,
    ]

    mutating func vector(_ type: DataType, count: Int, shape: Shape, nulls: Bool) -> ColumnVector {
        var validity: Bitmap?
        if shape == .allNull {
            validity = Bitmap(count: count, filled: false)
        } else if nulls {
            var bits = Bitmap(count: count, filled: true)
            for index in 0..<count where Int.random(in: 0..<7, using: &random) == 0 { bits[index] = false }
            validity = bits
        }
        switch type.physical {
        case .integer: return ColumnVector(.integers(integers(type, count, shape)), validity: validity)
        case .float:
            let step = [0.01, 1, 0.1234567][Int.random(in: 0..<3, using: &random)]
            var values = integers(.int16, count, shape).map { Double($0) * step }
            if count > 3, shape == .wide {
                values[0] = .nan
                values[1] = -.infinity
                values[2] = -0.0
            }
            if type == .float32 { values = values.map { Double(Float($0)) } }
            return ColumnVector(.floats(values), validity: validity)
        case .bytes:
            var strings = ByteStrings()
            for value in integers(.int32, count, shape) {
                let text = value % 5 == 0 ? "" : "värde \(value) " + String(repeating: "x", count: Int(abs(value % 90)))
                strings.append(text)
            }
            return ColumnVector(.bytes(strings), validity: validity)
        case .list:
            return list(type, count, validity)
        }
    }

    private mutating func list(_ type: DataType, _ count: Int, _ validity: Bitmap?) -> ColumnVector {
        var offsets = [0]
        for index in 0..<count {
            var length = Int.random(in: 0..<4, using: &random)
            if case .fixedList(_, let size) = type {
                length = size
            } else if let validity, !validity[index] {
                length = 0
            }
            offsets.append((offsets.last ?? 0) + length)
        }
        let child = vector(type.element ?? .int8, count: offsets[count], shape: .fewValues, nulls: true)
        return ColumnVector(.lists(offsets: offsets, child: ListChild(child)), validity: validity)
    }

    private mutating func integers(_ type: DataType, _ count: Int, _ shape: Shape) -> [Int64] {
        let range = type.integerRange ?? 0...1
        func random(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self.random) }
        switch shape {
        case .constant, .allNull: return [Int64](repeating: random(range), count: count)
        case .fewValues:
            let values = (0..<5).map { _ in random(range) }
            return (0..<count).map { _ in values[Int(random(0...4))] }
        case .runs:
            var value = random(range)
            return (0..<count).map { _ in
                if random(0...40) == 0 { value = random(range) }
                return value
            }
        case .ascending:
            let span = range.upperBound / 2 - range.lowerBound / 2
            let step = max(1, min(1000, span / Int64(max(count, 1))))
            var value = range.lowerBound / 2
            return (0..<count).map { _ in
                value = min(range.upperBound, value + random(0...step))
                return value
            }
        case .wide: return (0..<count).map { _ in random(range) }
        }
    }
}
