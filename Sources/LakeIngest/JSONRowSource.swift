import CSimdjson
import LakeBytes
import LakeCore

/// Rows that are read from one input.
protocol RowSource: AnyObject {
    var reader: BlockReader { get }
    /// Up to `limit` rows; nil behind the last.
    /// - Throws: `LakeError` when the input cannot be read.
    func next(limit: Int) throws(LakeError) -> PendingRows?
    /// Fields of the input that no column takes, with the number of records that had them.
    var ignored: [(name: String, records: Int)] { get }
    /// Lines read so far.
    var line: Int { get }
}

/// Rows from JSON records.
final class JSONRowSource: RowSource {
    /// Rows are handed on early when their text takes this much memory.
    static let byteLimit = 8 << 20

    let reader: BlockReader
    private let fields: [Field]
    private let parser: JSONRowParser

    /// - Throws: `LakeError` (failed) when there is no memory.
    init(reader: BlockReader, fields: [Field], layout: JSONLayout, refusesUnknown: Bool) throws(LakeError) {
        self.reader = reader
        self.fields = fields
        parser = try JSONRowParser(fields: fields, layout: layout, refusesUnknown: refusesUnknown)
    }

    var ignored: [(name: String, records: Int)] { parser.unknownFields }
    var line: Int { parser.line }

    func next(limit: Int) throws(LakeError) -> PendingRows? {
        var isFinished = false
        while parser.count < limit, parser.byteCount < JSONRowSource.byteLimit, parser.refusalCount < limit {
            let taken = parser.parse(reader, rowLimit: limit, byteLimit: JSONRowSource.byteLimit)
            reader.consume(taken)
            if taken > 0, !reader.window.isEmpty { continue }
            if try !reader.fill() {
                isFinished = true
                break
            }
        }
        if parser.count == 0, parser.refusalCount == 0 { return isFinished ? nil : try next(limit: limit) }
        return pending(parser.take())
    }

    private func pending(_ block: JSONBlock) -> PendingRows {
        var faults: [CellFault] = []
        var columns = block.columns
        var exceptions = [[JSONException]](repeating: [], count: fields.count)
        for exception in block.exceptions { exceptions[exception.column].append(exception) }
        let vectors = fields.indices.map { index in
            vector(&columns[index], index, exceptions[index], &faults)
        }
        let refused = block.refusals.map { $0.badLine(file: reader.path) }
        return PendingRows(
            count: block.count, lines: block.lines.map(Int.init), columns: vectors, faults: faults, refused: refused)
    }

    private func vector(
        _ column: inout JSONColumn, _ index: Int, _ exceptions: [JSONException], _ faults: inout [CellFault]
    ) -> ColumnVector {
        let type = fields[index].type
        guard let element = type.element, !column.child.isEmpty else {
            return scalar(&column, type, index, rows: nil, exceptions, &faults)
        }
        for exception in exceptions where exception.element == nil {
            faults.append(exception.fault(type))
        }
        let offsets = column.strings.offsets
        let inner = exceptions.filter { $0.element != nil }
        let child = scalar(&column.child[0], element, index, rows: offsets, inner, &faults)
        return ColumnVector(.lists(offsets: offsets, child: ListChild(child)), validity: column.validity)
    }

    /// `rows`: the offsets of the lists that the values are elements of.
    private func scalar(
        _ column: inout JSONColumn, _ type: DataType, _ index: Int, rows: [Int]?, _ exceptions: [JSONException],
        _ faults: inout [CellFault]
    ) -> ColumnVector {
        switch type {
        case .date, .timestamp, .binary: return spelled(column, type, index, rows: rows, exceptions, &faults)
        case .float32: narrow(&column, index, rows: rows, &faults)
        default: break
        }
        // A string may still spell the value: the API writes numbers as strings.
        for exception in exceptions {
            let place = exception.element ?? exception.row
            guard exception.saw == CSJ_SAW_STRING else {
                faults.append(exception.fault(type))
                continue
            }
            if exception.text.isEmpty { continue }
            var builder = ColumnBuilder(type)
            guard builder.append(exception.text, 0, exception.text.count) else {
                faults.append(exception.fault(type))
                continue
            }
            column.validity?[place] = true
            if let value = builder.integers.first { column.integers[place] = value }
            if let value = builder.floats.first { column.floats[place] = value }
        }
        if let validity = column.validity, validity.population == validity.count { column.validity = nil }
        switch type.physical {
        case .integer: return ColumnVector(.integers(column.integers), validity: column.validity)
        case .float: return ColumnVector(.floats(column.floats), validity: column.validity)
        case .bytes, .list: return ColumnVector(.bytes(column.strings), validity: column.validity)
        }
    }

