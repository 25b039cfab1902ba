import LakeCore
import LakeQuery
import Testing

@Suite struct SQLResolutionTests {
    private let schema: Schema

    init() throws {
        let names = ["Wave", "age", "sex", "weight", "answer", "Answer"]
        schema = try Schema(fields: names.enumerated().map { Field(id: $0 + 1, name: $1, type: .utf8) })
    }

    private func resolved(_ sql: String) throws -> SelectStatement {
        try SelectStatement(parsing: sql).resolved(against: schema)
    }

    @Test func starAndCase() throws {
        #expect(try resolved("SELECT * FROM t").items.map(\.name) == schema.fields.map(\.name))
        #expect(
            try resolved("SELECT wave, AGE, *, x.Sex FROM t x").items.map(\.name).prefix(3) == ["Wave", "age", "Wave"])
        #expect(try resolved("SELECT answer, Answer FROM t").items.map(\.name) == ["answer", "Answer"])
        #expect(sqlError("SELECT ANSWER FROM t", against: schema).contains("'ANSWER' can mean several columns"))
        #expect(sqlError("SELECT \"wave\" FROM t", against: schema).contains("did you mean 'Wave'?"))
    }

    @Test func ordinalsAndAliases() throws {
        let statement = try resolved(
            "SELECT sex AS s, count(*) AS n FROM t WHERE S = 'x' GROUP BY 1 HAVING n > 1 ORDER BY N DESC, 1")
        #expect(statement.predicate?.description == "sex = 'x'")
        #expect(statement.groupBy.map(\.description) == ["sex"])
        #expect(statement.having?.description == "count(*) > 1")
        #expect(statement.orderBy.map(\.expression.description) == ["count(*)", "sex"])
        // A name that is a column and an output: ORDER BY takes the output, GROUP BY the column.
        let both = try resolved("SELECT age AS sex, count(*) FROM t GROUP BY sex, age ORDER BY sex")
        #expect(both.groupBy.map(\.description) == ["sex", "age"])
        #expect(both.orderBy.map(\.expression.description) == ["age"])
    }

    @Test(arguments: [
        ("SELECT age FROM t ORDER BY 'age'", "ORDER BY the constant 'age' has no effect"),
        ("SELECT age FROM t ORDER BY 1.5", "constant 1.5"), ("SELECT age FROM t WHERE age = ‘x’", "straight quotes"),
        ("SELECT agee FROM t", "no column 'agee' in 't'"),
        ("SELECT age FROM t WHERE age = \"Yes\"", "text goes in single quotes"),
        ("SELECT age FROM t GROUP BY 2", "GROUP BY 2: the query has 1 output"),
        ("SELECT age FROM t ORDER BY 0", "ORDER BY 0"),
        ("SELECT age, count(*) FROM t", "'age' is neither in GROUP BY"),
        ("SELECT * FROM t GROUP BY age", "'Wave' is neither"),
        ("SELECT age FROM t WHERE count(*) > 1", "go into HAVING"),
        ("SELECT sum(count(*)) FROM t", "cannot stand in an aggregate"),
        ("SELECT count(*) FROM t GROUP BY sum(weight)", "cannot stand in GROUP BY"),
        ("SELECT DISTINCT age FROM t ORDER BY sex", "can only name selected items"),
        ("SELECT age FROM t HAVING sex = 'x'", "'age' is neither in GROUP BY"),
    ])
    func refuses(_ sql: String, _ message: String) {
        #expect(sqlError(sql, against: schema).contains(message), "\(sqlError(sql, against: schema))")
    }

    @Test func groupedExpressions() throws {
        let statement = try resolved(
            "SELECT lower(age), sum(weight) / count(*) FROM t GROUP BY lower(AGE) ORDER BY lower(age)")
        #expect(statement.items.map(\.name) == ["lower(age)", "sum(weight) / count(*)"])
    }
}
