import Foundation
import Testing

/// `import table`, and what the other verbs say of the result.
@Suite struct TableTests {
    @Test func csvRoundTrip() throws {
        let scratch = try Scratch()
        let lake = scratch.path("lake")
        #expect(try Program.run("init", lake).status == 0)
        let text = "id,word,day\n1,\"a \"\"b\"\"\",2020-01-01\n2,\"x\ny\",\n3,,2021-12-31\n"
        let file = try scratch.write("words.csv", text)
        let made = try Program.run("import", "table", lake, "words", file)
        #expect(made.status == 0)
        #expect(made.output.isEmpty)
        #expect(made.notes.contains("new table 'words'"))
        #expect(made.notes.contains("imported 3 rows into 'words'"))
        #expect(try Program.run("query", lake, "SELECT * FROM words", "--format", "csv").output == text)
    }

    @Test func badLines() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("t", jsonl: #"{"a": 1}"#)
        let input = "{\"a\": 2}\n{\"a\": tru}\n{\"a\": 3}\n"
        let failed = try Program.run("import", "table", lake, "t", "-", input: input)
        #expect(failed.status == 1)
        #expect(failed.notes.contains("line 2"), "\(failed.notes)")
        #expect(try Program.run("query", lake, "SELECT a FROM t", "--format", "csv").output == "a\n1\n")
        let skipped = try Program.run("import", "table", lake, "t", "-", "--skip-bad", input: input)
        #expect(skipped.status == 0)
        #expect(skipped.notes.contains("left out 1 bad line"))
        #expect(try Program.run("query", lake, "SELECT a FROM t", "--format", "csv").output == "a\n1\n2\n3\n")
    }

    @Test func widening() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("t", jsonl: #"{"a": 1}"#)
        let outcome = try Program.run("import", "table", lake, "t", "-", input: #"{"a": 2, "b": "new"}"#)
        #expect(outcome.notes.contains("column b: added as utf8"))
        #expect(try Program.run("query", lake, "SELECT a, b FROM t", "--format", "csv").output == "a,b\n1,\n2,new\n")
        let schema = try Program.run("schema", lake, "t", "--format", "csv")
        #expect(schema.output == "column,type,nullable,key groups\na,int64,yes,\"\"\nb,utf8,yes,\"\"\n")
    }

    @Test func schemaFilesRoundTrip() throws {
        let scratch = try Scratch()
        let text = """
            {"fields": [{"name": "person", "type": "int32"}, {"name": "age", "type": "utf8"}, {"name": "x", "type": "int8"}],
             "key_groups": [{"name": "person", "key": ["person"], "columns": ["person", "age"]}]}
            """
        let schema = try scratch.write("schema.json", text)
        let lake = scratch.path("lake")
        #expect(try Program.run("init", lake).status == 0)
        let input = "person,age,x\n1,30-49,1\n1,30-49,2\n2,65+,3\n"
        let made = try Program.run("import", "table", lake, "t", "-", "--schema", schema, input: input)
        #expect(made.status == 0, "\(made.notes)")
        let shown = try Program.run("schema", lake, "t", "--format", "json").output
        let again = try scratch.write("again.json", shown)
        let copy = try Program.run("import", "table", lake, "copy", "-", "--schema", again, input: input)
        #expect(copy.status == 0, "\(copy.notes)")
        #expect(try Program.run("schema", lake, "copy", "--format", "json").output == shown)
        let inspected = try Program.run("inspect", lake, "copy")
        #expect(inspected.output.contains("per person"))
        #expect(inspected.output.contains("2 person keys"))
    }

    @Test func logAndTables() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("t", jsonl: #"{"a": 1}"#)
        _ = try Program.run("import", "table", lake, "t", "-", input: "{\"a\": 2}\n{\"a\": 3}")
        let log = try Program.run("log", lake, "t", "--format", "csv")
        try #require(log.lines.count == 4)
        #expect(log.lines[1].hasPrefix("3,"))
        #expect(log.lines[1].contains(",append,2,0,1,0,3,"))
        #expect(log.lines[3].contains(",create,0,0,0,0,0,"))
        #expect(try Program.run("log", lake, "t", "--limit", "1", "--format", "csv").lines.count == 2)
        let tables = try Program.run("tables", lake, "--format", "jsonl")
        #expect(tables.output.hasPrefix(#"{"table":"t","rows":3,"columns":1,"shards":2,"bytes":"#))
    }

    @Test func damageIsNamed() throws {
        let scratch = try Scratch()
        let rows = (0..<1_000).map { "{\"n\": \($0 * 7919 % 1000), \"w\": \"word \($0)\"}" }.joined(separator: "\n")
        let lake = try scratch.lake("t", jsonl: rows)
        let sound = try Program.run("validate", lake)
        #expect(sound.status == 0)
        #expect(sound.output.isEmpty)
        #expect(sound.notes.contains("all sound"))
        let shards = lake + "/tables/t/shards"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: shards).first)
        let file = URL(fileURLWithPath: shards + "/" + name)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: file)
        let damaged = try Program.run("validate", lake)
        #expect(damaged.status == 65)
        #expect(damaged.output.contains(name))
        #expect(damaged.output.hasPrefix("error: "))
        #expect(damaged.notes.contains("error"))
        let listed = try Program.run("validate", lake, "--format", "jsonl")
        #expect(listed.status == 65)
        #expect(listed.lines.allSatisfy { $0.hasPrefix("{\"severity\":\"") })
        let query = try Program.run("query", lake, "SELECT sum(n), count(w) FROM t WHERE w <> 'x'")
        #expect(query.status == 65 || query.status == 0)
        try FileManager.default.removeItem(at: file)
        #expect(try Program.run("query", lake, "SELECT n FROM t").status == 66)
        #expect(try Program.run("validate", lake).status == 65)
    }
}
