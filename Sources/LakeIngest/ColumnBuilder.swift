import LakeBytes
import LakeCore

/// A value that did not fit its column.
struct CellFault: Sendable {
    var row: Int
    var column: Int
    var reason: String
    var hint: String?
}

/// Fills one scalar column from text, value after value, without a String or an optional per cell.
struct ColumnBuilder {
    let type: DataType
    private(set) var integers: [Int64] = []
    private(set) var floats: [Double] = []
    private(set) var strings = ByteStrings()
    private(set) var validity = Bitmap()
    private(set) var nulls = 0

    init(_ type: DataType) {
        self.type = type
    }

    var count: Int { validity.count }

    mutating func appendNull() {
        switch type.physical {
        case .integer: integers.append(0)
        case .float: floats.append(0)
        case .bytes, .list: strings.offsets.append(strings.data.count)
        }
        validity.append(false)
        nulls += 1
    }

    /// Appends the text `start..<end` of `buffer` as a value of the column's type. Returns false, with a NULL appended,
    /// when it spells none. The caller decides what an empty text is.
    @inline(__always)
    mutating func append(_ buffer: [UInt8], _ start: Int, _ end: Int) -> Bool {
        switch type.physical {
        case .integer:
            guard let value = CellParser.integerPattern(buffer.span, start, end, type) else { return refuse() }
            integers.append(value)
        case .float:
            guard var value = CellParser.float(buffer.span, start, end) else { return refuse() }
            if type == .float32 {
                let narrow = Double(Float(value))
                guard narrow.isFinite || !value.isFinite else { return refuse() }
                value = narrow
            }
            floats.append(value)
        case .bytes where type == .utf8: strings.append(buffer[start..<end])
        case .bytes:
            guard let value = CellParser.base64(buffer.span, start, end) else { return refuse() }
            strings.append(value)
        case .list: return refuse()
        }
        validity.append(true)
        return true
    }

    private mutating func refuse() -> Bool {
        appendNull()
        return false
    }

    /// The column, which is left empty.
    mutating func take() -> ColumnVector {
        defer { self = ColumnBuilder(type) }
        let bitmap = nulls > 0 ? validity : nil
        switch type.physical {
        case .integer: return ColumnVector(.integers(integers), validity: bitmap)
        case .float: return ColumnVector(.floats(floats), validity: bitmap)
        case .bytes, .list: return ColumnVector(.bytes(strings), validity: bitmap)
        }
    }
}

extension CellParser {
    /// The 64-bit pattern of a value of an integer-like type (bool, integers, date, timestamp).
    @inline(__always)
    static func integerPattern(_ bytes: Bytes, _ start: Int, _ end: Int, _ type: DataType) -> Int64? {
        switch type {
        case .bool: return bool(bytes, start, end).map { $0 ? 1 : 0 }
        case .date: return date(bytes, start, end)
        case .timestamp: return timestamp(bytes, start, end)
        default:
            guard let integer = integer(bytes, start, end) else { return nil }
            let limits = type.integerLimits
            if integer.isNegative {
                let value = Int64(bitPattern: 0 &- integer.magnitude)
                return value >= limits.low ? value : nil
            }
            return integer.magnitude <= limits.high ? Int64(bitPattern: integer.magnitude) : nil
        }
    }

    /// The bytes that standard base64 (RFC 4648, with padding) spells.
    static func base64(_ bytes: Bytes, _ start: Int, _ end: Int) -> [UInt8]? {
        guard (end - start) % 4 == 0 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity((end - start) / 4 * 3)
        var at = start
        while at < end {
            let isLast = at + 4 == end
            let padding = isLast ? (bytes[at + 3] != 0x3D ? 0 : bytes[at + 2] != 0x3D ? 1 : 2) : 0
            var word: UInt32 = 0
            for index in 0..<4 {
                guard index < 4 - padding else {
                    word <<= 6
                    continue
                }
                guard let digit = base64Digit(bytes[at + index]) else { return nil }
                word = word << 6 | digit
            }
            // Bits that padding leaves over must be zero, so that every value has one spelling.
            if word & (padding == 0 ? 0 : padding == 1 ? 0xFF : 0xFFFF) != 0 { return nil }
            result.append(UInt8(truncatingIfNeeded: word >> 16))
            if padding < 2 { result.append(UInt8(truncatingIfNeeded: word >> 8)) }
            if padding < 1 { result.append(UInt8(truncatingIfNeeded: word)) }
            at += 4
        }
        return result
    }

    private static func base64Digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte) - 0x41
        case 0x61...0x7A: UInt32(byte) - 0x61 + 26
        case 0x30...0x39: UInt32(byte) - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
