import LakeCore
import LakeQuery
import Testing

@Suite struct SQLRefusalTests {
    @Test func caretUnderTheToken() {
        #expect(
            sqlError("SELECT 'é☃', from t") == """
                syntax error at or near "from"
                  SELECT 'é☃', from t
                               ^
                  hint: there is a comma too many before FROM
                """)
        #expect(
            sqlError("SELECT a\nFROM t\n\tWHERE '漢字' = AND b") == """
                syntax error at or near "AND"
                   WHERE '漢字' = AND b
                                  ^
                  hint: a query reads: SELECT ... FROM table [WHERE ...] [GROUP BY ...] [ORDER BY ...] [LIMIT n]
                """)
        let long = "SELECT " + (0..<100).map { "column\($0)" }.joined(separator: ", ") + " FROM a, b"
        let lines = sqlError(long).split(separator: "\n").map(String.init)
        #expect(lines[0] == "joins are not part of AlphaLake's SQL")
        #expect(lines[1].hasPrefix("  …"))
        #expect(lines[1].hasSuffix("FROM a, b"))
        #expect(lines[2].count == lines[1].count)
    }

    @Test(arguments: [
        ("SELECT 1 FROM a JOIN b USING (x)", "joins", "JOIN"), ("SELECT 1 FROM a, b", "joins", "b"),
        ("SELECT 1 FROM (SELECT 1) s", "subqueries", "(SELECT"), ("SELECT (SELECT 1) FROM a", "subqueries", "(SELECT"),
        ("SELECT a FROM t WHERE a IN (SELECT 1)", "subqueries", "IN"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH", "WITH"),
        ("SELECT 1 FROM a UNION SELECT 2 FROM b", "UNION", "UNION"),
        ("SELECT sum(a) OVER () FROM t", "window functions", "() FROM"),
        ("SELECT a FROM t; SELECT b FROM t", "more than one statement", "SELECT b"),
        ("DELETE FROM t", "only SELECT", "DELETE"),
        ("DELETE FROM t", "only SELECT", "DELETE"), ("VALUES (1)", "VALUES", "VALUES"),
        ("SELECT 1", "a query needs a table", ""), ("SELECT FROM t", "nothing is selected", ""),
        ("SELECT DISTINCT ON (a) b FROM t", "DISTINCT ON", "DISTINCT"), ("SELECT a FROM t LIMIT -1", "LIMIT", "-1"),
        ("SELECT a FROM t LIMIT 1 + 1", "LIMIT", "+"), ("SELECT a FROM t OFFSET 2.5", "OFFSET", "2.5"),
        ("SELECT a FROM s.t", "plain name", "s.t"), ("SELECT x.a FROM t", "'x' is not the table", "x.a"),
        ("SELECT a FROM t FOR UPDATE", "FOR UPDATE", "FOR"),
        ("SELECT a FROM t WHERE a SIMILAR TO 'x'", "SIMILAR TO", "SIMILAR TO"),
        ("SELECT current_date FROM t", "current date", "current_date"), ("SELECT a[1:2] FROM t", "subscript", "a["),
        ("SELECT ROW(1, 2) FROM t", "rows of values", "ROW"), ("SELECT a FROM t WHERE a = $1", "parameters", "$1"),
        ("SELECT user FROM t", "keyword", "user"),
        ("SELECT a::interval FROM t", "only string literals", "interval"),
        ("SELECT d + interval '1 moon' FROM t", "not an interval", "'1 moon'"),
        ("SELECT d + interval '1' year to month FROM t", "counts one unit", "interval"),
        ("SELECT date '2020-13-01' FROM t", "not a valid date", "'2020"),
        ("SELECT 1e999 FROM t", "out of range", "1e999"), ("SELECT sum(a, b) FROM t", "one argument", "sum"),
        ("SELECT lower(DISTINCT a) FROM t", "not an aggregate", "lower"),
        ("SELECT 'abc FROM t", "unterminated", "'abc"),
        ("SELECT ARRAY[1, 2] FROM t", "ARRAY", "ARRAY"), ("SELECT a FROM t WHERE a @> ANY (b)", "with ANY", "@> ANY"),
    ])
    func refusesWithACaret(_ sql: String, _ message: String, _ token: String) {
        let lines = sqlError(sql).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines[0].contains(message), "\(lines)")
        #expect(lines.count == 4, "\(lines)")
        guard lines.count == 4 else { return }
        #expect(lines[2].hasSuffix("^"))
        #expect(String(lines[1].dropFirst(lines[2].count - 1)).hasPrefix(token), "\(lines)")
        #expect(lines[3].hasPrefix("  hint: "))
    }

    @Test func limits() {
        #expect(sqlError("").hasPrefix("the SQL is empty"))
        #expect(sqlError("  -- nothing\n").hasPrefix("the SQL is empty"))
        #expect(sqlError("SELECT a\0 FROM t").hasPrefix("a NUL byte in the SQL"))
        #expect(
            sqlError("SELECT '" + String(repeating: "x", count: 1 << 20) + "' FROM t").hasPrefix(
                "the SQL has more than 1048576 bytes"))
        let shapes: [(Int) -> String] = [
            { "SELECT 1" + String(repeating: "+1", count: $0) + " FROM t" },
            { "SELECT " + String(repeating: "(", count: $0) + "1" + String(repeating: ")", count: $0) },
            { "SELECT " + String(repeating: "NOT ", count: $0) + "a FROM t" },
            { "SELECT " + String(repeating: "f(", count: $0) + "1" + String(repeating: ")", count: $0) + " FROM t" },
            { "SELECT 1 FROM t" + String(repeating: " UNION SELECT 1 FROM t", count: $0) },
            { "SELECT 1" + String(repeating: "::int", count: $0) + " FROM t" },
            { "SELECT " + String(repeating: "(SELECT ", count: $0) + "1" + String(repeating: ")", count: $0) },
            { "SELECT 1 FROM t" + String(repeating: " NATURAL JOIN t", count: $0) },
            { "SELECT a" + String(repeating: "[1]", count: $0) + " FROM t" },
            { "SELECT " + String(repeating: "- ", count: $0) + "a FROM t" },
            {
                "SELECT " + String(repeating: "CASE WHEN ", count: $0) + "a"
                    + String(repeating: " THEN 1 END", count: $0)
            },
        ]
        for shape in shapes {
            for count in [220, 2_000, 4_990, 9_990, 100_000] { #expect(sqlError(shape(count)) != "no error") }
        }
    }

    @Test func longListsAreNoNesting() throws {
        let values = (0..<100_000).map(String.init).joined(separator: ",")
        let listed = try SelectStatement(parsing: "SELECT a FROM t WHERE a IN (\(values))")
        #expect(listed.predicate?.children.count == 100_001)
        let terms = (0..<1_000).map { "a = \($0)" }.joined(separator: " OR ")
        #expect(try SelectStatement(parsing: "SELECT a FROM t WHERE \(terms)").predicate?.children.count == 1_000)
        _ = try SelectStatement(parsing: "SELECT 1" + String(repeating: "+1", count: 190) + " FROM t")
    }

    /// Pieces of SQL in random order and damaged statements: an answer or an error, never a crash.
    @Test func anyTextIsAnswered() {
        let pieces = [
            "SELECT", "FROM", "t", "WHERE", "(", ")", ",", "*", "a", "\"b\"", "'x'", "1", "-2.5", "=", "<>", "AND",
            "OR",
            "NOT", "IN", "BETWEEN", "IS", "NULL", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "count", "sum", "AS", ".",
            "::", "date", "DISTINCT", "+", "/", "LIKE", "$1", "/*", "*/", "--", "\n", ";", "é", "U&\"x\"", "E'\\", "[",
            "]",
            "CASE", "WHEN", "THEN", "END", "FILTER", "OVER", "JOIN", "ON", "UNION", "ROW", "ARRAY", "INTERVAL", "\u{1}",
        ]
        var random = SplitMix64(seed: 7)
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...14, using: &random)
            let text =
                "SELECT " + (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined(separator: " ")
            _ = try? SelectStatement(parsing: text + " FROM t")
        }
        let whole = Array(
            "SELECT a, count(*) AS n, -1, 'é' FROM t x WHERE a IN (1,-2) AND b BETWEEN 1 AND 2 GROUP BY 1 ORDER BY n"
                .utf8)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: index)
                case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
                default: bytes.insert(contentsOf: bytes[index..<min(index + 9, bytes.count)], at: index)
                }
            }
            _ = try? SelectStatement(parsing: String(decoding: bytes, as: UTF8.self))
        }
    }
}
