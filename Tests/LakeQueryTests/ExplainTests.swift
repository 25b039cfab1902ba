import LakeBytes
import LakeCore
import Testing

@testable import LakeQuery

@Suite struct ExplainTests {
    /// 3,000 people in two shards; the second has no one of age 2.
    private static func table() throws -> QueryTable {
        func rows(_ range: Range<Int>, ages: Int) -> [[Scalar]] {
            range.map { [.integer(Int64($0)), .integer(Int64($0 % ages)), .bytes(Array("word \($0 % 7)".utf8))] }
        }
        return try QueryTable(
            [("id", .int64), ("age", .int64), ("word", .utf8)],
            [rows(0..<2_000, ages: 3), rows(2_000..<3_000, ages: 2)])
    }

    private static func text(_ rows: [[Scalar]]) -> [[String]] {
        rows.map { row in
            row.map { value in
                if case .bytes(let bytes) = value { String(decoding: bytes, as: UTF8.self) } else { "\(value)" }
            }
        }
    }

    @Test func saysHowWithoutRunning() throws {
        let rows = ExplainTests.text(
            try ExplainTests.table().rows("EXPLAIN SELECT word, count(*) FROM t WHERE word = 'word 3' GROUP BY word"))
        #expect(rows.map { $0[0] } == ["table", "where", "shards", "group"])
        #expect(rows[0][4] == "integer(3000)" && rows[0][2] == "integer(2)")
        #expect(rows[1][1].hasPrefix("word = 'word 3': "))
        #expect(rows[3][1].hasPrefix("by word: "))
        let sorted = ExplainTests.text(
            try ExplainTests.table().rows("EXPLAIN SELECT id FROM t ORDER BY id DESC LIMIT 3 OFFSET 2"))
        #expect(sorted.map { $0[0] } == ["table", "read", "order", "limit"])
        #expect(sorted[2][1] == "by id DESC: the first 5 are kept")
        let far = "EXPLAIN SELECT id FROM t ORDER BY id LIMIT 9223372036854775807 OFFSET 1"
        #expect(!(try ExplainTests.table().rows(far)).isEmpty)
    }

    @Test(arguments: [
        ("SELECT id FROM t WHERE age = 2 AND word LIKE '%3'", 95), ("SELECT id FROM t ORDER BY id DESC LIMIT 7", 7),
        ("SELECT age, count(*), min(word) FROM t WHERE id >= 100 GROUP BY age", 3),
        ("SELECT id, age, word FROM t WHERE id < 0", 0), ("SELECT DISTINCT word FROM t LIMIT 4 OFFSET 2", 4),
    ])
    func saysWhatRunningTook(sql: String, count: Int) throws {
        let table = try ExplainTests.table()
        #expect(try table.rows(sql).count == count)
        let rows = ExplainTests.text(try table.rows("EXPLAIN (ANALYZE) " + sql))
        #expect(rows.last?[0] == "ran: total" && rows.last?[4] == "integer(\(count))")
        #expect(rows.contains { $0[0] == "ran: stored" } && rows.contains { $0[0] == "ran: select" })
    }

    /// The line of a step: rows that are numbers in columns `shards` (2), `bytes` (5) and `ms` (6).
    private static func line(_ step: String, of sql: String, _ table: QueryTable, memory: Int = MemoryBudget.standard)
        throws -> [String]?
    {
        text(try table.rows("EXPLAIN ANALYZE " + sql, memory: memory)).first { $0[0] == step }
    }

    @Test func countsWhatAFirstRunReads() throws {
        // The files are opened by this very query, so that nothing of them is in memory.
        let stored = try ExplainTests.line(
            "ran: stored", of: "SELECT count(*) FROM t WHERE age = 1", ExplainTests.table())
        #expect(stored?[5] != "integer(0)" && stored?[1].hasPrefix("0 ") == false)
    }

