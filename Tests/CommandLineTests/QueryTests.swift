import Foundation
import Testing

@Suite struct QueryTests {
    private static let rows = #"""
        {"name": "plain", "n": 1, "x": 0.1, "d": "2020-02-29", "t": "2020-01-01T10:00:00Z", "l": ["a", null], "b": true}
        {"name": "a,\"b\"\nc", "n": -7, "x": 1e300, "d": null, "t": "2020-01-01T10:00:00.25Z", "l": [], "b": false}
        {"name": "", "n": null, "x": 3, "d": "1969-12-31", "t": null, "l": null, "b": null}
        {"name": "漢字 é", "n": 9007199254740993, "x": -0.5, "d": null, "t": null, "l": ["\u001b[31m"], "b": true}
        """#

    private func ask(_ sql: String, _ options: String...) throws -> Program.Outcome {
        let scratch = try Scratch()
        let lake = try scratch.lake("things", jsonl: QueryTests.rows)
        return try Program.run(["query", lake, sql] + options)
    }

    @Test func textThatIsNoUTF8() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("things", jsonl: QueryTests.rows)
        let piped = try Program.run(["query", lake, "-"], input: Data("SELECT 'a\u{E9}".utf8) + [0xFF, 0x27])
        #expect(piped.status == 64)
        #expect(piped.notes.hasPrefix("error: the SQL is not valid UTF-8 (file standard input, offset 11)\n  hint: "))
        let argument = try Program.shell("$A query '\(lake)' $'SELECT \\'\\xff\\' FROM things'")
        #expect(argument.status == 64)
        #expect(argument.notes.contains("not valid UTF-8 (file the command line, offset 8)"), "\(argument.notes)")
        let whole = try Program.run("query", lake, "SELECT '\u{FFFD}' AS c FROM things LIMIT 1", "--format", "csv")
        #expect(whole.output == "c\n\u{FFFD}\n")
        let marked = try Program.run(
            "query", lake, "-", "--format", "csv", input: "\u{FEFF}SELECT n FROM things LIMIT 1")
        #expect(marked.output == "n\n1\n")
    }

    @Test func csv() throws {
        let outcome = try ask("SELECT * FROM things", "--format", "csv")
        #expect(outcome.status == 0)
        #expect(
            outcome.output == """
                name,n,x,d,t,l,b
                plain,1,0.1,2020-02-29,2020-01-01T10:00:00Z,"[""a"",null]",true
                "a,""b""
                c",-7,1e+300,,2020-01-01T10:00:00.25Z,[],false
                "",,3.0,1969-12-31,,,
                漢字 é,9007199254740993,-0.5,,,"[""\\u001b[31m""]",true

                """)
        #expect(outcome.notes.isEmpty)
    }

    @Test func json() throws {
        let lines = try ask("SELECT name, n, x, l FROM things", "--format", "jsonl")
        #expect(
            lines.output == #"""
                {"name":"plain","n":1,"x":0.1,"l":["a",null]}
                {"name":"a,\"b\"\nc","n":-7,"x":1e+300,"l":[]}
                {"name":"","n":null,"x":3.0,"l":null}
                {"name":"漢字 é","n":9007199254740993,"x":-0.5,"l":["\u001b[31m"]}

                """#)
        let array = try ask("SELECT name AS a, n AS a FROM things LIMIT 2", "--format", "json")
        #expect(array.output == "[\n{\"a\":\"plain\",\"a_1\":1},\n{\"a\":\"a,\\\"b\\\"\\nc\",\"a_1\":-7}\n]\n")
        #expect(try ask("SELECT n FROM things WHERE n = 5", "--format", "json").output == "[]\n")
    }

    @Test func table() throws {
        let outcome = try ask("SELECT name, n, x, b FROM things")
        #expect(
            outcome.output == """
                name                    n       x  b
                ───────  ────────────────  ──────  ─────
                plain                   1     0.1  true
                a,"b"↵c                -7  1e+300  false
                                     NULL     3.0  NULL
                漢字 é   9007199254740993    -0.5  true
                4 rows

                """)
        let escape = try ask("SELECT l FROM things WHERE n > 100")
        #expect(!escape.output.contains("\u{1B}"))
        #expect(try ask("SELECT n FROM things WHERE n = 5").output == "n\n─\n0 rows\n")
    }

    @Test func numbers() throws {
        let scratch = try Scratch()
        let lake = scratch.path("lake")
        #expect(try Program.run("init", lake).status == 0)
        let schema = try scratch.write(
            "schema.json",
            #"{"fields": [{"name": "u", "type": "uint64"}, {"name": "f", "type": "float32"}, {"name": "s", "type": "int8"}]}"#
        )
        let input = "u,f,s\n18446744073709551615,0.1,-128\n0,16777216,127\n"
        let made = try Program.run("import", "table", lake, "t", "-", "--schema", schema, input: input)
        #expect(made.status == 0, "\(made.notes)")
        let outcome = try Program.run("query", lake, "SELECT u, f, s FROM t", "--format", "csv")
        #expect(outcome.output == "u,f,s\n18446744073709551615,0.1,-128\n0,16777216.0,127\n")
    }

    @Test func groups() throws {
        let outcome = try ask("SELECT b, count(*) AS n FROM things GROUP BY b ORDER BY n DESC, b", "--format", "csv")
        #expect(outcome.output == "b,n\ntrue,2\nfalse,1\n,1\n", "\(outcome.notes)")
    }

    @Test func errorsPointIntoTheSQL() throws {
        let unknown = try ask("SELECT nam FROM things")
        #expect(unknown.status == 64)
        #expect(
            unknown.notes == """
                error: no column 'nam' in 'things'
                  SELECT nam FROM things
                         ^
                  hint: did you mean 'name'?

                """)
        #expect(unknown.output.isEmpty)
        let table = try ask("SELECT 1 FROM thing")
        #expect(table.status == 66)
        #expect(table.notes.contains("did you mean 'things'?"))
        let join = try ask("SELECT 1 FROM things JOIN things USING (n)")
        #expect(join.status == 64)
        #expect(join.notes.contains("DuckDB"))
    }

    @Test func standardInput() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("things", jsonl: QueryTests.rows)
        let sql = "SELECT count(*) AS rows -- all of them\nFROM things;\n"
        #expect(try Program.run("query", lake, "-", "--format", "csv", input: sql).output == "rows\n4\n")
        let damaged = try Program.run(["query", lake, "-"], input: Data([0x53, 0xFF, 0xFE]))
        #expect(damaged.status == 64)
        #expect(damaged.notes.hasPrefix("error: the SQL is not valid UTF-8"))
    }

    @Test func timing() throws {
        struct Timing: Decodable {
            var rows: Int
            var ms: [Double]
        }
        let outcome = try ask("SELECT x FROM things", "--repeat", "3", "--timing", "--format", "csv", "--threads", "2")
        #expect(outcome.lines.count == 5)
        let last = try #require(outcome.notes.split(separator: "\n").last)
        let timing = try JSONDecoder().decode(Timing.self, from: Data(last.utf8))
        #expect(timing.rows == 4)
        #expect(timing.ms.count == 3)
        #expect(timing.ms.allSatisfy { $0 > 0 })
    }
}
