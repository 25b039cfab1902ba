import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable
import Synchronization

/// What a table holds, as plain values: what the proof compares tables with.
struct TableModel: Equatable, Sendable {
    /// The values of a row that are not NULL, by column.
    typealias Row = [String: String]

    /// The column of surrogate keys. Which row has which depends on who was first, so it is no part of the model: every row has one,
    /// and no other the same.
    static let key = "key"

    /// Names of the columns, derived ones among them.
    var columns: Set<String> = []
    /// By the column `id`.
    var rows: [Int64: Row] = [:]

    init() {}

    /// An empty table.
    init(_ schema: Schema) { columns = Set(schema.fields.map(\.name)).subtracting([TableModel.key]) }

    /// What a difference looks like.
    func difference(from other: TableModel) -> String {
        if columns != other.columns { return "columns \(columns.sorted()) instead of \(other.columns.sorted())" }
        let (ids, others) = (Set(rows.keys), Set(other.rows.keys))
        if ids != others {
            return "too many: \(ids.subtracting(others).sorted()), missing: \(others.subtracting(ids).sorted())"
        }
        for (id, row) in rows where row != other.rows[id] { return "row \(id) is \(row), not \(other.rows[id] ?? [:])" }
        return "none"
    }
}

extension ColumnVector {
    /// Value `index` as text; nil for NULL.
    func text(_ index: Int) -> String? {
        guard !isNull(index) else { return nil }
        switch values {
        case .integers(let values): return String(values[index])
        case .floats(let values): return String(values[index].bitPattern, radix: 16)
        case .bytes(let values): return values.string(index)
        case .codes(let codes, let dictionary): return dictionary.values.text(Int(codes[index]))
        case .lists(let offsets, let child):
            let elements = (offsets[index]..<offsets[index + 1]).map { child.vector.text($0) ?? "NULL" }
            return "[" + elements.joined(separator: ",") + "]"
        }
    }
}

extension TableModel {
    /// Everything that a query for all columns finds in the newest version.
    init(querying lake: Lake, table name: String) throws {
        let derived = try lake.table(name).manifest().schema.derived.map { ", \"\($0.name)\"" }.joined()
        let query = try QueryEngine(lake: lake, workers: 1).prepare("SELECT *\(derived) FROM \(name)")
        let names = query.columns.map(\.name)
        columns = Set(names).subtracting([TableModel.key])
        var batches: [Batch] = []
        try query.run { batches.append($0) }
        if let place = names.firstIndex(of: TableModel.key) {
            let keys = batches.flatMap { batch in (0..<batch.count).map { batch.columns[place].text($0) } }
            guard !keys.contains(nil) else { throw LakeError(.failed, "a row without a surrogate key") }
            guard Set(keys).count == keys.count else { throw LakeError(.failed, "two rows of the same surrogate key") }
        }
        for batch in batches { try add(names, batch.columns, rows: 0..<batch.count) }
    }

    private mutating func add(_ names: [String], _ columns: [ColumnVector], rows range: Range<Int>) throws {
        for index in range {
            var row: Row = [:]
            for (name, column) in zip(names, columns) where name != TableModel.key { row[name] = column.text(index) }
            guard let id = row["id"].flatMap({ Int64($0) }) else { throw LakeError(.failed, "a row without an id") }
            guard rows.updateValue(row, forKey: id) == nil else { throw LakeError(.failed, "row \(id) is there twice") }
        }
    }

    /// Everything that some shards of a table hold, read shard by shard, without what is derived.
    init(reading table: TableDirectory, _ shards: [ShardEntry], _ schema: Schema) throws {
        self.init(schema)
        for entry in shards {
            for (id, row) in try KnownRows.rows(of: entry, in: table, schema) {
                guard rows.updateValue(row, forKey: id) == nil else {
                    throw LakeError(.failed, "row \(id) is there twice")
                }
            }
        }
    }

    /// The rows of one shard at some places.
    init(reading table: TableDirectory, _ entry: ShardEntry, _ schema: Schema, at places: Bitmap) throws {
        self.init(schema)
        let names = Dictionary(uniqueKeysWithValues: schema.fields.map { ($0.id, $0.name) })
        let reader = try ShardReader(path: table.shardPath(entry.file), store: table.store)
        let fields = reader.fields.map { names[$0.id] ?? "?" }
        for chunk in 0..<reader.chunkCount {
            let columns = try reader.fields.indices.map { try reader.vector(field: $0, chunk: chunk) }
            let first = chunk * ShardFormat.chunkRows
            for row in 0..<reader.rows(ofChunk: chunk) where places[first + row] {
                try add(fields, columns, rows: row..<(row + 1))
            }
        }
    }

    /// Without some columns.
    func dropping(_ names: Set<String>) -> TableModel {
        guard !names.isEmpty else { return self }
        var copy = self
        copy.columns.subtract(names)
        copy.rows = rows.mapValues { row in row.filter { !names.contains($0.key) } }
        return copy
    }
}

/// Rows of shards that were read before: the same bytes hold the same.
private enum KnownRows {
    private struct Key: Hashable {
        var shard: Digest
        var deletion: Digest?
        var fields: [String]
    }

    private static let limit = 4096
    private static let known = Mutex<[Key: [Int64: TableModel.Row]]>([:])

    static func rows(
        of entry: ShardEntry, in table: TableDirectory, _ schema: Schema
    ) throws -> [Int64: TableModel.Row] {
        let deletion = try entry.deletion.map { Digest(of: try table.store.map(table.deletionPath($0.file)).view) }
        let shard = Digest(of: try table.store.map(table.shardPath(entry.file)).view)
        let key = Key(shard: shard, deletion: deletion, fields: schema.fields.map { "\($0.id) " + $0.name })
        if let rows = known.withLock({ $0[key] }) { return rows }
        var places = Bitmap(count: entry.rows, filled: true)
        if let deleted = try table.deletions(of: entry) { places.subtract(deleted.deleted) }
        let rows = try TableModel(reading: table, entry, schema, at: places).rows
        known.withLock { known in
            if known.count >= limit { known.removeAll() }
            known[key] = rows
        }
        return rows
    }
}
