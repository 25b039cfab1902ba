extension LooseValue {
    /// Appends what a text says: the escapes of JSON and of Python are undone, others are left as they stand.
    /// - Returns: whether all of it was whole; half of a surrogate pair becomes U+FFFD.
    @discardableResult
    static func decode(_ bytes: Bytes, _ text: Text, into result: inout [UInt8]) -> Bool {
        var at = text.start
        var isWhole = true
        while at < text.end {
            let byte = bytes[at]
            guard byte == 0x5C, at + 1 < text.end else {
                result.append(byte)
                at += 1
                continue
            }
            let mark = bytes[at + 1]
            at += 2
            switch mark {
            case 0x22, 0x27, 0x2F, 0x5C: result.append(mark)
            case 0x62: result.append(0x08)
            case 0x66: result.append(0x0C)
            case 0x6E: result.append(0x0A)
            case 0x72: result.append(0x0D)
            case 0x74: result.append(0x09)
            case 0x75, 0x78, 0x55:
                guard let scalar = escaped(bytes, &at, text.end, mark, &isWhole) else {
                    result.append(0x5C)
                    result.append(mark)
                    continue
                }
                append(scalar, to: &result)
            default:
                result.append(0x5C)
                result.append(mark)
            }
        }
        return isWhole
    }

    /// The character of `\xhh`, `\uhhhh` (two for a surrogate pair) or `\Uhhhhhhhh`, whose digits begin at `at`.
    private static func escaped(
        _ bytes: Bytes, _ at: inout Int, _ end: Int, _ mark: UInt8, _ isWhole: inout Bool
    ) -> UInt32? {
        let count = mark == 0x78 ? 2 : mark == 0x75 ? 4 : 8
        guard let first = hexadecimal(bytes, at, end, count) else { return nil }
        at += count
        if first & 0xFFFF_FC00 == 0xD800, at + 1 < end, bytes[at] == 0x5C, bytes[at + 1] == 0x75,
            let second = hexadecimal(bytes, at + 2, end, 4), second & 0xFC00 == 0xDC00
        {
            at += 6
            return 0x10000 + (first & 0x3FF) << 10 + second & 0x3FF
        }
        guard first <= 0x10FFFF, first & 0xFFFF_F800 != 0xD800 else {
            isWhole = false
            return 0xFFFD
        }
        return first
    }

    private static func hexadecimal(_ bytes: Bytes, _ start: Int, _ end: Int, _ count: Int) -> UInt32? {
        guard end - start >= count else { return nil }
        var value: UInt32 = 0
        for index in start..<(start + count) {
            let byte = bytes[index]
            let lower = byte | 0x20
            if isDigit(byte) {
                value = value << 4 | UInt32(byte - 0x30)
            } else if lower >= 0x61, lower <= 0x66 {
                value = value << 4 | UInt32(lower - 0x57)
            } else {
                return nil
            }
        }
        return value
    }

    /// Appends a character in UTF-8.
    static func append(_ scalar: UInt32, to result: inout [UInt8]) {
        switch scalar {
        case ..<0x80: result.append(UInt8(scalar))
        case ..<0x800:
            result.append(UInt8(0xC0 | scalar >> 6))
            result.append(UInt8(0x80 | scalar & 0x3F))
        case ..<0x10000:
            result.append(UInt8(0xE0 | scalar >> 12))
            result.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            result.append(UInt8(0x80 | scalar & 0x3F))
        default:
            result.append(UInt8(0xF0 | scalar >> 18 & 0x07))
            result.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            result.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            result.append(UInt8(0x80 | scalar & 0x3F))
        }
    }

    /// The texts of a cell that is a list of texts in quotes from end to end (`["a", "b"]`, `['a', None]`, `('a',)`,
    /// `['a' 'b']`); nil when it is anything else, and so a text itself. Values that stand for none are left out.
    static func texts(_ bytes: Bytes, _ start: Int, _ end: Int) -> [Text]? {
        var (at, last) = (start, end)
        trim(bytes, &at, &last)
        guard last - at >= 2, bytes[at] == 0x5B || bytes[at] == 0x28, isClosing(bytes[last - 1]) else { return nil }
        at += 1
        last -= 1
        var texts: [Text] = []
        while true {
            while at < last, isBlank(bytes[at]) || bytes[at] == 0x2C { at += 1 }
            guard at < last else { return texts }
            guard let text = scalar(bytes, &at, last) else { return nil }
            if text.isQuoted {
                texts.append(text)
            } else if !isAbsent(bytes, text.start, text.end) {
                return nil
            }
            // Behind a text comes a comma, a blank or the end: `['a'b]` is no list.
            guard at == last || isBlank(bytes[at]) || bytes[at] == 0x2C else { return nil }
        }
    }

    /// The words of a list, with brackets and quotes or without: `facebook,instagram`, `{facebook}`, `['facebook']`.
    static func words(_ bytes: Bytes, _ start: Int, _ end: Int) -> [Text] {
        if let texts = texts(bytes, start, end) { return texts }
        var (at, last) = (start, end)
        trim(bytes, &at, &last)
        if at < last, isOpening(bytes[at]) { at += 1 }
        if at < last, isClosing(bytes[last - 1]) { last -= 1 }
        var words: [Text] = []
        while at < last {
            var stop = at
            while stop < last, bytes[stop] != 0x2C, bytes[stop] != 0x3B, bytes[stop] != 0x7C { stop += 1 }
            var (first, behind) = (at, stop)
            trim(bytes, &first, &behind)
            if behind - first >= 2, isQuote(bytes[first]), bytes[behind - 1] == bytes[first] {
                first += 1
                behind -= 1
            }
            if !isAbsent(bytes, first, behind) { words.append(Text(start: first, end: behind)) }
            at = stop + 1
        }
        return words
    }
}
