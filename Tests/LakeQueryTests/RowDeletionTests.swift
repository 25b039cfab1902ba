import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Testing

@testable import LakeQuery

/// Rows deleted through SQL, and what queries say then.
@Suite struct RowDeletionTests {
    static func table(keyed: Bool) throws -> QueryTable {
        try QueryTable(
            [("k", .int64), ("g", .utf8), ("x", .int64), ("s", .utf8), ("l", .list(.int64))],
            (0..<3).map { part in
                (0..<700).map { row in
                    let key = part * 50 + row % 70
                    return [
                        .integer(Int64(key)), .bytes(Array("g\(key % 5)".utf8)), .integer(Int64(row * 3 + part)),
                        row % 11 == 0 ? .null : .bytes(Array("text \(row % 90)".utf8)), .null,
                    ]
                }
            }, groups: keyed ? [KeyGroup(name: "keys", key: ["k"], columns: ["k", "g"])] : [])
    }

    /// What a query says of all rows is what it says of those that a condition leaves.
    @Test(arguments: [true, false]) func deletedRowsAreNowhere(keyed: Bool) throws {
        let made = try RowDeletionTests.table(keyed: keyed)
        let queries: [(String, String)] = [
            ("SELECT count(*), sum(x), min(s), max(k) FROM t WHERE ", ""),
            ("SELECT g, count(*), avg(x), count(DISTINCT s) FROM t WHERE ", " GROUP BY g ORDER BY g"),
            ("SELECT k, x, s FROM t WHERE ", " ORDER BY x, k LIMIT 40"),
            ("SELECT k, x FROM t WHERE ", " LIMIT 30 OFFSET 500"), ("SELECT DISTINCT g FROM t WHERE ", " ORDER BY g"),
            ("SELECT g, any_value(x) FROM t WHERE ", " GROUP BY g ORDER BY g"),
            ("SELECT count(*) FROM t WHERE k = 17 AND ", ""), ("SELECT rowid FROM t WHERE s LIKE '%7' AND ", ""),
        ]
        var left = "true"
        for condition in ["g = 'g1'", "x % 7 = 3", "s IS NULL", "k = 20", "rowid BETWEEN 710 AND 1399"] {
            left += " AND (\(condition)) IS NOT TRUE"
            let expected = try queries.map {
                try RowDeletionTests.kept[keyed == true ? 1 : 0].get().rows($0.0 + left + $0.1)
            }
            let (found, manifest) = try RowDeletion(try made.engine(), table: "t", condition: condition).run()
            #expect(found.rows > 0)
            #expect(manifest?.operation == .delete)
            for (query, rows) in zip(queries, expected) {
                #expect(try made.rows(query.0 + "true" + query.1) == rows, "\(query.0)\(condition)")
                // Without a condition too, where it can be left out.
                let plain = query.0.hasSuffix("t WHERE ") ? String(query.0.dropLast(7)) + query.1 : nil
                if let plain { #expect(try made.rows(plain) == rows, "\(plain) after \(condition)") }
            }
            #expect(manifest?.rows == Int(expected[0][0][0].integerBits ?? -1))
            #expect(try RowDeletion(try made.engine(), table: "t", condition: condition).run().manifest == nil)
        }
    }

    /// Tables of which nothing is deleted.
    private static let kept = [false, true].map { keyed in Result { try table(keyed: keyed) } }

    @Test func anErrorOnDeletedRowsIsNone() throws {
        for keyed in [true, false] {
            let made = try RowDeletionTests.table(keyed: keyed)
            let failing = ["SELECT count(*) FROM t WHERE CAST(g AS INTEGER) > 0", "SELECT CAST(g AS INTEGER) FROM t"]
            for sql in failing { #expect(throws: LakeError.self) { try made.rows(sql) } }
            _ = try RowDeletion(try made.engine(), table: "t", condition: "g <> 'g1' OR k > 20").run()
            let sql = "SELECT DISTINCT CAST(substr(g, 2) AS INTEGER) FROM t WHERE 60 // (k - 30) < 0"
            #expect(try made.rows(sql) == [[.integer(1)]])
            #expect(try made.rows("SELECT count(*) FROM t WHERE 9223372036854775807 - (21 - k) > 0").count == 1)
        }
    }

    @Test(arguments: [
        "x = 1 LIMIT 3", "x = 1 ORDER BY x", "x", "nothing = 3", "x = 1 GROUP BY rowid", "x = 1; DELETE", "",
        "sum(x) > 1",
    ])
    func whatIsNoConditionIsRefused(_ condition: String) throws {
        let made = try RowDeletionTests.table(keyed: true)
        let error = #expect(throws: LakeError.self) {
            try RowDeletion(try made.engine(), table: "t", condition: condition).run()
        }
        #expect(error?.code == .usage)
        #expect(try made.rows("SELECT count(*) FROM t") == [[.integer(2_100)]])
    }

    @Test func lookupsPassDeletedRowsOver() throws {
        // Keys are there twice, and the second of each is deleted.
        let made = try QueryTable(
            [("k", .int64), ("v", .utf8)],
            [(0..<100).map { [.integer(Int64($0 % 50)), .bytes(Array("v\($0)".utf8))] }])
        let lake = try Lake.open(at: made.directory.path + "/lake")
        let schema = try Schema(fields: [Field(id: 1, name: "k", type: .int64)])
        let other = try lake.createTable("o", schema: schema)
        let writer = TableWriter(table: other, schema: schema)
        try writer.append(Batch(count: 3, columns: [ColumnVector(.integers([3, 60, 7]))]))
        let base = try other.commit(.append(try writer.finish()), over: try other.manifest())
        let lookup = Lookup(table: "t", version: nil, key: [Lookup.KeyPart("k", references: "k")], value: "v")
        let derived = try base.schema.deriving([DerivedField(name: "v", type: .utf8, lookup: lookup)])
        _ = try other.commit(.derive(derived), over: base)
        let sql = "SELECT k, v FROM o"
        #expect(throws: LakeError.self) { try made.rows(sql) }
        _ = try RowDeletion(try made.engine(), table: "t", condition: "rowid >= 50").run()
        #expect(
            try made.rows(sql) == [
                [.integer(3), .bytes(Array("v3".utf8))], [.integer(60), .null],
                [.integer(7), .bytes(Array("v7".utf8))],
            ])
    }

