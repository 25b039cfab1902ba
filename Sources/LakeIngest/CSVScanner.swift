import LakeCore

/// How a file of separated values is written.
public struct CSVDialect: Sendable, Equatable {
    /// The byte between fields: comma, semicolon, tab or bar.
    public var delimiter: UInt8
    /// Whether the first record names the columns; otherwise they are column_1, column_2 ...
    public var hasHeader: Bool

    public init(delimiter: UInt8 = 0x2C, hasHeader: Bool = true) {
        self.delimiter = delimiter
        self.hasHeader = hasHeader
    }
}

/// One field of a record: its place in the block, without quotes.
struct Cell {
    var start: UInt32
    private var bits: UInt32

    /// - Parameter isEscaped: whether the text holds doubled quotes.
    init(start: Int, end: Int, isQuoted: Bool, isEscaped: Bool) {
        self.start = UInt32(truncatingIfNeeded: start)
        bits = UInt32(truncatingIfNeeded: end - start) << 2 | (isQuoted ? 2 : 0) | (isEscaped ? 1 : 0)
    }

    var range: Range<Int> { Int(start)..<Int(start) + Int(bits >> 2) }
    var isEmpty: Bool { bits >> 2 == 0 }
    var isQuoted: Bool { bits & 2 != 0 }
    var isEscaped: Bool { bits & 1 != 0 }
}

/// Finds records and fields by RFC 4180: quoted fields may hold delimiters, line breaks and doubled quotes; lines end
/// with LF, CRLF or CR; blank lines are no records. A quote inside an unquoted field is an ordinary character.
struct CSVScanner {
    let delimiter: UInt8
    /// Fields of the records found, record after record.
    private(set) var cells: [Cell] = []
    /// The line that each record begins on.
    private(set) var lines: [Int] = []
    private(set) var refused: [(line: Int, reason: String)] = []
    /// The line that the next record begins on.
    private(set) var line = 1

    init(delimiter: UInt8) {
        self.delimiter = delimiter
    }

    var count: Int { lines.count }

    mutating func clear() {
        cells.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
        refused.removeAll()
    }

    private enum Ending {
        case done, cutOff, openQuote, badQuote
    }

    /// Scans whole records of `range` until `limit` records are held. Records that have not `width` fields are refused;
    /// nil takes any width. Returns the position behind the last record.
    mutating func scan(_ bytes: Span<UInt8>, _ range: Range<Int>, isLast: Bool, width: Int?, limit: Int) -> Int {
        var at = range.lowerBound
        while at < range.upperBound, count < limit, refused.count < limit {
            let (held, first, firstLine) = (cells.count, at, line)
            let ending = record(bytes, &at, range.upperBound, isLast)
            if ending == .cutOff {
                cells.removeLast(cells.count - held)
                line = firstLine
                return first
            }
            if ending == .done {
                let found = cells.count - held
                if found == 1, cells[held].isEmpty, !cells[held].isQuoted {
                    cells.removeLast()
                } else if let width, found != width {
                    refused.append((firstLine, "\(found) fields, where \(width) are wanted"))
                    cells.removeLast(found)
                } else {
                    lines.append(firstLine)
                }
                continue
            }
            cells.removeLast(cells.count - held)
            // Whatever the quote swallowed is read again as lines of their own.
            (at, line) = (first, firstLine)
            guard skipLine(bytes, &at, range.upperBound) || isLast else { return first }
            refused.append(
                (firstLine, ending == .badQuote ? "text behind a closing quote" : "a quoted field is not closed"))
        }
        return at
    }

    /// Goes behind the next line break; false when there is none.
    private mutating func skipLine(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
        while at < end, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
        guard at < end else { return false }
        endLine(bytes, &at, end)
        return true
    }

    @inline(__always)
    private mutating func endLine(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) {
        at += bytes[at] == 0x0D && at + 1 < end && bytes[at + 1] == 0x0A ? 2 : 1
        line += 1
    }

    private mutating func record(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, _ isLast: Bool) -> Ending {
        let delimiter = delimiter
        while true {
            if at < end, bytes[at] == 0x22 {
                let ending = quoted(bytes, &at, end, isLast)
                if ending != .done { return ending }
            } else {
                let start = at
                while at < end {
                    let byte = bytes[at]
                    if byte == delimiter || byte == 0x0A || byte == 0x0D { break }
                    at &+= 1
                }
                if at == end, !isLast { return .cutOff }
                cells.append(Cell(start: start, end: at, isQuoted: false, isEscaped: false))
            }
            if at == end { return .done }
            if bytes[at] == delimiter {
                at += 1
                continue
            }
            // Whether LF follows CR is not known yet.
            if bytes[at] == 0x0D, at + 1 == end, !isLast { return .cutOff }
            endLine(bytes, &at, end)
            return .done
        }
    }

    private mutating func quoted(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, _ isLast: Bool) -> Ending {
        at += 1
        let start = at
        var isEscaped = false
        while true {
            while at < end {
                let byte = bytes[at]
                if byte == 0x22 { break }
                if byte == 0x0A || (byte == 0x0D && at + 1 < end && bytes[at + 1] != 0x0A) { line += 1 }
                at &+= 1
            }
            if at == end { return isLast ? .openQuote : .cutOff }
            if at + 1 == end, !isLast { return .cutOff }
            if at + 1 < end, bytes[at + 1] == 0x22 {
                isEscaped = true
                at += 2
                continue
            }
            cells.append(Cell(start: start, end: at, isQuoted: true, isEscaped: isEscaped))
            at += 1
            if at == end || bytes[at] == delimiter || bytes[at] == 0x0A || bytes[at] == 0x0D { return .done }
            return .badQuote
        }
    }
}
