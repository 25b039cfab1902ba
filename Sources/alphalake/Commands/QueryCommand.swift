import ArgumentParser
import Glibc
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

struct QueryCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Ask a table with SQL.",
        discussion: """
            One SELECT over one table, in PostgreSQL's grammar: expressions with CASE, LIKE, regular expressions, casts \
            and functions of numbers, text, dates and lists, WHERE, aggregates, GROUP BY, HAVING, ORDER BY, LIMIT, \
            OFFSET, DISTINCT. Schemas/SQL.md lists everything. Where PostgreSQL and DuckDB differ in meaning, DuckDB's \
            holds: 7 / 2 is 3.5.

              alphalake query lake "SELECT age, count(*) FROM responses GROUP BY age"
              alphalake query lake "SELECT answer, sum(weight) FROM responses \\
                WHERE question_code = 'ECON5_d' AND region = 'South' GROUP BY 1"
              alphalake query lake --format csv - < slice.sql > slice.csv
              alphalake query lake "SELECT question, answer FROM responses WHERE rowid IN (17, 40000)"
              alphalake query lake --memory 256M --threads 2 "SELECT * FROM responses ORDER BY weight"
              alphalake query lake --sample 100 --sample-per age,sex --sample-seed 7 "SELECT * FROM responses"

            rowid is a row's number, from 0 in the order of the table. Rows are printed as they are found: the first ones \
            appear while others are read. --threads sets how many threads work; the answer does not depend on it. What \
            does not fit --memory is written to temporary files in TMPDIR. Ctrl-C stops a query (exit status 130), a \
            second one at once. --repeat 10 --timing measures: each run from the SQL's text to the last row, without \
            what printing takes.

            Formats: table cuts long text on a terminal (--full does not) and is whole in a pipe or file. csv follows \
            RFC 4180: NULL is an empty field, an empty string is "". json and jsonl write NaN and infinities as null. \
            Dates and timestamps are ISO 8601, binary is hexadecimal, lists are JSON arrays. arrow is an IPC stream with every \
            value in its own type; text that the table keeps with a dictionary comes with one.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "The query; - reads it from standard input.")
    var sql: String

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    @Flag(help: "Do not cut long text in a table on a terminal.")
    var full = false

    @Option(name: .customLong("repeat"), help: "Run the query so many times and print the last result.")
    var repetitions: Int = 1

    @Flag(help: "End standard error with {\"rows\": R, \"ms\": [...]}: per run, from the SQL's text to the last batch.")
    var timing = false

    @Option(
        name: .customLong("min-cell"),
        help: ArgumentHelp("Leave out groups of fewer rows, and say how many those were.", valueName: "rows"))
    var minimumCell: Int = 0

    @OptionGroup var threads: ThreadOptions
    @OptionGroup var memory: MemoryOptions
    @OptionGroup var sampling: SampleOptions

    func validate() throws {
        if minimumCell < 0 { throw ValidationError("--min-cell must be 0 or more") }
        if !(1...1_000_000).contains(repetitions) { throw ValidationError("--repeat must be 1 to 1000000") }
    }

    func run(_ console: Console) throws {
        let text = sql == "-" ? try QueryCommand.standardInput() : sql
        Interruption.watch()
        let engine = QueryEngine(
            lake: try Lake.open(at: lake), workers: threads.count, memory: memory.limit, minimumCell: minimumCell)
        let sample = try sampling.clause()
        var (rows, suppressed, times) = (0, 0, [Double]())
        for repetition in 1...repetitions {
            rows = 0
            // What printing takes is not the query's time.
            var printing = Duration.zero
            let started = ContinuousClock.now
            let query = try engine.prepare(text, sample: sample)
            let output =
                repetition == repetitions ? format.output(to: console.results, uncut: full) : nil
            try printing += measured {
                let columns = zip(query.columns, try query.codedColumns())
                try output?.begin(columns.map { OutputColumn($0.name, $0.type, isCoded: $1) })
            }
            let statistics = try query.run(cancellation: Interruption.cancellation) { batch in
                rows += batch.count
                try printing += measured {
                    try output?.write(batch)
                    // What is found is seen at once, however long the rest takes.
                    if output != nil { try console.results.flush() }
                }
            }
            suppressed = statistics.suppressed
            times.append(Progress.seconds(ContinuousClock.now - started - printing) * 1000)
            try output?.end()
        }
        try console.results.flush()
        if suppressed > 0 {
            console.note(
                "\(suppressed) group\(suppressed == 1 ? " of" : "s of") fewer than \(minimumCell) rows left out")
        }
        if timing {
            let list = times.map { Quantities.fixed($0, 3) }.joined(separator: ", ")
            console.note("{\"rows\": \(rows), \"ms\": [\(list)]}")
        }
    }

    private func measured(_ body: () throws -> Void) rethrows -> Duration {
        let started = ContinuousClock.now
        try body()
        return ContinuousClock.now - started
    }

    /// The whole of standard input as text.
    private static func standardInput() throws -> String {
        var (text, part) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = read(STDIN_FILENO, &part, part.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw LakeError(.io, "cannot read standard input: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            text += part[..<count]
            // The parser refuses more than 1 MiB anyway.
            if text.count > 1 << 21 { break }
        }
        guard let sql = String(validating: text, as: UTF8.self) else {
            throw LakeError(.usage, "the SQL is not valid UTF-8", at: .init(file: "standard input"))
        }
        return sql
    }
}
