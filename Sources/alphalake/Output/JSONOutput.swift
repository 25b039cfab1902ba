import LakeBytes
import LakeCore
import LakeShard

/// An object per row, with NULL as null: one array of them, or one on each line.
final class JSONOutput: RowOutput {
    enum Style { case array, lines }

    private let stream: StandardStream
    private let style: Style
    private var cells: [CellText] = []
    private var rendered: [RenderedCodes] = []
    private var keys: [[UInt8]] = []
    private var rows = 0

    init(_ stream: StandardStream, style: Style) {
        self.stream = stream
        self.style = style
    }

    func begin(_ columns: [OutputColumn]) throws {
        cells = columns.map { CellText(type: $0.type) }
        rendered = columns.map { _ in RenderedCodes() }
        keys = JSONOutput.distinct(columns.map(\.name)).map { name in
            var key: [UInt8] = []
            CellText.appendJSON(string: Array(name.utf8)[...], to: &key)
            return key + [UInt8(ascii: ":")]
        }
        if style == .array { try stream.write("[") }
    }

    func write(_ batch: Batch) throws {
        var line: [UInt8] = []
        for row in 0..<batch.count {
            line.removeAll(keepingCapacity: true)
            if style == .array { line.append(contentsOf: rows == 0 ? "\n".utf8 : ",\n".utf8) }
            line.append(UInt8(ascii: "{"))
            for (index, column) in batch.columns.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                line.append(contentsOf: keys[index])
                if case .codes(let codes, let dictionary) = column.values, !column.isNull(row) {
                    line += rendered[index].text(Int(codes[row]), of: dictionary) { text in
                        cells[index].appendJSON(column, row, to: &text)
                    }
                } else {
                    cells[index].appendJSON(column, row, to: &line)
                }
            }
            line.append(UInt8(ascii: "}"))
            if style == .lines { line.append(UInt8(ascii: "\n")) }
            try stream.write(line)
            rows += 1
        }
    }

    func end() throws {
        if style == .array { try stream.write(rows == 0 ? "]\n" : "\n]\n") }
    }

    /// An object's keys differ: a second `a` becomes `a_1`.
    private static func distinct(_ names: [String]) -> [String] {
        var taken = Set<String>()
        let all = Set(names)
        return names.map { name in
            var (candidate, number) = (name, 0)
            while !taken.insert(candidate).inserted {
                repeat {
                    number += 1
                    candidate = "\(name)_\(number)"
                } while all.contains(candidate)
            }
            return candidate
        }
    }
}
