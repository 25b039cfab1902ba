import LakeCore

/// The records of a CSV input, block by block: the header, then runs of records with equally many fields.
final class CSVTable {
    let reader: BlockReader
    private(set) var scanner: CSVScanner
    /// The names of the fields.
    let header: [String]
    /// Places of records in the current block that are not valid UTF-8.
    private(set) var damaged: Set<Int> = []
    private var pendingBytes = 0

    /// Reads the header.
    /// - Throws: `LakeError` when the input cannot be read, is empty, or names a column twice.
    init(reader: BlockReader, dialect: CSVDialect) throws(LakeError) {
        self.reader = reader
        scanner = CSVScanner(delimiter: dialect.delimiter)
        var taken = 0
        while true {
            taken = CSVTable.scan(&scanner, reader, width: nil, limit: 1)
            if scanner.count > 0 || !scanner.refused.isEmpty { break }
            if try !reader.fill() { break }
        }
        let place = LakeError.Location(file: reader.path, line: 1)
        if let refused = scanner.refused.first {
            throw LakeError(.failed, "the header: " + refused.reason, at: .init(file: reader.path, line: refused.line))
        }
        guard scanner.count > 0 else {
            throw LakeError(.failed, "the input is empty", at: place, hint: "a CSV file begins with its columns' names")
        }
        var names: [String] = []
        for (index, cell) in scanner.cells.enumerated() {
            let text = CSVTable.text(cell, in: reader.buffer)
            guard let name = String(validating: text, as: UTF8.self) else {
                throw LakeError(
                    .failed, "the header is not valid UTF-8", at: place, hint: "convert the file: iconv -t UTF-8")
            }
            names.append(name.isEmpty || !dialect.hasHeader ? "column_\(index + 1)" : name)
        }
        var seen = Set<String>()
        for name in names where !seen.insert(name).inserted {
            throw LakeError(
                .failed, "the header names '\(name)' twice", at: place, hint: "give each column its own name")
        }
        header = names
        if dialect.hasHeader {
            reader.consume(taken - reader.window.lowerBound)
        } else {
            scanner = CSVScanner(delimiter: dialect.delimiter)
        }
        scanner.clear()
    }

    /// So many cells of a block stay in the second-level cache while columns are filled from them.
    private static let blockCells = 65_536

    /// Scans the next records, at most `limit`; they stay in the reader's buffer until the next call.
    /// - Returns: false behind the last record.
    /// - Throws: `LakeError` when the input cannot be read.
    func advance(limit: Int) throws(LakeError) -> Bool {
        reader.consume(pendingBytes)
        pendingBytes = 0
        scanner.clear()
        damaged = []
        let records = min(limit, max(64, CSVTable.blockCells / header.count))
        while true {
            let window = reader.window
            if !window.isEmpty {
                let end = CSVTable.scan(&scanner, reader, width: header.count, limit: records)
                pendingBytes = end - window.lowerBound
                if scanner.count > 0 || !scanner.refused.isEmpty {
                    validate(window.lowerBound..<end)
                    return true
                }
                reader.consume(pendingBytes)
                pendingBytes = 0
            }
            if try !reader.fill() { return false }
        }
    }

    private static func scan(_ scanner: inout CSVScanner, _ reader: BlockReader, width: Int?, limit: Int) -> Int {
        let buffer = reader.buffer
        return scanner.scan(buffer.span, reader.window, isLast: reader.isLast, width: width, limit: limit)
    }

    /// Checks the block as a whole, and record by record only when it is damaged.
    private func validate(_ range: Range<Int>) {
        let buffer = reader.buffer
        if CSVTable.isText(buffer.span.extracting(range)) { return }
        let width = header.count
        for row in 0..<scanner.count {
            let record = scanner.cells[row * width..<(row + 1) * width]
            guard let first = record.first, let last = record.last else { continue }
            let place = first.range.lowerBound..<last.range.upperBound
            if !CSVTable.isText(buffer.span.extracting(place)) { damaged.insert(row) }
        }
    }

    private static func isText(_ bytes: Span<UInt8>) -> Bool {
        do {
            _ = try UTF8Span(validating: bytes)
            return true
        } catch {
            return false
        }
    }

    /// A field's bytes, doubled quotes made single.
    static func text(_ cell: Cell, in buffer: [UInt8]) -> [UInt8] {
        let range = cell.range
        guard cell.isEscaped else { return Array(buffer[range]) }
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var at = range.lowerBound
        while at < range.upperBound {
            text.append(buffer[at])
            at += buffer[at] == 0x22 ? 2 : 1
        }
        return text
    }

    /// Adds what the fields of the current block hold to `columns`, which stand in header order.
    func profile(into columns: inout [ColumnProfile]) {
        let (cells, lines) = (scanner.cells, scanner.lines)
        let buffer = reader.buffer
        for column in columns.indices where !columns[column].bare.has(.text) {
            // Worked on apart: a change through two arrays and a struct would be checked anew for every cell.
            var seen = columns[column].bare
            columns[column].bare = SeenKinds()
            profile(&seen, column, cells, lines, buffer)
            columns[column].bare = seen
        }
    }

    private func profile(_ seen: inout SeenKinds, _ column: Int, _ cells: [Cell], _ lines: [Int], _ buffer: [UInt8]) {
        let (width, file) = (header.count, reader.path)
        let isWhole = damaged.isEmpty
        for row in lines.indices {
            if !isWhole, damaged.contains(row) { continue }
            let cell = cells[row * width + column]
            let range = cell.range
            if range.isEmpty, !cell.isQuoted {
                if !seen.has(.null) { seen[.null] = Evidence(file: file, line: lines[row], value: "") }
            } else if cell.isEscaped {
                let text = CSVTable.text(cell, in: buffer)
                seen.note(text.span, 0, text.count, line: lines[row], file: file)
            } else {
                seen.note(buffer.span, range.lowerBound, range.upperBound, line: lines[row], file: file)
            }
            // Once there is plain text, the column is text whatever follows.
            if seen.has(.text) { return }
        }
    }
}
