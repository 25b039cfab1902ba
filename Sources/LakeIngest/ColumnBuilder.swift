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
    fileprivate(set) var integers: [Int64] = []
    fileprivate(set) var floats: [Double] = []
    private(set) var strings = ByteStrings()
    private var validity = Bitmap()
    private var nulls = 0

    init(_ type: DataType) {
        self.type = type
        spelling = Spelling(type)
        (low, high) = type.integerLimits
    }

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

/// One column of a block of records: every `width`-th cell, from `place` on.
struct CellColumn {
    let cells: [Cell]
    let width: Int
    let place: Int
    /// The records to take, nil for all.
    let rows: [Int]?
    /// What the cells are places in.
    let buffer: [UInt8]

    var count: Int { rows?.count ?? cells.count / width }

    @inline(__always)
    subscript(position: Int) -> Cell {
        guard let rows else { return cells[position * width + place] }
        return cells[rows[position] * width + place]
    }
}

extension ColumnBuilder {
    /// Appends a column of cells. An empty one is NULL, but '' where it is quoted in a text column.
    /// - Returns: the positions of cells that spell no value; they are NULL.
    mutating func append(_ column: CellColumn) -> [Int] {
        let (low, high) = (low, high)
        // A loop per spelling, so that the choice is not made anew for every cell.
        switch spelling {
        case .bool: return fill(\.integers, column, 0) { CellParser.bool($0, $1, $2).map { $0 ? 1 : 0 } }
        case .integer: return fill(\.integers, column, 0) { CellParser.integer($0, $1, $2, low: low, high: high) }
        case .date: return fill(\.integers, column, 0) { CellParser.date($0, $1, $2) }
        case .timestamp: return fill(\.integers, column, 0) { CellParser.timestamp($0, $1, $2) }
        case .float: return fill(\.floats, column, 0) { CellParser.float($0, $1, $2, isNarrow: false) }
        case .narrowFloat: return fill(\.floats, column, 0) { CellParser.float($0, $1, $2, isNarrow: true) }
        case .text, .base64, .none: return appendTexts(column)
        }
    }

    @inline(__always)
    private mutating func fill<Value>(
        _ target: WritableKeyPath<ColumnBuilder, [Value]>, _ column: CellColumn, _ missing: Value,
        parse: (Span<UInt8>, Int, Int) -> Value?
    ) -> [Int] {
        var misfits: [Int] = []
        var values: [Value] = []
        swap(&values, &self[keyPath: target])
        var (word, bit): (UInt64, UInt64) = (0, 1)
        let bytes = column.buffer.span
        for position in 0..<column.count {
            let cell = column[position]
            let range = cell.range
            if !cell.isEmpty, !cell.isEscaped, let value = parse(bytes, range.lowerBound, range.upperBound) {
                values.append(value)
                word |= bit
            } else {
                values.append(missing)
                if !cell.isEmpty { misfits.append(position) }
            }
            bit <<= 1
            if bit == 0 {
                mark(word, count: 64)
                (word, bit) = (0, 1)
            }
        }
        mark(word, count: bit.trailingZeroBitCount)
        swap(&values, &self[keyPath: target])
        return misfits
    }

    private mutating func appendTexts(_ column: CellColumn) -> [Int] {
        var misfits: [Int] = []
        for position in 0..<column.count {
            let cell = column[position]
            var isGood = true
            if cell.isEmpty, !cell.isQuoted {
                appendNull()
            } else if cell.isEscaped {
                let text = CSVTable.text(cell, in: column.buffer)
                isGood = append(text, 0, text.count)
            } else {
                let range = cell.range
                isGood = append(column.buffer, range.lowerBound, range.upperBound)
            }
            if !isGood { misfits.append(position) }
        }
        return misfits
    }

    /// Appends the lowest `count` bits of `word` to the validity.
    private mutating func mark(_ word: UInt64, count: Int) {
        nulls += count - word.nonzeroBitCount
        let (place, shift) = (validity.count >> 6, UInt64(validity.count & 63))
        validity.append(repeating: false, count: count)
        guard count > 0 else { return }
        validity.words[place] |= word << shift
        if shift > 0, Int(shift) + count > 64 { validity.words[place + 1] |= word >> (64 - shift) }
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
