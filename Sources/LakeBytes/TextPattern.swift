import CKernels
import Glibc

/// A pattern of LIKE, taken apart once: `%` stands for any text, `_` for one character, everything else for itself.
public struct TextPattern: Hashable, Sendable {
    /// What stands between two `%`.
    fileprivate struct Piece: Hashable, Sendable {
        var bytes: [UInt8]
        /// Which of `bytes` stand for any character; nil when none does.
        var wild: [Bool]?
    }

    /// The pieces between the `%`, some of them empty: the first stands at the start, the last at the end.
    private let pieces: [Piece]
    private let ignoringCase: Bool

    /// - Parameters:
    ///   - escape: the byte that makes the next one stand for itself; none without it.
    ///   - ignoringCase: whether letters are compared in lower case.
    /// - Returns: nil for a pattern that ends in its escape character.
    public init?(_ pattern: [UInt8], escape: UInt8? = nil, ignoringCase: Bool = false) {
        self.ignoringCase = ignoringCase
        var pieces = [Piece(bytes: [], wild: nil)]
        var isEscaped = false
        for byte in pattern {
            let last = pieces.count - 1
            if !isEscaped, byte == escape {
                isEscaped = true
                continue
            }
            if !isEscaped, byte == UInt8(ascii: "%") {
                pieces.append(Piece(bytes: [], wild: nil))
                continue
            }
            let isWild = !isEscaped && byte == UInt8(ascii: "_")
            if isWild, pieces[last].wild == nil {
                pieces[last].wild = [Bool](repeating: false, count: pieces[last].bytes.count)
            }
            pieces[last].wild?.append(isWild)
            pieces[last].bytes.append(byte)
            isEscaped = false
        }
        if isEscaped { return nil }
        if ignoringCase { for index in pieces.indices { pieces[index].fold() } }
        self.pieces = pieces
    }

    private init(pieces: [Piece]) {
        self.pieces = pieces
        ignoringCase = false
    }

    /// Text that holds `part` anywhere.
    public static func containing(_ part: [UInt8]) -> TextPattern {
        TextPattern(pieces: [Piece(bytes: []), Piece(bytes: part), Piece(bytes: [])])
    }

    public static func starting(with part: [UInt8]) -> TextPattern {
        TextPattern(pieces: [Piece(bytes: part), Piece(bytes: [])])
    }

    public static func ending(with part: [UInt8]) -> TextPattern {
        TextPattern(pieces: [Piece(bytes: []), Piece(bytes: part)])
    }

    /// The text that all matching text begins with.
    public var prefix: [UInt8] {
        guard !ignoringCase, let first = pieces.first else { return [] }
        return Array(first.bytes.prefix(first.wild?.firstIndex(of: true) ?? first.bytes.count))
    }

    public func matches(_ text: ArraySlice<UInt8>) -> Bool {
        if ignoringCase { return TextCase.lower(text).withUnsafeBytes { matches($0) } }
        return text.withUnsafeBytes { matches($0) }
    }

    /// The strings that match.
    /// - Throws: `LakeError` (cancelled) once the work at hand is.
    public func rows(_ strings: ByteStrings) throws -> Bitmap {
        if ignoringCase {
            let plain = TextPattern(pieces: pieces)
            return try plain.rows(TextCase.lower(strings))
        }
        if pieces.count == 3, pieces[0].bytes.isEmpty, pieces[2].bytes.isEmpty, pieces[1].wild == nil {
            return containing(pieces[1].bytes, in: strings)
        }
        var rows = Bitmap(count: strings.count)
        try strings.data.withUnsafeBytes { data in
            for row in 0..<strings.count {
                if row & 1023 == 1023 { try Cancellation.checkCurrent() }
                let range = strings.offsets[row]..<strings.offsets[row + 1]
                if matches(UnsafeRawBufferPointer(rebasing: data[range])) { rows[row] = true }
            }
        }
        return rows
    }

