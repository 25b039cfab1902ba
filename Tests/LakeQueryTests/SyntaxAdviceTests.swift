import LakeCore
import LakeQuery
import Testing

/// What the grammar does not take is shown in its place, with what to write instead.
@Suite struct SyntaxAdviceTests {
    @Test(arguments: [
        ("SELECT a, FROM t", "FROM", "a comma too many"),
        ("SELECT a FROM t WHER b = 1", "b = 1", "WHERE instead of 'wher'"),
        ("SELECT a FORM t", "t", "FROM instead of 'form'"), ("SELEC a FROM t", "SELEC", "did you mean 'SELECT'?"),
        ("SELECT a FROM t GRUOP BY a", "BY", "GROUP instead of 'gruop'"), ("SELECT a FROM t GROUP a", "a", "GROUP BY"),
        ("SELECT a FROM t ORDER a", "a", "ORDER BY"), ("SELECT a FROM t WHERE a IN ()", ")", "x IN ('a', 'b')"),
        ("SELECT a FROM t WHERE a = ?", "", "no parameters"), ("SELECT a FROM t WHERE a = :x", ":x", "no parameters"),
        ("SELECT `a` FROM t", "`a`", "double quotes"), ("SELECT [a] FROM t", "[a]", "lists cannot be written"),
        ("SELECT a FROM t WHERE a NOT NULL", "NOT", "x IS NOT NULL"), ("SELECT a FROM t WHERE", "", "follow 'WHERE'"),
        ("SELECT a FROM t SAMPLE 10", "10", "TABLESAMPLE"), ("SELECT a FROM t USING SAMPLE 10", "USING", "TABLESAMPLE"),
        ("SELECT * EXCLUDE (a) FROM t", "EXCLUDE", "instead of *"),
        ("SELECT * EXCEPT (a) FROM t", "a)", "instead of *"),
        ("DESCRIBE t", "DESCRIBE", "alphalake schema"), ("SELECT a FROM t LIMIT 1, 2", "LIMIT", "OFFSET 20"),
        ("SELECT try_cast(a AS int) FROM t", "AS", "CASE WHEN"), ("SELECT 'a FROM t", "'a", "'it''s'"),
        ("SELECT 1_000 FROM t", "1_000", "1000"), ("SELECT 1a FROM t", "1a", "begin with a letter"),
        ("SELECT a FROM t WHERE a ≥ 1", "≥", ">="), ("SELECT * FROM (SELECT 1)", "(SELECT", "DuckDB"),
        ("SELECT a FROM t WHERE a = 1 && b", "&& b", "a AND b"), ("SELECT !a FROM t", "!a", "NOT a"),
        ("SELECT a & 1 FROM t", "& 1", "bits"), ("SELECT a FROM t WHERE a LIKE ANY (ARRAY['a'])", "LIKE", "OR x LIKE"),
        ("EXPLAIN DELETE FROM t", "DELETE", "import"), ("/* open", "/*", "*/"),
        ("SELECT coutn(*) FROM t", "coutn", "'count'"),
    ])
    func advises(_ sql: String, _ token: String, _ hint: String) {
        let lines = sqlError(sql).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.count == 4, "\(lines)")
        guard lines.count == 4 else { return }
        #expect(String(lines[1].dropFirst(lines[2].count - 1)).hasPrefix(token), "\(lines)")
        #expect(lines[3].contains(hint), "\(lines)")
    }
}
