import LakeCore
import LakeShard
import LakeTable
import Testing

@testable import LakeQuery

@Suite struct MinimumCellTests {
    /// Groups a, b and c of 10, 4 and 1 rows.
    private static let table = Result { () throws -> QueryTable in
        let values = (0..<15).map { row -> [Scalar] in
            [.bytes(Array((row < 10 ? "a" : row < 14 ? "b" : "c").utf8)), .integer(Int64(row))]
        }
        return try QueryTable([("g", .utf8), ("x", .int64)], [values])
    }

    private func run(_ sql: String, _ minimum: Int) throws -> (rows: [[Scalar]], suppressed: Int) {
        let table = try Self.table.get()
        let engine = QueryEngine(
            lake: try Lake.open(at: table.directory.path + "/lake"), workers: 2, minimumCell: minimum)
        let query = try engine.prepare(sql)
        var found: [[Scalar]] = []
        let statistics = try query.run { batch in
            for row in 0..<batch.count {
                found.append(zip(batch.columns, query.columns).map { $0.scalar(row, $1.type) })
            }
        }
        return (found, statistics.suppressed)
    }

    @Test func smallGroupsAreLeftOutAndCounted() throws {
        let sql = "SELECT g, count(*), share(*) FROM t GROUP BY g ORDER BY g"
        let (all, none) = try run(sql, 1)
        #expect(all.count == 3 && none == 0)
        let (shown, suppressed) = try run(sql, 4)
        // The parent still counts what is not shown.
        #expect(shown == Array(all[..<2]))
        #expect(suppressed == 1)
        #expect(try run(sql, 11).suppressed == 3)
    }

    @Test func rowsCountBeforeFilters() throws {
        let (shown, suppressed) = try run(
            "SELECT g, count(*) FILTER (WHERE x < 9), sum(x) FILTER (WHERE x < 10) FROM t GROUP BY g ORDER BY g", 10)
        // The rows of a filter are a cell of their own.
        #expect(shown == [[.bytes([97]), .null, .integer(45)]])
        #expect(suppressed == 2)
        let sides = "wasserstein(x, x < 5, x >= 5), wasserstein(x, x < 4, x >= 4)"
        let filtered = "wasserstein(x, x < 5, x >= 5) FILTER (WHERE x > 0)"
        let distances = try run("SELECT \(sides), \(filtered) FROM t WHERE g = 'a'", 5).rows
        #expect(distances == [[.float(5), .null, .null]])
    }

    @Test func whatALimitLeavesIsCountedToo() throws {
        #expect(try run("SELECT g, count(*) FROM t GROUP BY g LIMIT 1", 5).suppressed == 2)
        #expect(try run("SELECT g, count(*) FROM t GROUP BY GROUPING SETS ((g), ()) LIMIT 1", 5).suppressed == 2)
    }

    @Test func everyKindOfGroupIsMeant() throws {
        #expect(try run("SELECT avg(x) FROM t WHERE x > 11", 4).suppressed == 1)
        #expect(try run("SELECT count(*) FROM t WHERE x > 99", 4).rows.isEmpty)
        #expect(try run("SELECT DISTINCT g FROM t", 4).rows.count == 2)
        #expect(try run("SELECT g, count(*) FROM t GROUP BY ROLLUP (g)", 12).rows == [[.null, .integer(15)]])
        let error = #expect(throws: LakeError.self) { try run("SELECT g FROM t", 4) }
        #expect(error?.message.contains("groups") == true)
    }
}
