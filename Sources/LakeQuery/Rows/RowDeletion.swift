import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// Deletes the rows of a table where a condition holds. Shards stay as they are: a version says which of their rows are gone.
///
///     let deletion = RowDeletion(engine, table: "responses", condition: "respondent_id = 17")
///     let found = try deletion.find()          found.rows, and nothing has happened
///     let manifest = try deletion.run().manifest
public struct RowDeletion: Sendable {
    /// How often rows are looked for anew because another writer changed their shards.
    private static let attempts = 20

    /// Rows of one version of a table.
    public struct Found: Sendable {
        /// The version.
        public let snapshot: Snapshot
        /// By the places of their shards in the snapshot: the rows of the shard.
        let places: [Int: Bitmap]
        /// Of the rows that are to take their place, the surrogate keys (`TableChange.keptKeys`).
        var keptKeys: [Int64] = []
        /// How many rows.
        public var rows: Int { places.values.reduce(0) { $0 + $1.population } }
        /// How many shards have some of them.
        public var shards: Int { places.count }
    }

    private let engine: QueryEngine
    private let table: String
    private let condition: String

    /// - Parameter condition: what stands behind WHERE.
    public init(_ engine: QueryEngine, table: String, condition: String) {
        self.engine = engine
        self.table = table
        self.condition = condition
    }

    /// The rows where the condition holds.
    /// - Throws: `LakeError`: usage with a caret for what is wrong with the condition; what reading throws.
    public func find(cancellation: Cancellation = Cancellation()) throws -> Found {
        let written = try engine.prepare("SELECT 1 FROM \"\(table)\" WHERE \(condition)")
        guard written.isRowsByCondition else {
            throw LakeError(
                .usage, "the condition is followed by something else",
                hint: "write what stands behind WHERE alone, as in \"age = '65+' AND wave = 'W92'\"")
        }
        let query = PreparedQuery(rowNumbersOf: written)
        var places: [Int: Bitmap] = [:]
        let shards = query.snapshot.shards
        let firsts = shards.map { query.table.firstRows[$0.id] ?? 0 }
        var place = 0
        try query.run(cancellation: cancellation) { batch in
            guard case .integers(let rows)? = batch.columns.first?.spelledOut().values else {
                throw LakeError(.failed, "the rows of '\(table)' have no numbers")
            }
            for row in rows {
                while place < shards.count, Int(row) >= firsts[place] + shards[place].rows { place += 1 }
                guard place < shards.count, Int(row) >= firsts[place] else {
                    throw LakeError(.failed, "row \(row), which the table lacks")
                }
                places[place, default: Bitmap(count: shards[place].rows)][Int(row) - firsts[place]] = true
            }
        }
        return Found(snapshot: query.snapshot, places: places)
    }

    /// Deletes the rows, as they are in the version that the commit follows. Where another writer changes their shards
    /// meanwhile they are looked for anew; rows that it appends are not looked at.
    /// - Parameters:
    ///   - details: kept in the version for `log`.
    ///   - transaction: the commit's id, for a job that may be run twice (`TableDirectory.commit`).
    /// - Returns: what was found, and the version without it; nil where there was nothing to delete.
    /// - Throws: `LakeError`, as `find` and `TableDirectory.commit`.
    public func run(
        details: [String: String] = [:], transaction: String? = nil, cancellation: Cancellation = Cancellation()
    ) throws -> (found: Found, manifest: Manifest?) {
        try Lake.checkChangeable(engine.lake.path, engine.selector)
        for attempt in 1... {
            let found = try find(cancellation: cancellation)
            if found.rows == 0 { return (found, nil) }
            let deletions = try found.deletions()
            do {
                let manifest = try found.snapshot.table.commit(
                    .delete(deletions, details: details), over: found.snapshot.manifest, transaction: transaction)
                // Another run of the same job may have been first.
                if !manifest.lists(deletions.compactMap(\.new)) {
                    found.snapshot.table.discard(deletions.compactMap(\.new))
                }
                return (found, manifest)
            } catch let error as LakeError where error.code == .conflict || error.code == .usage {
                found.snapshot.table.discard(deletions.compactMap(\.new))
                guard error.code == .conflict, attempt < RowDeletion.attempts else { throw error }
            }
        }
        throw LakeError(.conflict, "another writer was always first")
    }
}

extension RowDeletion.Found {
    /// Writes files of deletions for a commit: per shard all of its deleted rows, nil where none would be left.
    func deletions() throws -> [(shard: ShardEntry, new: DeletionEntry?)] {
        var written: [(shard: ShardEntry, new: DeletionEntry?)] = []
        do {
            for (place, rows) in places.sorted(by: { $0.key < $1.key }) {
                let shard = snapshot.shards[place]
                var vector = try snapshot.table.deletions(of: shard) ?? DeletionVector(rows: shard.rows)
                vector.delete(rows)
                written.append((shard, vector.count == shard.rows ? nil : try snapshot.table.write(vector)))
            }
        } catch {
            snapshot.table.discard(written.compactMap(\.new))
            throw error
        }
        return written
    }
}

extension PreparedQuery {
    /// Whether it is no more than `SELECT 1 FROM t WHERE ...`.
    fileprivate var isRowsByCondition: Bool {
        guard case .rows(let outputs, let order) = plan else { return false }
        return outputs.count == 1 && order.isEmpty && statement.limit == nil && statement.offset == 0 && sample == nil
            && statement.explain == nil && !statement.distinct && predicate != nil
    }
}
