import LakeBytes
import LakeCore
import Testing

@testable import LakeQuery

@Suite struct GroupSpillTests {
    private static let aggregates = [
        "count(*)", "count(x)", "sum(x)", "avg(x)", "sum(w)", "ess(w)", "stddev(w)", "min(s)", "max(w)", "any_value(x)",
        "count(DISTINCT s)", "median(w)", "mode(s)", "wasserstein(x, b, NOT b, w)", "sum(DISTINCT x)",
    ]

    private static let table = Result { () throws -> QueryTable in
        var chance = SplitMix64(seed: 7)
        let values = (0..<60_000).map { row -> [Scalar] in
            let (a, b) = (chance.next(), chance.next())
            let text: Scalar = a % 11 == 0 ? .null : .bytes(Array("text \(a % 97)".utf8))
            let x: Scalar = a % 7 == 0 ? .null : .integer(Int64(b % 1000) - 500)
            return [
                .integer(Int64(a % 40_000)), text, x, b % 13 == 0 ? .null : .float(Double(b % 4096) / 64),
                .bool(a % 2 == 0),
            ]
        }
        return try QueryTable(
            [("g", .int64), ("s", .utf8), ("x", .int64), ("w", .float64), ("b", .bool)],
            [Array(values[..<20_000]), Array(values[20_000...])])
    }

    private func rows(_ sql: String, workers: Int = 2, memory: Int) throws -> [[Scalar]] {
        try Self.table.get().rows(sql, workers: workers, memory: memory)
    }

    @Test func groupsThatAreSpilledAreTheSame() throws {
        let sql = "SELECT g, \(Self.aggregates.joined(separator: ", ")) FROM t GROUP BY g ORDER BY g"
        let inMemory = try rows(sql, memory: 1 << 30)
        let spilled = try rows(sql, memory: MemoryBudget.minimum)
        #expect(inMemory.count > 30_000)
        #expect(spilled == inMemory)
    }

    @Test func resultsDoNotDependOnThreads() throws {
        let sql = "SELECT g % 50, s, sum(w), avg(w), stddev(w), ess(w) FROM t GROUP BY 1, 2"
        let one = try rows(sql, workers: 1, memory: 1 << 30)
        for workers in [2, 3, 8] {
            let several = try rows(sql, workers: workers, memory: 1 << 30)
            // To the last bit, and in the same order.
            #expect(one.count == several.count)
            #expect(zip(one, several).allSatisfy { zip($0, $1).allSatisfy { "\($0)" == "\($1)" } })
        }
    }

    @Test func sharesOfSpilledGroupsAddUp() throws {
        let sql = "SELECT b, g, share(*), share(w) FROM t GROUP BY b, g"
        let found = try rows(sql, memory: MemoryBudget.minimum)
        for condition in [true, false] {
            let shares = found.filter { $0[0] == .bool(condition) }
            #expect(abs(shares.compactMap { $0[2].number }.reduce(0, +) - 1) < 1e-9)
            #expect(abs(shares.compactMap { $0[3].number }.reduce(0, +) - 1) < 1e-9)
        }
    }

    @Test func limitsAndOrder() throws {
        let all = try rows("SELECT g, count(*) AS n FROM t GROUP BY g ORDER BY n DESC, g", memory: 1 << 30)
        let top = try rows(
            "SELECT g, count(*) AS n FROM t GROUP BY g ORDER BY n DESC, g LIMIT 10 OFFSET 5",
            memory: MemoryBudget.minimum)
        #expect(top == Array(all[5..<15]))
        #expect(try rows("SELECT g FROM t GROUP BY g LIMIT 7", memory: 1 << 30).count == 7)
        #expect(try rows("SELECT g FROM t GROUP BY g LIMIT 0", memory: 1 << 30).isEmpty)
        #expect(try rows("SELECT g FROM t GROUP BY g ORDER BY g LIMIT 0", memory: 1 << 30).isEmpty)
        let distinct = try rows("SELECT DISTINCT count(*) FROM t GROUP BY g ORDER BY 1", memory: 1 << 30)
        #expect(distinct == Array(Set(all.map { $0[1] })).sorted { $0.compare($1) < 0 }.map { [$0] })
    }
}

@Suite struct AccumulatorTests {
    private static let x = Bound.field(0, .int64)
    private static let w = Bound.field(1, .float64)
    private static let s = Bound.field(2, .utf8)

    private static let aggregates: [BoundAggregate] = [
        .rows, BoundAggregate(function: .sum, argument: x, type: .int64),
        BoundAggregate(function: .avg, argument: w, type: .float64, input: .float64),
        BoundAggregate(function: .ess, argument: w, type: .float64, input: .float64),
        BoundAggregate(function: .stddevSample, argument: x, type: .float64),
        BoundAggregate(function: .min, argument: s, type: .utf8, input: .utf8),
        BoundAggregate(function: .max, argument: w, type: .float64, input: .float64),
        BoundAggregate(function: .count, argument: s, type: .int64, input: .utf8, distinct: true),
        BoundAggregate(function: .quantileContinuous, argument: x, type: .float64),
        BoundAggregate(function: .mode, argument: s, type: .utf8, input: .utf8),
    ]

    @Test func partsMergeToTheWholeAndSurviveADisk() throws {
        var chance = SplitMix64(seed: 3)
        for aggregate in Self.aggregates {
            let rows = (0..<500).map { _ in chance.next() }
            func input(_ rows: [UInt64]) -> AggregateInput? {
                switch aggregate.argument {
                case nil: nil
                case .field(0, _)?: .integers(rows.map { Int64($0 >> 8 % 100) % 50 }, nil)
                case .field(1, _)?: .floats(rows.map { Double($0 >> 8 % 64) / 8 }, nil)
                default: .scalars(rows.map { $0 % 5 == 0 ? .null : .bytes(Array("v\($0 >> 8 % 9)".utf8)) })
                }
            }
            func accumulated(_ rows: [UInt64]) throws -> Accumulator {
                var result = Accumulator(aggregate, cells: 4)
                let cells = rows.map { UInt32($0 % 3) }
                try result.add(input(rows), cells: cells, indices: nil, multiples: rows.map { UInt32($0 % 2 + 1) })
                return result
            }
            let whole = try accumulated(rows).results()
            var merged = Accumulator(aggregate, cells: 4)
            for part in [rows[..<200], rows[200..<210], rows[210...]] {
                var writer = ArrayWriter()
                try accumulated(Array(part)).write(to: &writer)
                var reader = ArrayReader(ByteView(writer.bytes))
                let copy = try Accumulator(aggregate, cells: 4, from: &reader)
                try merged.merge(copy, from: [0, 1, 2, 3], into: [0, 1, 2, 3])
                #expect(merged.byteCount > 0)
            }
            for (a, b) in zip(whole, try merged.results()) {
                let same = a == b || abs((a.number ?? 0) - (b.number ?? 1)) < 1e-9
                #expect(same, "\(aggregate.function): \(a) \(b)")
            }
            var writer = ArrayWriter()
            try accumulated(rows).write(to: &writer)
            for length in stride(from: 0, to: writer.bytes.count, by: 37) {
                var reader = ArrayReader(ByteView(writer.bytes[..<length]))
                #expect(throws: LakeError.self) { try Accumulator(aggregate, cells: 4, from: &reader) }
            }
        }
    }
}
