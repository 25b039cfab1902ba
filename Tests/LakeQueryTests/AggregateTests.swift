import LakeCore
import LakeTable
import Testing

@testable import LakeQuery

/// Expected numbers are DuckDB's over the same rows, and SciPy's for distances. Every query runs on rows and on keys.
@Suite struct AggregateTests {
    /// Keys `k` have `g` and `w`; `x`, `s`, `b` and `d` are the rows' own.
    private static func table(keyed: Bool) throws -> QueryTable {
        let groups = ["a", "a", "b", "c"]
        let weights: [Scalar] = [.float(1.5), .float(0.5), .float(2), .null]
        let values = (0..<40).map { row -> [Scalar] in
            let key = row / 10
            let x: Scalar = row % 5 == 4 || key == 3 ? .null : .integer(Int64(row * row % 11))
            let s: Scalar = row % 3 == 0 ? .null : text(["p", "q", "pq"][row % 7 % 3])
            let day: Int64 = 18_317 + Int64(row % 9)
            return [.integer(Int64(key)), text(groups[key]), weights[key], x, s, .bool(row % 4 == 1), .integer(day)]
        }
        return try QueryTable(
            [
                ("k", .int64), ("g", .utf8), ("w", .float64), ("x", .int64), ("s", .utf8), ("b", .bool), ("d", .date),
            ], [values], groups: keyed ? [KeyGroup(name: "keys", key: ["k"], columns: ["k", "g", "w"])] : [])
    }

    private static func text(_ text: String) -> Scalar { .bytes(Array(text.utf8)) }

    private static func close(_ a: Scalar, _ b: Scalar) -> Bool {
        guard case .float(let x) = a, let y = b.number else { return a == b }
        return abs(x - y) <= 1e-9 * max(1, abs(y))
    }

