import ArgumentParser
import LakeBytes
import LakeCore
import LakeTable

struct ExportRowsCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "rows", abstract: "Write the rows of a query into JSONL, JSON or CSV files.",
        discussion: """
            The query is one that `alphalake query` takes. The ending of the file says what is written: .jsonl an \
            object per line, .json one array, .csv a table with a header. Other names are directories, which get \
            parts in JSONL and a manifest.json that says what is in them, the query and the version of the table.

              alphalake export lake "SELECT * FROM samples WHERE task = 'TAG-G'" \\
                --to tag-g.csv
              alphalake export rows lake "SELECT prompt, response, task FROM samples" \\
                --to samples/ --shards 64 --layout chat

            Layouts, as tools for fine-tuning read them:

              rows      the columns under their names
              prompt    {"prompt": ..., "completion": ...}
              chat      {"messages": [{"role": "user", "content": ...},
                                      {"role": "assistant", "content": ...}]}

            The last two take the columns prompt and response; --system puts a first message before those of a chat. \
            Other columns are kept beside them under their names. TRL leaves those alone; services that know no \
            others, such as OpenAI's, refuse them: select prompt and response only. Rows whose prompt or response is \
            NULL are left out and counted.

            With --shards 8 the rows are counted first, then the first eighth of them goes into \
            part-00000-of-00008.jsonl, the next into part-00001-of-00008.jsonl: one behind the other they are the \
            result of the query. Where the query groups or samples, counting runs it once more. ORDER BY sorts all \
            rows before the first is written.

            Files appear under their names when they are complete. An export that ends before, by Ctrl-C too (exit \
            status 130), leaves nothing. What is there already is replaced with --overwrite only, and a directory \
            only when nothing but an export is in it.
            """)

    @Argument(help: LakeName.help)
    var lake: String

    @Argument(help: "The query; - reads it from standard input.")
    var sql: String

    @Option(
        name: .customLong("to"),
        help: ArgumentHelp("FILE.jsonl, FILE.json, FILE.csv, or a directory.", valueName: "path"))
    var target: String

    @Option(
        name: .customLong("shards"), parsing: .unconditional,
        help: ArgumentHelp("How many parts a directory gets (default: 1).", valueName: "count"),
        transform: WholeNumber.within(1...ExportTarget.mostParts, as: "--shards 8"))
    var parts: Int?

    @Option(help: "rows, prompt or chat (default: rows).", transform: ExportLayout.parse)
    var layout: ExportLayout = .rows

    @Option(help: ArgumentHelp("What a chat begins with.", valueName: "text"))
    var system: String?

    @Flag(help: "Replace what an earlier export has written there.")
    var overwrite = false

    @OptionGroup var threads: ThreadOptions
    @OptionGroup var memory: MemoryOptions

    func validate() throws {
        if system != nil, layout != .chat { throw ValidationError("--system goes with --layout chat") }
    }

    func run(_ console: Console) throws {
        let text = sql == "-" ? try QueryText.standardInput() : try QueryText.argument(sql)
        let cancellation = Interruption.cancellation
        ExportInterruption.watch()
        let (lake, selector) = try Lake.open(address: lake)
        let store = LocalStore()
        let target = try ExportTarget(target, parts: parts, store: store)
        let started = ContinuousClock.now
        let output = try StagedOutput(
            target.path, isDirectory: target.isDirectory, overwrites: overwrite, store: store)
        defer { output.discard() }
        let plan = try ExportPlan(
            text, lake: lake, at: selector, workers: threads.count, memory: memory.limit,
            countsRows: target.parts > 1, cancellation: cancellation)
        let export = try RowExport(plan, to: target, layout, system: system, output: output)
        let progress = Progress("exporting", total: plan.total, unit: .things("row"), on: console)
        defer { progress.finish() }
        let outcome = try export.run(cancellation: cancellation) { rows, bytes in
            progress.update(done: rows, detail: Quantities.bytes(bytes))
        }
        if target.isDirectory {
            let manifest = ExportManifest(plan: plan, layout: layout, system: system, parts: outcome.parts)
            let file = try output.create(ExportManifest.name)
            try file.append(manifest.json)
            try file.sync()
            try file.close()
        }
        try cancellation.check()
        try output.publish()
        progress.finish()
        report(outcome, plan, target, Progress.seconds(ContinuousClock.now - started), console)
    }

    private func report(
        _ outcome: RowExport.Outcome, _ plan: ExportPlan, _ target: ExportTarget, _ seconds: Double, _ console: Console
    ) {
        if outcome.incomplete > 0 {
            console.note("left out: \(Quantities.count(outcome.incomplete, "row")) without a prompt or response")
        }
        if plan.isSynthetic == true {
            console.note("some or all of these rows are synthetic: made up, or derived from such")
        }
        let parts = target.isDirectory ? ", \(Quantities.count(target.parts, "part"))" : ""
        console.note(
            "exported \(Quantities.count(outcome.rows, "row")) (\(Quantities.bytes(outcome.bytes))\(parts)) to "
                + "\(target.path) "
                + "in \(Quantities.time(seconds: seconds))\(Quantities.rate(outcome.rows, seconds: seconds))")
    }
}
