import LakeBytes
import LakeCore

/// Rows from separated values; fields go to the columns that the header names.
final class CSVRowSource: RowSource {
    let reader: BlockReader
    /// Columns that the schema lacks: every record has them.
    var ignored: [(name: String, records: Int)] { unknown.map { ($0, records) } }
    private let unknown: [String]
    /// Records that were handed out.
    private var records = 0
    private let fields: [Field]
    private let table: CSVTable
    /// Per column of the schema its place in the records, nil when the file has none of that name.
    private let places: [Int?]
    private var builders: [ColumnBuilder]
    private var lines: [Int] = []
    private var faults: [CellFault] = []
    private var refused: [BadLine] = []

    /// - Throws: `LakeError` (failed) for a header that cannot be read, names unknown columns when those are refused, or
    ///   names list columns, which CSV cannot hold.
    init(reader: BlockReader, fields: [Field], dialect: CSVDialect, refusesUnknown: Bool) throws(LakeError) {
        self.reader = reader
        self.fields = fields
        table = try CSVTable(reader: reader, dialect: dialect)
        let names = fields.map(\.name)
        let header = table.header
        let unknown = header.filter { !names.contains($0) }
        let place = LakeError.Location(file: reader.path, line: 1)
        if refusesUnknown, let first = unknown.first {
            throw LakeError(
                .failed, "no column '\(first)'", at: place,
                hint: suggestion(for: first, among: names))
        }
        guard unknown.count < header.count else {
            throw LakeError(
                .failed, "the header names none of the table's columns", at: place,
                hint: "the header has \(header.prefix(8).joined(separator: ", "))")
        }
        self.unknown = unknown
        places = names.map { header.firstIndex(of: $0) }
        for (field, place) in zip(fields, places) where place != nil && field.type.element != nil {
            throw LakeError(
                .failed, "CSV cannot fill a column of \(field.type)", at: .init(file: reader.path, column: field.name),
                hint: "import lists from JSONL")
        }
        builders = fields.map { ColumnBuilder($0.type) }
    }

    var line: Int { table.scanner.line - 1 }

    func next(limit: Int) throws(LakeError) -> PendingRows? {
        var byteCount = 0
        while lines.count < limit, refused.count < limit, byteCount < JSONRowSource.byteLimit {
            guard try table.advance(limit: limit - lines.count) else { break }
            byteCount += take()
        }
        guard !lines.isEmpty || !refused.isEmpty else { return nil }
        let count = lines.count
        records += count
        let columns = fields.indices.map { index in
            places[index] == nil ? ColumnVector.nulls(count, of: fields[index].type) : builders[index].take()
        }
        defer { (lines, faults, refused) = ([], [], []) }
        return PendingRows(count: count, lines: lines, columns: columns, faults: faults, refused: refused)
    }

    /// Moves the current block into the builders, a column at a time. Returns the bytes it came from.
    private func take() -> Int {
        let (cells, width, damaged) = (table.scanner.cells, table.header.count, table.damaged)
        for (line, reason) in table.scanner.refused {
            refused.append(BadLine(file: reader.path, line: line, reason: reason))
        }
        for row in damaged {
            refused.append(BadLine(file: reader.path, line: table.scanner.lines[row], reason: "not valid UTF-8"))
        }
        let first = lines.count
        var rows: [Int]?
        if damaged.isEmpty {
            lines.append(contentsOf: table.scanner.lines)
        } else {
            let whole = (0..<table.scanner.count).filter { !damaged.contains($0) }
            for row in whole { lines.append(table.scanner.lines[row]) }
            rows = whole
        }
        let buffer = reader.buffer
        for index in fields.indices {
            guard let place = places[index] else { continue }
            let column = CellColumn(cells: cells, width: width, place: place, rows: rows, buffer: buffer)
            for position in builders[index].append(column) {
                let text = CSVTable.text(column[position], in: buffer)
                faults.append(CellFault(row: first + position, column: index, text: text, type: fields[index].type))
            }
        }
        return cells.last.map { $0.range.upperBound - reader.window.lowerBound } ?? 0
    }
}
