import LakeCore
import Testing

@testable import LakeQuery

@Suite struct FunctionTableTests {
    @Test func namesAreGivenOnce() {
        let names = FunctionTable.sections.flatMap(\.entries).flatMap { [$0.name] + $0.aliases }
        #expect(Set(names).count == names.count)
        #expect(Set(names).isDisjoint(with: AggregateCall.Function.allCases.map(\.rawValue)))
    }

    @Test(arguments: [
        ("lowr(s)", "no function 'lowr'", "did you mean 'lower'?"), ("now()", "no function 'now'", "tomorrow"),
        ("row_number()", "no function 'row_number'", "Arrow"), ("random()", "no function", "same answer"),
        ("frobnicate(s)", "no function 'frobnicate'", "Schemas/SQL.md"), ("lower(n)", "lower of int64", ""),
        ("substr(s)", "substr with 1 argument", "substr(text, start [, length])"),
        ("substr(s, s)", "argument 2 is utf8; it takes integers", ""), ("sqrt(d)", "sqrt of date", ""),
        ("year(n)", "year of int64", ""), ("list_sum(w)", "it takes numbers", ""), ("list_contains(n, 1)", "lists", ""),
        ("date_part('mont', d)", "'mont' is no part of a date", "did you mean 'month'?"),
        ("date_part(s, d)", "must be a string literal", ""),
        ("regexp_matches(s, '(')", "not a regular expression", "RE2"),
        ("regexp_matches(s, 'a', 'z')", "'z' is no option", "options are"),
        ("regexp_replace(s, 'a', '\\1')", "names a group", ""), ("regexp_extract(s, '(a)', 2)", "from 0 to 1", ""),
        ("coalesce(s, n)", "utf8 and int64 have no common type", "CAST"), ("CASE WHEN n THEN 1 END", "WHEN takes", ""),
        ("CASE n WHEN 'a' THEN 1 END", "int64 cannot be compared with utf8", "single quotes"),
        ("n + s", "both sides must be numbers", ""), ("t - t", "is an interval", "epoch"),
        ("n + INTERVAL '1 day'", "with an interval", "CAST"), ("INTERVAL '1 day'", "stands only beside", "moment"),
        ("n = ANY(s)", "ANY takes a list", "IN"), ("n = ANY(w)", "cannot be compared", ""), ("l = l", "lists", "ANY"),
        ("s LIKE 'a!' ESCAPE '!'", "ends in its escape", ""), ("s LIKE n", "it takes text", ""),
        ("strftime(d, '%Q')", "not supported", "%Y"), ("l::varchar", "cannot be cast", ""),
    ])
    func refusesWithACaret(_ sql: String, _ message: String, _ hint: String) {
        do {
            _ = try FunctionTests.bind(sql)
            Issue.record("\(sql) is accepted")
        } catch let error as LakeError {
            #expect(error.code == .usage)
            #expect(error.message.contains(message), "\(sql): \(error)")
            #expect(error.message.hasSuffix("^"), "\(sql): \(error)")
            #expect(hint.isEmpty || error.hint?.contains(hint) == true, "\(sql): \(error)")
        } catch {
            Issue.record(error)
        }
    }
}
