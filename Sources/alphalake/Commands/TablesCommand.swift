import ArgumentParser
import LakeCore
import LakeTable

struct TablesCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "tables", abstract: "List the tables of a lake.",
        discussion: """
            Each with its rows, its shards and their size, its newest version and when that was made. LAKE@VERSION lists the \
            tables that have such a version, as of then.

              alphalake tables lake
              alphalake tables lake --format json
              alphalake tables lake@2026-01-31
            """)

    @Argument(help: LakeName.help)
    var lake: String

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    func run(_ console: Console) throws {
        let (lake, selector) = try Lake.open(address: lake)
        var report = ReportTable([
            OutputColumn("table", .utf8), OutputColumn("rows", .int64), OutputColumn("columns", .int64),
            OutputColumn("shards", .int64), OutputColumn("bytes", .int64), OutputColumn("version", .int64),
            OutputColumn("changed", .timestamp),
        ])
        for name in try lake.tables(at: selector) {
            let manifest = try lake.table(name).manifest(at: selector)
            report.append([
                .text(name), .integer(manifest.rows), .integer(manifest.schema.fields.count),
                .integer(manifest.shards.count), .integer(manifest.bytes), .integer(manifest.version),
                .timestamp(manifest.timestamp),
            ])
        }
        if report.isEmpty {
            console.note("no tables yet; `alphalake import` makes them")
            if format == .table { return }
        }
        try report.print(format, to: console.results)
    }
}