    /// Dates, times and binary values, which came as strings.
    private func spelled(
        _ column: JSONColumn, _ type: DataType, _ index: Int, rows: [Int]?, _ exceptions: [JSONException],
        _ faults: inout [CellFault]
    ) -> ColumnVector {
        var builder = ColumnBuilder(type)
        let strings = column.strings
        for place in 0..<column.count {
            let (start, end) = (strings.offsets[place], strings.offsets[place + 1])
            if start == end, type != .binary || column.validity.map({ !$0[place] }) ?? false {
                builder.appendNull()
            } else if !builder.append(strings.data, start, end) {
                let row = rows.map { JSONRowSource.row(of: place, in: $0) } ?? place
                faults.append(CellFault(row: row, column: index, text: strings[place], type: type))
            }
        }
        for exception in exceptions { faults.append(exception.fault(type)) }
        return builder.take()
    }

    private func narrow(_ column: inout JSONColumn, _ index: Int, rows: [Int]?, _ faults: inout [CellFault]) {
        for place in column.floats.indices {
            let value = column.floats[place]
            let narrow = Double(Float(value))
            column.floats[place] = narrow
            guard !narrow.isFinite, value.isFinite else { continue }
            let row = rows.map { JSONRowSource.row(of: place, in: $0) } ?? place
            faults.append(CellFault(row: row, column: index, reason: "\(value) is beyond float32"))
        }
    }

    /// The list that holds element `place`.
    private static func row(of place: Int, in offsets: [Int]) -> Int {
        var (low, high) = (0, offsets.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if offsets[middle] <= place { low = middle } else { high = middle }
        }
        return low
    }
}

extension JSONException {
    fileprivate func fault(_ type: DataType) -> CellFault {
        let wanted = element == nil ? type : type.element ?? type
        if saw == CSJ_SAW_STRING || (saw == CSJ_SAW_NUMBER && wanted.element == nil) {
            if wanted.element == nil { return CellFault(row: row, column: column, text: text, type: wanted) }
        }
        let what =
            switch saw {
            case CSJ_SAW_STRING: "the string '\(CellFault.shown(text))'"
            case CSJ_SAW_NUMBER: "the number \(CellFault.shown(text))"
            case CSJ_SAW_BOOL: "\(CellFault.shown(text))"
            case CSJ_SAW_OBJECT: "an object"
            case CSJ_SAW_LENGTH: "an array of \(CellFault.shown(text))"
            default: "an array"
            }
        return CellFault(row: row, column: column, reason: "\(what), where \(wanted.article) is wanted")
    }
}

extension JSONRefusal {
    /// The refusal in words.
    func badLine(file: String) -> BadLine {
        let shown = CellFault.shown(detail.utf8)
        var hint: String?
        let reason: String
        switch code {
        case CSJ_BAD_UTF8:
            reason = "not valid UTF-8"
            hint = "convert the file first (iconv -t UTF-8), or leave such lines out with --skip-bad"
        case CSJ_OPEN_STRING: reason = "a string is not closed"
        case CSJ_CONTROL_CHARACTER:
            reason = "an unescaped control character in a string, or a string that is not closed"
        case CSJ_BAD_NUMBER: reason = "\(shown) is not a JSON number"
        case CSJ_BAD_LITERAL: reason = "\(shown) is not a JSON value"
        case CSJ_BAD_ESCAPE: reason = "a bad escape in the string \(shown)"
        case CSJ_LONE_SURROGATE: reason = "half of a surrogate pair in the string \(shown)"
        case CSJ_NOT_AN_OBJECT: reason = "\(shown) is not an object; a row is an object with one member per column"
        case CSJ_DUPLICATE_KEY: reason = "the key '\(shown)' occurs twice"
        case CSJ_TOO_DEEP: reason = "nested more than 256 levels deep"
        case CSJ_TRAILING: reason = "text behind the object"
        case CSJ_UNKNOWN_FIELD:
            reason = "no column '\(shown)'"
            hint =
                "this field came up behind the part of the input that columns were inferred from; name all in --schema"
        case CSJ_CUT_OFF: reason = "the record is cut off"
        case CSJ_OUT_OF_MEMORY: reason = "out of memory"
        case CSJ_TOO_MANY_FIELDS: reason = "more than 16384 different fields; '\(shown)' is one more"
        default: reason = "malformed JSON"
        }
        return BadLine(file: file, line: line, reason: reason, hint: hint)
    }
}
