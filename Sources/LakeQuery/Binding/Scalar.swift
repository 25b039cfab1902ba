import LakeBytes
import LakeCore

/// One value in the middle of an expression. Dates and timestamps are integers; text is compared by its bytes.
public enum Scalar: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Above `Int64.max` only.
    case unsigned(UInt64)
    case float(Double)
    case bytes([UInt8])

    public static func == (a: Scalar, b: Scalar) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.null, _), (_, .null): false
        default: a.compare(b) == 0
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(Double(value))
        case .unsigned(let value): hasher.combine(Double(value))
        case .float(let value): hasher.combine(value.isNaN ? Double.infinity : value)
        case .bytes(let value): hasher.combine(value)
        }
    }

    public var isNull: Bool { if case .null = self { true } else { false } }

    /// Negative, 0 or positive; both are not NULL and of comparable kinds. NaN equals itself and is above all numbers, as
    /// in DuckDB and PostgreSQL.
    public func compare(_ other: Scalar) -> Int {
        switch (self, other) {
        case (.bool(let a), .bool(let b)): return (a ? 1 : 0) - (b ? 1 : 0)
        case (.integer(let a), .integer(let b)): return a < b ? -1 : a == b ? 0 : 1
        case (.unsigned(let a), .unsigned(let b)): return a < b ? -1 : a == b ? 0 : 1
        case (.unsigned, .integer): return 1
        case (.integer, .unsigned): return -1
        case (.float(let a), .float(let b)): return Scalar.order(a, b)
        case (.integer(let a), .float(let b)): return Scalar.order(a, b)
        case (.float(let a), .integer(let b)): return -Scalar.order(b, a)
        case (.unsigned(let a), .float(let b)): return Scalar.order(Double(a), b)
        case (.float(let a), .unsigned(let b)): return Scalar.order(a, Double(b))
        case (.bytes(let a), .bytes(let b)):
            return a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
        default: return kind - other.kind
        }
    }

    private var kind: Int {
        switch self {
        case .null: 0
        case .bool: 1
        case .integer, .unsigned, .float: 2
        case .bytes: 3
        }
    }

    private static func order(_ a: Double, _ b: Double) -> Int {
        if a.isNaN || b.isNaN { return (a.isNaN ? 1 : 0) - (b.isNaN ? 1 : 0) }
        return a < b ? -1 : a == b ? 0 : 1
    }

    /// An integer against a float without rounding the integer.
    private static func order(_ a: Int64, _ b: Double) -> Int {
        if b.isNaN || b >= 9_223_372_036_854_775_808 { return -1 }
        if b < -9_223_372_036_854_775_808 { return 1 }
        let whole = Int64(b.rounded(.towardZero))
        if a != whole { return a < whole ? -1 : 1 }
        let rest = b - b.rounded(.towardZero)
        return rest > 0 ? -1 : rest < 0 ? 1 : 0
    }

    /// The number as a float; nil for NULL and what is no number.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }

    /// An integer among floats as a float, and what is none of both as it is.
    func widened(to type: DataType) -> Scalar {
        guard type.physical == .float, let number else { return self }
        return .float(number)
    }

    /// The value as it is held in a vector of integers; nil for what is none.
    var integerBits: Int64? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .integer(let value): value
        case .unsigned(let value): Int64(bitPattern: value)
        default: nil
        }
    }

    init(bits: Int64, type: DataType) {
        if type == .bool {
            self = .bool(bits != 0)
        } else if type == .uint64, bits < 0 {
            self = .unsigned(UInt64(bitPattern: bits))
        } else {
            self = .integer(bits)
        }
    }
}

extension ColumnVector {
    /// Value `index` of a scalar column of type `type`.
    func scalar(_ index: Int, _ type: DataType) -> Scalar {
        if isNull(index) { return .null }
        switch values {
        case .integers(let values): return Scalar(bits: values[index], type: type)
        case .floats(let values): return .float(values[index])
        case .bytes(let values): return .bytes(Array(values[index]))
        case .codes(let codes, let dictionary): return dictionary.values.scalar(Int(codes[index]), type)
        // Nothing but IS NULL looks at a list as a whole.
        case .lists: return .bytes([])
        }
    }

    /// A column of type `type` from scalars.
    static func of(_ scalars: [Scalar], _ type: DataType) -> ColumnVector {
        var validity = Bitmap(count: scalars.count, filled: true)
        for (index, scalar) in scalars.enumerated() where scalar.isNull { validity[index] = false }
        let known = validity.population == scalars.count ? nil : validity
        switch type.physical {
        case .integer, .list:
            return ColumnVector(.integers(scalars.map { $0.integerBits ?? 0 }), validity: known)
        case .float:
            return ColumnVector(.floats(scalars.map { $0.number ?? 0 }), validity: known)
        case .bytes:
            var strings = ByteStrings()
            for scalar in scalars {
                if case .bytes(let bytes) = scalar { strings.append(bytes) } else { strings.append([UInt8]()) }
            }
            return ColumnVector(.bytes(strings), validity: known)
        }
    }
}
