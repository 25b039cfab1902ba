import LakeBytes
import LakeCore
import LakeQuery
import LakeShard

/// A table for people: columns aligned by what is seen, numbers to the right, NULL set apart.
///
/// The widths follow from the first rows; those after are printed as they come. With a `width` (of a terminal) the widest
/// columns are narrowed until a row fits, and cut text ends in `…`.
final class TableOutput: RowOutput {
    private struct Cell {
        var text: String
        var width: Int
        var isNull = false

        init(_ text: String, isNull: Bool = false) {
            self.text = text
            self.isNull = isNull
            width = displayWidth(text)
        }
    }

    /// Rows that decide the widths.
    private static let sample = 1_000
    private static let gap = 2
    private static let narrowest = 8

    private let stream: StandardStream
    private let width: Int?
    private let hasFooter: Bool
    private var columns: [OutputColumn] = []
    private var waiting: [[Cell]] = []
    private var widths: [Int]?
    private var rows = 0

    init(_ stream: StandardStream, width: Int?, footer: Bool) {
        self.stream = stream
        self.width = width
        hasFooter = footer
    }

    func begin(_ columns: [OutputColumn]) throws { self.columns = columns }

    func write(_ batch: Batch) throws {
        let formatters = columns.map { CellText(type: $0.type) }
        var bytes: [UInt8] = []
        for row in 0..<batch.count {
            let cells = batch.columns.indices.map { index -> Cell in
                if batch.columns[index].isNull(row) { return Cell("NULL", isNull: true) }
                bytes.removeAll(keepingCapacity: true)
                formatters[index].append(batch.columns[index], row, to: &bytes)
                return Cell(TableOutput.printable(bytes))
            }
            rows += 1
            if widths != nil {
                try printRow(cells)
            } else {
                waiting.append(cells)
                if waiting.count == TableOutput.sample { try printWaiting() }
            }
        }
    }

    func end() throws {
        if widths == nil { try printWaiting() }
        if hasFooter { try stream.write(stream.dim(Quantities.count(rows, "row")) + "\n") }
    }

    private func printWaiting() throws {
        var natural = columns.map { displayWidth(TableOutput.printable(Array($0.name.utf8))) }
        for row in waiting {
            for (index, cell) in row.enumerated() { natural[index] = max(natural[index], cell.width) }
        }
        widths = fitted(natural)
        let names = columns.map { Cell(TableOutput.printable(Array($0.name.utf8))) }
        try stream.write(line(names, style: stream.bold))
        let rules = (widths ?? []).map { String(repeating: "─", count: $0) }
        try stream.write(stream.dim(rules.joined(separator: String(repeating: " ", count: TableOutput.gap))) + "\n")
        for row in waiting { try printRow(row) }
        waiting = []
    }

    /// The widths, the widest cut until all fit side by side.
    private func fitted(_ natural: [Int]) -> [Int] {
        guard let width else { return natural }
        let available = width - TableOutput.gap * (natural.count - 1)
        var limit = natural.max() ?? 0
        while limit > TableOutput.narrowest, natural.reduce(0, { $0 + min($1, limit) }) > available { limit -= 1 }
        return natural.map { min($0, limit) }
    }

    private func printRow(_ cells: [Cell]) throws { try stream.write(line(cells, style: { $0 })) }

    private func line(_ cells: [Cell], style: (String) -> String) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let column = widths?[index] ?? cell.width
            let cell = width != nil && cell.width > column ? TableOutput.cut(cell, to: column) : cell
            let blanks = String(repeating: " ", count: max(0, column - cell.width))
            let text = cell.isNull ? stream.dim(cell.text) : style(cell.text)
            if index > 0 { line += String(repeating: " ", count: TableOutput.gap) }
            line += columns[index].alignment == .right ? blanks + text : text + blanks
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    private static func cut(_ cell: Cell, to width: Int) -> Cell {
        var (text, taken) = ("", 0)
        for character in cell.text {
            let next = displayWidth(character)
            guard taken + next < width else { break }
            text.append(character)
            taken += next
        }
        var cut = Cell(text + "…", isNull: cell.isNull)
        cut.width = taken + 1
        return cut
    }

    /// The text on one line, with nothing in it that a terminal would obey.
    private static func printable(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard bytes.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result.append("↵")
            case "\t": result.append(" ")
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): result.append("\u{FFFD}")
            // Marks that turn the direction of what follows would garble the whole line.
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": continue
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
