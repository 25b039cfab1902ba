import ArgumentParser
import LakeCore
import LakeShard
import LakeTable

struct UpgradeCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade", abstract: "Write shards of an older format anew.",
        discussion: """
            Goes through the lake's versions, tags and shards, refuses what a newer alphalake wrote, and writes the shards of the \
            newest versions anew that have an older format. What the rows are does not change: their digest, which does not depend on \
            their order, is computed before and after, and nothing is committed when the two differ. Earlier versions stay \
            as they are. There is one format so far, \(FormatVersion.current).

              alphalake upgrade lake --dry-run
              alphalake upgrade lake
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "Tables to upgrade; all of them by default.")
    var tables: [String] = []

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    @OptionGroup var threads: ThreadOptions

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        let upgrade = Upgrade(workers: threads.count)
        var report = ReportTable([
            OutputColumn("table", .utf8), OutputColumn("formats", .utf8), OutputColumn("shards", .int64),
            OutputColumn("older", .int64), OutputColumn("rows", .int64), OutputColumn("version", .int64),
        ])
        var (older, touched) = (0, 0)
        // Nothing is changed before all has been looked at.
        let plans = try (tables.isEmpty ? lake.tables() : tables).map { try upgrade.plan(try lake.table($0)) }
        for plan in plans {
            older += plan.shards.count
            let outcomes = dryRun ? [] : try upgrade.run(plan)
            touched += outcomes.count { $0.version == nil }
            report.append([
                .text(plan.snapshot.table.name), .text(plan.formats.map(\.description).joined(separator: ", ")),
                .integer(plan.snapshot.shards.count), .integer(plan.shards.count),
                .integer(plan.shards.reduce(0) { $0 + $1.liveRows }), .integer(outcomes.compactMap(\.version).max()),
            ])
        }
        try report.print(format, to: console.results)
        if older == 0 { console.note("everything is in format \(FormatVersion.current) already") }
        if touched > 0 {
            console.note("left alone: \(Quantities.count(touched, "shard")) that another writer touched; run it again")
            try console.results.flush()
            throw ExitCode(75)
        }
    }
}
