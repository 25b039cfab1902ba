import LakeBytes
import LakeCore
import Testing

@testable import LakeQuery

/// The first rows, with and without an order, of tables of several chunks.
@Suite struct FirstRowsTests {
    private static let count = 330_000

    /// Five chunks and a bit, of values that do not compress into runs.
    private static let table = Result {
        var chance = SplitMix64(seed: 11)
        return try QueryTable(
            [("n", .int64), ("third", .bool)],
            [(0..<count).map { [.integer(Int64(chance.next() >> 8)), .bool($0 % 3 == 0)] }])
    }

    @Test(arguments: [1, 2, 3]) func limitsReachOverChunks(workers: Int) throws {
        let table = try FirstRowsTests.table.get()
        for (limit, offset) in [(150_000, 0), (300_000, 0), (100_000, 70_001), (65_537, 131_071), (400_000, 5)] {
            let window = "LIMIT \(limit) OFFSET \(offset)"
            let all = try table.rows("SELECT rowid, n FROM t \(window)", workers: workers).map { $0[0] }
            let end = min(FirstRowsTests.count, limit + offset)
            #expect(all == (offset..<end).map { Scalar.integer(Int64($0)) }, "\(window)")
            let third = try table.rows("SELECT rowid, n FROM t WHERE third \(window)", workers: workers).map { $0[0] }
            let thirds = stride(from: 0, to: FirstRowsTests.count, by: 3).dropFirst(offset).prefix(limit)
            #expect(third == thirds.map { Scalar.integer(Int64($0)) }, "WHERE third \(window)")
        }
    }

    /// Chunks whose statistics promise more rows than the condition leaves.
    @Test(arguments: 1...12) func guessesThatWereTooNear(seed: Int) throws {
        var chance = SplitMix64(seed: UInt64(seed))
        var rows: [[Scalar]] = []
        for _ in 0..<3 {
            let (least, width, marked) = (chance.below(200), 1 + chance.below(60), chance.below(3))
            rows += (0..<65_536).map { _ in
                let value = least + chance.below(width)
                let isMarked = marked == 0 ? value == least : marked == 1 ? chance.below(500) == 0 : false
                return [.integer(Int64(value)), .integer(isMarked ? 1 : 0)]
            }
        }
        let table = try QueryTable([("v", .int64), ("c", .int64)], [rows])
        for limit in [1, 10, 1_000] {
            let found = try table.rows("SELECT v FROM t WHERE c = 1 ORDER BY v LIMIT \(limit)").map { $0[0] }
            let marked = rows.filter { $0[1] == .integer(1) }.map { $0[0] }
            #expect(found == Array(marked.sorted { $0.compare($1) < 0 }.prefix(limit)), "seed \(seed), \(limit) rows")
        }
    }

    /// One shard knows the first term, another both: rows that are known to begin with a key may stand behind it.
    @Test func keysOfFewerTermsSetTheBound() {
        let term = SortKeys.Term(descending: false, nullsFirst: true)
        let text = ColumnVector.of([.bytes(Array("a".utf8)), .bytes(Array("b".utf8))], .utf8)
        let short = SortKeys([text], [term])
        let long = SortKeys([text, .nulls(2, of: .int64)], [term, term])
        var keys = FirstKeys(wanted: 8)
        keys.add(long, [4, 100])
        keys.add(short, [5, 100])
        keys.compact()
        let behind = SortKeys([text, .of([.integer(7), .integer(7)], .int64)], [term, term])
        #expect(keys.bound.map { $0.excludes(behind, 0, isWhole: true) } == false)
        #expect(keys.bound.map { $0.excludes(behind, 1, isWhole: true) } == true)
    }

    @Test func anyValueIsTheFirstInTheTable() throws {
        let place = KeyGroup(name: "place", key: ["place"], columns: ["place"])
        let street = KeyGroup(name: "street", key: ["street"], columns: ["street", "lane"], within: "place")
        let table = try QueryTable(
            [("place", .int64), ("street", .int64), ("lane", .utf8)],
            [[[1, 5], [2, 1], [1, 3]].map { $0.map { .integer($0) } + [.bytes(Array("x".utf8))] }],
            groups: [place, street])
        #expect(try table.rows("SELECT any_value(street) FROM t WHERE street < 4") == [[.integer(1)]])
        #expect(try table.rows("SELECT lane, any_value(street) FROM t GROUP BY lane").map { $0[1] } == [.integer(5)])
    }
}
