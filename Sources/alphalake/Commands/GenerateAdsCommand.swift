import AlphaAds
import ArgumentParser
import LakeBytes
import LakeCore
import LakeTable

struct GenerateAdsCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "ads", abstract: "Make up ads and put them into a lake.",
        discussion: """
            Pages with campaigns of near-duplicate ads, delivered to audiences that depend on topic, page and state. They are \
            imported like real ones, and marked: the column `synthetic`, the version's details, and all that is derived \
            from them say so. The same seed and count give the same ads.

              alphalake init lake
              alphalake generate ads lake --count 100000 --seed 7
              alphalake generate ads lake --count 100000 --beside real-ads.jsonl
              alphalake build samples lake
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Option(
        parsing: .unconditional, help: "How many ads.",
        transform: WholeNumber.within(1...100_000_000, as: "--count 100000"))
    var count: Int = 100_000

    @Option(help: "Chooses the pages and their ads.")
    var seed: UInt64 = 7

    @Option(
        help: ArgumentHelp(
            "A file of real ads: print what they are like beside what was made up. May be given several times.",
            valueName: "file"))
    var beside: [String] = []

    @OptionGroup var threads: ThreadOptions

    func run(_ console: Console) throws {
        Interruption.watch()
        var load = AdLoad(lake: try Lake.open(at: lake), workers: threads.count)
        load.details = [
            "command": "generate ads", "synthetic": "true", "count": String(count), "seed": String(seed),
        ]
        let started = ContinuousClock.now
        let generator = AdGenerator(seed: seed, count: count)
        let progress = Progress("generating", total: count, unit: .things("ad"), on: console)
        defer { progress.finish() }
        var done = 0
        var made = AdStatistics()
        let outcome = try load.run { intake in
            try orderedFlow(count: (generator.pageCount + 63) / 64, workers: threads.count, room: 64 << 20) {
                index, outlet in
                for page in (64 * index)..<min(generator.pageCount, 64 * index + 64) {
                    let ads = generator.page(page)
                    try outlet.send(ads.map { BoxedAd($0, form: "synthetic") }, bytes: 2000 * ads.count)
                }
            } consume: { (ads: [BoxedAd]) in
                try Interruption.cancellation.check()
                for ad in ads {
                    _ = try intake(ad, false)
                    if !beside.isEmpty { made.add(ad.ad, census: .standard) }
                }
                done += ads.count
                progress.update(done: done)
                return true
            }
        }
        progress.finish()
        try AdLoadReport(
            counts: outcome.counts, seconds: Progress.seconds(ContinuousClock.now - started)
        ).print(console)
        if !beside.isEmpty { try printComparison(made, console) }
    }

    /// What the ads that were made up are like, beside real ones.
    private func printComparison(_ made: AdStatistics, _ console: Console) throws {
        var real = AdStatistics()
        for path in beside {
            _ = try AdFile(path: path, workers: threads.count).forEach(keepsCells: false) { rows, _ in
                for row in rows { if let ad = row.ad?.ad { real.add(ad, census: .standard) } }
            }
        }
        var table = ReportTable([
            OutputColumn("figure", .utf8), OutputColumn("made up", .utf8, alignment: .right),
            OutputColumn("real", .utf8, alignment: .right),
        ])
        for (ours, theirs) in zip(made.rows, real.rows) {
            let decimals = max(ours.value.magnitude, theirs.value.magnitude) < 10 ? 4 : 1
            table.append([
                .text(ours.name), .text(Quantities.fixed(ours.value, decimals)),
                .text(Quantities.fixed(theirs.value, decimals)),
            ])
        }
        try table.print(.table, to: console.results)
        try console.results.flush()
    }
}
