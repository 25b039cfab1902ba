/// When two value labels mean the same, and when one means a refusal. Codes play no part: the same code is a refusal in
/// one column and an answer in the next.
struct LabelRules: Sendable {
    private let asides: [String]
    private let separators: Set<Character>
    private let equal: Set<String>
    private let begin: [String]
    private let absent: Set<String>

    init(_ mapping: Harmonisation) {
        asides = mapping.asides
        separators = Set(mapping.refusals.separators.compactMap(\.first))
        equal = Set(mapping.refusals.equal)
        begin = mapping.refusals.begin
        absent = Set(mapping.absent)
    }

    /// The form in which labels are compared: lower case, straight quotes, no asides such as `(VOL.)`, single spaces.
    func normalised(_ label: String) -> String {
        var text = ""
        for character in label.lowercased() {
            switch character {
            case "\u{2019}", "\u{2018}", "`": text.append("'")
            case "\u{201C}", "\u{201D}", "\"", "~": continue
            case "\u{2013}", "\u{2014}": text.append("-")
            case "\u{A0}", "\t", "\n", "\r", "\r\n": text.append(" ")
            default: text.append(character)
            }
        }
        for aside in asides { text = LabelRules.removing(aside, from: text) }
        return text.split(separator: " ").joined(separator: " ")
    }

    /// Whether a label says that the question was not answered: `Refused`, `DK/Ref`, `No answer`, `~Refused~`,
    /// `Don't know/Refused (VOL.)`. `Did not refuse` and a plain `Don't know` do not.
    func isRefusal(_ label: String) -> Bool {
        let text = normalised(label)
        if means(text) { return true }
        return text.split(whereSeparator: { separators.contains($0) }).contains { part in
            means(part.split(separator: " ").joined(separator: " "))
        }
    }

    /// Whether a factor with this label is unknown: a refusal, or `Don't know`.
    func isAbsent(_ label: String) -> Bool {
        absent.contains(normalised(label)) || isRefusal(label)
    }

    private func means(_ text: String) -> Bool {
        equal.contains(text) || begin.contains { text.hasPrefix($0) }
    }

    private static func removing(_ part: String, from text: String) -> String {
        let (text, part) = (Array(text.utf8), Array(part.utf8))
        guard !part.isEmpty, text.count >= part.count else { return String(decoding: text, as: UTF8.self) }
        var kept: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index...].starts(with: part) {
                index += part.count
            } else {
                kept.append(text[index])
                index += 1
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }
}
