import LakeCore
import LakeTable
import Testing

@testable import LakeQuery

@Suite struct GroupingSetTests {
    private static let table = Result { () throws -> QueryTable in
        // Half of the columns belong to keys.
        let values = (0..<240).map { row -> [Scalar] in
            let key = row / 12
            let age: Scalar = key % 5 == 4 ? .null : .integer(Int64(key % 5))
            return [
                .integer(Int64(key)), .bytes(Array(["north", "south"][key % 2].utf8)), age,
                .bool(row % 3 == 0), .float(Double(row % 7) / 4),
            ]
        }
        return try QueryTable(
            [("k", .int64), ("region", .utf8), ("age", .int64), ("yes", .bool), ("w", .float64)],
            [Array(values[..<100]), Array(values[100...])],
            groups: [KeyGroup(name: "keys", key: ["k"], columns: ["k", "region", "age"])])
    }

    private func rows(_ sql: String) throws -> [[Scalar]] { try Self.table.get().rows(sql) }

    /// The rows of a grouping set by a query of its own, with NULL for the terms that are not in it.
    private func expected(_ terms: [String], _ sets: [[Int]], _ aggregates: String, from: String) throws -> [[Scalar]] {
        try sets.flatMap { set -> [[Scalar]] in
            let grouped = set.map { terms[$0] }
            let by = grouped.isEmpty ? "" : " GROUP BY " + grouped.joined(separator: ", ")
            let found = try rows("SELECT \((grouped + [aggregates]).joined(separator: ", ")) FROM \(from)\(by)")
            return found.map { row in
                var keys = [Scalar](repeating: .null, count: terms.count)
                for (place, term) in set.enumerated() { keys[term] = row[place] }
                return keys + row[set.count...]
            }
        }
    }

    private static func sorted(_ rows: [[Scalar]]) -> [String] {
        rows.map { row in
            row.map { if case .float(let value) = $0 { "\((value * 1e9).rounded())" } else { "\($0)" } }
                .joined(separator: "|")
        }.sorted()
    }

    @Test(arguments: [
        ("ROLLUP (region, age, yes)", [[0, 1, 2], [0, 1], [0], []]),
        ("CUBE (region, age)", [[0, 1], [0], [1], []]),
        ("GROUPING SETS ((region, yes), (age), ())", [[0, 2], [1], []]),
        ("region, ROLLUP (age, yes)", [[0, 1, 2], [0, 1], [0]]),
        ("ROLLUP ((region, age), yes)", [[0, 1, 2], [0, 1], []]),
        ("region, CUBE (region, yes)", [[0, 2], [0], [0, 2], [0]]),
        ("GROUPING SETS (ROLLUP (region, age), CUBE (yes))", [[0, 1], [0], [], [2], []]),
        ("GROUPING SETS ((age), (age))", [[1], [1]]), ("()", [[]]), ("ROLLUP (1, 2)", [[0, 1], [0], []]),
    ])
    func setsAreQueriesOfTheirOwn(_ clause: String, _ sets: [[Int]]) throws {
        let terms = ["region", "age", "yes"]
        let used = terms.indices.filter { term in sets.contains { $0.contains(term) } }
        let aggregates = "count(*), sum(w), count(DISTINCT w), median(w), stddev(w), min(region), sum(k)"
        for from in ["t", "t WHERE age > 1 OR yes", "t WHERE k = 99"] {
            let outputs = terms.indices.map { used.contains($0) || clause.contains("1") ? terms[$0] : "NULL" }
            let found = try rows(
                "SELECT \(outputs.prefix(clause.contains("1") ? 2 : 3).joined(separator: ", ")), \(aggregates) FROM \(from) GROUP BY \(clause)"
            )
            let wanted = try expected(
                Array(terms.prefix(clause.contains("1") ? 2 : 3)), sets, aggregates, from: from)
            #expect(Self.sorted(found) == Self.sorted(wanted), "\(clause) of \(from)")
        }
    }

    @Test func groupingTellsTotalsFromNull() throws {
        let found = try rows(
            """
            SELECT age, GROUPING(age), GROUPING(region, age), count(*) FROM t GROUP BY ROLLUP (region, age)
            HAVING age IS NULL AND region IS NULL OR GROUPING(age) = 0 AND age IS NULL ORDER BY 3, region
            """)
        #expect(found.map { $0[1] } == [.integer(0), .integer(0), .integer(1)])
        #expect(found.map { $0[2] } == [.integer(0), .integer(0), .integer(3)])
        #expect(found.map { $0[3] } == [.integer(24), .integer(24), .integer(240)])
    }

    @Test func sharesOfARollupAreOfTheLevelAbove() throws {
        let found = try rows(
            "SELECT region, age, share(*), count(*) FROM t GROUP BY ROLLUP (region, age) ORDER BY region, age, 4")
        let total = found.filter { $0[3] == .integer(240) }
        #expect(total.map { $0[2] } == [.float(1)])
        for row in found where row[3] == .integer(24) { #expect(row[2] == .float(0.2)) }
        #expect(found.filter { $0[3] == .integer(120) }.map { $0[2] } == [.float(0.5), .float(0.5)])
    }

    @Test(arguments: [
        ("SELECT GROUPING(w) FROM t GROUP BY region", "neither in GROUP BY"),
        (
            "SELECT count(*) FROM t GROUP BY CUBE (k, region, age, yes, w, k + 1, k + 2, k + 3, k + 4, k + 5, k + 6, k + 7, k + 8)",
            "4096 grouping sets"
        ),
        ("SELECT w, count(*) FROM t GROUP BY ROLLUP (region)", "neither in GROUP BY"),
        ("SELECT count(*) FROM t GROUP BY ROLLUP (count(*))", "cannot stand in GROUP BY"),
    ])
    func refuses(_ sql: String, _ message: String) throws {
        let table = try Self.table.get()
        let error = #expect(throws: LakeError.self) { try table.rows(sql) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(message))
    }
}
