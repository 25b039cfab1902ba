/// Finds the parts of values as programs and people write them into cells: JSON, Python's `repr`, objects and pairs
/// without brackets around them.
///
/// Nothing is built for what is read: callers move a position through the bytes of a cell and take what they know.
/// Every function moves it forward or leaves it, never behind `end`, and makes something of any bytes.
enum LooseValue {
    typealias Bytes = Span<UInt8>

    /// The content of a text, without the quotes around it.
    struct Text {
        var start: Int
        var end: Int
        /// Whether it holds backslashes, and has to be decoded.
        var isEscaped = false
        /// Whether it stood in quotes.
        var isQuoted = false

        var isEmpty: Bool { start >= end }

        static let none = Text(start: 0, end: 0)
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 0x09 <= 4 }

    @inline(__always)
    static func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 }

    @inline(__always)
    static func isOpening(_ byte: UInt8) -> Bool { byte == 0x7B || byte == 0x5B || byte == 0x28 }

    @inline(__always)
    static func isClosing(_ byte: UInt8) -> Bool { byte == 0x7D || byte == 0x5D || byte == 0x29 }

    @inline(__always)
    static func skipBlanks(_ bytes: Bytes, _ at: inout Int, _ end: Int) {
        while at < end, isBlank(bytes[at]) { at += 1 }
    }

    /// `start..<end` without the blanks at both ends.
    static func trim(_ bytes: Bytes, _ start: inout Int, _ end: inout Int) {
        skipBlanks(bytes, &start, end)
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    }

    /// The text in quotes that begins at `at`; nil, with `at` at the end, when it is not closed.
    @inline(__always)
    static func quoted(_ bytes: Bytes, _ at: inout Int, _ end: Int) -> Text? {
        let quote = bytes[at]
        at += 1
        var text = Text(start: at, end: at, isQuoted: true)
        while at < end {
            let byte = bytes[at]
            if byte == quote {
                text.end = at
                at += 1
                return text
            }
            if byte == 0x5C {
                text.isEscaped = true
                at += 1
            }
            at += 1
        }
        at = end
        return nil
    }

    /// A text in quotes, Python's `u'...'` too, or a word that goes on to the next comma or bracket, as a key to the
    /// next colon; nil where there is neither, and for a quote that is not closed.
    @inline(__always)
    static func scalar(_ bytes: Bytes, _ at: inout Int, _ end: Int, isKey: Bool = false) -> Text? {
        guard at < end else { return nil }
        if bytes[at] == 0x75, at + 1 < end, isQuote(bytes[at + 1]) { at += 1 }
        if isQuote(bytes[at]) { return quoted(bytes, &at, end) }
        return word(bytes, &at, end, isKey: isKey)
    }

    private static func word(_ bytes: Bytes, _ at: inout Int, _ end: Int, isKey: Bool) -> Text? {
        let start = at
        while at < end {
            let byte = bytes[at]
            if byte == 0x2C || (isKey && byte == 0x3A) || isOpening(byte) || isClosing(byte) { break }
            at += 1
        }
        var last = at
        while last > start, isBlank(bytes[last - 1]) { last -= 1 }
        return last > start ? Text(start: start, end: last) : nil
    }

    /// The key of the member at `at`, which is moved to its value; nil when there is no key with a colon here.
    @inline(__always)
    static func key(_ bytes: Bytes, _ at: inout Int, _ end: Int) -> Text? {
        skipBlanks(bytes, &at, end)
        guard let key = scalar(bytes, &at, end, isKey: true) else { return nil }
        skipBlanks(bytes, &at, end)
        guard at < end, bytes[at] == 0x3A else { return nil }
        at += 1
        skipBlanks(bytes, &at, end)
        return key
    }

    /// Moves `at` behind the value that begins there, whatever is in it.
    /// - Returns: whether it was whole: all quotes and brackets closed.
    @discardableResult
    static func skip(_ bytes: Bytes, _ at: inout Int, _ end: Int) -> Bool {
        guard at < end else { return false }
        guard isOpening(bytes[at]) else {
            if scalar(bytes, &at, end) != nil { return true }
            if at < end { at += 1 }
            return false
        }
        // Brackets are counted, not matched: no depth is too great, and none needs memory.
        var depth = 0
        while at < end {
            let byte = bytes[at]
            if isQuote(byte) {
                guard quoted(bytes, &at, end) != nil else { return false }
                continue
            }
            at += 1
            if isOpening(byte) {
                depth += 1
            } else if isClosing(byte) {
                depth -= 1
                if depth == 0 { return true }
            }
        }
        return false
    }

    /// Whether a word stands for no value, as databases and data frames write it.
    static func isAbsent(_ bytes: Bytes, _ start: Int, _ end: Int) -> Bool {
        switch end - start {
        case 0: true
        case 3:
            equals(bytes, start, end, "nan") || equals(bytes, start, end, "nat") || equals(bytes, start, end, "n/a")
        case 4:
            equals(bytes, start, end, "none") || equals(bytes, start, end, "null") || equals(bytes, start, end, "<na>")
        default: false
        }
    }

    /// The bytes of a text of at most 8, letters in lower case, as one number; 0 for longer ones.
    @inline(__always)
    static func packed(_ bytes: Bytes, _ text: Text) -> UInt64 {
        guard text.end - text.start <= 8 else { return 0 }
        var packed: UInt64 = 0
        for index in text.start..<text.end {
            let byte = bytes[index]
            packed = packed << 8 | UInt64(byte &- 0x41 < 26 ? byte | 0x20 : byte)
        }
        return packed
    }

    /// Whether the bytes are an ASCII word that is given in lower case.
    static func equals(_ bytes: Bytes, _ start: Int, _ end: Int, _ lower: String) -> Bool {
        guard end - start == lower.utf8.count else { return false }
        var at = start
        for byte in lower.utf8 {
            let found = bytes[at]
            guard (found &- 0x41 < 26 ? found | 0x20 : found) == byte else { return false }
            at += 1
        }
        return true
    }
}
