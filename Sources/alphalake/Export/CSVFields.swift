/// Fields of CSV by RFC 4180: in quotes where they need them, an empty string always.
enum CSVFields {
    /// Bytes that are looked at together.
    private static let block = 16

    /// Appends the bytes `range` of `text`.
    static func append(_ text: [UInt8], _ range: Range<Int>, to output: inout [UInt8]) {
        guard range.isEmpty || needsQuotes(text, range) else { return output.append(contentsOf: text[range]) }
        output.append(0x22)
        // The first byte that has not been copied.
        var start = range.lowerBound
        var index = start
        while index < range.upperBound {
            while index + block <= range.upperBound, !hasQuote(text, index) { index += block }
            guard index < range.upperBound else { break }
            if text[index] == 0x22 {
                output.append(contentsOf: text[start...index])
                // The quote comes once more with what follows.
                start = index
            }
            index += 1
        }
        output.append(contentsOf: text[start..<range.upperBound])
        output.append(0x22)
    }

    private static func needsQuotes(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        while index + block <= range.upperBound {
            let bytes = text.span.extracting(index..<(index + block))
            var special: UInt8 = 0
            for position in 0..<block { special |= isSpecial(bytes[position]) }
            if special != 0 { return true }
            index += block
        }
        while index < range.upperBound {
            if isSpecial(text[index]) != 0 { return true }
            index += 1
        }
        return false
    }

    /// Without a branch, so that a block of bytes takes a few vector instructions.
    private static func isSpecial(_ byte: UInt8) -> UInt8 {
        (byte == 0x22 ? 1 : 0) | (byte == 0x2C ? 1 : 0) | (byte == 0x0A ? 1 : 0) | (byte == 0x0D ? 1 : 0)
    }

    private static func hasQuote(_ text: [UInt8], _ index: Int) -> Bool {
        let bytes = text.span.extracting(index..<(index + block))
        var found: UInt8 = 0
        for position in 0..<block { found |= bytes[position] == 0x22 ? 1 : 0 }
        return found != 0
    }
}
