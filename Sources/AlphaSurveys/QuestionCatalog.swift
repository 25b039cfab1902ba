import FoundationEssentials
import LakeCore

/// Question wording and options by wave and code: the layout of `opinionqa-xl.json`,
/// `{"W54": {"ECON5_d": {"question": "...", "options": ["...", ...]}}}`.
public struct QuestionCatalog: Sendable {
    /// How the catalog words a question and its options.
    public struct Entry: Codable, Sendable, Equatable {
        public var question: String
        public var options: [String]
    }

    /// A column's place in the catalog.
    public struct Match: Sendable, Equatable {
        /// The catalog's own key.
        public var code: String
        public var entry: Entry
    }

    public static let empty = QuestionCatalog(waves: [:])

    /// By wave name, then by code.
    public var waves: [String: [String: Entry]]

    public init(waves: [String: [String: Entry]]) {
        self.waves = waves
    }

    /// Reads a catalog.
    /// - Throws: `LakeError` (usage) naming the file when `json` is not one.
    public init(json: [UInt8], file: String) throws(LakeError) {
        do {
            waves = try JSONDecoder().decode([String: [String: Entry]].self, from: Data(json))
        } catch {
            throw LakeError(
                .usage, "not a question catalog: \(error)", at: .init(file: file),
                hint: #"expected {"W54": {"CODE": {"question": "...", "options": ["..."]}}}, as in opinionqa-xl.json"#)
        }
    }

    /// Finds each column's entry. A column is its key, or its key and the wave (`ECON5_d_W54`); what is left over also
    /// matches by what stands before the rest of its name (`TYPOLOGYc_W46_TEST` is the key `TYPOLOGYc_W46`) and, where
    /// a diary repeats a question, without its running number (`Q2C_7` is `Q2C`, its wording being the entry's).
    public func matches(wave: Wave, columns: [SurveyColumn]) -> [Int: Match] {
        guard let entries = waves[wave.name] else { return [:] }
        let folded = Dictionary(
            entries.keys.sorted().map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        func entry(_ name: String) -> Match? {
            let key = entries[name] == nil ? folded[name.lowercased()] : name
            return key.flatMap { key in entries[key].map { Match(code: key, entry: $0) } }
        }
        var matches: [Int: Match] = [:]
        var taken = Set<String>()
        for (index, column) in columns.enumerated() {
            guard let match = entry(column.name) ?? entry(wave.trimmed(column.name)) else { continue }
            if taken.insert(match.code).inserted { matches[index] = match }
        }
        var repeated: [Int: Match] = [:]
        for (index, column) in columns.enumerated() where matches[index] == nil {
            for name in wave.shortened(column.name) {
                guard let match = entry(name), taken.insert(match.code).inserted else { continue }
                matches[index] = match
                break
            }
            if matches[index] == nil, let base = QuestionCatalog.unnumbered(column.name), let match = entry(base),
                !taken.contains(match.code), QuestionCatalog.holds(column.label, match.entry.question)
            {
                repeated[index] = match
            }
        }
        return matches.merging(repeated) { first, _ in first }
    }

    /// `Q2C` for `Q2C_7`.
    private static func unnumbered(_ name: String) -> String? {
        guard let mark = name.lastIndex(of: "_"), !name[mark...].dropFirst().isEmpty,
            name[mark...].dropFirst().allSatisfy({ $0.isASCII && $0.isNumber })
        else { return nil }
        return String(name[..<mark])
    }

    private static func holds(_ label: String, _ question: String) -> Bool {
        func letters(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
        let wanted = letters(question)
        return !wanted.isEmpty && letters(label).contains(wanted)
    }
}

extension Wave {
    /// A column's name without this wave's own: `ECON5_d` for `ECON5_d_W54`, and without one in the middle.
    func trimmed(_ name: String) -> String {
        let upper = name.uppercased()
        guard upper.utf8.count == name.utf8.count else { return name }
        for spelling in spellings {
            if upper.hasSuffix("_" + spelling) { return String(name.dropLast(spelling.count + 1)) }
            let parts = upper.split(separator: "_" + spelling + "_", maxSplits: 1)
            if parts.count == 2 {
                return String(name.prefix(parts[0].count)) + "_" + String(name.suffix(parts[1].count))
            }
        }
        return name
    }

    /// A column's name up to and with this wave's own, and up to it: `TYPOLOGYc_W46` and `TYPOLOGYc` for
    /// `TYPOLOGYc_W46_TEST`. Empty when the name does not hold the wave.
    func shortened(_ name: String) -> [String] {
        let upper = name.uppercased()
        guard upper.utf8.count == name.utf8.count else { return [] }
        for spelling in spellings {
            let parts = upper.split(separator: "_" + spelling + "_", maxSplits: 1)
            guard parts.count == 2 else { continue }
            return [String(name.prefix(parts[0].count + spelling.count + 1)), String(name.prefix(parts[0].count))]
        }
        return []
    }
}
