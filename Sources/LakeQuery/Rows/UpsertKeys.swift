import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// The keys of rows that are to replace those of a table with the same keys.
///
///     var keys = try UpsertKeys(schema: schema, key: ["ad_id"])
///     try keys.add(batch)                              of the new rows, each batch
///     let replaced = try keys.rows(in: snapshot)       the rows that the new ones replace
public struct UpsertKeys: Sendable {
    private let schema: Schema
    /// Positions of the key's columns.
    private let fields: [Int]
    private let nullsAreNew: Bool
    private var index: LookupIndex
    private var count = 0

    /// - Parameters:
    ///   - schema: that the new rows come in; the table's, or a wider one.
    ///   - key: names of columns.
    ///   - nullsAreNew: whether a row with a NULL in its key replaces none, instead of being refused.
    /// - Throws: `LakeError` (usage) for a column that is not there, is named twice, or cannot be a key.
    public init(schema: Schema, key: [String], table: String, nullsAreNew: Bool = false) throws {
        self.nullsAreNew = nullsAreNew
        guard !key.isEmpty, Set(key).count == key.count else {
            throw LakeError(.usage, "no key, or a column twice in it", hint: "name its columns, as in --upsert wave,id")
        }
        fields = try key.map { try schema.requiredIndex(of: $0, table: table) }
        for field in fields where !schema.fields[field].type.canBeKey {
            throw LakeError(
                .usage, "\(schema.fields[field].type) cannot be a key", at: .init(column: schema.fields[field].name),
                hint: "keys are whole numbers, texts, bools, dates or timestamps")
        }
        self.schema = schema
        index = LookupIndex(fields.map { schema.fields[$0].type })
    }

    /// Takes in the keys of new rows.
    /// - Throws: `LakeError` (failed) for a key that is NULL, or there twice.
    public mutating func add(_ batch: Batch) throws {
        let columns = fields.map { batch.columns[$0] }
        for (field, column) in zip(fields, columns) where !nullsAreNew {
            guard let row = (0..<batch.count).first(where: { column.isNull($0) }) else { continue }
            throw LakeError(
                .failed, "row \(count + row + 1) of the input has no key: it is NULL",
                at: .init(column: schema.fields[field].name), hint: "every row of an upsert needs its key")
        }
        if let row = index.add(columns, first: count) {
            let parts = zip(fields, columns).map { field, column in
                let type = schema.fields[field].type
                return "\(schema.fields[field].name) = \(column.scalar(row, type).text(as: type).prefix(80))"
            }
            throw LakeError(
                .failed,
                "row \(count + row + 1) of the input has the key of an earlier one: \(parts.joined(separator: ", "))",
                hint: "leave one row per key in the input")
        }
        count += batch.count
    }

    /// The rows of a version that have one of the keys.
    /// - Throws: `LakeError`: conflict when the key's columns have been dropped, or widened beyond the new rows', meanwhile; what reading them
    ///   throws.
    public func rows(in snapshot: Snapshot, workers: Int? = nil) throws -> RowDeletion.Found {
        let types = fields.map { schema.fields[$0].type }
        for field in fields.map({ schema.fields[$0] }) {
            let isKnown = snapshot.schema.fields.contains { $0.id == field.id }
            if !isKnown, field.id < snapshot.manifest.nextFieldID {
                throw LakeError(
                    .conflict, "another writer dropped the column meanwhile", at: .init(column: field.name),
                    hint: "run it again with another key")
            }
            guard let there = snapshot.schema.fields.first(where: { $0.id == field.id }),
                !there.type.widens(to: field.type)
            else { continue }
            throw LakeError(
                .conflict, "another writer made the column \(there.type) meanwhile", at: .init(column: field.name),
                hint: "run it again")
        }
        let number = snapshot.schema.fields.firstIndex(where: \.isSurrogateKey)
        let found = try parallelMap(count: snapshot.shards.count, workers: workers) { place in
            let rows = try ShardRows(snapshot.shards[place], of: snapshot, as: schema)
            // The surrogate keys are read where rows are found.
            var numbered: ShardRows?
            var (found, kept) = (Bitmap(count: snapshot.shards[place].rows), [(row: UInt32, key: Int64)]())
            for chunk in 0..<rows.chunkCount {
                let (columns, positions) = try rows.columns(fields, chunk: chunk)
                let first = chunk * ShardFormat.chunkRows
                var keys: ColumnVector?
                for (row, match) in index.rows(columns, types: types).enumerated() where match != LookupIndex.none {
                    found[first + (positions.map { Int($0[row]) } ?? row)] = true
                    guard let number else { continue }
                    let there = try numbered ?? ShardRows(snapshot.shards[place], of: snapshot)
                    let vector = try keys ?? there.columns([number], chunk: chunk).columns[0].spelledOut()
                    (numbered, keys) = (there, vector)
                    if !vector.isNull(row), case .integers(let values) = vector.values {
                        kept.append((match, values[row]))
                    }
                }
            }
            return (rows: found, kept: kept)
        }
        let places = found.indices.filter { !found[$0].rows.isEmpty }
        var replaced = RowDeletion.Found(
            snapshot: snapshot, places: Dictionary(uniqueKeysWithValues: places.map { ($0, found[$0].rows) }))
        if number != nil {
            replaced.keptKeys = [Int64](repeating: TableChange.newKey, count: count)
            // Where several rows have the key, the new one stands for the first of them.
            for (row, key) in found.flatMap(\.kept) {
                let known = replaced.keptKeys[Int(row)]
                replaced.keptKeys[Int(row)] = known == TableChange.newKey ? key : min(known, key)
            }
        }
        return replaced
    }
}

extension RowDeletion.Found {
    /// Commits new rows in place of these, if nobody else has committed anything meanwhile.
    /// - Parameters:
    ///   - shards: the new rows.
    ///   - schema: what they were written with, where it is wider than the table's.
    /// - Throws: `LakeError`: conflict when the version is not the newest any more: look for the rows anew.
    public func replace(
        with shards: [NewShard], widening schema: Schema? = nil, details: [String: String] = [:],
        transaction: String? = nil
    ) throws -> Manifest {
        let deletions = try deletions()
        var change = TableChange.delete(deletions, adding: shards, operation: .upsert, details: details)
        change.schema = schema
        change.keptKeys = keptKeys
        do {
            return try snapshot.table.commit(change, over: snapshot.manifest, transaction: transaction) { current in
                guard current.digest == snapshot.manifest.digest else {
                    throw LakeError(.conflict, "another writer was first", hint: "run it again")
                }
            }
        } catch let error as LakeError where error.code == .conflict || error.code == .usage {
            snapshot.table.discard(deletions.compactMap(\.new))
            throw error
        }
    }
}
