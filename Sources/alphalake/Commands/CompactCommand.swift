import ArgumentParser
import LakeBytes
import LakeCore
import LakeQuery
import LakeTable

struct CompactCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Write small shards together and leave deleted rows out.",
        discussion: """
            Shards that are small, or that have many deleted rows, are written anew with dictionaries, keys and indexes of \
            their own; others stay as they are, and so do earlier versions. What the rows are does not change: their \
            digest, which does not depend on their order, is computed before and after, and nothing is committed when the two \
            differ. It runs beside writers; cut short, it goes on where it was when it is run again. With little --memory fewer \
            shards are written at once, and codes wait in temporary files.

              alphalake compact lake --dry-run
              alphalake compact lake responses --deleted-share 0
              alphalake compact lake ads --cluster-by page_id,start_date
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "Tables to compact; all of them by default.")
    var tables: [String] = []

    @Flag(help: "Show what would be done and why, and do nothing.")
    var dryRun = false

    @Option(
        name: .customLong("cluster-by"),
        help: ArgumentHelp("Order the rows by these columns, in every shard anew.", valueName: "columns"))
    var clusterBy: String?

    @Option(
        name: .customLong("rows"), parsing: .unconditional,
        help: ArgumentHelp("Rows that a shard should have (default: 4194304, the most it can).", valueName: "rows"),
        transform: WholeNumber.within(1...4_194_304, as: "--rows 1000000"))
    var rows: Int?

    @Option(
        name: .customLong("deleted-share"), parsing: .unconditional,
        help: ArgumentHelp(
            "Write a shard anew when so much of it is deleted (default: 0.1; 0 for any).", valueName: "share"))
    var deletedShare: Double?

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    @OptionGroup var memory: MemoryOptions
    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        if let deletedShare, !(0...1).contains(deletedShare) {
            throw ValidationError("a share is from 0 to 1, as in --deleted-share 0.2")
        }
    }

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        var report = ReportTable([
            OutputColumn("table", .utf8), OutputColumn("why", .utf8), OutputColumn("shards", .int64),
            OutputColumn("rows", .int64), OutputColumn("bytes", .int64), OutputColumn("new shards", .int64),
            OutputColumn("new bytes", .int64), OutputColumn("version", .int64), OutputColumn("digest", .utf8),
        ])
        var touched = 0
        for name in tables.isEmpty ? try lake.tables() : tables {
            let snapshot = try lake.table(name).snapshot()
            var policy = CompactionPlan.Policy()
            if let rows { policy.rows = rows }
            if let deletedShare { policy.deletedShare = deletedShare }
            policy.isEverything = clusterBy != nil
            let plan = CompactionPlan(snapshot, policy: policy)
            guard !dryRun else {
                for group in plan.groups {
                    report.append([
                        .text(name), .text(group.reason), .integer(group.shards.count), .integer(group.rows),
                        .integer(group.bytes), .integer(nil), .integer(nil), .integer(nil), .text(nil),
                    ])
                }
                continue
            }
            for outcome in try compact(plan, name, lake, console) {
                if outcome.version == nil { touched += 1 }
                let group = outcome.group
                report.append([
                    .text(name), .text(group.reason), .integer(group.shards.count), .integer(group.rows),
                    .integer(group.bytes), .integer(outcome.version == nil ? nil : outcome.shards.count),
                    .integer(outcome.version == nil ? nil : outcome.shards.reduce(0) { $0 + $1.bytes }),
                    .integer(outcome.version), .text(outcome.digest.description),
                ])
            }
        }
        try report.print(format, to: console.results)
        if report.isEmpty { console.note("nothing to compact") }
        if touched > 0 {
            console.note("left alone: \(Quantities.count(touched, "group")) that another writer touched; run it again")
            try console.results.flush()
            throw ExitCode(75)
        }
    }

    private func compact(
        _ plan: CompactionPlan, _ name: String, _ lake: Lake, _ console: Console
    ) throws -> [Compaction.Outcome] {
        guard !plan.groups.isEmpty else { return [] }
        let order = clusterBy.map { $0.split(separator: ",").map(String.init) }
        let clustering = try order.map {
            try Clustering(QueryEngine(lake: lake, workers: threads.count, memory: memory.limit), plan.snapshot, by: $0)
        }
        let compaction = Compaction(
            plan, workers: clustering == nil ? threads.count : 1, memory: memory.limit, source: clustering?.source)
        var details = ["command": "compact"]
        if let clusterBy { details["cluster by"] = clusterBy }
        let progress = Progress("compacting \(name)", total: nil, unit: .things("row"), on: console)
        defer { progress.finish() }
        return try compaction.run(details: details) { state in
            progress.update(done: state.doneRows, total: state.totalRows)
        }
    }
}
