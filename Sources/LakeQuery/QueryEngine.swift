import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// Runs SQL over the tables of a lake.
public struct QueryEngine: Sendable {
    public let lake: Lake
    public let workers: Int
    private let shards = OpenShards()
    private let lookups: LookupTables
    private let derived: [String: [String: any DerivedColumn]]

    /// - Parameters:
    ///   - workers: threads that a query may use.
    ///   - derived: columns that the program computes, by table and name, beside those that the tables declare.
    public init(lake: Lake, workers: Int? = nil, derived: [String: [String: any DerivedColumn]] = [:]) {
        self.lake = lake
        self.workers = max(1, workers ?? defaultWorkers)
        self.derived = derived
        lookups = LookupTables(lake: lake, shards: shards)
    }

    /// Parses and binds a query and opens its table's newest version.
    /// - Throws: `LakeError`: usage with a caret for what is wrong with the SQL, missing for the table.
    public func prepare(_ sql: String) throws -> PreparedQuery {
        // The grammar recurses as deep as the SQL is nested.
        try withDeepStack {
            let statement = try SelectStatement(parsing: sql)
            let table = try table(statement)
            let open = try shards.table(table)
            let columns = try DerivedColumns(
                of: open.snapshot, registered: derived[table.name] ?? [:], lookups: lookups)
            return try PreparedQuery(statement: statement, table: open, columns: columns, workers: workers)
        }
    }

    private func table(_ statement: SelectStatement) throws -> TableDirectory {
        do {
            return try lake.table(statement.table.name)
        } catch let error as LakeError where error.code == .missing {
            throw LakeError(
                .missing, statement.source.error(error.message, at: statement.table.position).message,
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
    public var shardsPruned = 0
    public var rows = 0
}

/// A query bound to one version of its table; runs any number of times.
public final class PreparedQuery: Sendable {
    public let columns: [ResultColumn]
    let snapshot: Snapshot
    let schema: Schema
    let workers: Int
    let predicate: Predicate?
    let statement: SelectStatement
    let plan: Plan
    private let table: OpenTable
    private let derived: DerivedColumns

    enum Plan: Sendable {
        case rows(outputs: [Bound], order: [(Bound, SortKey)])
        case groups(
            terms: [Bound], aggregates: [BoundAggregate], outputs: [Bound], having: Bound?, order: [(Bound, SortKey)])
    }

    init(statement: SelectStatement, table: OpenTable, columns: DerivedColumns, workers: Int) throws {
        self.table = table
        snapshot = table.snapshot
        self.workers = workers
        let statement = try statement.resolved(against: columns.schema, starred: columns.storedCount)
        self.statement = statement
        var binder = Binder(schema: columns.schema, source: statement.source)
        binder.derived = columns
        predicate = try statement.predicate.map { Predicate(try binder.condition($0)) }
        let items = statement.items.compactMap(\.expression)
        let outputs: [Bound]
        if statement.isAggregate || statement.distinct {
            let terms = try binder.bindGroups(statement.isAggregate ? statement.groupBy : items)
            outputs = try items.map { try binder.output($0) }
            let having = try statement.having.map { try binder.condition($0, output: true) }
            let order = try statement.orderBy.map { (try binder.output($0.expression), $0) }
            plan = .groups(
                terms: terms, aggregates: binder.aggregates, outputs: outputs, having: having, order: order)
        } else {
            outputs = try items.map { try binder.bind($0) }
            let order = try statement.orderBy.map { (try binder.bind($0.expression), $0) }
            plan = .rows(outputs: outputs, order: order)
        }
        derived = binder.derived ?? columns
        schema = derived.schema
        self.columns = zip(statement.items, outputs).map { ResultColumn(name: $0.name, type: $1.type ?? .int64) }
    }

    /// Runs the query and hands its rows out in batches, in order, on the calling thread.
    /// - Throws: `LakeError`, or what `emit` throws, which ends the run.
    @discardableResult
    public func run(_ emit: (Batch) throws -> Void) throws -> QueryStatistics {
        switch plan {
        case .groups: try GroupExecution(self).run(emit)
        case .rows: try RowExecution(self).run(emit)
        }
    }

    /// A shard of the snapshot, opened once.
    func scan(_ shard: ShardEntry) throws -> ShardScan {
        let stored = try table.scan(shard)
        return derived.used.isEmpty ? stored : ShardScan(stored, computing: derived)
    }
}
