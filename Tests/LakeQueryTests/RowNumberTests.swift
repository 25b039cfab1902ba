import LakeBytes
import LakeCore
import Testing

@testable import LakeQuery

@Suite struct RowNumberTests {
    private static let count = 70_000

    private static func row(_ number: Int) -> [Scalar] {
        [
            .integer(Int64(number * 7 % 1_000)), number % 5 == 0 ? .null : .bytes(Array("text \(number)".utf8)),
            .float(Double(number) / 4),
        ]
    }

    /// Two shards, the first with two chunks.
    private static let table = Result {
        try QueryTable(
            [("n", .int64), ("s", .utf8), ("x", .float64)],
            [0..<66_000, 66_000..<count].map { $0.map { row($0) } })
    }

    private func numbers(_ condition: String, _ more: String = "") throws -> [Int] {
        try RowNumberTests.table.get().rows("SELECT rowid FROM t WHERE \(condition) \(more)").map { row in
            guard case .integer(let number) = row[0] else { return -1 }
            return Int(number)
        }
    }

    @Test func countsFromZeroInTableOrder() throws {
        #expect(try numbers("true") == Array(0..<RowNumberTests.count))
        let found = try RowNumberTests.table.get().rows(
            "SELECT n, s, x FROM t WHERE ROWID IN (66001, 3, 65999, 3, 65536)")
        let expected: [[Scalar]] = [3, 65_536, 65_999, 66_001].map { RowNumberTests.row($0) }
        #expect(found == expected)
    }

    private static let conditions: [(String, [Int]?)] = [
        ("rowid = 66000", [66_000]), ("66000 = rowid", [66_000]), ("rowid = -1", []), ("rowid = 70000", []),
        ("rowid < 2", [0, 1]), ("1 >= rowid", [0, 1]), ("rowid > 69997", [69_998, 69_999]),
        ("rowid BETWEEN 65534 AND 65537", [65_534, 65_535, 65_536, 65_537]), ("rowid BETWEEN 5 AND 4", []),
        ("rowid IN (-5, 3, 900000, 65536)", [3, 65_536]), ("rowid IN (3, NULL)", [3]), ("rowid NOT IN (3, NULL)", []),
        ("NOT rowid >= 2 OR rowid = 69999", [0, 1, 69_999]), ("rowid = 3 OR n = 999", nil),
        ("rowid < 300 AND n = 7", [1]), ("rowid = 2.0", [2]), ("rowid = 2.5", []), ("rowid IN (1.0, 2.5)", [1]),
        ("rowid < 1e3 AND n = 7", [1]), ("rowid > 9223372036854775807", []),
        ("rowid % 30000 = 1", [1, 30_001, 60_001]),
        ("rowid <> 5 AND rowid < 7", [0, 1, 2, 3, 4, 6]), ("rowid IS NULL", []),
    ]

    @Test(arguments: conditions) func comparisons(_ condition: String, _ expected: [Int]?) throws {
        let expected = expected ?? (0..<RowNumberTests.count).filter { $0 == 3 || $0 * 7 % 1_000 == 999 }
        #expect(try numbers(condition) == expected)
        let count = try RowNumberTests.table.get().rows("SELECT count(*) FROM t WHERE \(condition)")
        #expect(count == [[.integer(Int64(expected.count))]])
    }

    @Test func onlyWhatHoldsTheRowsIsScanned() throws {
        let query = try RowNumberTests.table.get().engine().prepare("SELECT n FROM t WHERE rowid = 66010 AND n >= 0")
        #expect(try query.run { _ in }.shardsPruned == 1)
        #expect(try RowScan(query, predicate: query.predicate).steps.map(\.shard) == [1])
    }

    @Test func isNoPartOfTheStarAndColumnsHideIt() throws {
        #expect(
            try RowNumberTests.table.get().engine().prepare("SELECT * FROM t").columns.map(\.name) == ["n", "s", "x"])
        let hidden = try QueryTable([("RowID", .int64)], [[[.integer(7)], [.integer(0)]]])
        #expect(try hidden.rows("SELECT rowid FROM t WHERE rowid = 7") == [[.integer(7)]])
        #expect(try hidden.rows("SELECT * FROM t") == [[.integer(7)], [.integer(0)]])
    }

    @Test(arguments: [1, 3]) func windows(workers: Int) throws {
        let table = try RowNumberTests.table.get()
        func rows(_ sql: String) throws -> [Scalar] { try table.rows(sql, workers: workers).map { $0[0] } }
        func expected(_ numbers: some Sequence<Int>) -> [Scalar] { numbers.map { .integer(Int64($0)) } }
        #expect(try rows("SELECT rowid FROM t LIMIT 3 OFFSET 65534") == expected(65_534..<65_537))
        #expect(try rows("SELECT rowid FROM t LIMIT 0").isEmpty)
        #expect(try rows("SELECT rowid FROM t LIMIT 5 OFFSET 70000").isEmpty)
        #expect(try rows("SELECT rowid FROM t OFFSET 69998") == expected(69_998..<70_000))
        #expect(try rows("SELECT rowid FROM t LIMIT 9223372036854775807 OFFSET 69999") == expected([69_999]))
        let matching = (0..<RowNumberTests.count).filter { $0 * 7 % 1_000 < 500 }
        #expect(try rows("SELECT rowid FROM t WHERE n < 500 LIMIT 40000 OFFSET 20000") == expected(matching[20_000...]))
        #expect(
            try rows("SELECT rowid FROM t WHERE n < 500 LIMIT 7 OFFSET 32998") == expected(matching[32_998..<33_005]))
        #expect(try rows("SELECT rowid FROM t WHERE n < 500 OFFSET 40000").isEmpty)
    }
}

@Suite struct RowRangesTests {
    @Test func likeSetsOfNumbers() {
        var chance = SplitMix64(seed: 5)
        for _ in 0..<500 {
            func random() -> (RowRanges, Set<Int>) {
                let parts = (0..<chance.below(6)).map { _ in
                    let start = chance.below(40)
                    return start..<(start + chance.below(8))
                }
                return (RowRanges(parts), Set(parts.flatMap { Array($0) }))
            }
            let ((a, x), (b, y)) = (random(), random())
            func inside(_ ranges: RowRanges) -> Set<Int> { Set((0..<60).filter { ranges.contains($0) }) }
            #expect(inside(a) == x && a.count == x.count)
            #expect(inside(a.union(b)) == x.union(y))
            #expect(inside(a.intersection(b)) == x.intersection(y))
            #expect(inside(a.complement) == Set(0..<60).subtracting(x))
            #expect(a.complement.complement == a)
        }
    }
}
