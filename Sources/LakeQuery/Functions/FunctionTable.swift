import LakeCore

/// All functions of AlphaLake's SQL that are no aggregates.
enum FunctionTable {
    static let sections: [(title: String, entries: [FunctionEntry])] = [
        ("Values", values), ("Numbers", numbers), ("Text", text), ("Regular expressions", expressions),
        ("Dates", dates), ("Lists", lists),
    ]

    static let byName: [String: FunctionEntry] = {
        var result: [String: FunctionEntry] = [:]
        for entry in sections.flatMap(\.entries) {
            for name in [entry.name] + entry.aliases { result[name] = entry }
        }
        return result
    }()

    /// The function of a name (in lower case).
    static func entry(_ name: String) -> FunctionEntry? { byName[name] }

    /// Fits a call to its arguments.
    /// - Throws: `LakeError` (usage) with a caret: for a function that there is not, and arguments that it does not take.
    static func bind(_ call: FunctionCall) throws(LakeError) -> Bound {
        guard let entry = byName[call.name] else { throw absent(call) }
        guard entry.counts.contains(call.arguments.count) else {
            throw call.refuse(
                "\(call.name) with \(call.arguments.count) argument\(call.arguments.count == 1 ? "" : "s")",
                hint: "it is written \(entry.usage)")
        }
        return try entry.bind(call)
    }

    /// A line per function, in sections: what `Schemas/SQL.md` says.
    static var summary: String {
        var text = ""
        for (title, entries) in sections {
            text += "### \(title)\n\n| function | gives | |\n|---|---|---|\n"
            for entry in entries {
                let also =
                    entry.aliases.isEmpty
                    ? "" : " Also " + entry.aliases.map { "`\($0)`" }.joined(separator: ", ") + "."
                text += "| `\(entry.usage)` | \(entry.result) | \(entry.summary)\(also) |\n"
            }
            text += "\n"
        }
        return text
    }
}
