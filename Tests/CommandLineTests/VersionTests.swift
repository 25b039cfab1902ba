import Foundation
import Testing

/// Earlier versions from the command line: `LAKE@VERSION`, `tag`.
@Suite struct VersionTests {
    /// Version 2 has the row 1, version 3 the rows 1 to 3.
    private func lake(_ scratch: Scratch) throws -> String {
        let lake = try scratch.lake("t", jsonl: #"{"a": 1}"#)
        let more = try Program.run("import", "table", lake, "t", "-", input: "{\"a\": 2, \"b\": 7}\n{\"a\": 3}")
        #expect(more.status == 0)
        return lake
    }

    private func rows(_ lake: String) throws -> String {
        try Program.run("query", lake, "SELECT count(*) FROM t", "--format", "csv").lines.last ?? ""
    }

    @Test func earlierVersions() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        #expect(
            try rows(lake) == "3" && rows(lake + "@3") == "3" && rows(lake + "@2") == "1" && rows(lake + "@1") == "0")
        let log = try Program.run("log", lake, "t", "--format", "jsonl").lines
        let times = log.compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["time"] as? String
        }
        try #require(times.count == 3)
        #expect(try rows(lake + "@" + times[1]) == "1" && rows(lake + "@2999-01-01") == "3")
        #expect(try Program.run("schema", lake + "@2", "t", "--format", "csv").lines.count == 2)
        #expect(try Program.run("schema", lake, "t", "--format", "csv").lines.count == 3)
        #expect(try Program.run("log", lake + "@2", "t", "--format", "csv").lines.count == 3)
        #expect(
            try Program.run("tables", lake + "@2", "--format", "jsonl").output.hasPrefix(#"{"table":"t","rows":1,"#))
        #expect(try Program.run("inspect", lake + "@2", "t").status == 0)
        try FileManager.default.createDirectory(atPath: scratch.path("lake@2"), withIntermediateDirectories: true)
        #expect(try Program.run("tables", lake + "@2").status == 66, "a directory wins")
    }

    @Test(arguments: [
        ("@4", 66, "there are the versions 1 to 3"), ("@0", 64, "versions are numbered from 1"),
        ("@tag:none", 66, "'t' has no tag 'none'"), ("@yesterday", 64, "write a number (12)"),
        ("@2026-02-30", 64, "is no version"), ("@", 64, "is no version"), ("@1999-01-01", 66, "did not exist yet"),
        ("@tag:../x", 64, "is no version"), ("@tag:.x", 64, "cannot be a tag's name"),
    ])
    func noSuchVersion(version: String, status: Int, message: String) throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        for arguments in [["query", lake + version, "SELECT a FROM t"], ["tables", lake + version]] {
            let outcome = try Program.run(arguments)
            // What has a slash is a directory that is not there.
            if version.contains("/") {
                #expect(outcome.status == 66)
            } else {
                #expect(outcome.status == Int32(status) && outcome.notes.contains(message), "\(outcome.notes)")
            }
            #expect(outcome.output.isEmpty)
        }
    }

    @Test func writersRefuseVersions() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        for arguments in [
            ["import", "table", lake + "@2", "t", "-"], ["delete", lake + "@2", "t", "--where", "a = 1"],
            ["derive", lake + "@2", "t", "x", "--drop"], ["tag", lake + "@2", "x"], ["init", lake + "@2"],
            ["validate", lake + "@2"],
        ] {
            let outcome = try Program.run(arguments)
            #expect(outcome.status == 64 && outcome.notes.contains("'@2'"), "\(arguments): \(outcome.notes)")
        }
        #expect(try rows(lake) == "3")
    }

    @Test func tags() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        #expect(try Program.run("tag", lake).notes.contains("no tags yet"))
        #expect(try Program.run("tag", lake, "paper", "--at", "2", "--message", "as, submitted").status == 0)
        #expect(try rows(lake + "@tag:paper") == "1")
        let taken = try Program.run("tag", lake, "paper")
        #expect(taken.status == 75 && taken.notes.contains("--move"))
        #expect(try rows(lake + "@tag:paper") == "1")
        #expect(try Program.run("tag", lake, "paper", "--move", "--table", "t").status == 0)
        #expect(try rows(lake + "@tag:paper") == "3")
        _ = try Program.run("tag", lake, "first", "--at", "1", "--message", "as, submitted")
        let list = try Program.run("tag", lake, "--format", "csv")
        #expect(list.lines[0] == "tag,table,version,time,rows,tagged,message" && list.lines.count == 3)
        #expect(list.lines[1].hasPrefix("first,t,1,") && list.lines[1].hasSuffix(",\"as, submitted\""))
        #expect(try Program.run("validate", lake).notes.contains("all sound"))
        #expect(try Program.run("tag", lake, "paper", "--delete").status == 0)
        #expect(try Program.run("tag", lake, "paper", "--delete").status == 66)
        #expect(try Program.run("query", lake + "@tag:paper", "SELECT a FROM t").status == 66)
        for (arguments, status) in [
            (["tag", lake, "x", "--table", "none"], 66), (["tag", lake, "x", "--at", "9"], 66),
            (["tag", lake, "x", "--at", "0"], 64), (["tag", lake, "-x"], 64), (["tag", lake, "a/b"], 64),
            (["tag", lake, "--move"], 64), (["tag", lake, "first", "--delete", "--at", "1"], 64),
        ] { #expect(try Program.run(arguments).status == Int32(status), "\(arguments)") }
    }

    @Test func derivedColumnsReadTheSameVersion() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("t", jsonl: #"{"a": 1}"#)
        _ = try Program.run("import", "table", lake, "words", "-", input: "{\"k\": 1, \"w\": \"old\"}")
        #expect(
            try Program.run("derive", lake, "t", "w", "--from", "words", "--key", "a=k", "--value", "w").status == 0)
        _ = try Program.run("delete", lake, "words", "--where", "k = 1")
        _ = try Program.run("import", "table", lake, "words", "-", input: "{\"k\": 1, \"w\": \"new\"}")
        let sql = "SELECT w FROM t"
        #expect(try Program.run("query", lake, sql, "--format", "csv").output == "w\nnew\n")
        // Version 3 of `t` is the one that declares the column; of `words` the one without rows.
        #expect(try Program.run("query", lake + "@3", sql, "--format", "csv").output == "w\n\n")
        #expect(try Program.run("tag", lake, "now").status == 0)
        _ = try Program.run("delete", lake, "words", "--where", "k = 1")
        #expect(try Program.run("query", lake + "@tag:now", sql, "--format", "csv").output == "w\nnew\n")
    }

    @Test func restoring() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        #expect(try Program.run("delete", lake, "t", "--where", "a >= 2").status == 0)
        #expect(try rows(lake) == "1")
        let dry = try Program.run("restore", lake, "t", "3", "--dry-run")
        #expect(
            dry.status == 0 && dry.notes.contains("2 rows in 1 shard would come back, 0 rows in 0 shards would leave"))
        #expect(try rows(lake) == "1")
        let done = try Program.run("restore", lake, "t", "3")
        #expect(done.status == 0 && done.notes.contains("it has 3 rows now (version 5)"), "\(done.notes)")
        #expect(try rows(lake) == "3" && rows(lake + "@4") == "1")
        #expect(try Program.run("restore", lake, "t", "5").notes.contains("nothing to do"))
        // Rows of before the column `b` came have none.
        #expect(try Program.run("restore", lake, "t", "2").status == 0)
        #expect(try Program.run("query", lake, "SELECT a, b FROM t", "--format", "csv").output == "a,b\n1,\n")
        _ = try Program.run("tag", lake, "full", "--at", "3")
        #expect(try Program.run("restore", lake, "t", "tag:full").status == 0)
        #expect(try rows(lake) == "3")
        #expect(
            try Program.run("log", lake, "t", "--limit", "1", "--format", "csv").lines[1].contains(
                ",restore,2,0,1,0,3,"))
        #expect(try Program.run("validate", lake).notes.contains("all sound"))
        for (version, status) in [("0", 64), ("99", 66), ("tag:none", 66), ("x", 64), ("1999-01-01", 66)] {
            #expect(try Program.run("restore", lake, "t", version).status == Int32(status), "\(version)")
        }
        #expect(try Program.run("restore", lake, "none", "1").status == 66)
        #expect(try Program.run("restore", lake + "@3", "t", "1").status == 64)
    }

    @Test func differences() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        #expect(try Program.run("delete", lake, "t", "--where", "a = 2").status == 0)
        let lines = try Program.run("diff", lake, "t", "2", "--format", "csv").lines
        #expect(lines[0] == "change,name,rows,bytes,details")
        #expect(lines[1] == "rows added,,1,," && lines[2] == "rows deleted,,0,,")
        #expect(lines[3].hasPrefix("shard added,") && lines[3].contains(".shard,1,") && lines[3].hasSuffix(",id 2"))
        #expect(lines[4] == "column added,b,,,int64" && lines.count == 5)
        let deleted = try Program.run("diff", lake, "t", "3", "4", "--format", "jsonl").lines
        #expect(deleted.count == 3 && deleted[2].contains(#""change":"rows of shard deleted""#))
        #expect(deleted[2].contains("id 2, 1 of 2 rows left"))
        let table = try Program.run("diff", lake, "t", "4", "1")
        #expect(table.output.contains("shard removed") && table.output.contains("column removed"))
        #expect(table.notes.contains("from version 4 (2"))
        #expect(try Program.run("diff", lake + "@3", "t", "3", "--format", "csv").lines.count == 3)
        for (arguments, status) in [(["9"], 66), (["1", "0"], 64), (["tag:x"], 66), (["1", "yesterday"], 64)] {
            #expect(try Program.run(["diff", lake, "t"] + arguments).status == Int32(status), "\(arguments)")
        }
    }

    @Test func vacuuming() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch)
        let kept = try Program.run("vacuum", lake)
        #expect(kept.status == 0 && kept.output.isEmpty && kept.notes.contains("nothing to remove"))
        #expect(kept.notes.contains("the versions 1 to 3 of 't' stay"))
        let shards = lake + "/tables/t/shards/"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: shards).first)
        try FileManager.default.copyItem(atPath: shards + name, toPath: shards + "orphan.shard")
        let attributes = [FileAttributeKey.modificationDate: Date(timeIntervalSinceNow: -8 * 86_400)]
        try FileManager.default.setAttributes(attributes, ofItemAtPath: shards + "orphan.shard")
        let preview = try Program.run("vacuum", lake, "--format", "csv")
        #expect(preview.lines.count == 2 && preview.lines[1].hasPrefix("t,shard,orphan.shard,1,"), "\(preview.output)")
        #expect(preview.notes.contains("--execute does it"))
        #expect(try Program.run("vacuum", lake, "--older-than", "9d").output.isEmpty)
        #expect(FileManager.default.fileExists(atPath: shards + "orphan.shard"))
        let done = try Program.run("vacuum", lake, "t", "--execute", "--format", "csv")
        #expect(done.output == preview.output && done.notes.contains("to the trash"))
        #expect(!FileManager.default.fileExists(atPath: shards + "orphan.shard"))
        #expect(try Program.run("vacuum", lake, "--execute").output.isEmpty, "the trash is kept for a week")
        let emptied = try Program.run("vacuum", lake, "--execute", "--older-than", "0s", "--format", "csv")
        #expect(emptied.lines.count == 3 && emptied.lines[1].hasPrefix("t,trash,"))
        #expect(emptied.lines[2].hasPrefix("t,version,1 to 2,2,"), "\(emptied.output)")
        #expect(try rows(lake) == "3")
        #expect(try Program.run("query", lake + "@2", "SELECT count(*) FROM t").status == 66)
        #expect(try Program.run("validate", lake).notes.contains("all sound"))
        for age in ["7", "d", "-1d", "1.5h", "+1d", "7 d", "99999999999999999d", "7y", ""] {
            let refused = try Program.run("vacuum", lake, "--older-than", age)
            #expect(refused.status == 64 && refused.notes.contains("--older-than 7d"), "\(age): \(refused.notes)")
        }
        #expect(try Program.run("vacuum", lake, "none").status == 66)
    }
}