    /// One search over all strings end to end: a hit that lies across two of them is none.
    private func containing(_ part: [UInt8], in strings: ByteStrings) -> Bitmap {
        if part.isEmpty { return Bitmap(count: strings.count, filled: true) }
        var rows = Bitmap(count: strings.count)
        strings.data.withUnsafeBytes { data in
            part.withUnsafeBytes { part in
                var (row, place) = (0, 0)
                while row < strings.count, let found = TextPattern.find(part, in: data, from: place) {
                    while row < strings.count, strings.offsets[row + 1] <= found { row += 1 }
                    guard row < strings.count else { return }
                    if found + part.count <= strings.offsets[row + 1] {
                        rows[row] = true
                        row += 1
                        if row < strings.count { place = strings.offsets[row] }
                    } else {
                        place = found + 1
                    }
                }
            }
        }
        return rows
    }

    /// Where `part` first stands in `text` at `start` or later.
    fileprivate static func find(
        _ part: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer, from start: Int
    ) -> Int? {
        let rest = UnsafeRawBufferPointer(rebasing: text[start...]).bindMemory(to: UInt8.self)
        let needle = part.bindMemory(to: UInt8.self)
        let found = ck_find(rest.baseAddress, rest.count, needle.baseAddress, needle.count)
        return found < 0 ? nil : start + found
    }

    private func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let first = pieces.first, var place = first.end(in: text, at: 0) else { return false }
        guard pieces.count > 1 else { return place == text.count }
        for piece in pieces.dropFirst().dropLast() {
            guard let end = piece.firstEnd(in: text, from: place) else { return false }
            place = end
        }
        return pieces[pieces.count - 1].isEnd(of: text, from: place)
    }
}

extension TextPattern.Piece {
    fileprivate init(bytes: [UInt8]) { self.init(bytes: bytes, wild: nil) }

    /// Puts what stands between wild characters in lower case.
    fileprivate mutating func fold() {
        guard let wild else {
            bytes = TextCase.lower(bytes[...])
            return
        }
        var result = TextPattern.Piece(bytes: [], wild: [])
        var run: [UInt8] = []
        func flush() {
            let lower = TextCase.lower(run[...])
            result.bytes += lower
            result.wild? += [Bool](repeating: false, count: lower.count)
            run = []
        }
        for (byte, isWild) in zip(bytes, wild) {
            guard isWild else {
                run.append(byte)
                continue
            }
            flush()
            result.bytes.append(byte)
            result.wild?.append(true)
        }
        flush()
        self = result
    }

    /// Where the piece ends when it stands at `place`; nil when it does not.
    fileprivate func end(in text: UnsafeRawBufferPointer, at place: Int) -> Int? {
        guard let wild else {
            guard place + bytes.count <= text.count else { return nil }
            return isEqual(text, place) ? place + bytes.count : nil
        }
        var place = place
        for (byte, isWild) in zip(bytes, wild) {
            guard place < text.count, isWild || text[place] == byte else { return nil }
            place += 1
            if isWild { while place < text.count, text[place] & 0xC0 == 0x80 { place += 1 } }
        }
        return place
    }

    /// The end of the first place from `start` on where the piece stands.
    fileprivate func firstEnd(in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        if bytes.isEmpty { return start }
        if wild == nil {
            return bytes.withUnsafeBytes { part in
                TextPattern.find(part, in: text, from: start).map { $0 + part.count }
            }
        }
        var place = start
        while place < text.count {
            if let end = end(in: text, at: place) { return end }
            place += 1
            while place < text.count, text[place] & 0xC0 == 0x80 { place += 1 }
        }
        return nil
    }

    /// Whether the text ends in the piece, which begins at `start` or later.
    fileprivate func isEnd(of text: UnsafeRawBufferPointer, from start: Int) -> Bool {
        guard let wild else {
            return text.count - bytes.count >= start && isEqual(text, text.count - bytes.count)
        }
        var place = text.count
        for (byte, isWild) in zip(bytes, wild).reversed() {
            guard place > start else { return false }
            place -= 1
            if isWild {
                while place > start, text[place] & 0xC0 == 0x80 { place -= 1 }
            } else if text[place] != byte {
                return false
            }
        }
        return true
    }

    private func isEqual(_ text: UnsafeRawBufferPointer, _ place: Int) -> Bool {
        guard !bytes.isEmpty, let base = text.baseAddress else { return bytes.isEmpty }
        return bytes.withUnsafeBytes { part in
            part.baseAddress.map { memcmp(base + place, $0, part.count) == 0 } ?? true
        }
    }
}
