/// The types a column can have. A list holds one of the scalar types; lists of lists are refused (FORMAT.md, Limits).
public enum DataType: Hashable, Sendable {
    case bool
    case int8, int16, int32, int64
    case uint8, uint16, uint32, uint64
    case float32, float64
    /// Days since 1970-01-01, 32 bits.
    case date
    /// Microseconds since 1970-01-01T00:00:00Z, 64 bits.
    case timestamp
    case utf8
    case binary
    indirect case list(DataType)
    indirect case fixedList(DataType, size: Int)

    /// How the values of a type are held in memory and encoded.
    public enum Physical: Hashable, Sendable {
        /// bool, integers, date, timestamp: 64-bit two's complement (`uint64` as its bit pattern).
        case integer
        /// float32 (widened) and float64.
        case float
        /// utf8 and binary.
        case bytes
        /// both kinds of list.
        case list
    }

    public var physical: Physical {
        switch self {
        case .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .date, .timestamp: .integer
        case .float32, .float64: .float
        case .utf8, .binary: .bytes
        case .list, .fixedList: .list
        }
    }

    /// The element type of a list, nil for scalars.
    public var element: DataType? {
        switch self {
        case .list(let element), .fixedList(let element, _): element
        default: nil
        }
    }

    /// Bytes that one value takes in the plain encoding; 0 for bool (bit-packed), bytes and lists.
    public var width: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float32, .date: 4
        case .int64, .uint64, .float64, .timestamp: 8
        case .bool, .utf8, .binary, .list, .fixedList: 0
        }
    }

    /// The values an integer type can hold, as 64-bit patterns; nil for types that are not integers.
    public var integerRange: ClosedRange<Int64>? {
        switch self {
        case .bool: 0...1
        case .int8: -128...127
        case .int16: -32_768...32_767
        case .int32, .date: -2_147_483_648...2_147_483_647
        case .int64, .timestamp: Int64.min...Int64.max
        case .uint8: 0...255
        case .uint16: 0...65_535
        case .uint32: 0...4_294_967_295
        case .uint64: 0...Int64.max
        default: nil
        }
    }
}

extension DataType: CustomStringConvertible {
    /// The name used in schemas: `int32`, `utf8`, `list<utf8>`, `fixed_list<float32, 51>`.
    public var description: String {
        switch self {
        case .bool: "bool"
        case .int8: "int8"
        case .int16: "int16"
        case .int32: "int32"
        case .int64: "int64"
        case .uint8: "uint8"
        case .uint16: "uint16"
        case .uint32: "uint32"
        case .uint64: "uint64"
        case .float32: "float32"
        case .float64: "float64"
        case .date: "date"
        case .timestamp: "timestamp"
        case .utf8: "utf8"
        case .binary: "binary"
        case .list(let element): "list<\(element)>"
        case .fixedList(let element, let size): "fixed_list<\(element), \(size)>"
        }
    }

    static let scalars: [DataType] = [
        .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64, .date, .timestamp,
        .utf8, .binary,
    ]

    /// Reads a type's name as `description` writes it.
    /// - Throws: `LakeError` (usage) naming the text when it is no type.
    public init(parsing text: String) throws(LakeError) {
        let name = text.filter { $0 != " " }
        if let scalar = DataType.scalars.first(where: { $0.description == name }) {
            self = scalar
            return
        }
        if name.hasPrefix("list<"), name.hasSuffix(">") {
            let element = try DataType(parsing: String(name.dropFirst(5).dropLast()))
            guard element.element == nil else { throw DataType.unknown(text) }
            self = .list(element)
            return
        }
        if name.hasPrefix("fixed_list<"), name.hasSuffix(">"), let comma = name.lastIndex(of: ",") {
            let start = name.index(name.startIndex, offsetBy: 11)
            let element = try DataType(parsing: String(name[start..<comma]))
            let size = Int(name[name.index(after: comma)...].dropLast())
            guard element.element == nil, let size, (1...65_535).contains(size) else { throw DataType.unknown(text) }
            self = .fixedList(element, size: size)
            return
        }
        throw DataType.unknown(text)
    }

    private static func unknown(_ text: String) -> LakeError {
        let names = scalars.map(\.description).joined(separator: ", ")
        return LakeError(
            .usage, "'\(text)' is not a column type",
            hint: "types are \(names), list<T> and fixed_list<T, N> with 1 <= N <= 65535")
    }
}
