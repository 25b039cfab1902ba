import ArgumentParser
import LakeCore
import LakeQuery
import LakeTable

struct DeleteCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete the rows of a table where a condition holds.",
        discussion: """
            A new version says which rows are gone; nothing is rewritten, and earlier versions still have them. \
            `compact` writes the shards anew without them, and `vacuum` takes what no version needs.

              alphalake delete lake responses --where "wave = 'W92' AND is_refused" --dry-run
              alphalake delete lake responses --where "respondent_id = 100197"

            The condition is SQL, what stands behind WHERE. When another writer changes the same shards meanwhile the rows \
            are looked for again. With --transaction NAME a job that is run twice deletes once, \
            as long as vacuum has not taken the version of the first time.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "The table.")
    var table: String

    @Option(name: .customLong("where"), help: "The rows to delete, as in \"age = '65+'\".")
    var condition: String

    @Flag(help: "Say how many rows it would be, and delete none.")
    var dryRun = false

    @OptionGroup var transaction: TransactionOptions
    @OptionGroup var threads: ThreadOptions

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        let directory = try lake.table(table)
        let engine = QueryEngine(lake: lake, workers: threads.count)
        let deletion = RowDeletion(engine, table: table, condition: condition)
        if dryRun {
            let found = try deletion.find()
            console.note(
                "\(Quantities.count(found.rows, "row")) in \(Quantities.count(found.shards, "shard")) of '\(table)' would be "
                    + "deleted (version \(found.snapshot.manifest.version))")
            return
        }
        if let done = try transaction.version(in: directory) {
            console.note("version \(done) of '\(table)' is this transaction's already; nothing to do")
            return
        }
        let details = transaction.details(["command": "delete", "where": String(condition.prefix(1_000))])
        let (found, manifest) = try deletion.run(
            details: details, transaction: transaction.id)
        guard let manifest else {
            console.note("no row of '\(table)' matches; nothing to delete")
            return
        }
        console.note(
            "deleted \(Quantities.count(found.rows, "row")) of '\(table)', which has "
                + "\(Quantities.count(manifest.rows, "row")) now (version \(manifest.version))")
    }
}

/// `--transaction`: a name that makes a command safe to run twice.
struct TransactionOptions: ParsableArguments {
    @Option(
        name: .customLong("transaction"),
        help: ArgumentHelp(
            "A name for this change: when a version has it already, nothing is done.", valueName: "name"))
    var name: String?

    func validate() throws {
        if let name, name.isEmpty {
            throw ValidationError("--transaction needs a name, as in --transaction nightly-17")
        }
    }

    /// The id that the name stands for.
    var id: String? { name.map { TableDirectory.transaction(named: $0) } }

    /// The version that has it already.
    func version(in table: TableDirectory) throws -> Int? { try id.flatMap { try table.version(ofTransaction: $0) } }

    func details(_ details: [String: String]) -> [String: String] {
        name.map { name in details.merging(["transaction": String(name.prefix(1_000))]) { first, _ in first } }
            ?? details
    }
}
