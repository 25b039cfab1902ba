import LakeCore

/// A column of a stream as Arrow knows it. Every column may hold NULL.
public struct ArrowField: Hashable, Sendable {
    public var name: String
    /// The type of the values.
    public var type: DataType
    /// Whether the column comes as 32-bit positions in a dictionary of values. Only for utf8 and binary.
    public var isDictionary: Bool

    public init(name: String, type: DataType, isDictionary: Bool = false) {
        self.name = name
        self.type = type
        self.isDictionary = isDictionary && type.physical == .bytes
    }

    /// The fields of what is inside: the elements of a list.
    public var children: [ArrowField] { type.element.map { [ArrowField(name: "item", type: $0)] } ?? [] }
}

extension DataType {
    /// The format string of the Arrow C data interface.
    public var arrowFormat: String {
        switch self {
        case .bool: "b"
        case .int8: "c"
        case .uint8: "C"
        case .int16: "s"
        case .uint16: "S"
        case .int32: "i"
        case .uint32: "I"
        case .int64: "l"
        case .uint64: "L"
        case .float32: "f"
        case .float64: "g"
        case .date: "tdD"
        case .timestamp: "tsu:UTC"
        case .utf8: "u"
        case .binary: "z"
        case .list: "+l"
        case .fixedList(_, let size): "+w:\(size)"
        }
    }
}
