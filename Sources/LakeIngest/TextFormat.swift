import LakeCore

/// The text formats that can be imported.
public enum TextFormat: Sendable, Equatable, CustomStringConvertible {
    /// One JSON object per line.
    case jsonLines
    /// One array of objects, or objects one after another over any number of lines.
    case json
    case csv(CSVDialect)

    public var description: String {
        switch self {
        case .jsonLines: return "JSONL"
        case .json: return "JSON"
        case .csv(let dialect):
            let name = CSVDelimiters.names.first { $0.byte == dialect.delimiter }?.name
            return "CSV (\(name ?? String(UnicodeScalar(dialect.delimiter))))"
        }
    }
}

enum CSVDelimiters {
    static let names: [(byte: UInt8, name: String)] = [
        (0x2C, "comma"), (0x3B, "semicolon"), (0x09, "tab"), (0x7C, "bar"),
    ]

    /// The delimiter that cuts the first records into the same number of fields, most often and into most.
    static func sniff(_ bytes: Span<UInt8>, _ range: Range<Int>, isLast: Bool) -> UInt8 {
        var best: (delimiter: UInt8, agreeing: Int, width: Int) = (0x2C, 0, 1)
        for (byte, _) in names {
            var scanner = CSVScanner(delimiter: byte)
            _ = scanner.scan(bytes, range, isLast: isLast, width: nil, limit: 1)
            let width = scanner.cells.count
            guard width > 1 else { continue }
            scanner = CSVScanner(delimiter: byte)
            _ = scanner.scan(bytes, range, isLast: isLast, width: width, limit: 50)
            let agreeing = scanner.count - scanner.refused.count
            if (agreeing, width) > (best.agreeing, best.width) { best = (byte, agreeing, width) }
        }
        return best.delimiter
    }
}

extension TextFormat {
    /// Tells the format from the first bytes, with the name's ending where the bytes leave a choice.
    static func sniff(_ reader: BlockReader) throws(LakeError) -> TextFormat {
        while reader.window.count < 65_536, try reader.fill() {}
        let buffer = reader.buffer
        let bytes = buffer.span
        let window = reader.window.lowerBound..<min(reader.window.upperBound, reader.window.lowerBound + 65_536)
        let isLast = reader.isLast && window.upperBound == reader.window.upperBound
        let name = reader.path.lowercased()
        let first = window.first { ![0x20, 0x09, 0x0A, 0x0D].contains(bytes[$0]) }
        let opening = first.map { bytes[$0] }
        if name.hasSuffix(".tsv") || name.hasSuffix(".tab") { return .csv(CSVDialect(delimiter: 0x09)) }
        if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") { return .jsonLines }
        let isCSV = name.hasSuffix(".csv") || name.hasSuffix(".txt")
        if !isCSV, opening == 0x5B { return .json }
        if !isCSV, opening == 0x7B, let first {
            return isWholeLine(bytes, first, window.upperBound) ? .jsonLines : .json
        }
        if name.hasSuffix(".json") { return .json }
        return .csv(CSVDialect(delimiter: CSVDelimiters.sniff(bytes, window, isLast: isLast)))
    }

    /// Whether the object that begins at `start` ends on its line; one that does not end in sight counts as whole.
    private static func isWholeLine(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var (depth, isQuoted, at) = (0, false, start)
        while at < end {
            let byte = bytes[at]
            if isQuoted {
                if byte == 0x5C { at += 1 } else if byte == 0x22 { isQuoted = false }
            } else {
                switch byte {
                case 0x22: isQuoted = true
                case 0x7B, 0x5B: depth += 1
                case 0x7D, 0x5D:
                    depth -= 1
                    if depth <= 0 { return true }
                case 0x0A: return false
                default: break
                }
            }
            at += 1
        }
        return true
    }
}
