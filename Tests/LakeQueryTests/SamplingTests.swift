import LakeBytes
import LakeCore
import Testing

@testable import LakeQuery

@Suite struct SamplingTests {
    private static func row(_ number: Int) -> [Scalar] {
        [
            .integer(Int64(number)), number % 7 == 0 ? .null : .bytes(Array("s\(number % 3)".utf8)),
            .float(Double(number % 2) - 0.5),
        ]
    }

    private static let table = Result {
        try QueryTable(
            [("n", .int64), ("s", .utf8), ("x", .float64)], [0..<70_000, 70_000..<100_000].map { $0.map { row($0) } })
    }

    private func numbers(_ sql: String, workers: Int = 2) throws -> [Int] {
        try SamplingTests.table.get().rows(sql, workers: workers).compactMap { row in
            if case .integer(let number) = row[0] { Int(number) } else { nil }
        }
    }

    @Test func theSameRowsEveryTime() throws {
        let one = try numbers("SELECT n FROM t TABLESAMPLE rows(500) REPEATABLE (7)")
        #expect(one.count == 500 && one == one.sorted() && Set(one).count == 500)
        #expect(try numbers("SELECT n FROM t TABLESAMPLE rows(500) REPEATABLE (7)", workers: 1) == one)
        #expect(try numbers("SELECT n FROM t TABLESAMPLE rows(500) REPEATABLE (8)") != one)
        #expect(try numbers("SELECT n FROM t TABLESAMPLE rows(500)") != one)
        // A smaller sample is part of a larger one, and a condition leaves out no row that it lets pass.
        #expect(Set(try numbers("SELECT n FROM t TABLESAMPLE rows(100) REPEATABLE (7)")).isSubset(of: one))
        let even = try numbers("SELECT n FROM t TABLESAMPLE rows(500) REPEATABLE (7) WHERE n % 2 = 0")
        #expect(even.count == 500 && Set(one.filter { $0 % 2 == 0 }).isSubset(of: even))
        // Evenly over the table.
        #expect((180...320).contains(one.count { $0 < 50_000 }))
        let query = try SamplingTests.table.get().engine().prepare(
            "SELECT n FROM t", sample: SampleClause(rows: 500, seed: 7))
        #expect(try query.run { _ in }.rows == 500)
    }

    /// The rule that SQL.md states, so that anyone can draw the same sample.
    @Test func bySmallestHash() throws {
        func mixed(_ value: UInt64) -> UInt64 {
            var z = value
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
        let key = mixed(UInt64(bitPattern: -3) &+ golden)
        let hashes = (0..<100_000).map { row in mixed(key &+ (UInt64(row) + 1) &* golden) }
        let first = hashes.indices.sorted { hashes[$0] < hashes[$1] }.prefix(1_000).sorted()
        #expect(try numbers("SELECT n FROM t TABLESAMPLE rows(1000) REPEATABLE (-3)") == first)
    }

    @Test func perCombination() throws {
        let sql = "SELECT s, x, count(*) FROM t TABLESAMPLE rows(40, s, x) REPEATABLE (1) GROUP BY 1, 2"
        let found = try SamplingTests.table.get().rows(sql)
        #expect(found.count == 8)
        #expect(found.allSatisfy { $0[2] == .integer(40) })
        // Fewer where there are fewer.
        let few = "SELECT s, count(*) FROM t TABLESAMPLE rows(40, s) WHERE n < 21 GROUP BY 1 ORDER BY 1"
        #expect(
            try SamplingTests.table.get().rows(few).map { $0[1] } == [
                .integer(6), .integer(6), .integer(6), .integer(3),
            ])
        let computed = try numbers("SELECT n FROM t TABLESAMPLE rows(2, n % 10, x) WHERE n > 100")
        #expect(computed.count == 20)
        for digit in 0..<10 { #expect(computed.count { $0 % 10 == digit } == 2) }
    }

    @Test func withOrderAndWindow() throws {
        let sampled = try numbers("SELECT n FROM t TABLESAMPLE rows(300) REPEATABLE (2)")
        #expect(
            try numbers("SELECT n FROM t AS u TABLESAMPLE rows(300) REPEATABLE (2) ORDER BY n DESC LIMIT 10 OFFSET 5")
                == Array(sampled.reversed()[5..<15]))
        #expect(try numbers("SELECT n FROM t TABLESAMPLE rows(300) WHERE n < 0").isEmpty)
        #expect(try numbers("SELECT count(*) FROM t TABLESAMPLE rows(200000)") == [100_000])
    }

    @Test(arguments: [
        ("rows(0)", "from 1", "0)"), ("rows(-5)", "from 1", "-5"), ("rows('x')", "from 1", "'x'"),
        ("rows(1.5)", "from 1", "1.5"), ("bernoulli(10)", "bernoulli", "bernoulli"),
        ("rows(10, nix)", "no column", "nix"),
        ("rows(10) REPEATABLE (1.5)", "a seed", "1.5"), ("rows(10, count(*))", "aggregate", "count"),
    ])
    func refusals(_ sample: String, _ message: String, _ token: String) throws {
        let error = #expect(throws: LakeError.self) {
            try SamplingTests.table.get().engine().prepare("SELECT n FROM t TABLESAMPLE \(sample)")
        }
        let lines = (error?.message ?? "").split(separator: "\n").map(String.init)
        #expect(lines.first?.contains(message) == true, "\(lines)")
        #expect(lines.count == 3 && lines[1].dropFirst(lines[2].count - 1).hasPrefix(token), "\(lines)")
    }
}
