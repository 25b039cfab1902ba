import ArgumentParser
import LakeCore
import LakeTable

struct RestoreCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Bring the rows of an earlier version of a table back.",
        discussion: """
            Makes a new version with the rows of the earlier one; those in between stay. Nothing is copied: the files of the \
            earlier version are listed again. Columns that were dropped since come back too. Columns that came later stay: they keep \
            their values in shards that are still there, and are NULL in other rows that come back.

              alphalake restore lake responses 12 --dry-run
              alphalake restore lake responses tag:paper
              alphalake restore lake responses 2026-01-31T12:00Z

            What other writers append meanwhile stays too. Exit status 75 when one of them changed the rows that leave.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "The table.")
    var table: String

    @Argument(help: "The version: a number, tag:NAME or a time.")
    var version: String

    @Flag(help: "Say what would come and go, and change nothing.")
    var dryRun = false

    func run(_ console: Console) throws {
        let directory = try Lake.open(at: lake).table(table)
        let restore = Restore(directory, to: try VersionSelector(parsing: version))
        let plan = try restore.plan()
        let earlier = "version \(plan.source.manifest.version)"
        if plan.isDone {
            console.note("'\(table)' has the rows of \(earlier) (version \(plan.base.version)); nothing to do")
            return
        }
        let changes =
            "\(Quantities.count(plan.rowsReturning, "row")) in \(Quantities.count(plan.returning.count, "shard")) "
            + "\(dryRun ? "would come" : "came") back, \(Quantities.count(plan.rowsLeaving, "row")) in "
            + "\(Quantities.count(plan.leaving.count, "shard")) \(dryRun ? "would leave" : "left")"
        if !plan.columns.isEmpty {
            let names = plan.columns.map { "'\($0.name)'" }.joined(separator: ", ")
            console.note("\(dryRun ? "would come" : "coming") back with them: \(names)")
        }
        if dryRun {
            console.note(
                "\(earlier) of '\(table)' has \(Quantities.count(plan.source.manifest.rows, "row")): \(changes)")
            return
        }
        let manifest = try restore.run(plan, details: ["command": "restore"])
        console.note(
            "restored '\(table)' to \(earlier): \(changes); it has \(Quantities.count(manifest.rows, "row")) now "
                + "(version \(manifest.version))")
    }
}
