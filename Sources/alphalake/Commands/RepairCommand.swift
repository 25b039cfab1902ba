import ArgumentParser
import LakeBytes
import LakeCore
import LakeTable

struct RepairCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Mend damage, and set aside what cannot be mended.",
        discussion: """
            Without --execute nothing happens: what is damaged is listed with what would become of it.

              alphalake repair lake
              alphalake repair lake responses --execute

            Single changed bytes, headers, footers, indexes and tags are made again byte for byte, which digests prove. Where \
            rows can be read but the file cannot be made again they are written anew, in a new version. When the newest \
            version is damaged the newest intact one is the newest again. No file is deleted: what is replaced is kept in \
            LAKE/tables/TABLE/quarantine, with a README that says from where and why.

            Rows are only lost where an option says so: --drop-damaged, with --salvage for what can be saved of them. With \
            --execute everything is validated afterwards. Exit status 65 while damage remains.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "Tables; all of them by default.")
    var tables: [String] = []

    @Flag(help: "Do it.")
    var execute = false

    @Flag(help: "Take shards, and versions, out of the table that cannot be mended: their rows are lost.")
    var dropDamaged = false

    @Flag(help: "Keep the rows of such shards that can be read, chunk by chunk.")
    var salvage = false

    @Flag(help: "Where deletions are damaged, bring back the rows that they deleted.")
    var reviveDeleted = false

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    @OptionGroup var threads: ThreadOptions

    func run(_ console: Console) throws {
        var options = Repair.Options()
        options.dropDamaged = dropDamaged || salvage
        options.salvage = salvage
        options.reviveDeleted = reviveDeleted
        let repair = try Repair(
            lakeAt: lake, tables: tables.isEmpty ? nil : tables, options: options, workers: threads.count)
        let bar = Progress("looking for damage", total: nil, unit: .bytes, on: console)
        let look: @Sendable (Repair.Progress) -> Void = { bar.update(done: $0.doneBytes, total: $0.totalBytes) }
        let items = try execute ? repair.run(progress: look) : repair.preview(progress: look)
        bar.finish()
        if !(items.isEmpty && format == .table) { try report(items).print(format, to: console.results) }
        guard !items.isEmpty else { return console.note("nothing to repair") }
        let left = items.count { $0.action == .none }
        let rows = items.reduce(0) { $0 + $1.rowsLost }
        let lost = rows == 0 ? "" : "; \(Quantities.count(rows, "row")) lost"
        guard execute else {
            let rest = left == 0 ? "" : ", \(left) of them would remain"
            console.note(
                "\(Quantities.count(items.count, "damaged thing"))\(rest)\(lost); --execute mends, and keeps what it replaces"
            )
            try console.results.flush()
            throw ExitCode(65)
        }
        let rest = left == 0 ? "" : ", \(left) remain"
        console.note("\(Quantities.count(items.count, "damaged thing"))\(rest)\(lost); validating what there is now")
        try validate(console)
    }

    /// Checks everything there is now, and says the result.
    private func validate(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        let started = ContinuousClock.now
        var summary = ValidationSummary()
        for name in tables.isEmpty ? try lake.tables() : tables {
            let (report, content) = try ValidateCommand.validate(
                try lake.table(name), isDeep: true, workers: threads.count, console)
            summary.add(report, content)
            for finding in report.findings where finding.severity != .note {
                console.note("\(finding.severity.rawValue): \(finding.message)")
            }
        }
        summary.seconds = Progress.seconds(ContinuousClock.now - started)
        console.note(summary.text)
        try console.results.flush()
        if !summary.sound { throw ExitCode(65) }
    }

    private func report(_ items: [Repair.Item]) -> ReportTable {
        var report = ReportTable([
            OutputColumn("table", .utf8), OutputColumn("what", .utf8), OutputColumn("name", .utf8),
            OutputColumn("damage", .utf8), OutputColumn("action", .utf8), OutputColumn("remedy", .utf8),
            OutputColumn("rows lost", .int64),
        ])
        for item in items {
            report.append([
                .text(item.table.isEmpty ? nil : item.table), .text(item.kind.rawValue), .text(item.name),
                .text(item.damage), .text(item.action.rawValue), .text(item.remedy), .integer(item.rowsLost),
            ])
        }
        return report
    }
}
