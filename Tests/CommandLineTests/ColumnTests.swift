import Foundation
import Testing

/// `column`: columns added, dropped, renamed and widened from the command line.
@Suite struct ColumnTests {
    private func lake(_ scratch: Scratch) throws -> String {
        let lake = scratch.path("lake")
        #expect(try Program.run("init", lake).status == 0)
        let schema = try scratch.write(
            "schema.json",
            #"{"fields": [{"id": 1, "name": "id", "type": "int64"}, {"id": 2, "name": "name", "type": "utf8"}, "#
                + #"{"id": 3, "name": "age", "type": "int32"}]}"#)
        let rows = "{\"id\": 1, \"name\": \"Ann\", \"age\": 17}\n{\"id\": 2, \"name\": \"Bob\", \"age\": 40}"
        #expect(try Program.run("import", "table", lake, "people", "-", "--schema", schema, input: rows).status == 0)
        let more = try Program.run(
            "import", "table", lake, "people", "-", input: "{\"id\": 3, \"name\": \"Cid\", \"age\": 65}")
        #expect(more.status == 0)
        return lake
    }

    private func csv(_ lake: String, _ sql: String) throws -> String {
        let outcome = try Program.run("query", lake, sql, "--format", "csv")
        #expect(outcome.status == 0, "\(outcome.notes)")
        return outcome.output
    }

    private func column(_ arguments: String...) throws -> Program.Outcome {
        try Program.run(["column"] + arguments)
    }

    @Test func columnsComeAndGo() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        let dry = try column("add", lake, "people", "adult", "bool", "--as", "age >= 18", "--dry-run")
        #expect(
            dry.status == 0 && dry.notes.contains("'people' would have 'adult', bool, in 3 rows: 'false', 'true'"),
            "\(dry.notes)")
        let added = try column("add", lake, "people", "adult", "bool", "--as", "age >= 18")
        #expect(added.status == 0 && added.output.isEmpty)
        #expect(added.notes.contains("'people' has 'adult', bool, written for 3 rows in 2 files"), "\(added.notes)")
        #expect(added.notes.contains("(version 4)"))
        #expect(
            try column("add", lake, "people", "note", "utf8").notes.contains("NULL in the rows there are (version 5)"))
        let source = try column("add", lake, "people", "source", "utf8", "--default", "panel, 1", "--required")
        #expect(source.status == 0, "\(source.notes)")
        #expect(
            try column("rename", lake, "people", "name", "nick").notes.contains(
                "'name' of 'people' is called 'nick' now (version 7)"))
        #expect(
            try column("widen", lake, "people", "age", "int64").notes.contains("'age' of 'people' is int64 now"))
        #expect(
            try csv(lake, "SELECT * FROM people ORDER BY id").hasPrefix(
                "id,nick,age,adult,note,source\n1,Ann,17,false,,\"panel, 1\"\n"))
        #expect(
            try csv(lake, "SELECT adult, count(*) FROM people GROUP BY adult ORDER BY adult")
                == "adult,count(*)\nfalse,1\ntrue,2\n")
        let dropped = try column("drop", lake, "people", "note", "adult")
        #expect(
            dropped.status == 0 && dropped.notes.contains("dropped 'note', 'adult' of 'people' (version 9)"),
            "\(dropped.notes)")
        #expect(try csv(lake, "SELECT * FROM people WHERE id = 2") == "id,nick,age,source\n2,Bob,40,\"panel, 1\"\n")
        // Earlier versions are as they were.
        #expect(try csv(lake + "@3", "SELECT * FROM people WHERE id = 2") == "id,name,age\n2,Bob,40\n")
        #expect(try csv(lake + "@5", "SELECT * FROM people WHERE id = 2") == "id,name,age,adult,note\n2,Bob,40,true,\n")
        let log = try Program.run("log", lake, "people", "--format", "csv").output
        for operation in ["add-column", "rename-column", "widen", "drop-column", "as: age >= 18"] {
            #expect(log.contains(operation))
        }
        let diff = try Program.run("diff", lake, "people", "3", "4", "--format", "csv").output
        #expect(diff.contains("companion added,") && diff.contains("column added,adult"))
        #expect(try Program.run("inspect", lake, "people").output.contains("source"))
        #expect(try Program.run("validate", lake).status == 0)
        let restored = try Program.run("restore", lake, "people", "5")
        #expect(
            restored.status == 0 && restored.notes.contains("coming back with them: 'adult', 'note'"),
            "\(restored.notes)")
        #expect(try csv(lake, "SELECT count(*) FROM people WHERE adult") == "count(*)\n2\n")
        #expect(try Program.run("compact", lake).status == 0)
        #expect(try csv(lake, "SELECT count(*) FROM people WHERE adult AND source = 'panel, 1'") == "count(*)\n2\n")
        #expect(try Program.run("validate", lake).status == 0)
    }

    @Test func importsGoOn() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        func load(_ text: String, _ arguments: String...) throws {
            let outcome = try Program.run(["import", "table", lake, "people", "-"] + arguments, input: Data(text.utf8))
            #expect(outcome.status == 0, "\(outcome.notes)")
        }
        #expect(try column("add", lake, "people", "source", "utf8", "--default", "old").status == 0)
        #expect(try column("rename", lake, "people", "name", "nick").status == 0)
        #expect(try column("drop", lake, "people", "age").status == 0)
        try load("{\"id\": 4, \"nick\": \"Dan\"}")
        try load("{\"id\": 5, \"nick\": \"Eve\", \"age\": \"unknown\", \"source\": \"new\"}")
        try load(
            "{\"id\": 2, \"nick\": \"Bobby\", \"source\": \"newer\"}\n{\"id\": 6, \"nick\": \"Fay\"}", "--upsert", "id")
        #expect(
            try csv(lake, "SELECT id, nick, source, age FROM people ORDER BY id")
                == "id,nick,source,age\n1,Ann,old,\n2,Bobby,newer,\n3,Cid,old,\n4,Dan,,\n5,Eve,new,unknown\n6,Fay,,\n")
        #expect(try csv(lake + "@3", "SELECT sum(age) FROM people") == "sum(age)\n122\n")
        #expect(try Program.run("delete", lake, "people", "--where", "source = 'old'").status == 0)
        #expect(try Program.run("compact", lake, "--deleted-share", "0").status == 0)
        #expect(try csv(lake, "SELECT count(*), count(source) FROM people") == "count(*),count(source)\n4,2\n")
        #expect(try Program.run("validate", lake).status == 0)
    }

    @Test func whatCannotBeIsRefused() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        let ads = "id,body\n1,Buy\n2,Vote\n"
        #expect(try Program.run("import", "table", lake, "ads", "-", input: ads).status == 0)
        #expect(
            try Program.run("derive", lake, "people", "body", "--from", "ads", "--key", "id", "--value", "body").status
                == 0)
        let before = try Program.run("log", lake, "people", "--format", "csv").output
        for (arguments, status, message) in [
            (["add", lake, "people", "age", "int64"], 64, "the table has a column 'age' already"),
            (["add", lake, "people", "body", "int64"], 64, "the table has a column 'body' already"),
            (["add", lake, "people", "rowid", "int64"], 64, "cannot be called 'rowid'"),
            (["add", lake, "people", "x", "int"], 64, "is not a column type"),
            (["add", lake, "people", "x", "int64", "--default", "z"], 64, "'z' is no value of the type int64"),
            (["add", lake, "people", "x", "int64", "--default", "1", "--as", "id"], 64, "give one of them"),
            (["add", lake, "people", "x", "int64", "--required"], 64, "--default or --as"),
            (["add", lake, "people", "x", "int64", "--as", "name"], 1, "cannot be cast"),
            (["add", lake, "people", "x", "int64", "--as", "count(*)"], 64, "one expression"),
            (["add", lake, "nobody", "x", "int64"], 66, "no table 'nobody'"),
            (["drop", lake, "people", "agee"], 64, "did you mean 'age'"),
            (["drop", lake, "people", "id"], 64, "the derived column 'body' is looked up by 'id'"),
            (["drop", lake, "people", "body"], 64, "is a derived column"),
            (["drop", lake, "ads", "body"], 64, "the derived column 'body' of 'people' reads it"),
            (["rename", lake, "ads", "id", "ad"], 64, "the derived column 'body' of 'people' reads it"),
            (["widen", lake, "ads", "id", "float64"], 64, "does not hold all values"),
            (["rename", lake, "people", "age", "name"], 64, "has a column 'name' already"),
            (["widen", lake, "people", "age", "int8"], 64, "does not hold all values"),
            (["drop", lake, "people", "id", "name", "age"], 64, "is looked up by"),
        ] as [([String], Int32, String)] {
            let outcome = try Program.run(["column"] + arguments)
            #expect(
                outcome.status == status && outcome.notes.contains(message),
                "\(arguments): \(outcome.status) \(outcome.notes)")
        }
        #expect(try Program.run("log", lake, "people", "--format", "csv").output == before)
        // The key of a derived column of the table itself follows its column.
        #expect(try column("rename", lake, "people", "id", "person").status == 0)
        #expect(try csv(lake, "SELECT body FROM people WHERE person = 2") == "body\nVote\n")
        #expect(try column("add", lake, "people", "copy", "utf8", "--as", "lower(body)").status == 0)
        #expect(try csv(lake, "SELECT copy FROM people ORDER BY person") == "copy\nbuy\nvote\n\n")
    }
}
