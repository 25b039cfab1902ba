import Foundation
import Testing

@Suite struct UsageTests {
    static let verbs = [
        ["init"], ["import"], ["import", "survey"], ["import", "table"], ["generate"], ["generate", "surveys"],
        ["tables"], ["schema"], ["query"], ["inspect"], ["validate"], ["log"], ["tag"],
        ["diff"], ["restore"], ["vacuum"], ["repair"], ["upgrade"],
    ]

    @Test(arguments: verbs)
    func helpTeaches(verb: [String]) throws {
        let outcome = try Program.run(verb + ["--help"])
        #expect(outcome.status == 0)
        #expect(outcome.notes.isEmpty)
        #expect(outcome.output.contains("USAGE: alphalake " + verb.joined(separator: " ")))
        if verb != ["import"] && verb != ["generate"] {
            #expect(outcome.output.contains("  alphalake " + verb.joined(separator: " ")), "an example")
        }
        for line in outcome.output.split(separator: "\n") where !line.hasPrefix("USAGE") {
            #expect(line.count <= 80, "\(line)")
        }
    }

    @Test func overview() throws {
        for arguments in [[], ["--help"], ["help"]] {
            let outcome = try Program.run(arguments)
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("Exit status: 0 done"))
        }
        #expect(try Program.run("--version").output.hasPrefix("alphalake "))
    }

    @Test(arguments: [
        (["bogus"], "the verbs are init, import"), (["qurey", "x"], "did you mean 'query'?"),
        (["tables"], "Missing expected argument '<lake>'"),
        (["query", "lake"], "Missing expected argument '<sql>'"),
        (["tables", "lake", "--nope"], "Unknown option '--nope'"),
        (["tables", "lake", "--format", "xml"], "formats are table, json, jsonl, csv"),
        (["query", "lake", "SELECT 1", "--repeat", "0"], "a whole number from 1 to 1000000, as in --repeat 10"),
        (["query", "lake", "SELECT 1", "--threads", "0"], "from 1 to 1024, as in --threads 4"),
        (["query", "lake", "SELECT 1", "--sample", "-5"], "a whole number from 1, as in --sample 1000"),
        (["query", "lake", "SELECT 1", "--sample", "many"], "a whole number from 1, as in --sample 1000"),
        (["query", "lake", "SELECT 1", "--sample", "5", "--sample-seed", "1.5"], "as in --sample-seed 7"),
        (["query", "lake", "SELECT 1", "--min-cell", "-1"], "a whole number from 0, as in --min-cell 10"),
        (["query", "lake", "SELECT 1", "--memory", "-1G"], "as in --memory 512M"),
        (["query", "lake", "SELECT 1", "--memory", "1"], "queries need 16M at least"),
        (["log", "lake", "t", "--limit", "-1"], "a whole number from 1, as in --limit 10"),
        (["derive", "lake", "t", "c", "--at", "-1"], "a whole number from 1, as in --at 3"),
        (["generate", "surveys", "d", "--respondents", "-1"], "from 30 to 1000000, as in --respondents"),
        (["import", "table", "lake", "t", "x.csv", "--delimiter", "ab"], "a delimiter is one character"),
    ])
    func usageErrors(arguments: [String], message: String) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.notes.hasPrefix("error: "))
        #expect(outcome.notes.contains(message), "\(outcome.notes)")
    }

    @Test func whatIsMissing() throws {
        let scratch = try Scratch()
        let nowhere = try Program.run("tables", scratch.path("lake"))
        #expect(nowhere.status == 66)
        #expect(nowhere.notes.hasPrefix("error: not a lake"))
        #expect(nowhere.notes.contains("\n  hint: "))
        let lake = try scratch.lake("samples", jsonl: #"{"a": 1}"#)
        let table = try Program.run("schema", lake, "sample")
        #expect(table.status == 66)
        #expect(table.notes.contains("no table 'sample'"))
        #expect(table.notes.contains("  hint: did you mean 'samples'?"))
        #expect(try Program.run("import", "table", lake, "t", scratch.path("no.csv")).status == 66)
        #expect(try Program.run("import", "survey", lake, scratch.path("no")).status == 66)
        #expect(try Program.run("import", "survey", lake, scratch.root).status == 66)
        #expect(try Program.run("inspect", lake, "samples", "--shard", "9").status == 66)
    }

    @Test func lakesAreMadeOnce() throws {
        let scratch = try Scratch()
        #expect(try Program.run("init", scratch.path("lake")).status == 0)
        #expect(try Program.run("init", scratch.path("lake")).status == 75)
        _ = try scratch.write("file", "")
        #expect(try Program.run("init", scratch.root).status == 64)
        let empty = try Program.run("tables", scratch.path("lake"))
        #expect(empty.status == 0)
        #expect(empty.output.isEmpty)
        #expect(try Program.run("tables", scratch.path("lake"), "--format", "json").output == "[]\n")
    }

    @Test func streamsThatEnd() throws {
        let scratch = try Scratch()
        let rows = (0..<50_000).map { "{\"n\": \($0)}" }.joined(separator: "\n")
        let lake = try scratch.lake("numbers", jsonl: rows)
        let query = "\"$A\" query '\(lake)' 'SELECT n FROM numbers' --format csv"
        let piped = try Program.shell("\(query) | head -1; echo ${PIPESTATUS[0]}")
        #expect(piped.output == "n\n0\n")
        #expect(piped.notes.isEmpty)
        let full = try Program.shell("\(query) > /dev/full")
        #expect(full.status == 74)
        #expect(full.notes.hasPrefix("error: cannot write to standard output: No space left"))
    }
}
