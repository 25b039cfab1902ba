/// Names of pages and of their sites.
enum PageNames {
    private static let smallWords = ["a", "an", "and", "for", "from", "of", "on", "the", "to"].map { Array($0.utf8) }

    /// A candidate's, a group's or a firm's name.
    static func name(
        _ subject: AdVocabulary.Subject?, _ state: Int, _ inputs: GeneratorInputs, _ draws: inout AdDraws
    ) -> [UInt8] {
        let vocabulary = inputs.vocabulary
        let kind = draws.unit()
        let pattern = draws.text(vocabulary[kind < 0.4 ? "candidates" : kind < 0.88 ? "groups" : "firms"])
        var values = SlotValues()
        values[.given] = draws.text(vocabulary["given"])
        values[.family] = draws.text(vocabulary["family"])
        values[.office] = draws.text(vocabulary["offices"])
        values[.emblem] = draws.text(vocabulary["emblems"])
        values[.cause] = inCapitals(draws.text(subject?.causes ?? []))
        values[.state] = inputs.places[state]
        var name = values.filled(pattern)
        capitalize(&name, at: 0)
        return name
    }

    /// `the freedom to vote` as `the Freedom to Vote`.
    static func inCapitals(_ text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for (index, word) in text.split(separator: UInt8(ascii: " ")).enumerated() {
            if index > 0 { out.append(UInt8(ascii: " ")) }
            let start = out.count
            out += word
            if smallWords.contains(Array(word)) { continue }
            capitalize(&out, at: start)
        }
        return out
    }

    private static func capitalize(_ text: inout [UInt8], at index: Int) {
        guard text.indices.contains(index) else { return }
        if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(text[index]) { text[index] -= 32 }
    }

    /// The letters of a name under `.example`, which nobody can own.
    static func domain(_ name: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for byte in name where out.count < 28 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): out.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): out.append(byte + 32)
            default: break
            }
        }
        return out + Array(".example".utf8)
    }
}
