import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// Runs SQL over the tables of a lake.
public struct QueryEngine: Sendable {
    public let lake: Lake
    /// The version of every table that is asked.
    public let selector: VersionSelector
    public let workers: Int
    /// Bytes that a query may hold of what grows with its data; beyond them it writes temporary files.
    public let memory: Int
    /// Groups of fewer rows are left out of results; 0 for none.
    public let minimumCell: Int
    private let shards: OpenShards
    private let lookups: LookupTables
    private let derived: [String: [String: any DerivedColumn]]

    /// - Parameters:
    ///   - selector: which version of every table is asked; those that a derived column pins stay pinned.
    ///   - workers: threads that a query may use.
    ///   - memory: bytes, `MemoryBudget.minimum` at least.
    ///   - minimumCell: rows that a group must have to be shown; queries without groups are refused then.
    ///   - derived: columns that the program computes, by table and name, beside those that the tables declare.
    public init(
        lake: Lake, at selector: VersionSelector = .newest, workers: Int? = nil, memory: Int = MemoryBudget.standard,
        minimumCell: Int = 0,
        derived: [String: [String: any DerivedColumn]] = [:]
    ) {
        self.lake = lake
        self.selector = selector
        self.workers = max(1, workers ?? defaultWorkers)
        self.memory = memory
        self.minimumCell = minimumCell
        self.derived = derived
        shards = OpenShards(lake: lake, at: selector)
        lookups = LookupTables(lake: lake, shards: shards)
    }

    /// Parses and binds a query and opens its table.
    /// - Parameter sample: what is drawn of the rows that pass WHERE, where the SQL itself says nothing about it.
    /// - Throws: `LakeError`: usage with a caret for what is wrong with the SQL, missing for the table.
    public func prepare(_ sql: String, sample: SampleClause? = nil) throws -> PreparedQuery {
        // The grammar recurses as deep as the SQL is nested.
        try withDeepStack {
            var statement = try SelectStatement(parsing: sql)
            if let sample {
                guard statement.sample == nil else {
                    throw LakeError(.usage, "the SQL has a TABLESAMPLE of its own", hint: "say it once")
                }
                statement.sample = sample
            }
            let open = try table(statement)
            let columns = try DerivedColumns(
                of: open.snapshot, registered: derived[statement.table.name] ?? [:], lookups: lookups)
            return try PreparedQuery(
                statement: statement, table: open, columns: columns, workers: workers, memory: memory,
                minimumCell: minimumCell)
        }
    }

    /// The same over a version that is open already.
    func prepare(_ sql: String, over snapshot: Snapshot) throws -> PreparedQuery {
        try withDeepStack {
            try PreparedQuery(
                statement: SelectStatement(parsing: sql),
                table: OpenTable(snapshot, kept: KeptColumns(), earlier: nil),
                columns: DerivedColumns(of: snapshot, registered: [:], lookups: lookups), workers: workers,
                memory: memory, minimumCell: 0)
        }
    }

    private func table(_ statement: SelectStatement) throws -> OpenTable {
        do {
            return try shards.table(statement.table.name)
        } catch let error as LakeError where error.code == .missing || error.code == .usage {
            throw LakeError(
                error.code, statement.source.error(error.message, at: statement.table.position).message,
                at: error.location, hint: error.hint)
        }
    }
}

/// A column of a result.
public struct ResultColumn: Sendable {
    public var name: String
    public var type: DataType
}

/// What a run of a query touched.
public struct QueryStatistics: Sendable {
    public var shards = 0
    /// Those of which no row was looked at.
    public var shardsPruned = 0
    public var rows = 0
    /// Groups that were left out because they have too few rows.
    public var suppressed = 0
}

/// A query bound to one version of its table; runs any number of times.
public final class PreparedQuery: Sendable {
    /// The columns of the result: of the selected items, or of what EXPLAIN says.
    public var columns: [ResultColumn] { statement.explain == nil ? selected : ExplainedStep.columns }
    /// The columns of the selected items.
    let selected: [ResultColumn]
    let snapshot: Snapshot
    let schema: Schema
    let workers: Int
    let memory: Int
    let predicate: Predicate?
    let sample: BoundSample?
    let statement: SelectStatement
    let plan: Plan
    let table: OpenTable
    private let derived: DerivedColumns

    enum Plan: Sendable {
        case rows(outputs: [Bound], order: [(Bound, SortKey)])
        case groups(GroupPlan)
    }

