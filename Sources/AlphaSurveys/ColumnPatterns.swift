/// Finds the columns of one file that patterns such as `F_SEX{final}`, `WEIGHT_{wave}` and `*WEIGHT*` name.
struct ColumnPatterns: Sendable {
    private let wave: Wave
    private let suffixes: [String]
    /// Names in capitals, in file order.
    private let names: [String]
    private let positions: [String: Int]
    /// Whether a name bears the name of another wave but not of this one.
    private let foreign: [Bool]

    init(wave: Wave, names: [String], suffixes: [String]) {
        self.wave = wave
        self.suffixes = suffixes
        self.names = names.map { $0.uppercased() }
        positions = Dictionary(self.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        foreign = names.map { name in
            let tokens = Wave.tokens(in: name)
            return !tokens.isEmpty && tokens.allSatisfy { $0 != wave }
        }
    }

    /// The first column that `patterns` name, tried in their order; within a pattern with `*`, in file order.
    func first(_ patterns: [String], where accepts: (Int) -> Bool = { _ in true }) -> Int? {
        for pattern in patterns {
            if let column = columns(pattern, foreigners: false).first(where: accepts) { return column }
        }
        return nil
    }

    /// All columns that any of `patterns` names, those that bear another wave's name among them.
    func all(_ patterns: [String]) -> Set<Int> {
        Set(patterns.flatMap { columns($0, foreigners: true) })
    }

    private func columns(_ pattern: String, foreigners: Bool) -> [Int] {
        expansions(of: pattern.uppercased()).flatMap { name -> [Int] in
            guard name.contains("*") else { return positions[name].map { [$0] } ?? [] }
            let parts = name.split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) }
            return names.indices.filter {
                (foreigners || !foreign[$0]) && ColumnPatterns.matches(Array(names[$0].utf8), parts)
            }
        }
    }

    private func expansions(of pattern: String) -> [String] {
        var results = [pattern]
        for (mark, choices) in [("{FINAL}", suffixes), ("{WAVE}", wave.spellings)] {
            results = results.flatMap { text -> [String] in
                let pieces = text.split(separator: mark, omittingEmptySubsequences: false)
                return pieces.count == 1 ? [text] : choices.map { pieces.joined(separator: $0) }
            }
        }
        return results
    }

    /// Whether `name` is the parts with anything between them.
    private static func matches(_ name: [UInt8], _ parts: [[UInt8]]) -> Bool {
        guard let first = parts.first, let last = parts.last, name.starts(with: first) else { return false }
        var rest = name.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() {
            while !rest.starts(with: part) {
                guard !rest.isEmpty else { return false }
                rest = rest.dropFirst()
            }
            rest = rest.dropFirst(part.count)
        }
        return parts.count == 1 ? rest.isEmpty : rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
    }
}
