/// Undoes what reading UTF-8 in a wrong encoding, Mac Roman or Windows-1252 (with Latin-1), has made of a text.
///
/// `don‚Äôt` and `donâ€™t` become `don’t` again. Every run of characters whose bytes in that encoding are one character
/// in UTF-8 is such a trace. Some traces prove the damage; those that may as well be sound text count only where others
/// prove it, and no character speaks against it. A text that was damaged twice is repaired twice.
public enum TextRepair {
    private static let mostPasses = 3
    /// So many traces one after the other are proof, whatever they are.
    private static let runIsProof = 3

    /// The text as it was; nil when it shows no damage.
    public static func repaired(_ text: String) -> String? {
        var result = text
        for _ in 0..<mostPasses {
            guard isSuspect(result.utf8) else { break }
            let characters = result.unicodeScalars.map(\.value)
            // The encoding that explains more is the one: what one makes of some scripts holds traces of the other.
            let macRoman = Finding(characters, .macRoman)
            let windows1252 = Finding(characters, .windows1252)
            let finding = macRoman.explained >= windows1252.explained ? macRoman : windows1252
            guard finding.explained > 0 else { break }
            result = finding.undone(characters)
        }
        return result == text ? nil : result
    }

    /// The text of bytes that should be UTF-8, put right; `flags` tells what had to be done.
    static func text(_ bytes: ArraySlice<UInt8>, _ flags: inout Set<AdFlag>) -> String {
        var high: UInt8 = 0
        for byte in bytes { high |= byte }
        if high < 0x80 { return String(decoding: bytes, as: UTF8.self) }
        let text: String
        if let sound = String(validating: bytes, as: UTF8.self) {
            text = sound
        } else {
            text = String(decoding: bytes, as: UTF8.self)
            flags.insert(.textDamaged)
        }
        guard let repaired = repaired(text) else { return text }
        flags.insert(.textRepaired)
        return repaired
    }

    /// Whether two characters follow each other that are not ASCII; a trace has at least two.
    private static func isSuspect(_ bytes: String.UTF8View) -> Bool {
        var last: UInt8 = 0
        for byte in bytes {
            if byte >= 0xC0, last >= 0x80 { return true }
            last = byte
        }
        return false
    }

    /// Characters that may be one.
    private struct Trace {
        var start: Int
        var count: Int
        var character: UInt32
        var isProof: Bool
    }

    /// What of a text one encoding explains.
    private struct Finding {
        /// The traces that count, in order.
        private var traces: [Trace] = []
        /// The number of characters in them.
        private(set) var explained = 0

        init(_ characters: [UInt32], _ page: CodePage) {
            let codes = characters.map { page.code($0) }
            // Whether there are characters of the page beside the traces, which speak against the damage.
            var isMixed = false
            var at = 0
            while at < codes.count {
                if codes[at] == 0 {
                    at += 1
                } else if let trace = TextRepair.trace(characters, codes, at, page) {
                    traces.append(trace)
                    at += trace.count
                } else {
                    // No-break spaces come as escapes, which no wrong encoding touches.
                    if characters[at] != 0xA0 { isMixed = true }
                    at += 1
                }
            }
            markRuns(&traces)
            let isProven = traces.contains { $0.isProof }
            if isMixed || !isProven { traces.removeAll { !$0.isProof } }
            for trace in traces { explained += trace.count }
        }

        /// The text without the damage.
        func undone(_ characters: [UInt32]) -> String {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(characters.count)
            var at = 0
            for trace in traces {
                while at < trace.start {
                    LooseValue.append(characters[at], to: &bytes)
                    at += 1
                }
                LooseValue.append(trace.character, to: &bytes)
                at += trace.count
            }
            for character in characters[at...] { LooseValue.append(character, to: &bytes) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The character in UTF-8 that begins at `at`, if there is one; none but has two bytes or more.
    private static func trace(_ characters: [UInt32], _ codes: [UInt8], _ at: Int, _ page: CodePage) -> Trace? {
        let first = codes[at]
        guard first >= 0xC2, first <= 0xF4 else { return nil }
        let count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard at + count <= codes.count else { return nil }
        var character = UInt32(first) & (count == 2 ? 0x1F : count == 3 ? 0x0F : 0x07)
        let before = at > 0 ? characters[at - 1] : 0
        let after = at + count < characters.count ? characters[at + count] : 0
        var isProof = page.isProof(first, codes[at + 1], before: before, after: after)
        for index in (at + 1)..<(at + count) {
            guard codes[index] & 0xC0 == 0x80 else { return nil }
            character = character << 6 | UInt32(codes[index] & 0x3F)
            // Control characters are in no text.
            if characters[index] < 0xA0 { isProof = true }
        }
        // Not longer than needed, no halves of surrogate pairs, and again no control characters.
        let least: UInt32 = count == 2 ? 0xA0 : count == 3 ? 0x800 : 0x10000
        guard character >= least, character <= 0x10FFFF, character & 0xFFFF_F800 != 0xD800 else { return nil }
        return Trace(start: at, count: count, character: character, isProof: isProof)
    }

    private static func markRuns(_ traces: inout [Trace]) {
        var first = 0
        for index in traces.indices {
            let next = index + 1
            if next < traces.count, traces[next].start == traces[index].start + traces[index].count { continue }
            if next - first >= runIsProof { for member in first..<next { traces[member].isProof = true } }
            first = next
        }
    }
}
