import ArgumentParser
import LakeCore
import LakeQuery
import LakeTable

struct ColumnAddCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a column, with or without values for the rows there are.",
        discussion: """
            Without --default and --as the column is NULL in the rows there are, and nothing is written. With one of them \
            every shard gets a file with the new column alone, which queries use like any other; `compact` puts \
            it into the shards. Rows that are imported later have NULL where the input has no such column: a default is for the \
            rows there are.

              alphalake column add lake people note utf8
              alphalake column add lake ads panel utf8 --default "x" --required
              alphalake column add lake responses young bool --as "age = '18-29'"
              alphalake column add lake ads spend int64 --as "(low + high) / 2"
              alphalake column add lake ads ad int64 --surrogate-key

            The expression is SQL over the columns of the row, derived ones among them; its value is cast to the type. A row where \
            that fails ends the command, and nothing is changed. With --surrogate-key the table gives the values, from now on to the \
            rows of every import too: whole numbers from 0, each to one row and never again. Types are bool, int8 ... int64, uint8 ... uint64, float32, \
            float64, date, timestamp, utf8, binary, list<T> and fixed_list<T, N>.
            """)

    @OptionGroup var place: TableArguments

    @Argument(help: "The new column's name.")
    var name: String

    @Argument(help: "Its type.")
    var type: String

    @Option(
        name: .customLong("default"), parsing: .unconditional,
        help: ArgumentHelp("The value in the rows there are.", valueName: "value"))
    var constant: String?

    @Option(
        name: .customLong("as"), parsing: .unconditional,
        help: ArgumentHelp("SQL that computes the value in the rows there are.", valueName: "expression"))
    var expression: String?

    @Flag(
        name: .customLong("surrogate-key"),
        help: "Let the table give the values: a number for each row, by which other tables can refer to it.")
    var surrogateKey = false

    @Flag(help: "Do not allow NULL; every row needs a value.")
    var required = false

    @Flag(help: "Say how many rows it would be and what values they would have, and change nothing.")
    var dryRun = false

    @OptionGroup var memory: MemoryOptions
    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        if [constant != nil, expression != nil, surrogateKey].count(where: { $0 }) > 1 {
            throw ValidationError(
                "--default is the same value for all rows, --as computes one for each, --surrogate-key counts: give one of them"
            )
        }
    }

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: place.lake)
        let engine = QueryEngine(lake: lake, workers: threads.count, memory: memory.limit)
        let values: ColumnAddition.Values =
            if let constant { .constant(constant) } else if let expression {
                .expression(expression)
            } else {
                surrogateKey ? .surrogateKeys : .null
            }
        let addition = try ColumnAddition(
            engine, table: place.table, name: name, type: DataType(parsing: type), values, isRequired: required)
        if dryRun { return try preview(addition, console) }
        let started = ContinuousClock.now
        let progress = Progress("adding \(name)", total: nil, unit: .things("row"), on: console)
        var details = ["command": "column", "column": name, "type": addition.field.type.description]
        if let constant { details["default"] = String(constant.prefix(1_000)) }
        if surrogateKey { details["values"] = "surrogate keys" }
        if let expression { details["as"] = String(expression.prefix(1_000)) }
        let outcome: ColumnAddition.Outcome
        do {
            defer { progress.finish() }
            outcome = try addition.run(details: details) { progress.update(done: $0, total: $1) }
        }
        let written =
            outcome.files == 0
            ? "NULL in the rows there are"
            : "written for \(Quantities.count(outcome.rows, "row")) in \(Quantities.count(outcome.files, "file")), "
                + "\(Quantities.bytes(outcome.bytes)), in "
                + Quantities.time(seconds: Progress.seconds(ContinuousClock.now - started))
        console.note(
            "'\(place.table)' has '\(name)', \(addition.field.type), \(written) (version \(outcome.manifest.version))")
    }

    private func preview(_ addition: ColumnAddition, _ console: Console) throws {
        let rows = Quantities.count(addition.rows, "row")
        let examples = try addition.examples(3).map { $0.map { "'\($0.prefix(80))'" } ?? "NULL" }
        let values = expression == nil && constant == nil && !surrogateKey ? "NULL" : examples.joined(separator: ", ")
        console.note(
            "'\(place.table)' would have '\(name)', \(addition.field.type), in \(rows): "
                + (values.isEmpty ? "no values" : values) + (examples.count > 2 ? ", ..." : ""))
    }
}
