import AlphaAds
import LakeCore

/// What a build of samples did, on standard error: samples per task beside the paper's, and where the ratio comes from.
struct SampleLoadReport {
    let outcome: SampleLoad.Outcome
    let tasks: Set<SampleTask>
    let rules: TaskRules
    let seconds: Double

    /// Ads that the paper's samples were made of.
    private static let paperAds = 1_474_367

    func print(_ console: Console) throws {
        var table = ReportTable([
            OutputColumn("task", .utf8), OutputColumn("samples", .utf8, alignment: .right),
            OutputColumn("per ad", .utf8, alignment: .right), OutputColumn("paper", .utf8, alignment: .right),
            OutputColumn("per ad", .utf8, alignment: .right), OutputColumn("share / paper's", .utf8, alignment: .right),
        ])
        let total = outcome.counts.reduce(0, +)
        let paperTotal = rules.paperCounts.reduce(0, +)
        let ads = Double(max(outcome.ads.ads, 1))
        func line(_ name: String, _ count: Int, _ paper: Int) {
            let share = Double(count) / Double(max(total, 1)) / (Double(paper) / Double(max(paperTotal, 1)))
            table.append([
                .text(name), .text(Quantities.count(count)), .text(Quantities.fixed(Double(count) / ads, 2)),
                .text(Quantities.count(paper)),
                .text(Quantities.fixed(Double(paper) / Double(SampleLoadReport.paperAds), 2)),
                .text(Quantities.fixed(share, 2)),
            ])
        }
        for task in SampleTask.allCases where tasks.contains(task) {
            line(task.name, outcome.counts[Int(task.rawValue)], rules.paperCounts[Int(task.rawValue)])
        }
        if tasks.count > 1 { line("all", total, paperTotal) }
        try table.print(.table, to: console.notes)
        console.note(
            "the paper's counts are of \(Quantities.count(SampleLoadReport.paperAds, "ad")), these of "
                + "\(Quantities.count(outcome.ads.ads, "ad")) of \(Quantities.count(outcome.ads.pages, "page")); pairs are "
                + "capped at \(rules.variants) variants and \(rules.rewordings) rewordings per ad, where the paper says none"
        )
        console.note(
            outcome.hasEmbeddings
                ? "pairs are similar by the column 'embedding' of 'ads'"
                : "pairs are similar by the words of their texts; sentence embeddings would be used if 'ads' had a column "
                    + "'embedding'")
        if outcome.recall.all > 0 {
            let share = 100 * Double(outcome.recall.within) / Double(outcome.recall.all)
            console.note(
                "pages of more than \(Quantities.count(rules.reach)) ads: \(Quantities.fixed(share, 1)) % of the pairs of sampled "
                    + "ads are within reach (parameter 'reach'); smaller pages are compared as a whole")
        }
        if let changes = outcome.changes {
            console.note(
                "since the last build \(Quantities.count(changes.added, "ad")) came, \(Quantities.count(changes.changed.count)) "
                    + "changed, \(Quantities.count(changes.removed)) went, on \(Quantities.count(changes.pages.count, "page")); "
                    + "\(Quantities.count(outcome.removed, "sample")) are none any more")
        }
        if outcome.ads.withoutPage > 0 {
            console.note("\(Quantities.count(outcome.ads.withoutPage, "ad")) without a page were left out")
        }
        if outcome.ads.synthetic > 0 {
            console.note(
                "\(Quantities.count(outcome.ads.synthetic)) of the ads are synthetic, and samples of them are marked so"
            )
        }
        let each = Quantities.fixed(Double(outcome.bytes) / Double(max(total, 1)), 2)
        console.note(
            "built \(Quantities.count(total, "sample")) in \(Quantities.time(seconds: seconds))"
                + Quantities.rate(total, seconds: seconds)
                + ", \(Quantities.bytes(outcome.bytes)), \(each) bytes each; "
                + "\(Quantities.count(outcome.comparisons)) comparisons of texts")
    }
}
