import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeQuery

@Suite struct RowSortingTests {
    private static let fields: [(String, DataType)] = [
        ("n", .int64), ("s", .utf8), ("x", .float64), ("body", .utf8), ("row", .int64),
    ]

    private static func row(_ number: Int) -> [Scalar] {
        var chance = SplitMix64(seed: UInt64(number))
        return [
            chance.below(9) == 0 ? .null : .integer(Int64(chance.below(50)) - 25),
            chance.below(7) == 0 ? .null : .bytes(Array("word \(chance.below(40))".utf8)),
            chance.below(11) == 0 ? .null : .float(chance.below(20) == 0 ? .nan : Double(chance.below(1_000)) / 8 - 60),
            .bytes(Array("\(chance.next()) and \(chance.next())".utf8)), .integer(Int64(number)),
        ]
    }

    private static func table(_ parts: [Range<Int>]) throws -> QueryTable {
        try QueryTable(fields, parts.map { $0.map { row($0) } })
    }

    private static let small = Result { try table([0..<3_000, 3_000..<7_000, 7_000..<7_001]) }
    private static let large = Result { try table([0..<70_000, 70_000..<200_000]) }

    private func expected(_ count: Int, _ keys: [SortKey], _ columns: [Int]) -> [[Scalar]] {
        let order = RowOrder(keys)
        return order.sorted(
            (0..<count).map { row in
                let values = RowSortingTests.row(row)
                return (columns.map { values[$0] }, values)
            })
    }

    private static func key(_ text: String) -> SortKey {
        SortKey(
            expression: Expression(.literal(.null), at: 0), descending: text.contains("DESC"),
            nullsFirst: text.contains("FIRST"))
    }

    private static let orders: [(String, [Int])] = [
        ("n", [0]), ("n DESC", [0]), ("s NULLS FIRST", [1]), ("x DESC NULLS FIRST", [2]), ("x", [2]),
        ("s DESC, x, n NULLS FIRST", [1, 2, 0]), ("body", [3]), ("n, body DESC", [0, 3]), ("row DESC", [4]),
    ]

    @Test(arguments: orders) func likeSortedValues(_ order: String, _ columns: [Int]) throws {
        let table = try RowSortingTests.small.get()
        let keys = order.split(separator: ",").map { RowSortingTests.key(String($0)) }
        let all = expected(7_001, keys, columns)
        for (limit, offset) in [
            (nil, 0), (nil, 6_990), (1, 0), (10, 0), (10, 5), (100, 6_950), (5_000, 100), (9, 7_001),
        ] {
            let window = (limit.map { " LIMIT \($0)" } ?? "") + " OFFSET \(offset)"
            for workers in [1, 3] {
                let found = try table.rows("SELECT * FROM t ORDER BY \(order)\(window)", workers: workers)
                #expect(found == Array(all.dropFirst(offset).prefix(limit ?? .max)), "\(order)\(window)")
            }
        }
        #expect(try table.rows("SELECT * FROM t ORDER BY \(order) LIMIT 0").isEmpty)
    }

    @Test func whatDoesNotFitIsSpilled() throws {
        let table = try RowSortingTests.large.get()
        let all = expected(200_000, [RowSortingTests.key(""), RowSortingTests.key("DESC")], [0, 3])
        let query = try table.engine(memory: MemoryBudget.minimum).prepare(
            "SELECT row, s, x, body FROM t ORDER BY n, body DESC")
        var (at, differences) = (0, 0)
        try query.run { batch in
            #expect(batch.count <= SortedRows.batchRows)
            for row in 0..<batch.count {
                let expected = [all[at][4], all[at][1], all[at][2], all[at][3]]
                let found = zip(batch.columns, query.columns).map { $0.scalar(row, $1.type) }
                if found != expected { differences += 1 }
                at += 1
            }
        }
        #expect(at == 200_000 && differences == 0)
    }

    @Test func expressionsAndConditions() throws {
        let table = try RowSortingTests.small.get()
        let found = try table.rows("SELECT row * 2 FROM t WHERE n > 0 ORDER BY n % 5 DESC, row LIMIT 50 OFFSET 20")
        let rows = (0..<7_001).compactMap { row -> (Int64, Int64)? in
            guard case .integer(let n) = RowSortingTests.row(row)[0], n > 0 else { return nil }
            return (-(n % 5), Int64(row))
        }
        let expected = rows.sorted { $0 < $1 }.dropFirst(20).prefix(50).map { [Scalar.integer($0.1 * 2)] }
        #expect(found == Array(expected))
    }

    @Test func aDictionaryPerShardBecomesOne() throws {
        let query = try RowSortingTests.small.get().engine().prepare("SELECT s FROM t ORDER BY s DESC")
        try query.run { batch in
            guard case .codes(_, let dictionary) = batch.columns[0].values else {
                Issue.record("spelled out")
                return
            }
            #expect(dictionary.count <= 40)
        }
    }
}
