import LakeCore
import LakeShard
import LakeTable
import Testing

@testable import LakeQuery

/// Which runs are made by the thread that wants their rows.
@Suite struct BriefRunTests {
    private static let table = Result {
        try QueryTable(
            [("k", .int64), ("g", .utf8), ("x", .int64), ("s", .utf8)],
            (0..<2).map { part in
                (0..<1_000).map { row in
                    let key = part * 100 + row % 100
                    return [
                        .integer(Int64(key)), .bytes(Array("g\(key % 3)".utf8)), .integer(Int64(row)),
                        .bytes(Array("text \(row)".utf8)),
                    ]
                }
            }, groups: [KeyGroup(name: "keys", key: ["k"], columns: ["k", "g"])])
    }

    @Test(arguments: [
        ("SELECT count(*) FROM t WHERE g = 'g1'", true),
        ("SELECT g, count(*), sum(k) FROM t WHERE k > 20 OR g = 'g2' GROUP BY g ORDER BY 2", true),
        ("SELECT x, s FROM t WHERE rowid IN (7, 1500)", true),
        // Rows have to be read, or text, or values are kept, or there is no telling.
        ("SELECT count(*) FROM t WHERE x = 1", false), ("SELECT sum(x) FROM t", false),
        ("SELECT count(*) FROM t WHERE g LIKE '%1'", false), ("SELECT upper(g), count(*) FROM t GROUP BY 1", false),
        ("SELECT count(DISTINCT k) FROM t", false), ("SELECT count(*) FROM t TABLESAMPLE rows(10, g)", false),
        ("SELECT x FROM t WHERE rowid < 100", false), ("SELECT x FROM t WHERE rowid = 7 ORDER BY x", false),
        ("SELECT x FROM t", false), ("EXPLAIN SELECT count(*) FROM t WHERE g = 'g1'", false),
    ])
    func briefIsWhatKeysOrAFewRowsAnswer(_ sql: String, isBrief: Bool) throws {
        let engine = try BriefRunTests.table.get().engine()
        let query = try engine.prepare(sql)
        #expect(!query.isBrief, "the shards are not open yet")
        try engine.prepare("SELECT * FROM t").run { _ in }
        #expect(query.isBrief == isBrief)
    }
}