    /// - Parameter expected: for the groups a, b and c; nil is NULL.
    private func expect(
        _ aggregates: String, _ expected: [[Any?]], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for keyed in [false, true] {
            let rows = try Self.table(keyed: keyed).rows("SELECT g, \(aggregates) FROM t GROUP BY g ORDER BY g")
            #expect(rows.count == expected.count, sourceLocation: sourceLocation)
            for (row, wanted) in zip(rows, expected) {
                let values = wanted.map { value -> Scalar in
                    switch value {
                    case let value as Int: .integer(Int64(value))
                    case let value as Double: .float(value)
                    case let value as Bool: .bool(value)
                    case let value as String: Self.text(value)
                    default: .null
                    }
                }
                #expect(
                    zip(row.dropFirst(), values).allSatisfy { Self.close($0, $1) }, "\(row) but not \(values)",
                    sourceLocation: sourceLocation)
            }
        }
    }

    /// What the query is refused with or ends in.
    private func error(_ table: QueryTable, _ sql: String) -> String {
        do {
            return "no error, but \(try table.rows(sql).count) rows"
        } catch {
            return "\(error)"
        }
    }

    @Test func distinctValuesCountOnceHoweverManyRowsAKeyHas() throws {
        try expect(
            "count(DISTINCT x), count(DISTINCT s), count(DISTINCT w), count(DISTINCT k), sum(DISTINCT w), avg(DISTINCT x)",
            [[6, 3, 2, 2, 2.0, 11.0 / 3], [6, 3, 1, 1, 2.0, 11.0 / 3], [0, 3, 0, 1, nil, nil]])
        // Nothing but keys is read.
        try expect(
            "count(DISTINCT w), sum(DISTINCT w), count(w), sum(w)",
            [[2, 2.0, 20, 20.0], [1, 2.0, 10, 20.0], [0, nil, 0, nil]])
    }

    /// Values that are large beside their spread, in several shards and with rows that count more than once.
    @Test(arguments: [false, true]) func spreadOfLargeValues(groups: Bool) throws {
        let values = (0..<6_000).map { Double($0 * 7_919 % 101) }
        let rows = values.indices.map { row -> [Scalar] in
            [.integer(Int64(row % 101)), .float(1e9 + Double(row % 101 * 7_919 % 101))]
        }
        let table = try QueryTable(
            [("person", .int64), ("x", .float64)], [Array(rows[..<2_500]), Array(rows[2_500...])],
            groups: groups ? [KeyGroup(name: "person", key: ["person"], columns: ["person", "x"])] : [])
        let mean = values.reduce(0, +) / 6_000
        let expected = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 6_000
        let found = try table.rows("SELECT var_pop(x) FROM t")[0][0].number ?? 0
        #expect(abs(found / expected - 1) < 1e-12, "\(found), not \(expected)")
    }

    @Test func spread() throws {
        try expect(
            "stddev(x), stddev_pop(x), variance(w), var_pop(w), stddev_samp(DISTINCT x)",
            [
                [2.732520204255893, 2.6457513110645907, 0.26315789473684204, 0.25, 3.204163957519444],
                [2.866057521105554, 2.680951323690902, 0.0, 0.0, 3.204163957519444], [nil, nil, nil, nil, nil],
            ])
        // Without a stable way, nothing would be left of the digits.
        let table = try QueryTable([("x", .float64)], [(0..<4_000).map { [.float(1e9 + Double($0 % 2))] }])
        #expect(Self.close(try table.rows("SELECT var_pop(x) FROM t")[0][0], .float(0.25)))
        let one = try QueryTable([("x", .float64)], [[[.float(2)]]])
        #expect(try one.rows("SELECT var_samp(x), stddev_pop(x) FROM t") == [[.null, .float(0)]])
    }

    @Test func quantiles() throws {
        try expect(
            "median(x), quantile_cont(x, 0.3), quantile(x, 0.3), quantile_disc(s, 0.5), median(s), median(w)",
            [[3.0, 2.0, 1, "pq", "pq", 1.0], [3.0, 1.2, 1, "pq", "pq", 2.0], [nil, nil, nil, "p", "p", nil]])
        try expect(
            """
            percentile_cont(0.9) WITHIN GROUP (ORDER BY x DESC), percentile_disc(0.9) WITHIN GROUP (ORDER BY x DESC),
            median(DISTINCT x), median(d), quantile_disc(d, 0.25)
            """,
            [
                [0.5, 0, 3.5, 18_320 * 86_400_000_000 + 43_200_000_000, 18_318],
                [0.7, 0, 3.5, 18_320 * 86_400_000_000 + 43_200_000_000, 18_319],
                [nil, nil, nil, 18_320 * 86_400_000_000 + 43_200_000_000, 18_319],
            ])
        let moments = try QueryTable([("t", .timestamp)], [[[.integer(-3)], [.null], [.integer(5)]]])
        #expect(
            try moments.rows("SELECT median(t), quantile_cont(t, 0.25), quantile_disc(t, 0.5) FROM t")
                == [[.integer(1), .integer(-1), .integer(-3)]])
        try expect("mode(s), quantile_cont(x, -0.3)", [["p", 4.5], ["q", 3.9], ["p", nil]])
    }

    @Test func conditionsAndFilters() throws {
        try expect(
            "bool_and(x >= 0), bool_or(b), bool_and(b), count(*) FILTER (WHERE b), sum(x) FILTER (WHERE s = 'p')",
            [[true, true, false, 5, 13], [true, true, false, 3, 7], [nil, true, false, 2, nil]])
        try expect(
            "avg(x) FILTER (WHERE w > 1), min(s) FILTER (WHERE NOT b), max(d), count(DISTINCT s) FILTER (WHERE NULL)",
            [[4.25, "p", 18_325, 0], [3.25, "p", 18_325, 0], [nil, "p", 18_325, 0]])
        // A row that does not pass is not looked at.
        let table = try QueryTable([("s", .utf8)], [[[Self.text("7")], [Self.text("x")]]])
        #expect(
            try table.rows("SELECT sum(CAST(s AS INTEGER)) FILTER (WHERE s = '7') FROM t") == [[.integer(7)]])
    }

    @Test func sharesAndEffectiveSizes() throws {
        try expect(
            "share(w), share(*), share(), share(1), ess(w), share(w) FILTER (WHERE b)",
            [
                [0.5, 0.5, 0.5, 0.5, 16.0, 5.5 / 11.5], [0.5, 0.25, 0.25, 0.25, 10.0, 6 / 11.5],
                [nil, 0.25, 0.25, 0.25, nil, nil],
            ])
    }

    @Test func sharesWithinAParent() throws {
        for keyed in [false, true] {
            let rows = try Self.table(keyed: keyed).rows(
                "SELECT k, b, share(*), share(*) * 40, share(1, k), share(1, b) FROM t GROUP BY k, b ORDER BY k, b")
            for key in 0..<4 {
                let parts = rows.filter { $0[0] == .integer(Int64(key)) }.compactMap { $0[2].number }
                #expect(parts.count == 2 && abs(parts.reduce(0, +) - 1) < 1e-12)
            }
            #expect(rows.allSatisfy { $0[2] == $0[4] })
            let conditions = rows.filter { $0[1] == .bool(true) }.compactMap { $0[5].number }
            #expect(abs(conditions.reduce(0, +) - 1) < 1e-12)
        }
    }

    @Test func distancesBetweenDistributions() throws {
        try expect(
            "wasserstein(x, b, s = 'p'), wasserstein(x, b, s = 'p', w), wasserstein(x, b, b), wasserstein(x, b, false)",
            [[0.5, 1.4583333333333333, 0.0, nil], [3.5, 3.5, 0.0, nil], [nil, nil, nil, nil]])
        #expect(
            error(try Self.table(keyed: false), "SELECT wasserstein(x, b, NOT b, w - 1) FROM t").contains("no weight"))
    }

    @Test func sumsOfIntegersAreExact() throws {
        let table = try QueryTable(
            [("n", .int64), ("u", .uint64)],
            [
                [
                    [.integer(.max), .unsigned(.max)], [.integer(.max), .integer(1)], [.integer(.min), .integer(2)],
                    [.integer(.min + 3), .integer(3)],
                ]
            ])
        // Halfway, the sum is beyond 64 bits.
        #expect(
            try table.rows("SELECT sum(n), sum(DISTINCT n), avg(n) FROM t") == [
                [.integer(1), .integer(.min + 2), .float(0.25)]
            ])
        #expect(error(table, "SELECT sum(u) FROM t").contains("integer overflow"))
        #expect(try table.rows("SELECT sum(u) FROM t WHERE u < 4") == [[.integer(6)]])
    }

    @Test(arguments: [
        ("sum(s)", "it takes numbers"), ("bool_and(x)", "it takes conditions"),
        ("quantile(x)", "a value and a fraction"),
        ("quantile(x, 2)", "from 0 to 1"), ("quantile(x, w)", "from 0 to 1"), ("share(x, g)", "none of them"),
        ("ess(DISTINCT w)", "has no meaning"), ("wasserstein(x, b)", "two conditions"), ("median(*)", "one argument"),
        ("wasserstein(x, b, w)", "must be true or false"), ("percentile_cont(0.5)", "WITHIN GROUP"),
        ("sum(x) WITHIN GROUP (ORDER BY x)", "no WITHIN GROUP"), ("stddev(d)", "it takes numbers"),
        ("sum(x ORDER BY x)", "ORDER BY within an aggregate"), ("quantile_cont(s, 0.5)", "numbers, dates"),
    ])
    func refuses(_ aggregate: String, _ message: String) throws {
        let error = error(try Self.table(keyed: false), "SELECT \(aggregate) FROM t")
        #expect(error.contains(message), "\(error)")
    }
}
