import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// Adds a column to a table, with values for the rows there are. Nothing but the column is written: per shard one file, its
/// companion.
///
///     let addition = try ColumnAddition(engine, table: "responses", name: "is_young", type: .bool, .expression("age = '18-29'"))
///     let manifest = try addition.run().manifest
///
/// Rows that other writers append meanwhile are given their values too, and so are those of shards that they write anew.
public struct ColumnAddition: Sendable {
    /// What the column is in the rows there are.
    public enum Values: Sendable {
        /// NULL: nothing is written.
        case null
        /// The same value in all rows, as text.
        case constant(String)
        /// Computed by SQL from the other columns of the row. Deleted rows have NULL.
        case expression(String)
        /// Whole numbers, each to one row, that the table gives (`Field.isSurrogateKey`); deleted rows have some too.
        case surrogateKeys
    }

    /// What was written.
    public struct Outcome: Sendable {
        /// The version with the column.
        public let manifest: Manifest
        /// Rows that have a value or a NULL written.
        public let rows: Int
        /// Files, one per shard.
        public let files: Int
        /// Bytes of the files.
        public let bytes: Int
    }

    /// How often shards of other writers are given values before the commit is given up.
    private static let attempts = 50

    let engine: QueryEngine
    let table: TableDirectory
    /// The version that the column was planned for.
    let snapshot: Snapshot
    /// The new column.
    public let field: Field
    private let schema: Schema
    let values: Values
    private let workers: Int

    /// Plans an addition; nothing has happened.
    /// - Parameter isRequired: whether NULL is not allowed.
    /// - Throws: `LakeError`: usage for a name that is taken, values that are none of the type, and SQL that is wrong; missing
    ///   for the table.
    public init(
        _ engine: QueryEngine, table: String, name: String, type: DataType, _ values: Values, isRequired: Bool = false
    ) throws {
        self.engine = engine
        self.table = try engine.lake.table(table)
        self.values = values
        workers = engine.workers
        snapshot = try self.table.snapshot()
        var field = Field(id: snapshot.manifest.nextFieldID, name: name, type: type, nullable: !isRequired)
        if case .surrogateKeys = values { (field.nullable, field.isSurrogateKey) = (false, true) }
        self.field = field
        schema = try snapshot.schema.adding(field)
        switch values {
        case .null:
            guard !isRequired || snapshot.shards.isEmpty else {
                throw LakeError(
                    .usage, "the column would not allow NULL, and the rows there are have no value",
                    at: .init(column: name), hint: "give them one with --default or --as")
            }
        case .constant(let text): _ = try ColumnAddition.constant(text, type)
        case .surrogateKeys: break
        case .expression: _ = try query(over: snapshot, workers: 1)
        }
    }

    /// Rows of the version that it was planned for.
    public var rows: Int { snapshot.manifest.rows }

    // MARK: Running

