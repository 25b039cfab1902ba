import ArgumentParser
import LakeCore
import LakeTable

struct DiffCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what is different between two versions of a table.",
        discussion: """
            Rows added and deleted, shards that came and went, deletions and files with further columns (companions) of shards that \
            stayed, and columns. Rows are compared by \
            where they are stored: those that were written anew count as deleted and added.

              alphalake diff lake responses 12
              alphalake diff lake responses tag:paper 2026-01-31
              alphalake diff lake responses 12 14 --format jsonl
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "The table.")
    var table: String

    @Argument(help: "The version to compare with: a number, tag:NAME or a time.")
    var first: String

    @Argument(help: "The version to compare (default: the newest).")
    var second: String?

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    func run(_ console: Console) throws {
        let (lake, selector) = try Lake.open(address: lake)
        if second != nil, selector != .newest {
            throw LakeError(
                .usage, "the versions to compare are named twice", at: .init(file: self.lake),
                hint: "name the lake without '@\(selector)', or one version only")
        }
        let directory = try lake.table(table)
        let versions = try (
            VersionSelector(parsing: first), second.map { try VersionSelector(parsing: $0) } ?? selector
        )
        let difference = try TableDifference(
            from: directory.snapshot(at: versions.0), to: directory.snapshot(at: versions.1))
        var report = ReportTable([
            OutputColumn("change", .utf8), OutputColumn("name", .utf8), OutputColumn("rows", .int64),
            OutputColumn("bytes", .int64), OutputColumn("details", .utf8),
        ])
        report.append([.text("rows added"), .text(nil), .integer(difference.rowsAdded), .integer(nil), .text(nil)])
        report.append([.text("rows deleted"), .text(nil), .integer(difference.rowsDeleted), .integer(nil), .text(nil)])
        for (what, shards) in [("shard added", difference.added), ("shard removed", difference.removed)] {
            for shard in shards {
                report.append([
                    .text(what), .text(shard.file), .integer(shard.liveRows), .integer(shard.storedBytes),
                    .text("id \(shard.id)"),
                ])
            }
        }
        for change in difference.deletions {
            for (what, rows) in [
                ("rows of shard deleted", change.deleted), ("rows of shard returned", change.returned),
            ]
            where rows > 0 {
                report.append([
                    .text(what), .text(change.shard.file), .integer(rows), .integer(nil),
                    .text("id \(change.shard.id), \(change.shard.liveRows) of \(change.shard.rows) rows left"),
                ])
            }
        }
        for change in difference.companions {
            report.append([
                .text("companion \(change.isAdded ? "added" : "removed")"), .text(change.file.name), .integer(nil),
                .integer(change.file.bytes), .text("of shard \(change.shard.id)"),
            ])
        }
        for column in difference.columns {
            report.append([
                .text("column \(column.kind.rawValue)"), .text(column.name), .integer(nil), .integer(nil),
                .text(column.details.isEmpty ? nil : column.details),
            ])
        }
        try report.print(format, to: console.results)
        let (from, to) = (difference.first, difference.second)
        console.note(
            "'\(table)' from version \(from.version) (\(CalendarText.timestamp(from.timestamp))) to version \(to.version) "
                + "(\(CalendarText.timestamp(to.timestamp)))")
    }
}
