/// The body of an ad as it is kept: frames joined, and addresses of the web replaced.
public enum BodyText {
    private static let mark = Array("[URL]".utf8)

    /// The body that frames make: each frame once, in the order of their first coming, joined by line feeds, without
    /// blanks at both ends, and with `[URL]` for addresses. These begin with `http://`, `https://` or, not inside of a
    /// word, `www.`, in any case, and go on to the next blank, but for what closes a sentence or a bracket there:
    /// `.,;:!?)]"'`.
    /// - Returns: the body, and where there are several frames these, each without blanks at its ends and addresses.
    public static func cleanBody(frames: [String]) -> (body: String, frames: [String]?) {
        guard frames.count > 1 else { return (clean(frames.first ?? ""), nil) }
        var kept: [String] = []
        // Looked up in, never iterated: an ad may have many frames.
        var seen: Set<[UInt8]> = []
        for frame in frames where seen.insert(Array(frame.utf8)).inserted { kept.append(frame) }
        let body = clean(kept.joined(separator: "\n"))
        let cleaned = kept.map(clean)
        return (body, cleaned == [body] ? nil : cleaned)
    }

    /// Whether a text is blanks alone.
    static func isBlank(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first else { return true }
        // Nearly all texts begin with a letter.
        if first > 0x20, first < 0x80 { return false }
        return clean(text).isEmpty
    }

    /// A text without blanks at its ends, with addresses replaced.
    static func clean(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let span = bytes.span
        var (start, end) = (0, bytes.count)
        while start < end {
            let length = blank(span, start, end)
            guard length > 0 else { break }
            start += length
        }
        while end > start {
            let length = blankBefore(span, start, end)
            guard length > 0 else { break }
            end -= length
        }
        guard let first = address(span, start, start, end) else {
            if start == 0, end == bytes.count { return text }
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
        var result: [UInt8] = []
        result.reserveCapacity(end - start)
        var (at, next) = (start, Optional(first))
        while let found = next {
            result.append(contentsOf: bytes[at..<found.lowerBound])
            result.append(contentsOf: mark)
            at = found.upperBound
            next = address(span, at, start, end)
        }
        result.append(contentsOf: bytes[at..<end])
        return String(decoding: result, as: UTF8.self)
    }

    /// The first address at or behind `from`.
    private static func address(_ bytes: Span<UInt8>, _ from: Int, _ start: Int, _ end: Int) -> Range<Int>? {
        var at = from
        while at < end {
            let lower = bytes[at] | 0x20
            guard lower == 0x68 || lower == 0x77 else {
                at += 1
                continue
            }
            let length = prefix(bytes, at, start, end)
            guard length > 0 else {
                at += 1
                continue
            }
            var last = at + length
            while last < end, blank(bytes, last, end) == 0 { last += 1 }
            let stop = last
            while last > at + length, isOutside(bytes[last - 1]) { last -= 1 }
            if last > at + length { return at..<last }
            at = stop
        }
        return nil
    }

    /// The length of what an address begins with, 0 where none begins. `www.` begins none inside of a word.
    private static func prefix(_ bytes: Span<UInt8>, _ at: Int, _ start: Int, _ end: Int) -> Int {
        func begins(_ word: String) -> Bool {
            let length = word.utf8.count
            return end - at >= length && LooseValue.equals(bytes, at, at + length, word)
        }
        if bytes[at] | 0x20 == 0x68 { return begins("http://") ? 7 : begins("https://") ? 8 : 0 }
        if at > start {
            let before = bytes[at - 1]
            if LooseValue.isDigit(before) || (before | 0x20) &- 0x61 < 26 { return 0 }
        }
        return begins("www.") ? 4 : 0
    }

    private static func isOutside(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2E, 0x2C, 0x3B, 0x3A, 0x21, 0x3F, 0x29, 0x5D, 0x22, 0x27: true
        default: false
        }
    }

    /// The length of the blank character at `at`, as Unicode and Python have blanks; 0 where there is none.
    private static func blank(_ bytes: Span<UInt8>, _ at: Int, _ end: Int) -> Int {
        let first = bytes[at]
        if first < 0x80 { return first == 0x20 || first &- 0x09 <= 4 || first &- 0x1C <= 3 ? 1 : 0 }
        if first == 0xC2, end - at >= 2 { return bytes[at + 1] == 0x85 || bytes[at + 1] == 0xA0 ? 2 : 0 }
        guard first == 0xE1 || first == 0xE2 || first == 0xE3, end - at >= 3 else { return 0 }
        switch (first, bytes[at + 1], bytes[at + 2]) {
        case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8), (0xE2, 0x80, 0xA9), (0xE2, 0x80, 0xAF),
            (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
            return 3
        default: return 0
        }
    }

    /// The length of the blank character that ends at `end`.
    private static func blankBefore(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        for length in 1...3 where end - length >= start {
            if blank(bytes, end - length, end) == length { return length }
        }
        return 0
    }
}
