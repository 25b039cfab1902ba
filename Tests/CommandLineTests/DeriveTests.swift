import Foundation
import Testing

/// `derive`: columns that are looked up in another table.
@Suite struct DeriveTests {
    private func lake(_ scratch: Scratch) throws -> String {
        let lake = try scratch.lake(
            "samples", jsonl: "{\"ad\": 1, \"n\": 1}\n{\"ad\": 3, \"n\": 2}\n{\"ad\": 2, \"n\": 3}")
        let ads = "id,body,spend\n1,\"Buy, now\",2.5\n2,Vote!,7\n"
        #expect(try Program.run("import", "table", lake, "ads", "-", input: ads).status == 0)
        return lake
    }

    private func query(_ lake: String, _ sql: String) throws -> Program.Outcome {
        try Program.run("query", lake, sql, "--format", "csv")
    }

    @Test func declareUseAndDrop() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        let made = try Program.run(
            "derive", lake, "samples", "body", "--from", "ads", "--key", "ad=id", "--value", "body")
        #expect(made.status == 0 && made.output.isEmpty)
        #expect(
            made.notes.contains("'samples' has 'body', utf8, from ads.body by id = ad (version 3)"), "\(made.notes)")
        #expect(try query(lake, "SELECT n, body FROM samples").output == "n,body\n1,\"Buy, now\"\n2,\n3,Vote!\n")
        #expect(try query(lake, "SELECT * FROM samples WHERE BODY LIKE 'V%'").output == "ad,n\n2,3\n")
        let schema = try Program.run("schema", lake, "samples", "--format", "csv").lines
        #expect(schema.first == "column,type,nullable,key groups,derived from")
        #expect(schema.last == "body,utf8,yes,\"\",ads.body by id = ad")
        #expect(try Program.run("log", lake, "samples", "--format", "csv").output.contains(",derive,"))
        #expect(try Program.run("import", "table", lake, "ads", "-", input: "id,body,spend\n3,New,1\n").status == 0)
        #expect(try query(lake, "SELECT body FROM samples WHERE n = 2").output == "body\nNew\n")
        // A schema file carries declarations to a table of the same columns.
        let json = try Program.run("schema", lake, "samples", "--format", "json").output
        let file = try scratch.write("schema.json", json)
        #expect(
            try Program.run("import", "table", lake, "copy", "-", "--schema", file, input: "ad,n\n2,9\n").status == 0)
        #expect(try query(lake, "SELECT body FROM copy").output == "body\nVote!\n")
        let dropped = try Program.run("derive", lake, "samples", "body", "--drop")
        #expect(dropped.status == 0, "\(dropped.notes)")
        #expect(try query(lake, "SELECT body FROM samples").status == 64)
        #expect(try Program.run("validate", lake).status == 0)
    }

    @Test func aPinnedVersionStays() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        let arguments = ["derive", lake, "samples", "then", "--from", "ads", "--key", "ad=id", "--value", "body"]
        #expect(try Program.run(arguments + ["--at", "2"]).status == 0)
        #expect(try Program.run("import", "table", lake, "ads", "-", input: "id,body,spend\n3,New,1\n").status == 0)
        #expect(try query(lake, "SELECT \"then\" FROM samples WHERE n = 2").output == "then\n\n")
        #expect(try Program.run(arguments.dropLast(6) + ["--drop"]).status == 0)
        let none = try Program.run(arguments + ["--at", "9"])
        #expect(none.status == 66 && none.notes.contains("no version 9 of 'ads'"), "\(none.notes)")
    }

    /// Whatever becomes of the table that is referred to: the pinned version says what it said.
    @Test func aPinnedVersionOutlivesWhatIsDone() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        let arguments = ["derive", lake, "samples", "then", "--from", "ads", "--key", "ad=id", "--value", "body"]
        #expect(try Program.run(arguments + ["--at", "2"]).status == 0)
        func expectsSame(_ step: String) throws {
            let outcome = try query(lake, "SELECT n, \"then\" FROM samples")
            #expect(outcome.output == "n,then\n1,\"Buy, now\"\n2,\n3,Vote!\n", "\(step): \(outcome.notes)")
        }
        try expectsSame("at first")
        let steps = [
            ["import", "table", lake, "ads", "-", "--upsert", "id"], ["compact", lake, "ads", "--deleted-share", "0"],
            ["delete", lake, "ads", "--where", "id = 1"], ["column", "rename", lake, "ads", "body", "text"],
            ["column", "add", lake, "ads", "more", "utf8", "--default", "x"], ["column", "drop", lake, "ads", "text"],
            ["compact", lake, "ads", "--deleted-share", "0"], ["vacuum", lake, "--older-than", "0s", "--execute"],
            ["vacuum", lake, "--older-than", "0s", "--execute"],
        ]
        for step in steps {
            let outcome = try Program.run(step, input: Data("id,body,spend\n1,Changed,3\n3,New,1\n".utf8))
            #expect(outcome.status == 0, "\(step): \(outcome.notes)")
            try expectsSame("\(step)")
        }
        #expect(try Program.run("validate", lake, "--deep").status == 0)
    }

    @Test func whatCannotBeIsNamed() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        func refusal(_ status: Int32, _ part: String, _ arguments: String...) throws {
            let outcome = try Program.run(["derive", lake, "samples"] + arguments)
            #expect(outcome.status == status && outcome.notes.contains(part), "\(outcome.notes)")
        }
        try refusal(66, "did you mean 'ads'?", "b", "--from", "add", "--key", "ad=id", "--value", "body")
        try refusal(64, "no column 'bod'", "b", "--from", "ads", "--key", "ad=id", "--value", "bod")
        try refusal(64, "no column 'ad' in 'ads'", "b", "--from", "ads", "--key", "ad", "--value", "body")
        try refusal(64, "never equal", "b", "--from", "ads", "--key", "ad=body", "--value", "body")
        try refusal(64, "cannot be a key", "b", "--from", "ads", "--key", "ad=spend", "--value", "body")
        try refusal(64, "a column of that name", "n", "--from", "ads", "--key", "ad=id", "--value", "body")
        try refusal(64, "'ad=' is no key", "b", "--from", "ads", "--key", "ad=", "--value", "body")
        try refusal(64, "needs --from TABLE", "b", "--from", "ads")
        try refusal(64, "goes with no other option", "b", "--drop", "--from", "ads")
        try refusal(64, "has no derived column 'b'", "b", "--drop")
    }

    @Test func aTableThatIsGone() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        let made = try Program.run(
            "derive", lake, "samples", "body", "--from", "ads", "--key", "ad=id", "--value", "body")
        #expect(made.status == 0)
        try FileManager.default.removeItem(atPath: lake + "/tables/ads")
        #expect(try query(lake, "SELECT count(*) FROM samples").status == 0)
        let used = try query(lake, "SELECT n FROM samples WHERE body = 'x'")
        #expect(used.status == 66)
        #expect(used.notes.contains("'body' is looked up in 'ads': no table 'ads'"), "\(used.notes)")
        #expect(used.notes.contains("alphalake derive --drop"))
        let found = try Program.run("validate", lake)
        #expect(found.status == 65)
        #expect(found.output.contains("the derived column cannot be computed: no table 'ads'"), "\(found.output)")
    }
}
