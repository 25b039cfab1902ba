import LakeBytes
import LakeCore
import LakeShard
import LakeTable

@testable import LakeQuery

/// A lake of small tables for tests of derived columns.
final class DerivedLake {
    let lake: Lake
    private let directory: QueryDirectory

    init() throws {
        directory = try QueryDirectory()
        lake = try Lake.create(at: directory.path + "/lake")
    }

    /// Makes a table; `derived` is declared whether it fits or not.
    func fill(
        _ name: String, _ fields: [(String, DataType)], _ rows: [[Scalar]], groups: [KeyGroup] = [],
        derived: [DerivedField] = []
    ) throws {
        let schema = try Schema(
            fields: fields.enumerated().map { Field(id: $0 + 1, name: $1.0, type: $1.1) }, keyGroups: groups,
            derived: derived)
        _ = try lake.createTable(name, schema: schema)
        try append(name, rows)
    }

    func append(_ name: String, _ rows: [[Scalar]]) throws {
        let table = try lake.table(name)
        _ = try table.commit(.append(try shards(table, rows)), over: table.manifest())
    }

    func replace(_ name: String, _ rows: [[Scalar]]) throws {
        let table = try lake.table(name)
        let base = try table.manifest()
        _ = try table.commit(.replace(base.shards, with: try shards(table, rows)), over: base)
    }

    func declare(_ name: String, _ derived: [DerivedField]) throws {
        let table = try lake.table(name)
        let base = try table.manifest()
        _ = try table.commit(.derive(try base.schema.deriving(derived)), over: base)
    }

    private func shards(_ table: TableDirectory, _ rows: [[Scalar]]) throws -> [NewShard] {
        let schema = try table.manifest().schema
        let writer = TableWriter(table: table, schema: schema)
        let columns = schema.fields.enumerated().map { index, field in
            ColumnVector.of(rows.map { $0[index] }, field.type)
        }
        try writer.append(Batch(count: rows.count, columns: columns))
        return try writer.finish()
    }

    func rows(_ sql: String, _ engine: QueryEngine? = nil) throws -> [[Scalar]] {
        try rows((engine ?? QueryEngine(lake: lake)).prepare(sql))
    }

    func rows(_ query: PreparedQuery) throws -> [[Scalar]] {
        var found: [[Scalar]] = []
        try query.run { batch in
            for row in 0..<batch.count {
                found.append(zip(batch.columns, query.columns).map { $0.scalar(row, $1.type) })
            }
        }
        return found
    }

    /// How a query fails; nil when it does not.
    func refusal(_ sql: String, _ engine: QueryEngine? = nil) throws -> LakeError? {
        do {
            _ = try rows(sql, engine)
            return nil
        } catch let error as LakeError {
            return error
        }
    }
}
