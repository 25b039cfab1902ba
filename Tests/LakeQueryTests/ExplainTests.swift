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
        #expect(rows.last?[0] == "ran: emit" && rows.last?[4] == "integer(\(count))")
        #expect(rows.contains { $0[0] == "ran: stored" } && rows.contains { $0[0] == "ran: select" })
    }

    @Test func refusesOtherOptions() throws {
        let table = try ExplainTests.table()
        for sql in ["EXPLAIN VERBOSE SELECT id FROM t", "EXPLAIN (FORMAT JSON) SELECT id FROM t"] {
            let error = #expect(throws: LakeError.self) { _ = try table.rows(sql) }
            #expect(error?.code == .usage && error?.message.contains("EXPLAIN") == true)
        }
    }
}
