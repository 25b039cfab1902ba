import LakeBytes
import LakeCore
import LakeShard
import LakeTable

@testable import LakeQuery

/// A table `t` in a directory of its own, a shard per part.
final class QueryTable: Sendable {
    let directory: QueryDirectory
    let schema: Schema

    init(_ fields: [(String, DataType)], _ parts: [[[Scalar]]], groups: [KeyGroup] = []) throws {
        schema = try Schema(
            fields: fields.enumerated().map { Field(id: $0 + 1, name: $1.0, type: $1.1) }, keyGroups: groups)
        directory = try QueryDirectory()
        let table = try Lake.create(at: directory.path + "/lake").createTable("t", schema: schema)
        for rows in parts {
            let writer = TableWriter(table: table, schema: schema)
            let columns = fields.indices.map { field in ColumnVector.of(rows.map { $0[field] }, fields[field].1) }
            try writer.append(Batch(count: rows.count, columns: columns))
            _ = try table.commit(.append(try writer.finish()), over: try table.manifest())
        }
    }

    func engine(workers: Int = 2, memory: Int = MemoryBudget.standard) throws -> QueryEngine {
        QueryEngine(lake: try Lake.open(at: directory.path + "/lake"), workers: workers, memory: memory)
    }

    /// The rows of a query's batches.
    func rows(_ sql: String, workers: Int = 2, memory: Int = MemoryBudget.standard) throws -> [[Scalar]] {
        let query = try engine(workers: workers, memory: memory).prepare(sql)
        var found: [[Scalar]] = []
        try query.run { batch in
            for row in 0..<batch.count {
                found.append(zip(batch.columns, query.columns).map { $0.scalar(row, $1.type) })
            }
        }
        return found
    }
}
