import ArgumentParser
import LakeBytes
import LakeCore
import LakeShard

/// A column of what a command prints.
struct OutputColumn {
    enum Alignment { case left, right }

    var name: String
    var type: DataType
    var alignment: Alignment
    /// Whether the values are few enough that Arrow gets them with a dictionary.
    var isCoded: Bool

    /// Numbers stand to the right unless `alignment` says otherwise.
    init(_ name: String, _ type: DataType, alignment: Alignment? = nil, isCoded: Bool = false) {
        self.name = name
        self.type = type
        self.isCoded = isCoded
        switch type {
        case .bool, .date, .timestamp, .utf8, .binary, .list, .fixedList: self.alignment = alignment ?? .left
        default: self.alignment = alignment ?? .right
        }
    }
}

/// Prints batches of rows in one format. `begin`, then any number of `write`, then `end`.
protocol RowOutput: AnyObject {
    func begin(_ columns: [OutputColumn]) throws
    func write(_ batch: Batch) throws
    func end() throws
}

/// The formats of `--format`.
enum OutputFormat: String, CaseIterable {
    case table, json, jsonl, csv, arrow

    /// - Throws: `ValidationError` for other names.
    static func parse(_ text: String) throws -> OutputFormat {
        if let format = OutputFormat(rawValue: text.lowercased()) { return format }
        throw ValidationError("formats are " + allCases.map(\.rawValue).joined(separator: ", "))
    }

    static let help: ArgumentHelp = "table (for people), json, jsonl, csv or arrow (an IPC stream)."

    /// - Parameters:
    ///   - uncut: whether long text is shown whole on a terminal.
    ///   - footer: whether a table ends with its number of rows.
    func output(to stream: StandardStream, uncut: Bool = false, footer: Bool = true) -> any RowOutput {
        switch self {
        case .table: TableOutput(stream, width: uncut ? nil : stream.width, footer: footer)
        case .json: JSONOutput(stream, style: .array)
        case .jsonl: JSONOutput(stream, style: .lines)
        case .csv: CSVOutput(stream)
        case .arrow: ArrowOutput(stream)
        }
    }
}

/// A small table that a command makes up itself, row by row.
struct ReportTable {
    enum Cell {
        case text(String?)
        case integer(Int?)
        case float(Double?)
        case timestamp(Int64)
    }

    private let columns: [OutputColumn]
    private var rows: [[Cell]] = []

    init(_ columns: [OutputColumn]) { self.columns = columns }

    var isEmpty: Bool { rows.isEmpty }

    /// One cell per column.
    mutating func append(_ row: [Cell]) { rows.append(row) }

    /// Prints it.
    func print(_ format: OutputFormat, to stream: StandardStream) throws {
        let output = format.output(to: stream, uncut: true, footer: false)
        try output.begin(columns)
        let vectors = columns.indices.map { column in vector(rows.map { $0[column] }, columns[column].type) }
        try output.write(Batch(count: rows.count, columns: vectors))
        try output.end()
        try stream.flush()
    }

    private func vector(_ cells: [Cell], _ type: DataType) -> ColumnVector {
        var validity = Bitmap(count: cells.count)
        var (strings, integers, floats) = (ByteStrings(), [Int64](), [Double]())
        for (index, cell) in cells.enumerated() {
            var isValid = true
            switch cell {
            case .text(let value):
                strings.append(value ?? "")
                isValid = value != nil
            case .integer(let value):
                integers.append(Int64(value ?? 0))
                isValid = value != nil
            case .float(let value):
                floats.append(value ?? 0)
                isValid = value != nil
            case .timestamp(let value): integers.append(value)
            }
            if isValid { validity.fill(index..<(index + 1)) }
        }
        switch type.physical {
        case .bytes: return ColumnVector(.bytes(strings), validity: validity)
        case .float: return ColumnVector(.floats(floats), validity: validity)
        default: return ColumnVector(.integers(integers), validity: validity)
        }
    }
}