    /// A column of that name hides the numbers of rows from SQL, not from a deletion or a compaction.
    @Test func aColumnCalledRowidIsAColumn() throws {
        let rows: [[Scalar]] = (0..<900).map { [.integer(Int64($0 * 7 % 900)), .integer(Int64($0))] }
        let made = try QueryTable([("RowID", .int64), ("a", .int64)], [Array(rows[..<300]), Array(rows[300...])])
        _ = try RowDeletion(try made.engine(), table: "t", condition: "a = 5 OR rowid = 21").run()
        let left = rows.filter { $0[1] != .integer(5) && $0[0] != .integer(21) }
        #expect(try made.rows("SELECT * FROM t") == left)
        let table = try Lake.open(at: made.directory.path + "/lake").table("t")
        var policy = CompactionPlan.Policy()
        policy.isEverything = true
        let plan = CompactionPlan(try table.snapshot(), policy: policy)
        _ = try Compaction(plan, source: Clustering(try made.engine(), plan.snapshot, by: ["RowID"]).source).run()
        #expect(try made.rows("SELECT a FROM t ORDER BY a") == left.map { [$0[1]] })
    }

    @Test func writersThatDeleteTheSameShardsTakeTurns() throws {
        let made = try RowDeletionTests.table(keyed: true)
        try parallelFor(count: 12, workers: 4) { index in
            _ = try RowDeletion(try made.engine(), table: "t", condition: "x % 12 = \(index) AND g <> 'g0'").run()
        }
        #expect(try made.rows("SELECT DISTINCT g FROM t") == [[.bytes(Array("g0".utf8))]])
        let table = try Lake.open(at: made.directory.path + "/lake").table("t")
        #expect(try table.manifest().version == 4 + 12)
        #expect(try Validation(of: table).run().findings.isEmpty)
    }
}
