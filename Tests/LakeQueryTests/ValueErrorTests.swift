import LakeCore
import Testing

@testable import LakeQuery

/// What fails on a value says which value, shows where in the SQL, and what to write instead.
@Suite struct ValueErrorTests {
    private let table: QueryTable

    init() throws {
        func text(_ value: String) -> Scalar { .bytes(Array(value.utf8)) }
        table = try QueryTable(
            [("n", .int64), ("s", .utf8), ("d", .date), ("x", .float64)],
            [
                [
                    [.integer(.max), text("abc"), .integer(0), .float(1e300)],
                    [.integer(0), text("abc"), .integer(0), .float(.nan)],
                    [.integer(.max), text("abc"), .integer(0), .float(2)],
                ]
            ])
    }

    private func error(_ sql: String) -> String {
        do {
            return "\(try table.rows(sql))"
        } catch {
            return "\(error)"
        }
    }

    @Test func inWhole() {
        #expect(
            error("SELECT n,\n  n + 1 AS more FROM t") == """
                integer overflow: 9223372036854775807 + 1 does not fit 64 bits with a sign
                    n + 1 AS more FROM t
                      ^
                  hint: floats reach further: CAST(x AS DOUBLE) + y
                """)
        #expect(
            error("SELECT count(*) FROM t WHERE s::int = 1") == """
                'abc' cannot be cast from VARCHAR to INTEGER
                  SELECT count(*) FROM t WHERE s::int = 1
                                                  ^
                  hint: CASE WHEN x ~ '^-?\\d{1,9}$' THEN CAST(x AS INTEGER) END is NULL for other texts
                """)
        #expect(
            error("SELECT sum(n) FROM t") == """
                integer overflow: the sum 18446744073709551614 does not fit 64 bits with a sign
                  SELECT sum(n) FROM t
                         ^
                  hint: sum floats: sum(CAST(x AS DOUBLE)), or take avg(x)
                """)
        #expect(
            error("SELECT n, sum(DISTINCT n) + max(n) FROM t WHERE n > 0 GROUP BY n") == """
                integer overflow: 9223372036854775807 + 9223372036854775807 does not fit 64 bits with a sign
                  SELECT n, sum(DISTINCT n) + max(n) FROM t WHERE n > 0 GROUP BY n
                                            ^
                  hint: floats reach further: CAST(x AS DOUBLE) + y
                """)
    }

    /// The innermost expression that fails, its value and a hint that holds.
    @Test(arguments: [
        ("abs((n + 1) * 2)", "integer overflow", "+ 1)", "DOUBLE"), ("-(n + n)", "integer overflow", "+ n)", "DOUBLE"),
        ("7 // (n - n)", "division by zero: 7 // 0", "// (n", "x // nullif(y, 0) is NULL"),
        ("7 % (n - n)", "division by zero: 7 % 0", "% (n", "x % nullif(y, 0) is NULL"),
        ("mod(n, 0)", "division by zero", "mod", "nullif"),
        ("n::int", "9223372036854775807 cannot be cast from BIGINT to INTEGER", "int", "DOUBLE PRECISION more"),
        ("300::tinyint", "300 cannot be cast from BIGINT to TINYINT", "tinyint", "-128 to 127, BIGINT more"),
        ("CAST('300' AS tinyint)", "'300' cannot be cast from VARCHAR to TINYINT", "'300'", "-128 to 127"),
        ("x::bigint", "1e+300 cannot be cast from DOUBLE PRECISION to BIGINT", "bigint", "DOUBLE"),
        ("(x - x + 'nan'::double)::int", "nan cannot be cast", "int", "isfinite"),
        ("x::real", "1e+300", "real", "DOUBLE"),
        ("s::date", "'abc' cannot be cast from VARCHAR to DATE", "date", "2020-12-31"),
        ("s::boolean", "'abc'", "boolean", "true, t"), ("''::double + n", "''", "''", "nullif"),
        ("d + n", "'1970-01-01' + 9223372036854775807 days is out of range", "+ n", "5881580"),
        ("d + INTERVAL '900000 years'", "'1970-01-01' + INTERVAL", "+ INT", "294247"),
        ("date_trunc('day', make_date(600000, 1, 1))", "the beginning of the day of", "date_trunc", "timestamps"),
        ("make_date(2021, 2, 29)", "no date 2021-2-29", "make", "last_day"),
        ("repeat(s, 100000000)", "repeat makes a text of more than 64 MiB", "repeat", "least"),
        ("lpad(s, 10, '')", "nothing to fill", "lpad", "' '"), ("chr(-1)", "-1 is no code point", "chr", "1114111"),
        ("s ~ ('[' || s)", "'[abc' is not a regular expression", "~", "RE2"),
        ("s LIKE s || '!' ESCAPE '!'", "'abc!' ends in its escape", "LIKE", "twice"),
        ("round(n, -18) + round(n, -1)", "round(9223372036854775807, -1)", "round(n, -1)", "DOUBLE"),
        ("CASE WHEN n > 0 THEN s::int END", "'abc'", "int", "CASE"), ("coalesce(NULL, n * 2)", "* 2", "* 2", "DOUBLE"),
        (
            "date_diff('microsecond', d, make_date(600000, 1, 1))", "between '1970-01-01' and", "date_diff",
            "dates reach"
        ),
    ])
    func shownInPlace(_ sql: String, _ message: String, _ token: String, _ hint: String) {
        for whole in ["SELECT \(sql) FROM t", "SELECT min(\(sql)) FROM t", "SELECT n FROM t WHERE (\(sql)) IS NULL"] {
            let lines = error(whole).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            #expect(lines.count == 4 && lines[0].contains(message), "\(lines)")
            guard lines.count == 4 else { continue }
            #expect(lines[2].hasSuffix("^"))
            #expect(String(lines[1].dropFirst(lines[2].count - 1)).hasPrefix(token), "\(lines)")
            #expect(lines[3].contains(hint), "\(lines)")
        }
    }

    @Test func valuesAreShortAndHarmless() {
        let text = "'\u{1B}[31m" + String(repeating: "x", count: 90) + "'"
        let message = error("SELECT CAST(\(text) AS BIGINT) FROM t").split(separator: "\n")[0]
        let shown = "'\\u{1B}[31m" + String(repeating: "x", count: 55) + "…'"
        #expect(message == "\(shown) cannot be cast from VARCHAR to BIGINT")
        #expect(!error("SELECT \"\u{1B}[31m\" FROM t").contains("\u{1B}"))
    }

    @Test func weightsThatAreNone() {
        let lines = error("SELECT wasserstein(n, n > 0, n < 1, -1.0) FROM t").split(separator: "\n")
        #expect(lines[0] == "wasserstein: -1.0 is no weight")
        #expect(lines[2] == "         ^")
    }

    /// The same expression at two places is one, and groups are found again.
    @Test func placesDoNotMatter() throws {
        let rows = try table.rows(
            "SELECT n % 3 + 1, sum(n % 3 + 1) FROM t GROUP BY n % 3 + 1 ORDER BY sum(n % 3 + 1) DESC")
        #expect(rows.count == 2)
        let a = Bound.cast(.field(0, .utf8), .int64, at: Place(SQLSource("a"), at: 1))
        #expect(a == Bound.cast(.field(0, .utf8), .int64))
        #expect(a.hashValue == Bound.cast(.field(0, .utf8), .int64).hashValue)
    }

    @Test func aggregatesOfOtherTypes() {
        #expect(error("SELECT sum(s) FROM t").hasSuffix("hint: CAST(x AS DOUBLE) reads a number"))
        #expect(error("SELECT avg(n > 0) FROM t").hasSuffix("hint: CAST(x AS INTEGER) is 1 where it is true, else 0"))
        #expect(error("SELECT bool_or(n) FROM t").hasSuffix("hint: compare it: x > 0, x IS NOT NULL"))
        #expect(error("SELECT n FROM t WHERE s").hasSuffix("hint: compare it: x = 'text', x IS NOT NULL"))
    }

    @Test func emptyArrays() throws {
        #expect(
            try table.rows("SELECT n = ANY(ARRAY[]), n <> ALL(ARRAY[]) FROM t LIMIT 1") == [
                [.bool(false), .bool(true)]
            ])
    }
}
