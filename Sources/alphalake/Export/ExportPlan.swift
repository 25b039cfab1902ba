import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

/// A query that is going to be exported, and what is known of its rows beforehand.
struct ExportPlan {
    let query: PreparedQuery
    let sql: String
    let table: String
    /// The version of the table that is read.
    let version: Int
    /// The rows of the result; nil when only running the query tells.
    private(set) var total: Int?
    /// Whether a row that WHERE lets pass was made up, or derived from such; nil when the table does not say of its
    /// rows.
    let isSynthetic: Bool?

    /// How often the query is prepared anew because the table got another version meanwhile.
    private static let attempts = 10

    /// - Parameter countsRows: whether the number of rows is needed, and not only nice to have.
    /// - Throws: `LakeError`: what is wrong with the SQL, the table or the lake; cancelled.
    init(
        _ sql: String, lake: Lake, at selector: VersionSelector, workers: Int, memory: Int, countsRows: Bool,
        cancellation: Cancellation
    ) throws {
        let engine = try ExportEngine.make(lake, at: selector, workers: workers, memory: memory)
        let statement = try withDeepStack { try SelectStatement(parsing: sql) }
        guard statement.explain == nil else {
            throw LakeError(
                .usage, "EXPLAIN has no rows to export", hint: "`alphalake query` shows what it says")
        }
        self.sql = sql
        table = statement.table.name
        // What is wrong with the SQL is said with the place in it.
        var query = try engine.prepare(sql)
        var (counting, census): (PreparedQuery?, RowCensus?)
        var manifest = try lake.table(table).manifest(at: selector)
        for attempt in 1... {
            census = RowCensus(statement, manifest.schema, countsRows: countsRows)
            counting = try census.map { try engine.prepare($0.sql) }
            query = try engine.prepare(sql)
            // Where the version is the same before and after, it is the one that was prepared.
            let now = try lake.table(table).manifest(at: selector)
            if now.digest == manifest.digest { break }
            guard attempt < ExportPlan.attempts else {
                throw LakeError(
                    .conflict, "the table gets new versions faster than it can be opened", at: .init(table: table),
                    hint: "name a version, as in lake@\(now.version)")
            }
            manifest = now
        }
        self.query = query
        version = manifest.version
        var counts: [Int] = []
        try counting?.run(cancellation: cancellation) { batch in
            for column in batch.columns {
                if case .integers(let values) = column.values, let value = values.first { counts.append(Int(value)) }
            }
        }
        if census?.countsRows == true, let count = counts.first {
            total = min(statement.limit ?? .max, max(0, count - statement.offset))
        }
        isSynthetic = census?.tellsSynthetic == true ? counts.last.map { $0 > 0 } : nil
        if total == nil, countsRows {
            // Groups, or the rows of a sample: how many there are only running the query tells.
            var rows = 0
            try query.run(cancellation: cancellation) { rows += $0.count }
            total = rows
        }
    }
}

/// A second query over the rows that WHERE lets pass: how many they are, and how many of them are synthetic.
private struct RowCensus {
    let sql: String
    /// Whether the first count is that of the rows that the query itself has, but for LIMIT and OFFSET.
    let countsRows: Bool
    /// Whether the last count is that of synthetic rows.
    let tellsSynthetic: Bool

    /// Nil when there is nothing to ask.
    init?(_ statement: SelectStatement, _ schema: Schema, countsRows: Bool) {
        let table = "\"\(statement.table.name)\""
        let condition = RowCensus.condition(statement, table)
        let isPlain = !statement.isAggregate && !statement.distinct && statement.sample == nil
        let stored = Set(schema.fields.map { $0.name.lowercased() } + ["rowid"])
        let isCheap = statement.predicate.map { RowCensus.columns(of: $0).isSubset(of: stored) } ?? true
        self.countsRows = isPlain && condition != nil && (isCheap || countsRows)
        tellsSynthetic = schema.fields.contains { $0.name == "synthetic" && $0.type == .bool }
        guard self.countsRows || tellsSynthetic else { return nil }
        let counts = tellsSynthetic ? "count(*), count(*) FILTER (WHERE synthetic)" : "count(*)"
        let isNarrowed = self.countsRows || isCheap
        sql = "SELECT \(counts) FROM \(table)" + (isNarrowed ? condition ?? "" : "")
    }

    /// WHERE as SQL; nil when it cannot be said again, empty where there is none.
    private static func condition(_ statement: SelectStatement, _ table: String) -> String? {
        guard let predicate = statement.predicate else { return "" }
        let sql = "SELECT 1 FROM \(table) WHERE \(predicate)"
        let again = try? withDeepStack { try SelectStatement(parsing: sql) }
        return again?.predicate == predicate ? " WHERE \(predicate)" : nil
    }

    private static func columns(of expression: Expression) -> Set<String> {
        if case .column(let column) = expression.node { return [column.name.lowercased()] }
        return expression.children.reduce(into: []) { $0.formUnion(columns(of: $1)) }
    }
}
