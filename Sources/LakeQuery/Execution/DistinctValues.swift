import LakeBytes
import LakeCore

/// The distinct values of one type, numbered in order of arrival. NaN is one value, and so are 0 and -0.
struct DistinctValues: Sendable {
    private let type: DataType
    private var integers = IntegerInterner()
    private var bytes = ByteInterner()

    init(_ type: DataType) { self.type = type }

    private var holdsBytes: Bool { type.physical == .bytes }

    var count: Int { holdsBytes ? bytes.count : integers.count }

    /// The number of a value that is not NULL.
    mutating func number(_ input: AggregateInput, _ place: Int, _ type: DataType) -> UInt32 {
        switch input {
        case .integers(let values, _): return integers.intern(values[place])
        case .floats(let values, _): return integers.intern(DistinctValues.bits(values[place]))
        case .codes(let codes, let dictionary):
            if case .bytes(let strings) = dictionary.values.values { return bytes.intern(strings, Int(codes[place])) }
        case .scalars(let values): return number(of: values[place])
        case .several: break
        }
        return number(of: input.scalar(place, type))
    }

    /// The number of a value that is not NULL.
    mutating func number(of value: Scalar) -> UInt32 {
        switch value {
        case .bytes(let value): bytes.intern(value)
        case .float(let value): integers.intern(DistinctValues.bits(value))
        default: integers.intern(value.integerBits ?? 0)
        }
    }

    /// The number of value `index` of others of the same type.
    mutating func number(of others: DistinctValues, _ index: Int) -> UInt32 {
        holdsBytes ? bytes.intern(others.bytes.values, index) : integers.intern(others.integers.values[index])
    }

    private static func bits(_ value: Double) -> Int64 {
        Int64(bitPattern: (value.isNaN ? .nan : value == 0 ? 0 : value).bitPattern)
    }

    func scalar(_ number: Int, _ type: DataType) -> Scalar {
        switch type.physical {
        case .bytes: .bytes(Array(bytes.values[number]))
        case .float: .float(Double(bitPattern: UInt64(bitPattern: integers.values[number])))
        default: Scalar(bits: integers.values[number], type: type)
        }
    }

    /// Per value its place in ascending order.
    func ranks() -> [Int] {
        let order: [Int]
        switch type.physical {
        case .bytes:
            let strings = bytes.values
            order = (0..<count).sorted { strings[$0].lexicographicallyPrecedes(strings[$1]) }
        case .float:
            let floats = integers.values.map { Double(bitPattern: UInt64(bitPattern: $0)) }
            order = floats.indices.sorted { floats[$0] < floats[$1] || !floats[$0].isNaN && floats[$1].isNaN }
        case _ where type == .uint64:
            let values = integers.values.map { UInt64(bitPattern: $0) }
            order = values.indices.sorted { values[$0] < values[$1] }
        default:
            let values = integers.values
            order = values.indices.sorted { values[$0] < values[$1] }
        }
        var ranks = [Int](repeating: 0, count: count)
        for (rank, number) in order.enumerated() { ranks[number] = rank }
        return ranks
    }

    // MARK: Spilling

    var byteCount: Int { integers.byteCount + bytes.byteCount }

    func write(to writer: inout ArrayWriter) {
        writer.append(integers.values)
        writer.append(bytes.values)
    }

    mutating func read(from reader: inout ArrayReader) throws {
        for value in try reader.integers() { _ = integers.intern(value) }
        let strings = try reader.strings()
        for index in 0..<strings.count { _ = bytes.intern(strings, index) }
    }
}
