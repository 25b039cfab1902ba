import LakeBytes
import LakeCore
import LakeShard

/// CSV by RFC 4180 with a header: NULL is an empty field, an empty string `""`. Lines end in a line feed alone.
final class CSVOutput: RowOutput {
    private let stream: StandardStream
    private var cells: [CellText] = []
    private var rendered: [RenderedCodes] = []

    init(_ stream: StandardStream) { self.stream = stream }

    func begin(_ columns: [OutputColumn]) throws {
        cells = columns.map { CellText(type: $0.type) }
        rendered = columns.map { _ in RenderedCodes() }
        var line: [UInt8] = []
        for (index, column) in columns.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            CSVOutput.append(Array(column.name.utf8), to: &line)
        }
        try stream.write(line + [UInt8(ascii: "\n")])
    }

    func write(_ batch: Batch) throws {
        var line: [UInt8] = []
        var field: [UInt8] = []
        for row in 0..<batch.count {
            line.removeAll(keepingCapacity: true)
            for (index, column) in batch.columns.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                guard !column.isNull(row) else { continue }
                if case .codes(let codes, let dictionary) = column.values {
                    line += rendered[index].text(Int(codes[row]), of: dictionary) { text in
                        var field: [UInt8] = []
                        cells[index].append(column, row, to: &field)
                        CSVOutput.append(field, to: &text)
                    }
                    continue
                }
                field.removeAll(keepingCapacity: true)
                cells[index].append(column, row, to: &field)
                CSVOutput.append(field, to: &line)
            }
            // A lone NULL would be an empty line, which readers skip; RFC 4180 has no better word for it.
            line.append(UInt8(ascii: "\n"))
            try stream.write(line)
        }
    }

    func end() throws {}

    /// Appends a field, in quotes where it needs them.
    private static func append(_ field: [UInt8], to line: inout [UInt8]) {
        var needsQuotes = field.isEmpty
        for byte in field where byte == 0x22 || byte == 0x2C || byte == 0x0A || byte == 0x0D { needsQuotes = true }
        guard needsQuotes else { return line.append(contentsOf: field) }
        line.append(0x22)
        for byte in field {
            if byte == 0x22 { line.append(0x22) }
            line.append(byte)
        }
        line.append(0x22)
    }
}
