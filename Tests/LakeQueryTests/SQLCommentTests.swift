import LakeCore
import LakeQuery
import Testing

/// Comments are taken out before the grammar sees them: its scanner needs the square of their number in time.
@Suite struct SQLCommentTests {
    @Test(arguments: [
        "SELECT a /* b, */ FROM t", "/* é☃ /* nested */ */ SELECT a FROM t", "SELECT/**/a/**/FROM/**/t",
        "SELECT a -- b,\nFROM t", "SELECT a /*\n\n*/ FROM t -- /* not open",
    ])
    func commentsAreBlanks(_ sql: String) throws {
        #expect(try SelectStatement(parsing: sql).items.count == 1)
    }

    @Test func noCommentsWithinQuotes() throws {
        let statement = try SelectStatement(parsing: "SELECT '/* a */' FROM t WHERE \"/*\" = $$/*$$")
        #expect(statement.items[0].expression?.description == "'/* a */'")
    }

    @Test func placesAfterCommentsAreTheirs() {
        #expect(
            sqlError("SELECT /* é */ a, FROM t") == """
                syntax error at or near "FROM"
                  SELECT          a, FROM t
                                     ^
                  hint: there is a comma too many before FROM
                """)
    }

    @Test func commentsThatDoNotEnd() {
        #expect(sqlError("SELECT a FROM t /* b /* c */").hasPrefix("a comment that does not end\n"))
    }

    @Test(arguments: ["/**/", "/*+*/", "/*/**/*/ ", "--\n"])
    func manyComments(_ comment: String) throws {
        let started = ContinuousClock.now
        let sql = "SELECT a FROM t" + String(repeating: comment, count: 100_000)
        #expect(try SelectStatement(parsing: sql).items.count == 1)
        #expect(sqlError(String(repeating: "/*", count: 500_000)).hasPrefix("a comment that does not end\n"))
        #expect(ContinuousClock.now - started < .seconds(10))
    }

    @Test func longOperators() {
        let long = String(repeating: "+", count: 5_000)
        #expect(sqlError("SELECT 1 \(long) 1 FROM t").hasPrefix("an operator of 64 characters or more\n"))
        #expect(sqlError("SELECT 1 \(long.prefix(63)) 1 FROM t").contains("nested") == false)
    }

    @Test func messagesQuoteLongTokensInPart() {
        let long = String(repeating: "a", count: 100_000)
        #expect(sqlError("SELECT a FROM t '\(long)'").utf8.count < 1_000)
        #expect(sqlError("SELECT a FROM t '\(long)'").hasPrefix("syntax error at or near \"'aaa"))
    }
}
