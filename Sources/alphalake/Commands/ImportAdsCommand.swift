import AlphaAds
import ArgumentParser
import LakeCore
import LakeTable

struct ImportAdsCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "ads", abstract: "Import ads of the Meta Ad Library, in any form that people keep them in.",
        discussion: """
            Reads the library's API records (JSON and JSONL, old and new fields, one object per line, an array, or \
            {"data": [...]}), the web site's CSV export, and CSV files with Python lists in their cells; which it is, it \
            tells itself. Each ad becomes a row of `ads`, with its audience's shares as they came, and beside them shares \
            divided by census population, ranks, topic and keywords.

              alphalake import ads lake ads.jsonl export.csv
              alphalake import ads lake later-crawl.jsonl --upsert
              alphalake import ads lake ads.jsonl --rejects left-out.jsonl --keep no-location

            Left out are ads with the id of another (duplicate), and those without text (empty-body), page (no-page), start \
            date (no-dates) or delivery by region (no-location); --keep switches a rule off. Known damage is repaired, \
            what else looks wrong is kept and flagged in the column `flags`; a summary counts all of it. With --upsert an \
            ad takes the place of the one with its id; earlier versions keep that. Ids that a spreadsheet has rounded are \
            never taken for ids.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "Files; - for standard input.")
    var files: [String]

    @Flag(help: "Replace ads that have the same id.")
    var upsert = false

    @Option(
        help: ArgumentHelp(
            "Rules not to apply: " + CleaningRule.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "rules"), transform: ImportAdsCommand.rules)
    var keep: Set<CleaningRule> = []

    @Option(help: ArgumentHelp("Write rows that are left out to this new file, with the reasons.", valueName: "file"))
    var rejects: String?

    @OptionGroup var transaction: TransactionOptions
    @OptionGroup var threads: ThreadOptions

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        let files = try self.files.map { try AdFile(path: $0, workers: threads.count) }
        guard files.count(where: { !$0.isRepeatable }) < 2 else {
            throw LakeError(.usage, "standard input is named twice")
        }
        var load = AdLoad(lake: lake, workers: threads.count)
        load.cleaning.rules.subtract(keep)
        load.upserts = upsert
        load.transaction = transaction
        load.details = [
            "command": "import ads", "files": String(self.files.joined(separator: " ").prefix(1_000)),
        ]
        let started = ContinuousClock.now
        let rejects = try rejects.map { try Rejects(path: $0) }
        let filesImport = AdFilesImport(files: files, load: load, rejects: rejects)
        let outcome = try filesImport.run(console)
        try rejects?.finish()
        try AdLoadReport(
            counts: outcome.counts, seconds: Progress.seconds(ContinuousClock.now - started)
        ).print(console)
        if outcome.manifest == nil { console.note("nothing to import; the table is as it was") }
    }

    private static func rules(_ text: String) throws -> Set<CleaningRule> {
        let names = text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
        return Set(
            try names.map { name in
                guard let rule = CleaningRule(rawValue: name) else {
                    let all = CleaningRule.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("there is no rule '\(name)'; the rules are \(all)")
                }
                return rule
            })
    }
}