    init(
        statement: SelectStatement, table: OpenTable, columns: DerivedColumns, workers: Int, memory: Int,
        minimumCell: Int
    ) throws {
        self.table = table
        snapshot = table.snapshot
        self.workers = workers
        self.memory = memory
        let statement = try statement.resolved(against: columns.schema, starred: columns.storedCount)
        self.statement = statement
        var binder = Binder(schema: RowNumber.extending(columns.schema), source: statement.source)
        binder.derived = columns
        predicate = try statement.predicate.map {
            Predicate(try binder.condition($0), rowNumber: columns.schema.fields.count)
        }
        sample = try statement.sample.map { try BoundSample($0, &binder) }
        let items = statement.items.compactMap(\.expression)
        let outputs: [Bound]
        if statement.isAggregate || statement.distinct {
            var groups = try GroupPlan(statement, &binder)
            if minimumCell > 0 { groups.suppress(below: minimumCell) }
            outputs = groups.outputs
            plan = .groups(groups)
        } else {
            guard minimumCell == 0 else {
                throw LakeError(
                    .usage, "with a least cell size, only groups can be asked for", hint: "SELECT count(*) ... GROUP BY"
                )
            }
            outputs = try items.map { try binder.bind($0) }
            let order = try statement.orderBy.map { (try binder.bind($0.expression), $0) }
            if let list = order.first(where: { $0.0.type?.element != nil }) {
                throw statement.source.error(
                    "lists cannot be ordered by", at: list.1.expression.position,
                    hint: TypeAdvice.text.hint(for: list.0.type))
            }
            plan = .rows(outputs: outputs, order: order)
        }
        derived = binder.derived ?? columns
        schema = RowNumber.extending(derived.schema)
        selected = zip(statement.items, outputs).map { ResultColumn(name: $0.name, type: $1.type ?? .int64) }
    }

    /// The numbers of the rows of a query that has no order. A column called `rowid` is none of them.
    init(rowNumbersOf other: PreparedQuery) {
        selected = [ResultColumn(name: RowNumber.name, type: .int64)]
        (snapshot, schema, table, derived) = (other.snapshot, other.schema, other.table, other.derived)
        (workers, memory, statement) = (other.workers, other.memory, other.statement)
        (predicate, sample) = (other.predicate, other.sample)
        plan = .rows(outputs: [.field(other.schema.fields.count - 1, .int64)], order: [])
    }

    /// The same query, of one column and no order, with its values in another type.
    /// - Throws: `LakeError` (usage) where there is no way from one to the other.
    init(_ other: PreparedQuery, as type: DataType) throws {
        var (plan, from) = (other.plan, other.selected[0].type)
        if case .rows(let outputs, let order) = plan, outputs[0].type.map({ !$0.widens(to: type) }) ?? true {
            if let given = outputs[0].type, !Scalar.canCast(given, to: type) {
                throw LakeError(
                    .usage, "the expression is \(given), which cannot become \(type)",
                    hint: TypeAdvice.castHint(given, to: type))
            }
            plan = .rows(outputs: [.cast(outputs[0], type)], order: order)
            from = type
        }
        self.plan = plan
        selected = [ResultColumn(name: other.selected[0].name, type: from)]
        (snapshot, schema, table, derived) = (other.snapshot, other.schema, other.table, other.derived)
        (workers, memory, statement) = (other.workers, other.memory, other.statement)
        (predicate, sample) = (other.predicate, other.sample)
    }

    /// The same query over some rows.
    init(_ other: PreparedQuery, over rows: RowRanges) {
        selected = other.selected
        (snapshot, schema, table, derived) = (other.snapshot, other.schema, other.table, other.derived)
        (workers, memory, statement, plan) = (other.workers, other.memory, other.statement, other.plan)
        predicate = .rows(rows, field: other.schema.fields.count - 1)
        sample = nil
    }

    /// Runs the query and hands its rows out in batches, in order, on the calling thread, whose stack should have 1 MiB left:
    /// what is nested 200 levels deep takes about half of that.
    /// - Parameter cancellation: ends the run from another thread or a signal handler.
    /// - Throws: `LakeError`, cancelled among them, or what `emit` throws, which ends the run.
    @discardableResult
    public func run(
        cancellation: Cancellation = Cancellation(), _ emit: (Batch) throws -> Void
    ) throws -> QueryStatistics {
        guard let explain = statement.explain else { return try run(cancellation: cancellation, profile: nil, emit) }
        let steps =
            explain == .plan
            ? try Explanation(self, cancellation).steps : try Explanation.analysis(self, cancellation: cancellation)
        try emit(ExplainedStep.batch(steps))
        return QueryStatistics(shards: snapshot.shards.count, rows: steps.count)
    }

    /// Runs the query, EXPLAIN in front of it or not.
    func run(
        cancellation: Cancellation, profile: QueryProfile?, _ emit: (Batch) throws -> Void
    ) throws -> QueryStatistics {
        let run = QueryRun(cancellation: cancellation, budget: try MemoryBudget(limit: memory), profile: profile)
        return try cancellation.whileCurrent {
            let query = try sample.map { PreparedQuery(self, over: try Sampling(self, run, $0).rows()) } ?? self
            switch plan {
            case .groups(let plan): return try GroupExecution(query, plan, run).emit(emit)
            case .rows: return try RowExecution(query, run).emit(emit)
            }
        }
    }

    /// The shards where the predicate may be true for some row, as far as that is known without looking into them.
    func shards(_ cancellation: Cancellation?) throws -> [ShardEntry] {
        guard let left = try predicate?.shards(of: table, cancellation) else { return snapshot.shards }
        return left.sorted().map { snapshot.shards[$0] }
    }

    /// A shard of the snapshot, opened once.
    func scan(_ shard: ShardEntry) throws -> ShardScan {
        ShardScan(
            try table.scan(shard), schema: schema, computing: derived.used, firstRow: table.firstRows[shard.id] ?? 0)
    }
}
