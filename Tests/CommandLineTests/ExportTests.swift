import Foundation
import Testing

@Suite struct ExportTests {
    private static let rows = #"""
        {"prompt": "Write \"it\"\n", "response": "Né 漢 \u0007\u007f", "n": 1, "d": "2020-02-29", "l": ["a", null]}
        {"prompt": "b,c", "response": "", "n": -7, "d": null, "l": []}
        {"prompt": null, "response": "x", "n": null, "d": "1969-12-31", "l": null}
        {"prompt": "d", "response": "🙂", "n": 9007199254740993, "d": null, "l": ["\\"]}
        """#

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func export(_ arguments: String...) throws -> Program.Outcome { try Program.run(["export"] + arguments) }

    private func names(_ scratch: Scratch, in path: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scratch.path(path)).sorted()
    }

    private func numbers(_ scratch: Scratch, _ count: Int, synthetic: Bool = false) throws -> String {
        let rows = (0..<count).map { "{\"n\": \($0), \"synthetic\": \(synthetic && $0 == 0)}" }
        return try scratch.lake("t", jsonl: rows.joined(separator: "\n"))
    }

    private struct Manifest: Decodable {
        struct Part: Decodable {
            var file: String
            var rows: Int
            var bytes: Int
        }

        var table: String
        var version: Int
        var sql: String
        var layout: String
        var system: String?
        var synthetic: Bool?
        var rows: Int
        var parts: [Part]
    }

    private func manifest(_ directory: String) throws -> Manifest {
        try JSONDecoder().decode(
            Manifest.self, from: Data(contentsOf: URL(fileURLWithPath: directory + "/manifest.json")))
    }

    // MARK: Rows

    @Test(arguments: ["jsonl", "json", "csv"])
    func filesHoldWhatQueriesPrint(form: String) throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("t", jsonl: ExportTests.rows)
        let file = scratch.path("rows." + form)
        for sql in [form == "csv" ? "SELECT * FROM t" : "SELECT *, n AS n FROM t", "SELECT n FROM t WHERE n = 5"] {
            let outcome = try export(lake, sql, "--to", file, "--overwrite")
            #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.notes)")
            #expect(try text(file) == Program.run("query", lake, sql, "--format", form).output)
        }
        #expect(try names(scratch) == ["lake", "rows." + form])
    }

    @Test func layouts() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("t", jsonl: ExportTests.rows)
        func lines(_ sql: String, _ options: String...) throws -> [String] {
            let outcome = try Program.run(
                ["export", "rows", lake, sql, "--to", scratch.path("o.jsonl"), "--overwrite"] + options)
            #expect(outcome.status == 0, "\(outcome.notes)")
            if options.count > 1 { #expect(outcome.notes.hasPrefix("left out: 1 row without a prompt or response\n")) }
            return try text(scratch.path("o.jsonl")).split(separator: "\n").map(String.init)
        }
        #expect(
            try lines("SELECT n, response, prompt FROM t", "--layout", "prompt") == [
                #"{"prompt":"Write \"it\"\n","completion":"Né 漢 \u0007\u007f","n":1}"#,
                #"{"prompt":"b,c","completion":"","n":-7}"#,
                #"{"prompt":"d","completion":"🙂","n":9007199254740993}"#,
            ])
        let chat = try lines("SELECT prompt, response FROM t", "--layout", "chat")
        #expect(
            chat[2] == #"{"messages":[{"role":"user","content":"d"},{"role":"assistant","content":"🙂"}]}"#)
        let told = try lines(
            "SELECT n AS messages, d, prompt, response FROM t", "--layout", "chat", "--system", "Say \"yes\"")
        #expect(told.count == 3)
        let first =
            #"{"messages":[{"role":"system","content":"Say \"yes\""},{"role":"user","content":"Write \"it\"\n"},"#
            + #"{"role":"assistant","content":"Né 漢 \u0007\u007f"}],"messages_1":1,"d":"2020-02-29"}"#
        #expect(told[0] == first)
        let csv = try export(
            lake, "SELECT prompt, response, d FROM t", "--layout", "prompt", "--to", scratch.path("o.csv"))
        #expect(csv.status == 0)
        #expect(try text(scratch.path("o.csv")).hasPrefix("prompt,completion,d\n\"Write \"\"it\"\"\n\",Né"))
    }

    @Test(arguments: [
        (["SELECT n, prompt FROM t", "--layout", "chat", "--to", "o.jsonl"], "needs a column 'response'"),
        (["SELECT n AS prompt, response FROM t", "--layout", "prompt", "--to", "o.jsonl"], "'prompt' is int64"),
        (["SELECT prompt, response FROM t", "--layout", "chat", "--to", "o.csv"], "which CSV cannot hold"),
        (["SELECT n FROM t", "--layout", "prose", "--to", "o.jsonl"], "layouts are rows, prompt, chat"),
        (["SELECT n FROM t", "--system", "x", "--to", "o.jsonl"], "--system goes with --layout chat"),
        (["SELECT n FROM t", "--to", "o.parquet"], "cannot be told"), (["SELECT n FROM t", "--to", "-"], "query"),
        (["SELECT n FROM t", "--to", "o.csv", "--shards", "2"], "--shards writes several files"),
        (["SELECT n FROM t", "--to", "d", "--shards", "0"], "as in --shards 8"),
        (["EXPLAIN SELECT n FROM t", "--to", "o.csv"], "EXPLAIN has no rows"),
        (["SELECT m FROM t", "--to", "o.csv"], "no column 'm' in 't'\n  SELECT m FROM t\n         ^"),
        (["SELECT n FROM t"], "--to <path>"),
    ])
    func whatCannotBe(arguments: [String], message: String) throws {
        let scratch = try Scratch()
        _ = try scratch.lake("t", jsonl: ExportTests.rows)
        let line = arguments.map { "'\($0)'" }.joined(separator: " ")
        let outcome = try Program.shell("cd '\(scratch.root)' && $A export lake \(line)")
        #expect(outcome.status == 64)
        #expect(outcome.notes.contains(message), "\(outcome.notes)")
        #expect(try names(scratch) == ["lake"])
    }

    // MARK: Parts

    @Test(arguments: [
        "SELECT n FROM t", "SELECT n FROM t WHERE n % 3 = 1 AND n NOT IN (4, 7)",
        "SELECT n FROM t ORDER BY n DESC LIMIT 50 OFFSET 3",
        "SELECT n % 7, count(*) FROM t GROUP BY 1 ORDER BY 1", "SELECT n FROM t TABLESAMPLE rows(30)",
        "SELECT n FROM t LIMIT 2",
    ])
    func partsFollowEachOther(sql: String) throws {
        let scratch = try Scratch()
        let lake = try numbers(scratch, 1000)
        let directory = scratch.path("out")
        let outcome = try export(lake, sql, "--to", directory, "--shards", "4", "--threads", "2")
        #expect(outcome.status == 0, "\(outcome.notes)")
        let manifest = try manifest(directory)
        #expect(manifest.parts.map(\.file) == (0..<4).map { "part-0000\($0)-of-00004.jsonl" })
        let parts = try manifest.parts.map { try text(directory + "/" + $0.file) }
        #expect(try parts.joined() == Program.run("query", lake, sql, "--format", "jsonl").output)
        #expect(manifest.parts.map(\.rows) == parts.map { $0.split(separator: "\n").count })
        #expect(manifest.parts.map(\.bytes) == parts.map(\.utf8.count))
        let sizes = manifest.parts.map(\.rows)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        #expect(manifest.rows == sizes.reduce(0, +) && manifest.table == "t" && manifest.version == 2)
        #expect(manifest.sql == sql && manifest.layout == "rows" && manifest.synthetic == false)
    }

    @Test func syntheticRowsAreSaidToBeThat() throws {
        let scratch = try Scratch()
        let lake = try numbers(scratch, 10, synthetic: true)
        let made = try export(lake, "SELECT n FROM t", "--to", scratch.path("a"))
        #expect(made.notes.contains("synthetic"))
        #expect(try manifest(scratch.path("a")).synthetic == true)
        let real = try export(lake + "@2", "SELECT n FROM t WHERE n > 0", "--to", scratch.path("b") + "/")
        #expect(!real.notes.contains("synthetic"))
        #expect(try manifest(scratch.path("b")).synthetic == false)
        #expect(try names(scratch, in: "b") == ["manifest.json", "part-00000-of-00001.jsonl"])
    }

    // MARK: Targets

    @Test func whatIsThereStays() throws {
        let scratch = try Scratch()
        let lake = try numbers(scratch, 10)
        let file = try scratch.write("o.csv", "mine")
        let refused = try export(lake, "SELECT n FROM t", "--to", file)
        #expect(refused.status == 64 && refused.notes.contains("hint: --overwrite replaces it"), "\(refused.notes)")
        #expect(try export(lake, "SELECT m FROM t", "--to", file, "--overwrite").status == 64)
        #expect(try text(file) == "mine")
        #expect(try export(lake, "SELECT n FROM t LIMIT 1", "--to", file, "--overwrite").status == 0)
        #expect(try text(file) == "n\n0\n")

        let directory = scratch.path("parts")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        #expect(try export(lake, "SELECT n FROM t", "--to", directory, "--shards", "3").status == 0)
        #expect(try export(lake, "SELECT n FROM t", "--to", directory).status == 64)
        #expect(try export(lake, "SELECT n FROM t", "--to", directory, "--overwrite").status == 0)
        #expect(try names(scratch, in: "parts") == ["manifest.json", "part-00000-of-00001.jsonl"])
        _ = try scratch.write("parts/notes.txt", "mine")
        let foreign = try export(lake, "SELECT n FROM t", "--to", directory, "--overwrite")
        #expect(foreign.status == 64 && foreign.notes.contains("'notes.txt'"), "\(foreign.notes)")
        #expect(try export(lake, "SELECT n FROM t", "--to", file + "/", "--overwrite").status == 64)
        #expect(try export(lake, "SELECT n FROM t", "--to", scratch.path("no/o.csv")).status == 66)
        #expect(try names(scratch) == ["lake", "o.csv", "parts"])
    }

    /// Also what an export left that was killed is removed by the next one.
    @Test func interruptedExportsLeaveNothing() throws {
        let scratch = try Scratch()
        let rows = (0..<4_000).map { #"{"s": "\#(String(repeating: "some words ", count: 20))\#($0)"}"# }
        _ = try scratch.lake("t", jsonl: rows.joined(separator: "\n"))
        for (target, left) in [("o.jsonl", "x"), ("parts", "y")] {
            _ = try scratch.write(".alphalake-export-\(left).partial", "")
            let outcome = try Program.shell(
                """
                cd '\(scratch.root)'
                $A export lake 'SELECT repeat(s, 300) AS s FROM t' --to \(target) & export=$!
                for i in $(seq 1000); do
                    ls -a | grep -v -e '-\(left).partial' | grep -q partial && break
                    sleep 0.01
                done
                kill -INT $export
                wait $export
                echo $?
                """)
            #expect(outcome.lines == ["130"], "\(outcome.notes)")
            #expect(outcome.notes.contains("cancelled"))
            #expect(try names(scratch) == ["lake"])
        }
    }

    // MARK: Cards

    private static let ads = """
        {"ad": 0, "page_id": 7, "start_date": "2022-03-01", "languages": ["en", "es"], "platforms": ["facebook"]}
        {"ad": 1, "page_id": 7, "start_date": "2023-07-02", "languages": ["en"], "topic": "a|b", "synthetic": true}
        {"ad": 2, "page_id": 9, "start_date": "2021-01-01", "platforms": ["facebook", "instagram"], "flags": ["x"]}
        """
    private static let samples = """
        {"task": "TAG-G", "split": "train", "ad": 0, "page": 7, "start_date": "2022-03-01", "synthetic": true}
        {"task": "TAG-G", "split": "test-time", "ad": 1, "page": 7, "start_date": "2023-07-02", "synthetic": true}
        {"task": "TAP-B", "split": "train", "ad": 2, "page": 9, "start_date": "2021-01-01", "synthetic": true}
        """

    @Test func cards() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("ads", jsonl: ExportTests.ads)
        let ads = try export("card", lake)
        #expect(ads.status == 0 && ads.notes.isEmpty, "\(ads.notes)")
        #expect(
            ads.output.hasPrefix(
                "---\nlicense: unknown\ntask_categories:\n- text-generation\nlanguage:\n- en\n- es\nsize_"))
        #expect(ads.output.contains("\n- n<1K\n") && ads.output.contains("\n- synthetic\n---\n\n# lake\n"))
        for line in [
            "| ads | 3 |", "| pages (advertisers) | 2 |", "| latest start of delivery | 2023-07-02 |",
            "- `ads`: 1 of 3 rows are synthetic.", "| `page_id` | int64 | the page (advertiser) that ran the ad |",
            "Platforms (an ad may have several): `facebook` 2, `instagram` 1.",
        ] { #expect(ads.output.contains("\n" + line + "\n"), "\(line)") }
        #expect(ads.output.contains("a\\|b 1") && ads.output.contains("## Known biases"))
        #expect(!ads.output.contains("## Splits"))

        #expect(try Program.run("import", "table", lake, "samples", "-", input: ExportTests.samples).status == 0)
        let file = scratch.path("README.md")
        let both = try export("card", lake, "--to", file, "--name", "Ads: 1", "--license", "cc-by-4.0")
        #expect(both.status == 0 && both.output.isEmpty)
        let card = try text(file)
        #expect(card.contains("license: \"cc-by-4.0\"\n") && card.contains("pretty_name: \"Ads: 1\"\n"))
        #expect(card.contains("| TAG-G | 1 | 1 | 2 | 120,468 | 0.00 |\n"), "\(card)")
        #expect(card.contains("| **all** | 2 | 1 | 3 | 58,514,487 | 0.00 |\n"))
        #expect(card.contains("| `test-time` | 1 | 1 | 2023-07-02 | 2023-07-02 |\n"))
        #expect(try export("card", lake, "--to", file).status == 64)
        #expect(try names(scratch) == ["README.md", "lake"])
    }

    @Test func cardsOfOneTableOrNone() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("samples", jsonl: ExportTests.samples)
        let card = try export("card", lake)
        #expect(card.status == 0, "\(card.notes)")
        #expect(card.output.contains("**All of it is synthetic.**"))
        #expect(card.output.contains("language_creators:\n- machine-generated\nannotations_creators"))
        #expect(!card.output.contains("## Cleaning") && card.output.contains("## Splits"))
        let empty = scratch.path("empty")
        #expect(try Program.run("init", empty).status == 0)
        let none = try export("card", empty)
        #expect(none.status == 66 && none.notes.contains("neither a table 'ads' nor a table 'samples'"))
    }
}
