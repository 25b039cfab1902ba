import ArgumentParser
import LakeBytes
import LakeCore
import LakeQuery
import LakeTable

struct PurgeCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge", abstract: "Take deleted rows out of every file, so that nothing of them is left.",
        discussion: """
            For rows that must be gone: a person asks to be forgotten, an advertisement has to be taken down. `delete` hides rows \
            from the newest version on; earlier versions, tags, the trash and the shards themselves still have them. A purge \
            writes all of these anew without the rows, the conditions that they were deleted by left out, and then searches \
            everything that is left for them. All versions and tags stay, without these rows. It cannot be undone.

              alphalake delete lake responses --where "respondent_id = 100197"
              alphalake purge lake responses --dry-run
              alphalake purge lake responses

            With --where the rows are deleted first, and found in earlier versions too where the newest one does not have them any more:

              alphalake purge lake responses --where "respondent_id = 100197"

            A row that says the same as one that was deleted is taken out of earlier versions as well, wherever a compaction or another import \
            has put it; one that the newest version has stays. Where somebody is reading an \
            earlier version the purge cannot come to its end: exit status 75, run it again. Other tables and \
            copies elsewhere are not touched.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "Tables; all of them by default.")
    var tables: [String] = []

    @Option(name: .customLong("where"), help: "Rows to delete first, in all versions of one table.")
    var condition: String?

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        if condition != nil, tables.count != 1 {
            throw ValidationError("--where needs one table, as in: alphalake purge lake ads --where \"ad_id = 17\"")
        }
    }

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        var columns = [
            OutputColumn("table", .utf8), OutputColumn("rows", .int64), OutputColumn("shards", .int64),
            OutputColumn("version", .int64), OutputColumn("versions rewritten", .int64),
            OutputColumn("tags rewritten", .int64), OutputColumn("files removed", .int64),
            OutputColumn("bytes removed", .int64),
        ]
        if format != .table { columns += [OutputColumn("waiting for", .utf8), OutputColumn("proof", .utf8)] }
        var report = ReportTable(columns)
        var (isComplete, isAsked) = (true, true)
        for name in tables.isEmpty ? try lake.tables() : tables {
            let wanted = try find(name, lake, console)
            isAsked = isAsked && wanted.unasked.isEmpty
            let purge = Purge(try lake.table(name), workers: threads.count)
            let result =
                try dryRun
                ? purge.preview(wanted: wanted.rows) : purge.run(wanted: wanted.rows, details: ["command": "purge"])
            isComplete = isComplete && result.waiting.isEmpty
            var cells: [ReportTable.Cell] = [
                .text(name), .integer(result.rows), .integer(result.shards), .integer(result.made.last),
                .integer(result.versions), .integer(result.tags), .integer(result.files), .integer(result.bytes),
            ]
            if format != .table {
                for texts in [result.waiting, result.proof] {
                    cells.append(.text(texts.isEmpty ? nil : texts.joined(separator: "; ")))
                }
            }
            report.append(cells)
            for note in result.waiting + result.notes { console.note("\(name): \(note)") }
            for version in wanted.unasked { console.note("\(name): not asked of version \(version)") }
            if !dryRun, wanted.unasked.isEmpty { for line in result.proof { console.note("\(name): \(line)") } }
        }
        try report.print(format, to: console.results)
        try console.results.flush()
        if dryRun { console.note("nothing was done") }
        if !isAsked {
            console.note(
                "the purge is not complete: run it again with the names that the columns have in these versions")
            throw ExitCode(1)
        }
        if !isComplete {
            console.note("the purge is not complete: run it again when what is named above is no longer in its way")
            throw ExitCode(75)
        }
    }

    /// Deletes the rows of the condition, and finds those of earlier versions.
    private func find(
        _ table: String, _ lake: Lake, _ console: Console
    ) throws -> (rows: [String: Bitmap], unasked: [String]) {
        guard let condition else { return ([:], []) }
        if !dryRun {
            do {
                let engine = QueryEngine(lake: lake, workers: threads.count)
                let deletion = RowDeletion(engine, table: table, condition: condition)
                _ = try deletion.run(details: ["command": "purge"])
            } catch let error as LakeError where error.code == .usage {
                // The columns may be those of earlier versions.
                _ = try HistoricRows(lake, table: table, condition: condition, workers: threads.count)
            }
        }
        let found = try HistoricRows(lake, table: table, condition: condition, workers: threads.count)
        return (found.rows, found.unasked)
    }
}
