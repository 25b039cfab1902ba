import LakeBytes
import LakeCore
import LakeShard
import LakeTable

@testable import LakeQuery

/// A table of a few rows that is asked.
struct AskedTable {
    private let directory: QueryDirectory

    /// - Parameter values: the rows, a value per field.
    init(_ fields: [(String, DataType)], _ values: [[Scalar]], groups: [KeyGroup] = []) throws {
        let schema = try Schema(
            fields: fields.enumerated().map { Field(id: $0 + 1, name: $1.0, type: $1.1) }, keyGroups: groups)
        directory = try QueryDirectory()
        let table = try Lake.create(at: directory.path + "/lake").createTable("t", schema: schema)
        let writer = TableWriter(table: table, schema: schema)
        try writer.append(
            Batch(
                count: values.count,
                columns: fields.indices.map { field in ColumnVector.of(values.map { $0[field] }, fields[field].1) }))
        _ = try table.commit(.append(try writer.finish()), over: try table.manifest())
    }

    func engine(workers: Int? = nil) throws -> QueryEngine {
        QueryEngine(lake: try Lake.open(at: directory.path + "/lake"), workers: workers)
    }

    func rows(_ sql: String, workers: Int? = nil) throws -> [[Scalar]] {
        let query = try engine(workers: workers).prepare(sql)
        var found: [[Scalar]] = []
        try query.run { batch in
            for row in 0..<batch.count {
                found.append(zip(batch.columns, query.columns).map { $0.scalar(row, $1.type) })
            }
        }
        return found
    }

    /// What the query is refused or ends with.
    func error(_ sql: String) -> String {
        do {
            return "no error, but \(try rows(sql).count) rows"
        } catch {
            return "\(error)"
        }
    }
}