    /// Writes the column and commits it.
    /// - Parameters:
    ///   - details: kept in the version for `log`.
    ///   - progress: told the rows done so far and all of them, from several threads.
    /// - Throws: `LakeError`: failed for a row where the expression has no value of the type; conflict when another writer
    ///   changed the columns meanwhile; as `TableDirectory.commit`. The table is as it was then.
    public func run(
        details: [String: String] = [:], progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> Outcome {
        try Lake.checkChangeable(engine.lake.path, engine.selector)
        if case .null = values {
            let change = TableChange.addColumns(schema, [:], details: details)
            return Outcome(manifest: try table.commit(change, over: snapshot.manifest), rows: 0, files: 0, bytes: 0)
        }
        let files = WrittenCompanions(table)
        var isCommitting = false
        do {
            for attempt in 1... {
                let current = attempt == 1 ? snapshot : try table.snapshot()
                guard current.schema == snapshot.schema, current.manifest.nextFieldID == field.id else {
                    throw LakeError(
                        .conflict, "another writer changed the columns of '\(table.name)' meanwhile",
                        hint: "run it again")
                }
                try write(current, to: files, progress)
                let companions = files.companions(of: current.manifest)
                var change = TableChange.addColumns(schema, companions, details: details)
                change.nextKey = files.nextKey
                isCommitting = true
                do {
                    let manifest = try table.commit(change, over: current.manifest) { newest in
                        guard newest.shards.allSatisfy({ companions[$0.id] != nil }) else {
                            throw LakeError(.conflict, "another writer brought in rows meanwhile", hint: "run it again")
                        }
                    }
                    files.discard(except: companions)
                    return Outcome(
                        manifest: manifest, rows: current.shards.reduce(0) { $0 + $1.rows }, files: companions.count,
                        bytes: companions.values.reduce(0) { $0 + $1.bytes })
                } catch let error as LakeError where error.code == .conflict && attempt < ColumnAddition.attempts {
                    isCommitting = false
                    continue
                }
            }
        } catch let error as LakeError where error.code == .io && isCommitting {
            // Whether it is in the table is not known: vacuum tells.
            throw error
        } catch {
            files.discard(except: [:])
            throw error
        }
        throw LakeError(.conflict, "another writer was always first")
    }

    /// Writes the companions of shards that have none yet.
    private func write(
        _ snapshot: Snapshot, to files: WrittenCompanions, _ progress: @escaping @Sendable (Int, Int) -> Void
    ) throws {
        let missing = snapshot.shards.indices.filter { !files.has(snapshot.shards[$0].id) }
        guard !missing.isEmpty else { return }
        let firsts = snapshot.shards.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.rows) }
        let total = missing.reduce(0) { $0 + snapshot.shards[$1].rows }
        let done = RowMeter(total: total, report: progress)
        let inner = max(1, workers / missing.count)
        var query: PreparedQuery?
        if case .expression = values { query = try self.query(over: snapshot, workers: inner) }
        let computed = query
        var keys: [Range<Int>] = []
        if case .surrogateKeys = values {
            keys = missing.map { files.giveKeys(snapshot.shards[$0].rows, from: snapshot.manifest.nextKey) }
        }
        let given = keys
        try parallelFor(count: missing.count, workers: workers) { index in
            try Cancellation.checkCurrent()
            let shard = snapshot.shards[missing[index]]
            let first = firsts[missing[index]]
            let writer = try CompanionWriter(table: table, shard: shard, fields: [stored(in: shard)])
            do {
                if let computed {
                    try compute(computed, first..<(first + shard.rows), shard, writer, done)
                } else if case .constant(let text) = values {
                    try fill(shard, ColumnAddition.constant(text, field.type), writer, done)
                } else if case .surrogateKeys = values {
                    try number(given[index], writer, done)
                }
                files.add(shard.id, try writer.finish())
            } catch {
                writer.abandon()
                throw error
            }
        }
    }

    private func number(_ keys: Range<Int>, _ writer: CompanionWriter, _ done: RowMeter) throws {
        var keys = keys
        while !keys.isEmpty {
            let batch = keys.prefix(65_536)
            try writer.append(Batch(count: batch.count, columns: [ColumnVector(.integers(batch.map { Int64($0) }))]))
            done.advance(batch.count)
            keys = keys.dropFirst(batch.count)
        }
    }

    /// The column as its file has it: deleted rows may have no value.
    private func stored(in shard: ShardEntry) -> Field {
        var field = field
        field.isSurrogateKey = false
        field.nullable = field.nullable || shard.deletion != nil
        return field
    }

    private func fill(_ shard: ShardEntry, _ value: ColumnVector, _ writer: CompanionWriter, _ done: RowMeter) throws {
        let dictionary = ValueDictionary(value)
        while writer.rows < shard.rows {
            let count = min(65_536, shard.rows - writer.rows)
            let codes = [UInt32](repeating: 0, count: count)
            try writer.append(Batch(count: count, columns: [ColumnVector(.codes(codes, dictionary: dictionary))]))
            done.advance(count)
        }
    }
}
