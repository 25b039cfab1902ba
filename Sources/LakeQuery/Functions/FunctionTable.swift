import LakeCore

/// All functions of AlphaLake's SQL that are no aggregates.
enum FunctionTable {
    static let sections: [(title: String, entries: [FunctionEntry])] = [
        ("Values", values), ("Numbers", numbers), ("Text", text), ("Regular expressions", expressions),
        ("Dates", dates), ("Lists", lists),
    ]

    private static let byName: [String: FunctionEntry] = {
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
        guard let entry = byName[call.name] else { throw unknown(call) }
        guard entry.counts.contains(call.arguments.count) else {
            throw call.refuse(
                "\(call.name) with \(call.arguments.count) argument\(call.arguments.count == 1 ? "" : "s")",
                hint: "it is written \(entry.usage)")
        }
        return try entry.bind(call)
    }

    private static func unknown(_ call: FunctionCall) -> LakeError {
        let names = byName.keys.sorted() + AggregateCall.Function.allCases.map(\.rawValue)
        let hint = reasons[call.name] ?? nearest(to: call.name, among: names).map { "did you mean '\($0)'?" }
        return call.refuse("no function '\(call.name)'", hint: hint ?? "aggregates and functions of text, numbers, dates and lists are there; see the documentation")
    }

    /// Why functions that others have are left out.
    private static let reasons: [String: String] = {
        let clock = "the same query must give the same answer tomorrow: write the moment itself, TIMESTAMP '2026-01-31'"
        let chance = "the same query must give the same answer again"
        var reasons = ["random": chance, "uuid": chance, "gen_random_uuid": chance]
        for name in ["now", "today", "get_current_timestamp", "transaction_timestamp", "clock_timestamp", "age"] {
            reasons[name] = clock
        }
        for name in ["row_number", "rank", "dense_rank", "lag", "lead", "ntile", "first_value", "last_value"] {
            reasons[name] = SelectParser.exportHint
        }
        reasons["unnest"] = SelectParser.exportHint
        return reasons
    }()

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
