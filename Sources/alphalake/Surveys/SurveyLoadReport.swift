import AlphaSurveys
import LakeCore

/// What an import of surveys did, on standard error: a line per wave, what was left out and why, the totals.
struct SurveyLoadReport {
    private let outcome: SurveyLoad.Outcome
    private let seconds: Double

    init(_ outcome: SurveyLoad.Outcome, seconds: Double) {
        self.outcome = outcome
        self.seconds = seconds
    }

    func print(_ console: Console) throws {
        try printWaves(console)
        printSkipped(console)
        for file in outcome.summary.imported { for note in file.notes { console.note("\(file.path): \(note)") } }
        for file in outcome.summary.files {
            switch file.outcome {
            case .imported, .ignored: continue
            case .covered(let other): console.note("\(file.path): left out, its respondents are all in \(other)")
            case .failed(let reason):
                console.note(console.notes.red("not imported:") + " \(file.path): \(reason)")
            }
        }
        printPresent(console)
        printTotals(console)
    }

    private func printWaves(_ console: Console) throws {
        guard !outcome.summary.imported.isEmpty else { return }
        var table = ReportTable([
            OutputColumn("wave", .utf8), OutputColumn("respondents", .utf8, alignment: .right),
            OutputColumn("questions", .utf8, alignment: .right), OutputColumn("rows", .utf8, alignment: .right),
            OutputColumn("file", .utf8),
        ])
        for file in outcome.summary.imported {
            table.append([
                .text(file.wave?.name), .text(Quantities.count(file.respondents)),
                .text(Quantities.count(file.questions)), .text(Quantities.count(file.rows)), .text(file.path),
            ])
        }
        try table.print(.table, to: console.notes)
    }

    /// The columns that became neither rows nor demographics, by reason, with a few names.
    private func printSkipped(_ console: Console) {
        var names: [(reason: String, names: [String])] = []
        for column in outcome.summary.imported.flatMap(\.skipped) {
            if case .became = column.reason { continue }
            if let index = names.firstIndex(where: { $0.reason == column.reason.description }) {
                names[index].names.append(column.name)
            } else {
                names.append((column.reason.description, [column.name]))
            }
        }
        let total = names.reduce(0) { $0 + $1.names.count }
        guard total > 0 else { return }
        console.note("left out \(Quantities.count(total, "column")):")
        for (reason, names) in names.sorted(by: { $0.names.count > $1.names.count }) {
            let more = names.count > 3 ? ", ..." : ""
            console.note(
                "  \(Quantities.count(names.count)) \(reason) (\(names.prefix(3).joined(separator: ", "))\(more))")
        }
    }

    private func printPresent(_ console: Console) {
        let same = outcome.present.filter { !$0.differs }.map(\.wave.name)
        if !same.isEmpty {
            console.note(
                "in the lake already, unchanged: " + same.joined(separator: " ") + " (--replace puts them in anew)")
        }
        for wave in outcome.present where wave.differs {
            console.note(
                "\(wave.wave.name) is in the lake already, from another file than \(wave.path) "
                    + "(--replace takes this one)")
        }
    }

    private func printTotals(_ console: Console) {
        let summary = outcome.summary
        guard summary.waves > 0 else { return console.note("nothing to import; the lake is as it was") }
        let rate = Quantities.rate(summary.rows, seconds: seconds)
        let replaced = outcome.replaced.isEmpty ? "" : " (\(outcome.replaced.count) of them replaced)"
        console.note(
            "imported \(Quantities.count(summary.waves, "wave"))\(replaced): "
                + "\(Quantities.count(summary.respondents, "respondent")), "
                + "\(Quantities.count(summary.questions, "question")), \(Quantities.count(summary.rows, "row")) in "
                + "\(Quantities.time(seconds: seconds))\(rate)")
    }
}
