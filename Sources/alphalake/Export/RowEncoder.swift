import LakeBytes
import LakeCore
import LakeShard

/// Rows as bytes: constant text with the value of a column behind each piece of it.
///
/// Made for exports of tens of gigabytes: text is escaped in one pass, whole numbers and dates without a `String`, and
/// what stands in a dictionary once per value where that pays.
struct RowEncoder {
    enum Notation { case json, csv }

    /// A column's value and what stands before it in every row.
    struct Piece {
        var before: [UInt8]
        /// The position of the column in the batches.
        var column: Int
        var type: DataType
    }

    private struct Cell {
        var before: [UInt8]
        var column: Int
        var type: DataType
        var text: CellText
        var rendered = RenderedCodes()
        /// Rows near each other often have the same date.
        var date: Int64?
        var dateText: [UInt8] = []
    }

    private let notation: Notation
    private var cells: [Cell]
    private let first: [UInt8]
    private let separator: [UInt8]
    private let end: [UInt8]
    private let required: [Int]
    private let strings = JSONStrings()

    /// - Parameters:
    ///   - first: what stands before the first row of a file.
    ///   - separator: what stands between two rows.
    ///   - end: what stands behind the last value of every row.
    ///   - required: columns without which a row is not written.
    init(
        _ notation: Notation, _ pieces: [Piece], first: [UInt8] = [], separator: [UInt8] = [], end: [UInt8],
        required: [Int] = []
    ) {
        self.notation = notation
        self.first = first
        self.separator = separator
        self.end = end
        self.required = required
        cells = pieces.map {
            Cell(before: $0.before, column: $0.column, type: $0.type, text: CellText(type: $0.type))
        }
    }

    /// Appends rows until there are `limit` bytes.
    /// - Parameter isFirst: whether no row has been written before these.
    /// - Returns: the first row that has not been taken, and how many of those before lacked a value that they need.
    mutating func append(
        _ batch: Batch, _ rows: Range<Int>, isFirst: Bool, limit: Int, to output: inout [UInt8]
    ) -> (next: Int, incomplete: Int) {
        let columns = batch.columns
        var incomplete = 0
        for row in rows {
            if output.count >= limit { return (row, incomplete) }
            guard isComplete(columns, row) else {
                incomplete += 1
                continue
            }
            let isSecond = !isFirst || row - incomplete > rows.lowerBound
            output.append(contentsOf: isSecond ? separator : first)
            for index in cells.indices {
                output.append(contentsOf: cells[index].before)
                append(columns[cells[index].column], row, batch.count, index, to: &output)
            }
            output.append(contentsOf: end)
        }
        return (rows.upperBound, incomplete)
    }

    /// Whether a row has what it must have.
    private func isComplete(_ columns: [ColumnVector], _ row: Int) -> Bool {
        for column in required where columns[column].isNull(row) { return false }
        return true
    }

    private mutating func append(
        _ vector: ColumnVector, _ row: Int, _ rows: Int, _ index: Int, to output: inout [UInt8]
    ) {
        guard !vector.isNull(row) else {
            if notation == .json { output.append(contentsOf: RowEncoder.null) }
            return
        }
        guard case .codes(let codes, let dictionary) = vector.values else {
            return appendPlain(vector, row, index, to: &output)
        }
        let code = Int(codes[row])
        // Of a dictionary with more values than there are rows most would be rendered for nothing, and kept.
        guard dictionary.count <= rows else { return appendPlain(dictionary.values, code, index, to: &output) }
        var rendered = cells[index].rendered
        cells[index].rendered = RenderedCodes()
        output.append(
            contentsOf: rendered.text(code, of: dictionary) { text in
                appendPlain(dictionary.values, code, index, to: &text)
            })
        cells[index].rendered = rendered
    }

    /// Appends a value that is not NULL and stands in no dictionary.
    private mutating func appendPlain(
        _ vector: ColumnVector, _ row: Int, _ index: Int, to output: inout [UInt8]
    ) {
        switch (vector.values, cells[index].type) {
        case (.bytes(let texts), .utf8):
            let range = texts.offsets[row]..<texts.offsets[row + 1]
            if notation == .json {
                strings.append(texts.data, range, to: &output)
            } else {
                CSVFields.append(texts.data, range, to: &output)
            }
        case (.integers(let values), .date): append(date: values[row], index, to: &output)
        case (.integers(let values), .int8), (.integers(let values), .int16), (.integers(let values), .int32),
            (.integers(let values), .int64):
            RowEncoder.append(integer: values[row], to: &output)
        default:
            if notation == .json {
                cells[index].text.appendJSON(vector, row, to: &output)
            } else {
                var field: [UInt8] = []
                cells[index].text.append(vector, row, to: &field)
                CSVFields.append(field, 0..<field.count, to: &output)
            }
        }
    }

    private mutating func append(date: Int64, _ index: Int, to output: inout [UInt8]) {
        if cells[index].date != date {
            let text = CalendarText.date(Int32(truncatingIfNeeded: date))
            cells[index].date = date
            cells[index].dateText = Array((notation == .json ? "\"\(text)\"" : text).utf8)
        }
        output.append(contentsOf: cells[index].dateText)
    }

    private static let null = Array("null".utf8)

    private static func append(integer value: Int64, to output: inout [UInt8]) {
        if value < 0 { output.append(UInt8(ascii: "-")) }
        var first = output.count
        var rest = value.magnitude
        repeat {
            output.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        var last = output.count - 1
        while first < last {
            output.swapAt(first, last)
            first += 1
            last -= 1
        }
    }
}
