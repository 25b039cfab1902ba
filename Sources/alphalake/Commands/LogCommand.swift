import ArgumentParser
import LakeCore
import LakeTable

struct LogCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "List the versions of a table, newest first.",
        discussion: """
            Each with what made it, the rows and shards it added and removed, and the rows it has. Of LAKE@VERSION those up to \
            that version.

              alphalake log lake responses
              alphalake log lake responses --limit 5 --format jsonl
            """)

    @Argument(help: LakeName.help)
    var lake: String

    @Argument(help: "The table.")
    var table: String

    @Option(
        parsing: .unconditional, help: "Versions to list at most.",
        transform: WholeNumber.within(1...Int.max, as: "--limit 10"))
    var limit: Int = .max

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    func run(_ console: Console) throws {
        var report = ReportTable([
            OutputColumn("version", .int64), OutputColumn("time", .timestamp), OutputColumn("operation", .utf8),
            OutputColumn("rows added", .int64), OutputColumn("rows removed", .int64),
            OutputColumn("shards added", .int64), OutputColumn("shards removed", .int64), OutputColumn("rows", .int64),
            OutputColumn("details", .utf8),
        ])
        let (lake, selector) = try Lake.open(address: lake)
        let table = try lake.table(table)
        for record in try table.log(limit: limit, upTo: try table.version(selector)) {
            let details = record.details.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            report.append([
                .integer(record.version), .timestamp(record.timestamp), .text(record.operation.rawValue),
                .integer(record.summary.rowsAdded), .integer(record.summary.rowsRemoved),
                .integer(record.summary.shardsAdded), .integer(record.summary.shardsRemoved),
                .integer(record.summary.rows), .text(details.joined(separator: "; ")),
            ])
        }
        try report.print(format, to: console.results)
    }
}
