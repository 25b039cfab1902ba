import AlphaAds
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
            One SELECT over one table in PostgreSQL's grammar, with DuckDB's meaning where the two differ: 7 / 2 is 3.5. \
            Besides what SQL has everywhere (WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, DISTINCT, CASE, LIKE, casts, \
            functions of numbers, text, dates and lists) there are:

              aggregates      count, sum, avg, min, max, median, quantile, stddev ...
                              each with FILTER (WHERE condition)
              totals          GROUP BY ROLLUP (a, b), CUBE (a, b), GROUPING SETS
              for surveys     share(weight): a group's part of its parent,
                              ess(weight): the effective sample size,
                              wasserstein(x, a, b): how far two groups are apart
              small groups    --min-cell 10 leaves out those of fewer rows
              samples         --sample 100, or TABLESAMPLE rows(100, age)
              patterns        text ~ 'regular expression', LIKE, ILIKE
              lists           list[1], x = ANY(list), list_sum(list)
              derived columns looked up in other tables (alphalake help derive)
              plans           EXPLAIN and EXPLAIN ANALYZE
              Arrow streams   --format arrow, for DuckDB, pandas and the like

            Schemas/SQL.md lists all of it. Joins and windows are DuckDB's, over an Arrow stream.

              alphalake query lake "SELECT age, count(*), \\
                count(*) FILTER (WHERE is_refused) FROM responses GROUP BY age"
              alphalake query lake "SELECT sex, answer, share(weight), ess(weight) \\
                FROM responses WHERE question_key = 'ECON5_d_W54' \\
                GROUP BY sex, answer ORDER BY 1, 3 DESC" --min-cell 30
              alphalake query lake "SELECT question_key, \\
                wasserstein(answer_code, sex = 'Male', sex = 'Female', weight) \\
                FROM responses WHERE NOT is_refused GROUP BY 1 ORDER BY 2 DESC LIMIT 9"
              alphalake query lake "SELECT region, age, count(*) FROM responses \\
                WHERE answer ~* 'very|extremely' GROUP BY ROLLUP (region, age)"
              alphalake query lake --sample 100 --sample-per age,sex --sample-seed 7 \\
                --format csv - < slice.sql > slice.csv
              alphalake query lake "EXPLAIN ANALYZE SELECT count(*) FROM responses \\
                WHERE age = '65+' AND region = 'South'"

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

    @Argument(help: LakeName.help)
    var lake: String

    @Argument(help: "The query; - reads it from standard input.")
    var sql: String

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    @Flag(help: "Do not cut long text in a table on a terminal.")
    var full = false

    @Option(
        name: .customLong("repeat"), parsing: .unconditional,
        help: ArgumentHelp("Run the query so many times and print the last result.", valueName: "times"),
        transform: WholeNumber.within(1...1_000_000, as: "--repeat 10"))
    var repetitions: Int = 1

    @Flag(help: "End standard error with {\"rows\": R, \"ms\": [...]}: per run, from the SQL's text to the last batch.")
    var timing = false

    @Option(
        name: .customLong("min-cell"), parsing: .unconditional,
        help: ArgumentHelp("Leave out groups of fewer rows, and say how many those were.", valueName: "rows"),
        transform: WholeNumber.within(0...Int.max, as: "--min-cell 10"))
    var minimumCell: Int = 0

    @OptionGroup var threads: ThreadOptions
    @OptionGroup var memory: MemoryOptions
    @OptionGroup var sampling: SampleOptions

    func run(_ console: Console) throws {
        let text = sql == "-" ? try QueryText.standardInput() : try QueryText.argument(sql)
        Interruption.watch()
        let (lake, selector) = try Lake.open(address: lake)
        let engine = QueryEngine(
            lake: lake, at: selector, workers: threads.count, memory: memory.limit, minimumCell: minimumCell,
            derived: SamplePrompts.derived)
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
}
