/// A wave of a survey panel: `W54`, or `W8.5` for one held between two others.
public struct Wave: Hashable, Sendable, Comparable {
    /// `W` and the number as people write it.
    public let name: String
    /// The number, 8.5 for `W8.5`.
    public let number: Double

    /// Reads `54`, `8.5`, `W54` or `Wave 54`; nil for anything else.
    public init?(_ text: String) {
        var rest = Substring(text).drop { $0 == " " }
        if let last = rest.last, last == " " { rest = Substring(rest.reversed().drop { $0 == " " }.reversed()) }
        for prefix in ["wave", "w"] where rest.lowercased().hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count).drop { $0 == " " || $0 == "_" }
            break
        }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), (1...3).contains(parts[0].count), parts.allSatisfy(Wave.isDigits),
            parts.count == 1 || parts[1].count == 1, let number = Double(rest)
        else { return nil }
        self.number = number
        name = number == number.rounded() ? "W\(Int(number))" : "W\(number)"
    }

    /// The wave with a whole number.
    init(whole number: Int) {
        self.number = Double(number)
        name = "W\(number)"
    }

    public static func < (a: Wave, b: Wave) -> Bool { a.number < b.number }

    /// How column names spell the wave, in capitals: `W8.5`, `W8_5` and `W85`, or `W54` alone.
    public var spellings: [String] {
        guard name.contains(".") else { return [name] }
        return [name, name.map { $0 == "." ? "_" : String($0) }.joined(), name.filter { $0 != "." }]
    }

    /// The wave of a file: what its name says (`ATP W54.sav`), else what most of its columns end in (`_W54`), else what
    /// the nearest folder above says (`W60_Nov19/Black_Religion_PRC/black faith all respondents.sav`).
    /// - Returns: Nil when none of them names a wave.
    public static func of(path: String, columns: [String]) -> Wave? {
        let parts = path.split(separator: "/")
        if let wave = parts.last.flatMap({ named(in: $0) }) { return wave }
        var votes: [Wave: Int] = [:]
        for column in columns { tokens(in: column).last.map { votes[$0, default: 0] += 1 } }
        if let (wave, count) = votes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), count * 2 > columns.count {
            return wave
        }
        return parts.dropLast().reversed().lazy.compactMap { named(in: $0) }.first
    }

    /// The first wave token in `text`: a `W` or `Wave` that starts a word, followed by a number.
    public static func named(in text: some StringProtocol) -> Wave? {
        tokens(in: text).first
    }

    /// All wave tokens in `text`, as in `WEIGHT_W64_W66_W83_W114`, in order.
    public static func tokens(in text: some StringProtocol) -> [Wave] {
        let bytes = Array(text.lowercased().utf8)
        var found: [Wave] = []
        var index = 0
        var lastEnd = 0
        while index < bytes.count {
            // A token may follow another at once: WEIGHT_W25W26.
            guard bytes[index] == UInt8(ascii: "w"), index == lastEnd || !isLetterOrDigit(bytes[index - 1]) else {
                index += 1
                continue
            }
            var start = index + 1
            if bytes[start...].starts(with: "ave".utf8) { start += 3 }
            while start < bytes.count, start - index < 7, bytes[start] == UInt8(ascii: " ") { start += 1 }
            let end = numberEnd(bytes, from: start)
            if end > start, let wave = Wave(String(decoding: bytes[start..<end], as: UTF8.self)) {
                found.append(wave)
                lastEnd = end
            }
            index = max(end, index + 1)
        }
        return found
    }

    /// Where the number that starts at `start` ends: up to three digits and, after a point, one more.
    private static func numberEnd(_ bytes: [UInt8], from start: Int) -> Int {
        var end = start
        while end < bytes.count, end - start < 4, isDigit(bytes[end]) { end += 1 }
        guard (1...3).contains(end - start) else { return start }
        if end + 1 < bytes.count, bytes[end] == UInt8(ascii: "."), isDigit(bytes[end + 1]) { end += 2 }
        return end < bytes.count && isLetterOrDigit(bytes[end]) && bytes[end] != UInt8(ascii: "w") ? start : end
    }

    private static func isDigits(_ text: Substring) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isDigit) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte >= 0x80
    }
}

extension Wave: CustomStringConvertible {
    public var description: String { name }
}
