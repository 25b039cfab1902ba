import LakeBytes
import LakeCore
import LakeShard

/// CSV by RFC 4180 with a header: NULL is an empty field, an empty string `""`. Lines end in a line feed alone.
final class CSVOutput: RowOutput {
    private let stream: StandardStream
    private var cells: [CellText] = []

    init(_ stream: StandardStream) { self.stream = stream }

    func begin(_ columns: [OutputColumn]) throws {
        cells = columns.map { CellText(type: $0.type) }
        let names = columns.map { String(decoding: CSVOutput.quoted(Array($0.name.utf8)), as: UTF8.self) }
        try stream.write(names.joined(separator: ",") + "\n")
    }

    func write(_ batch: Batch) throws {
        var line: [UInt8] = []
        var field: [UInt8] = []
        for row in 0..<batch.count {
            line.removeAll(keepingCapacity: true)
            for (index, column) in batch.columns.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                guard !column.isNull(row) else { continue }
                field.removeAll(keepingCapacity: true)
                cells[index].append(column, row, to: &field)
                line.append(contentsOf: CSVOutput.quoted(field))
            }
            // A lone NULL would be an empty line, which readers skip; RFC 4180 has no better word for it.
            line.append(UInt8(ascii: "\n"))
            try stream.write(line)
        }
    }

    func end() throws {}

    private static func quoted(_ field: [UInt8]) -> [UInt8] {
        let needsQuotes = field.isEmpty || field.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
        guard needsQuotes else { return field }
        var result: [UInt8] = [0x22]
        for byte in field {
            if byte == 0x22 { result.append(0x22) }
            result.append(byte)
        }
        result.append(0x22)
        return result
    }
}
