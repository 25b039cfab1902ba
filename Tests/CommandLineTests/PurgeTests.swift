import Foundation
import Testing

/// `purge`, together with what else changes a table.
@Suite struct PurgeCommandTests {
    private static let people = """
        {"id":1,"dept":1,"name":"Alice"}
        {"id":2,"dept":1,"name":"Bob"}
        {"id":3,"dept":2,"name":"Carol"}
        """

    private func people(_ scratch: Scratch) throws -> String {
        try scratch.lake("people", jsonl: PurgeCommandTests.people)
    }

    private func run(_ commands: [String]...) throws {
        for command in commands {
            let outcome = try Program.run(command)
            #expect(outcome.status == 0, "\(command): \(outcome.notes)")
        }
    }

    private func names(_ lake: String, _ column: String = "name") throws -> [String] {
        let outcome = try Program.run("query", lake, "SELECT \(column) FROM people ORDER BY id", "--format", "csv")
        return outcome.status == 0 ? Array(outcome.lines.dropFirst()) : ["\(outcome.status)"]
    }

    /// What the newest version lists stays, though the same row was deleted before a restore brought it back.
    @Test func whatCameBackStays() throws {
        let scratch = try Scratch()
        let lake = try people(scratch)
        try run(
            ["column", "add", lake, "people", "x", "int64", "--default", "5"],
            ["delete", lake, "people", "--where", "name = 'Bob'"], ["compact", lake, "people", "--deleted-share", "0"],
            ["restore", lake, "people", "2"], ["purge", lake, "people"])
        #expect(try names(lake) == ["Alice", "Bob", "Carol"])
        #expect(try Program.run("validate", lake, "--deep").status == 0)
    }

    /// Rows are told apart by columns that were dropped, too.
    @Test func droppedColumnsAreLookedAt() throws {
        let scratch = try Scratch()
        let lake = try people(scratch)
        try run(
            ["delete", lake, "people", "--where", "name = 'Bob'"], ["column", "add", lake, "people", "x", "utf8"],
            ["column", "drop", lake, "people", "id", "dept", "name"], ["purge", lake, "people"])
        #expect(try names(lake + "@2") == ["Alice", "Carol"])
    }

    /// Shards of the same rows, one with a column that came later, one without.
    @Test func laterColumnsDoNotHideRows() throws {
        let scratch = try Scratch()
        let lake = try people(scratch)
        let more = try Program.run(
            "import", "table", lake, "people", "-", input: "{\"id\":9,\"dept\":9,\"name\":\"Zed\"}")
        #expect(more.status == 0)
        try run(
            ["compact", lake], ["restore", lake, "people", "3"],
            ["column", "add", lake, "people", "x", "int64", "--default", "5"], ["restore", lake, "people", "4"],
            ["delete", lake, "people", "--where", "name = 'Bob'"], ["purge", lake, "people"])
        for version in 2...8 { #expect(try !names(lake + "@\(version)").contains("Bob"), "version \(version)") }
        #expect(try Program.run("validate", lake, "--deep").status == 0)
    }

    /// A version whose columns have other names cannot be asked, which is said and is no success.
    @Test func otherNamesAreSaid() throws {
        let scratch = try Scratch()
        let lake = try people(scratch)
        try run(["column", "rename", lake, "people", "name", "fullname"])
        let purge = try Program.run("purge", lake, "people", "--where", "fullname = 'Nobody'")
        #expect(purge.status == 1 && purge.notes.contains("whose columns have other names"), "\(purge.notes)")
        #expect(try Program.run("purge", lake, "people", "--where", "fullname = 'Bob'").status == 1)
        #expect(try names(lake, "fullname") == ["Alice", "Carol"])
    }

    /// A tag of a version that vacuum took.
    @Test func tagsOfVersionsThatAreGone() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("people", jsonl: "{\"id\":1,\"name\":\"Alice\"}")
        #expect(
            try Program.run("import", "table", lake, "people", "-", input: "{\"id\":2,\"name\":\"Bob\"}").status == 0)
        try run(
            ["tag", lake, "paper"], ["delete", lake, "people", "--where", "id = 2"],
            ["vacuum", lake, "--older-than", "0s", "--execute"])
        let purge = try Program.run("purge", lake, "people")
        #expect(purge.status == 0 && purge.notes.contains("the tag 'paper' is of a version that is gone"))
        #expect(try names(lake + "@tag:paper") == ["Alice"])
    }
}