    @Test(arguments: [
        ("SELECT id FROM t WHERE age = 2 LIMIT 5", 1), ("SELECT id FROM t WHERE word = 'word 1' LIMIT 5", 1),
        ("SELECT id FROM t WHERE age = 2 ORDER BY id", 1), ("SELECT count(*) FROM t WHERE age = 2", 1),
        ("SELECT id FROM t", 2), ("SELECT id FROM t LIMIT 0", 0),
    ])
    func countsShardsThatWereWorkedOn(sql: String, shards: Int) throws {
        let line = try ExplainTests.line("ran: shards", of: sql, ExplainTests.table())
        #expect(line?[2] == "integer(\(shards))")
    }

    @Test(arguments: [
        ("SELECT word FROM t ORDER BY id + 1", ["select", "read", "sort"]),
        ("SELECT word FROM t ORDER BY id + 1 LIMIT 3", ["select", "read", "sort"]),
        ("SELECT word, count(*) FROM t GROUP BY word ORDER BY 2, 1", ["select", "aggregate", "merge", "sort"]),
        ("SELECT id FROM t TABLESAMPLE rows(3, age)", ["sample", "select", "read"]),
    ])
    func everyStepHasATime(sql: String, steps: [String]) throws {
        let rows = ExplainTests.text(try ExplainTests.table().rows("EXPLAIN ANALYZE " + sql))
        for step in steps + ["total"] {
            let line = rows.first { $0[0] == "ran: \(step)" }
            #expect(line?[6].hasPrefix("float(") == true && line?[6] != "float(0.0)", "\(step) of \(sql)")
        }
    }

    @Test func saysWhatWasSpilled() throws {
        let table = try QueryTable(
            [("id", .int64), ("s", .utf8)],
            [
                (0..<300_000).map {
                    [.integer(Int64($0 * 7919 % 300_000)), .bytes(Array("a text of some length \($0)".utf8))]
                }
            ])
        let sql = "SELECT s, id FROM t ORDER BY id"
        let spilled = try ExplainTests.line("ran: spill", of: sql, table, memory: 16 << 20)
        #expect(spilled?[5] != "integer(0)" && spilled?[6].hasPrefix("float(") == true)
    }

    @Test func plansEndWhenCancelled() throws {
        let table = try ExplainTests.table()
        let token = Cancellation()
        token.cancel()
        for sql in ["EXPLAIN SELECT id FROM t WHERE age = 1", "EXPLAIN SELECT age, count(*) FROM t GROUP BY age"] {
            let query = try table.engine().prepare(sql)
            let error = #expect(throws: LakeError.self) { try query.run(cancellation: token) { _ in } }
            #expect(error?.code == .cancelled)
        }
    }

    /// Text without a dictionary: several blocks, of which few rows need one.
    @Test func aggregatesDecodeABlockOnce() throws {
        let table = try QueryTable(
            [("i", .int64), ("s", .utf8)],
            [
                (0..<20_000).map {
                    [.integer(Int64($0)), .bytes(Array("\($0) \(String(repeating: "\($0 * 7919)", count: 20))".utf8))]
                }
            ])
        func decoded(_ sql: String) throws -> Int {
            let line = try ExplainTests.line("ran: decoded", of: sql, table)
            return Int(line?[5].filter(\.isNumber) ?? "") ?? 0
        }
        let one = try decoded("SELECT max(s) FROM t")
        // Other tests of the process are counted too: less than twice is once.
        #expect(one > 1 << 20)
        #expect(try decoded("SELECT max(s), min(s), count(s), any_value(s) FROM t") < 2 * one)
        #expect(try decoded("SELECT max(s), min(s) FROM t WHERE i = 5") < one)
    }

    @Test func refusesOtherOptions() throws {
        let table = try ExplainTests.table()
        for sql in ["EXPLAIN VERBOSE SELECT id FROM t", "EXPLAIN (FORMAT JSON) SELECT id FROM t"] {
            let error = #expect(throws: LakeError.self) { _ = try table.rows(sql) }
            #expect(error?.code == .usage && error?.message.contains("EXPLAIN") == true)
        }
    }
}
