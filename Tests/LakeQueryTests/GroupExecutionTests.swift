import LakeCore
import LakeTable
import Testing

@testable import LakeQuery

@Suite struct GroupExecutionTests {
    private func rows(
        _ sql: String, _ fields: [(String, DataType)], _ values: [[Scalar]], groups: [KeyGroup] = []
    ) throws -> [[Scalar]] {
        try QueryTable(fields, [values], groups: groups).rows(sql)
    }

    @Test func nullsOfCodedNumbersAreNotCounted() throws {
        let values = (0..<5_000).map { [$0 % 4 == 0 ? Scalar.null : .float(Double($0 % 4) - 10)] }
        let found = try rows("SELECT count(x), min(x), sum(x) FROM t", [("x", .float64)], values)
        #expect(found == [[.integer(3_750), .float(-9), .float(-30_000)]])
    }

    @Test func equalValuesOfTwoTypesKeepTheirTypes() throws {
        let values = (0..<3_000).map { [Scalar.float(Double($0 % 5)), .integer(Int64($0 % 3))] }
        let found = try rows(
            "SELECT x, n, count(*) FROM t GROUP BY x, n ORDER BY x, n", [("x", .float64), ("n", .int64)], values)
        let expected = (0..<15).map { [Scalar.float(Double($0 / 3)), .integer(Int64($0 % 3)), .integer(200)] }
        #expect(found == expected)
        #expect(found.allSatisfy { if case .integer = $0[1] { true } else { false } })
    }

    @Test func manyCellsGoThroughTheHashTable() throws {
        // 2,000 times 2,000 possible cells, of which 30,000 have rows.
        let values = (0..<60_000).map {
            [Scalar.integer(Int64($0 % 30_000 % 2_000)), .integer(Int64($0 % 30_000 / 15))]
        }
        let found = try rows(
            "SELECT a, b, count(*) FROM t GROUP BY a, b", [("a", .int64), ("b", .int64)], values)
        #expect(found.count == 30_000)
        #expect(found.allSatisfy { $0[2] == .integer(2) })
        #expect(Set(found.map { [$0[0], $0[1]] }) == Set(values))
    }

    @Test func moreCellsThanCanBeNumbered() throws {
        // Four groups of 3,000 keys each.
        let names = ["a", "b", "c", "d"]
        let factors: [Int] = [1, 7, 11, 13]
        let values: [[Scalar]] = (0..<12_000).map { (row: Int) -> [Scalar] in
            let keys: [Int] = factors.map { row * $0 % 3_000 }
            return (keys + keys.map { $0 / 2 }).map { Scalar.integer(Int64($0)) }
        }
        let found = try rows(
            "SELECT a2, b2, c2, d2, count(*) FROM t WHERE a < 10 OR b > 20 GROUP BY 1, 2, 3, 4",
            (names + names.map { $0 + "2" }).map { ($0, .int64) }, values,
            groups: names.map { KeyGroup(name: $0, key: [$0], columns: [$0, $0 + "2"]) })
        let selected: [[Scalar]] = values.filter { row in
            row[0].compare(.integer(10)) < 0 || row[1].compare(.integer(20)) > 0
        }
        let expected: [[Scalar]: [[Scalar]]] = Dictionary(grouping: selected) { Array($0[4...]) }
        #expect(found.count == expected.count)
        for row in found {
            let count = expected[Array(row[..<4])]?.count ?? 0
            #expect(row[4] == .integer(Int64(count)))
        }
    }

    @Test func sumsThatOverflowSaySo() throws {
        let values: [[Scalar]] = [[.integer(.max)], [.integer(1)]]
        #expect(throws: LakeError.self) { try rows("SELECT sum(n) FROM t", [("n", .int64)], values) }
        #expect(try rows("SELECT avg(n) FROM t", [("n", .int64)], values) == [[.float(0x1p62)]])
    }

    @Test func valuesThatAreNotSelectedDoNotFail() throws {
        let values = (0..<100).map { [Scalar.bytes(Array(($0 % 2 == 0 ? "x" : "7").utf8))] }
        let found = try rows(
            "SELECT CAST(s AS INTEGER), count(*) FROM t WHERE s = '7' GROUP BY 1", [("s", .utf8)], values)
        #expect(found == [[.integer(7), .integer(50)]])
    }
}

@Suite struct RowOrderTests {
    @Test(arguments: [false, true], [false, true]) func nullsStandWhereTheyShould(descending: Bool, nullsFirst: Bool) {
        let column = Expression(.literal(.null), at: 0)
        let order = RowOrder([SortKey(expression: column, descending: descending, nullsFirst: nullsFirst)])
        let values: [Scalar] = [.integer(2), .null, .float(1.5), .float(.nan), .null, .integer(-1)]
        let sorted = order.sorted(values.map { ([$0], $0) })
        let known: [Scalar] = [.integer(-1), .float(1.5), .integer(2), .float(.nan)]
        let expected = descending ? Array(known.reversed()) : known
        #expect(sorted == (nullsFirst ? [.null, .null] + expected : expected + [.null, .null]))
    }
}
