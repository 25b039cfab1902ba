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
        ("n + s", "both sides must be numbers", ""), ("t - t", "is an interval", "date_diff('day', b, a)"),
        ("n + INTERVAL '1 day'", "with an interval", "CAST"), ("INTERVAL '1 day'", "stands only beside", "moment"),
        ("n = ANY(s)", "ANY takes a list", "IN"), ("n = ANY(w)", "cannot be compared", ""), ("l = l", "lists", "ANY"),
        ("s LIKE 'a!' ESCAPE '!'", "ends in its escape", ""), ("s LIKE n", "it takes text", ""),
        ("strftime(d, '%Q')", "not supported", "%Y"), ("l::varchar", "cannot be cast", ""),
        ("array_length(l, 2)", "one dimension", "array_length(list)"),
        ("date_diff('hours', d, n)", "argument 3 is int64", ""),
        ("date_diff('era', d, t)", "'era' is no part", ""), ("date_diff('minutee', d, t)", "no part", "'minute'"),
        ("s + s", "utf8 + utf8", "a || b"), ("b + 1", "bool + int64", "CAST(x AS INTEGER)"),
        ("n = b", "cannot be compared", "truth values are no numbers"), ("b = 't'", "cannot be", "without quotes"),
        ("n = s", "cannot be compared", "CAST(x AS DOUBLE) reads"), ("d = n", "cannot be", "DATE '2020-12-31'"),
        ("d::int", "DATE cannot be cast to INTEGER", "epoch"), ("n::date", "BIGINT cannot be cast", "1970-01-01"),
        ("-b", "cannot negate", "NOT x"), ("n AND b", "take conditions", "x > 0"), ("n LIKE '1'", "LIKE on", "VARCHAR"),
        ("nvl(n, 1)", "no function", "coalesce"), ("countif(b)", "no function", "FILTER"),
        ("try_cast(s, 'int')", "no function", "CASE WHEN"), ("len(ARRAY[1])", "outside of ANY and ALL", "IN"),
    ])
    func refusesWithACaret(_ sql: String, _ message: String, _ hint: String) {
        do {
            _ = try FunctionTests.bind(sql)
            Issue.record("\(sql) is accepted")
        } catch let error as LakeError {
            #expect(error.code == .usage)
            #expect(error.message.contains(message), "\(sql): \(error)")
            #expect(error.message.hasSuffix("^"), "\(sql): \(error)")
            #expect(error.hint?.contains(hint) ?? false, "\(sql): \(error)")
        } catch {
            Issue.record(error)
        }
    }
}
