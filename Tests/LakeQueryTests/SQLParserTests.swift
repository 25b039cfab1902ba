import LakeCore
import LakeQuery
import Testing

/// Parses, expecting an error; its description.
func sqlError(_ sql: String, against schema: Schema? = nil) -> String {
    do {
        let statement = try SelectStatement(parsing: sql)
        if let schema { _ = try statement.resolved(against: schema) }
        return "no error"
    } catch {
        #expect(error.code == .usage)
        return error.description
    }
}

@Suite struct SQLParserTests {
    private func predicate(_ text: String) throws -> String? {
        try SelectStatement(parsing: "SELECT * FROM t WHERE " + text).predicate?.description
    }

    private func item(_ text: String) throws -> LakeQuery.Expression? {
        try SelectStatement(parsing: "SELECT \(text) FROM t").items.first?.expression
    }

    @Test func wholeStatement() throws {
        let statement = try SelectStatement(
            parsing: """
                SELECT DISTINCT Wave AS "Wave No", count(*) Total FROM Responses r
                WHERE age = '18-29' GROUP BY 1 HAVING count(*) > 5 ORDER BY 2 DESC, wave NULLS FIRST LIMIT 10 OFFSET 3;
                """)
        #expect(statement.distinct)
        #expect(statement.items.map(\.name) == ["Wave No", "Total"])
        #expect(statement.table == TableName(name: "Responses", quoted: false, alias: "r", position: 55))
        #expect(statement.predicate?.description == "age = '18-29'")
        #expect(statement.groupBy.map(\.description) == ["1"])
        #expect(statement.having?.description == "count(*) > 5")
        #expect(statement.orderBy.map(\.descending) == [true, false])
        #expect(statement.orderBy.map(\.nullsFirst) == [false, true])
        #expect(statement.limit == 10)
        #expect(statement.offset == 3)
        #expect(statement.isAggregate)
    }

    @Test(arguments: [
        "a = 1", "a <> 1", "a < 1", "a <= 1", "a > 1", "a >= 1", "a IS DISTINCT FROM 1", "a IS NOT DISTINCT FROM 1",
        "a IN (1, 2)", "a NOT IN (1, 2)", "a BETWEEN 1 AND 2", "a NOT BETWEEN 1 AND 2", "a IS NULL", "a IS NOT NULL",
        "a LIKE 'x%'", "a NOT LIKE 'x%'", "a ILIKE 'x%'", "a NOT ILIKE 'x%'", "NOT a",
        "(a = 1) AND (b = 2) AND (c = 3)", "(a = 1) OR ((b = 2) AND (c = 3))", "(a + 1) < ((b * 2) - c)",
        "(a // 2) = (a % 3)", "(-a) < (b / 2)", "CAST(a AS DOUBLE PRECISION) = 1.5", "coalesce(a, b, 0) = nullif(a, 1)",
        "lower(a) = 'x'", "greatest(a, b) = least(a, b)", "a = DATE '2020-02-29'",
        "a < TIMESTAMP '2020-01-02T03:04:05.5Z'", "\"odd name\" = 1", "a = NULL", "a = true", "a = 'it''s'",
    ])
    func readsWhatItWrites(_ text: String) throws {
        #expect(try predicate(text) == text)
    }

    @Test func otherSpellings() throws {
        #expect(try predicate("a == 1 and b != 2") == "(a = 1) AND (b <> 2)")
        #expect(
            try predicate("a is true or a is not false")
                == "(a IS NOT DISTINCT FROM true) OR (a IS DISTINCT FROM false)")
        #expect(try predicate("a is unknown") == "a IS NULL")
        #expect(try predicate("a = '2020-01-01'::date") == "a = DATE '2020-01-01'")
        #expect(try predicate("t.A = +1") == "A = 1")
    }

    @Test func literals() throws {
        let literals: [(String, LakeQuery.Expression.Literal)] = [
            ("0", .integer(0)), ("-0", .integer(0)), ("-7", .integer(-7)), ("- /* c */ 7", .integer(-7)),
            ("-(7)", .integer(-7)), ("- -7", .integer(7)), ("2147483648", .integer(2_147_483_648)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775807", .integer(.max)),
            ("18446744073709551615", .unsigned(.max)), ("18446744073709551616", .float(18_446_744_073_709_551_616)),
            ("2.5", .float(2.5)), ("-.5e-3", .float(-0.0005)), ("''", .string("")), ("E'a\\'\\n'", .string("a'\n")),
            ("$q$it's$q$", .string("it's")), ("'é☃'", .string("é☃")), ("false", .bool(false)), ("TRUE", .bool(true)),
            ("NULL", .null), ("date '1969-12-31'", .date(-1)),
            ("timestamp '1970-01-01 01:00+01'", .timestamp(0)), ("'x'::text", .string("x")),
        ]
        for (text, literal) in literals {
            #expect(try item(text)?.node == .literal(literal), "\(text)")
        }
    }

    @Test func aggregates() throws {
        #expect(try item("count(*)")?.description == "count(*)")
        #expect(try item("COUNT(DISTINCT a)")?.description == "count(DISTINCT a)")
        #expect(try item("sum(a * w) FILTER (WHERE b = 1)")?.description == "sum(a * w) FILTER (WHERE b = 1)")
        #expect(try item("avg(a) / max(b)")?.containsAggregate == true)
    }

    @Test func namesKeepTheirCaseAndLength() throws {
        let long = String(repeating: "Long", count: 30)
        let statement = try SelectStatement(
            parsing: "SELECT t.Age, \(long), \"a\"\"b\" x, count(*) filter (where c) FROM \"My Table\" t")
        #expect(statement.items.map(\.name) == ["Age", long, "x", "count(*) FILTER (WHERE c)"])
        #expect(statement.items[2].expression?.node == .column(ColumnName("a\"b", quoted: true)))
        #expect(statement.table.name == "My Table")
        #expect(statement.table.quoted)
    }

    @Test func positionsAreBytes() throws {
        let statement = try SelectStatement(parsing: "SELECT 'é', b FROM t WHERE c = 'x'")
        #expect(statement.items.map(\.position) == [7, 13])
        #expect(statement.predicate?.position == 30)
        #expect(statement.predicate?.children.map(\.position) == [28, 32])
    }
}
