import AlphaAds
import LakeCore
import LakeQuery

extension SimilarityReport {
    /// More pairs than this are shown by both ends of their order.
    private static let mostPairs = 30
    private static let shown = 10

    /// For people.
    func print(_ console: Console) throws {
        let stream = console.results
        if let syntheticNote { try stream.write(stream.bold(syntheticNote) + "\n\n") }
        for (index, section) in sections.enumerated() {
            if index > 0 { try stream.write("\n") }
            let axis = section.behaviour
            let groups = Quantities.count(axis.delivered.count) + " " + axis.axis.noun
            try stream.write(stream.bold("\(axis.axis.rawValue): the behaviour of \(groups)") + "\n")
            try print(notes(axis), stream)
            let asked = section.survey?.behaviour.axis == axis.axis
            if !asked { try print(axis, console) }
            if let survey = section.survey { try print(survey, asked: asked, console) }
        }
    }

    private func print(_ axis: Axis, _ console: Console) throws {
        let (ranked, groups) = (axis.behaviour.ranked, axis.behaviour.groups)
        let stream = console.results
        try stream.write("\n")
        if ranked.isEmpty {
            try stream.write("no pair has a value\n")
        } else if ranked.count <= SimilarityReport.mostPairs {
            try table(ranked, groups).print(.table, to: stream)
        } else {
            try stream.write(
                "the \(SimilarityReport.shown) most similar of \(Quantities.count(ranked.count, "pair"))\n")
            try table(Array(ranked.prefix(SimilarityReport.shown)), groups).print(.table, to: stream)
            try stream.write("\nthe \(SimilarityReport.shown) least similar\n")
            try table(Array(ranked.suffix(SimilarityReport.shown)), groups).print(.table, to: stream)
            try stream.write(stream.dim("\nthe whole matrix: --format json, or as a picture with --svg FILE") + "\n")
        }
        let absent = axis.behaviour.pairs.count - ranked.count
        if absent > 0 {
            try stream.write(
                stream.dim(
                    "\(Quantities.count(absent, "pair")) left out: fewer than \(Spearman.fewest) ads in common, or no "
                        + "difference to rank by") + "\n")
        }
    }

    /// Notes, each begun with a dash, on lines that fit.
    private func print(_ notes: [String], _ stream: StandardStream) throws {
        let width = min(max(stream.width ?? 100, 40), 120)
        for note in notes {
            var line = "  -"
            for word in note.split(separator: " ") {
                if displayWidth(line) + displayWidth(String(word)) + 1 > width {
                    try stream.write(stream.dim(line) + "\n")
                    line = "   "
                }
                line += " " + word
            }
            try stream.write(stream.dim(line) + "\n")
        }
    }

    private func value(_ pair: Correlation) -> ReportTable.Cell {
        .text(pair.value.map { Quantities.fixed($0, measure == .paperFormula ? 9 : 3) })
    }

    private func table(_ pairs: [(a: Int, b: Int, pair: Correlation)], _ groups: [String]) -> ReportTable {
        var table = ReportTable([
            OutputColumn("group", .utf8), OutputColumn("and", .utf8),
            OutputColumn(measure == .paperFormula ? "formula" : "rho", .utf8, alignment: .right),
            OutputColumn("95 %", .utf8, alignment: .right), OutputColumn("ads", .utf8, alignment: .right),
        ])
        for (a, b, pair) in pairs {
            table.append([
                .text(groups[a]), .text(groups[b]), value(pair), .text(pair.interval.map(SimilarityReport.text)),
                .text(Quantities.count(pair.n)),
            ])
        }
        return table
    }

    /// - Parameter asked: whether its groups are those that were asked for, whose notes are there already.
    private func print(_ survey: Survey, asked: Bool, _ console: Console) throws {
        let stream = console.results
        let behaviour = survey.behaviour.behaviour
        let noun = survey.behaviour.axis.noun
        let caution = survey.behaviour.axis.caution(measure).map { [$0] } ?? []
        try stream.write("\n" + stream.bold("behaviour and opinions of \(behaviour.groups.count) \(noun)") + "\n")
        try print(asked ? notes(survey) : caution + notes(survey), stream)
        try stream.write("\n")
        var table = ReportTable([
            OutputColumn("group", .utf8), OutputColumn("and", .utf8),
            OutputColumn(measure == .paperFormula ? "formula" : "rho", .utf8, alignment: .right),
            OutputColumn("95 %", .utf8, alignment: .right), OutputColumn("ads", .utf8, alignment: .right),
            OutputColumn("opinions", .utf8, alignment: .right), OutputColumn("questions", .utf8, alignment: .right),
        ])
        for (place, pair) in zip(behaviour.positions, behaviour.pairs) {
            let opinion = survey.opinions[place.a, place.b]
            table.append([
                .text(behaviour.groups[place.a]), .text(behaviour.groups[place.b]), value(pair),
                .text(pair.interval.map(SimilarityReport.text)), .text(Quantities.count(pair.n)),
                .text(opinion?.value.map { Quantities.fixed($0, 4) }), .text(Quantities.count(opinion?.n ?? 0)),
            ])
        }
        try table.print(.table, to: stream)
    }
}
