import LakeBytes
import LakeCore

/// A value that did not fit its column.
struct CellFault: Sendable {
    var row: Int
    var column: Int
    var reason: String
    var hint: String?
}

/// How a type's values are spelled in text: `DataType` without its payloads, so that a loop can switch on it cheaply.
enum Spelling: UInt8, Sendable {
    case bool, integer, float, narrowFloat, date, timestamp, text, base64
    /// Lists have no spelling in a cell.
    case none

    init(_ type: DataType) {
        switch type {
        case .bool: self = .bool
        case .float64: self = .float
        case .float32: self = .narrowFloat
        case .date: self = .date
        case .timestamp: self = .timestamp
        case .utf8: self = .text
        case .binary: self = .base64
        case .list, .fixedList: self = .none
        default: self = .integer
        }
    }
}

/// Fills one scalar column from text, value after value, without a String or an optional per cell.
struct ColumnBuilder {
    let type: DataType
    private let spelling: Spelling
    private let low: Int64
    private let high: UInt64
    private(set) var integers: [Int64] = []
    private(set) var floats: [Double] = []
    private(set) var strings = ByteStrings()
    private var validity = Bitmap()
    private var nulls = 0

    init(_ type: DataType) {
        self.type = type
        spelling = Spelling(type)
        (low, high) = type.integerLimits
    }

    /// Whether an empty text is a value of its own.
    var isText: Bool { spelling == .text || spelling == .base64 }

    @inline(__always)
    mutating func appendNull() {
        switch spelling {
        case .float, .narrowFloat: floats.append(0)
        case .text, .base64, .none: strings.offsets.append(strings.data.count)
        default: integers.append(0)
        }
        validity.append(false)
        nulls += 1
    }

    /// Appends the text `start..<end` of `buffer` as a value of the column's type. Returns false, with a NULL appended,
    /// when it spells none. The caller decides what an empty text is.
    @inline(__always)
    mutating func append(_ buffer: [UInt8], _ start: Int, _ end: Int) -> Bool {
        switch spelling {
        case .float, .narrowFloat:
            guard let value = CellParser.float(buffer.span, start, end, isNarrow: spelling == .narrowFloat) else {
                return refuse()
            }
            floats.append(value)
        case .text: strings.append(buffer[start..<end])
        case .base64:
            guard let value = CellParser.base64(buffer.span, start, end) else { return refuse() }
            strings.append(value)
        case .none: return refuse()
        default:
            guard let value = pattern(buffer.span, start, end) else { return refuse() }
            integers.append(value)
        }
        validity.append(true)
        return true
    }

    /// The 64-bit pattern of a bool, integer, date or timestamp.
    @inline(__always)
    private func pattern(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int64? {
        switch spelling {
        case .bool: CellParser.bool(bytes, start, end).map { $0 ? 1 : 0 }
        case .date: CellParser.date(bytes, start, end)
        case .timestamp: CellParser.timestamp(bytes, start, end)
        default: CellParser.integer(bytes, start, end, low: low, high: high)
        }
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

extension ColumnBuilder {
    /// Appends every `width`-th of `cells`, from `place` on: one column of a block of records. An empty field is NULL,
    /// but '' where it is quoted in a text column. `rows` picks records, nil takes all. Cells that spell no value are
    /// NULL and noted in `misfits`.
    mutating func append(
        _ cells: [Cell], width: Int, place: Int, rows: [Int]?, of buffer: [UInt8],
        misfits: inout [(position: Int, cell: Cell)]
    ) {
        let isText = isText
        let count = rows?.count ?? cells.count / width
        reserve(count)
        for position in 0..<count {
            let cell = cells[(rows.map { $0[position] } ?? position) * width + place]
            if cell.isEmpty, !(isText && cell.isQuoted) {
                appendNull()
                continue
            }
            let isGood: Bool
            if cell.isEscaped {
                let text = CSVTable.text(cell, in: buffer)
                isGood = append(text, 0, text.count)
            } else {
                let range = cell.range
                isGood = append(buffer, range.lowerBound, range.upperBound)
            }
            if !isGood { misfits.append((position, cell)) }
        }
    }

    private mutating func reserve(_ more: Int) {
        // Only for the first block: reserving exactly, block after block, would copy the column each time.
        switch spelling {
        case .float, .narrowFloat: if floats.isEmpty { floats.reserveCapacity(more) }
        case .text, .base64, .none: if strings.count == 0 { strings.offsets.reserveCapacity(more + 1) }
        default: if integers.isEmpty { integers.reserveCapacity(more) }
        }
    }
}

extension CellParser {
    /// An integer between `low` and `high` as its 64-bit pattern.
    @inline(__always)
    static func integer(_ bytes: Bytes, _ start: Int, _ end: Int, low: Int64, high: UInt64) -> Int64? {
        guard let integer = integer(bytes, start, end) else { return nil }
        if integer.isNegative {
            let value = Int64(bitPattern: 0 &- integer.magnitude)
            return value >= low ? value : nil
        }
        return integer.magnitude <= high ? Int64(bitPattern: integer.magnitude) : nil
    }

    /// As `float`, or where `isNarrow` the nearest float32; nil beyond its range.
    @inline(__always)
    static func float(_ bytes: Bytes, _ start: Int, _ end: Int, isNarrow: Bool) -> Double? {
        guard let value = float(bytes, start, end) else { return nil }
        guard isNarrow else { return value }
        let narrow = Double(Float(value))
        return narrow.isFinite || !value.isFinite ? narrow : nil
    }
}
