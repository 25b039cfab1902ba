import Foundation
import Testing

@Suite struct RepairTests {
    private func lake(_ scratch: Scratch) throws -> (lake: String, shard: URL) {
        let rows = (0..<1_000).map { "{\"n\": \($0 * 7919 % 1000), \"w\": \"word \($0 % 40)\"}" }
        let lake = try scratch.lake("t", jsonl: rows.joined(separator: "\n"))
        let shards = lake + "/tables/t/shards/"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: shards).first)
        return (lake, URL(fileURLWithPath: shards + name))
    }

    private func damage(_ file: URL, _ range: (Int) -> Range<Int>) throws {
        var bytes = try Data(contentsOf: file)
        for place in range(bytes.count) { bytes[place] ^= 0xA5 }
        try bytes.write(to: file)
    }

    @Test func validationIsQuickOrDeep() throws {
        let scratch = try Scratch()
        let (lake, shard) = try lake(scratch)
        let quick = try Program.run("validate", lake)
        #expect(quick.status == 0 && quick.output.isEmpty && quick.notes.contains("all sound"))
        let deep = try Program.run("validate", lake, "--deep", "--format", "jsonl")
        #expect(deep.status == 0 && deep.lines.count == 1)
        let summary = try #require(
            try JSONSerialization.jsonObject(with: Data(deep.lines[0].utf8)) as? [String: Any])
        #expect(summary["severity"] as? String == "summary" && summary["sound"] as? Bool == true)
        let content = try #require((summary["contents"] as? [[String: Any]])?.first)
        let compacted = try Program.run("compact", lake, "--cluster-by", "n", "--format", "jsonl")
        let outcome = try #require(
            try JSONSerialization.jsonObject(with: Data(compacted.output.utf8)) as? [String: Any])
        #expect(content["digest"] as? String == outcome["digest"] as? String && content["rows"] as? Int == 1_000)
        let table = try Program.run("validate", lake, "--deep")
        #expect(table.lines.count == 3 && table.output.contains(content["digest"] as? String ?? "-"))
        try damage(shard) { ($0 / 2)..<($0 / 2 + 1) }
        let json = try Program.run("validate", lake, "--format", "json")
        #expect(json.status == 65)
        let report = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect((report["findings"] as? [[String: Any]])?.first?["severity"] as? String == "error")
        #expect((report["summary"] as? [String: Any])?["errors"] as? Int == 1)
    }

    @Test func damageIsMended() throws {
        let scratch = try Scratch()
        let (lake, shard) = try lake(scratch)
        let intact = try Data(contentsOf: shard)
        let nothing = try Program.run("repair", lake, "--execute")
        #expect(nothing.status == 0 && nothing.notes == "nothing to repair\n" && nothing.output.isEmpty)
        try damage(shard) { ($0 - 200)..<$0 }
        #expect(try Program.run("validate", lake).status == 65)
        let preview = try Program.run("repair", lake)
        #expect(preview.status == 65 && preview.notes.contains("--execute") && preview.output.contains("mend"))
        let listed = try Program.run("repair", lake, "--format", "jsonl")
        let item = try #require(try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [String: Any])
        #expect(item["action"] as? String == "mend" && item["name"] as? String == shard.lastPathComponent)
        let done = try Program.run("repair", lake, "t", "--execute")
        #expect(done.status == 0 && done.notes.contains("all sound"), "\(done.notes)")
        #expect(try Data(contentsOf: shard) == intact)
        #expect(try Program.run("repair", lake).notes == "nothing to repair\n")
    }

    @Test func rowsAreLostOnlyWhenToldSo() throws {
        let scratch = try Scratch()
        let (lake, shard) = try lake(scratch)
        #expect(try Program.run("import", "table", lake, "t", "-", input: "{\"n\": 1, \"w\": \"x\"}").status == 0)
        try damage(shard) { 100..<($0 - 100) }
        let refused = try Program.run("repair", lake, "--execute")
        #expect(refused.status == 65 && refused.output.contains("--drop-damaged"), "\(refused.output)")
        let done = try Program.run("repair", lake, "--execute", "--drop-damaged")
        #expect(done.status == 0 && done.notes.contains("1,000 rows lost"), "\(done.notes)")
        #expect(try Program.run("query", lake, "SELECT n FROM t", "--format", "csv").lines == ["n", "1"])
        #expect(try Program.run("validate", lake, "--deep").status == 0)
        #expect(try Program.run("log", lake, "t").output.contains("repair"))
        #expect(try Program.run("vacuum", lake, "--older-than", "0s", "--execute").status == 0)
        let kept = lake + "/tables/t/quarantine"
        #expect(try FileManager.default.subpathsOfDirectory(atPath: kept).contains { $0.hasSuffix(".shard") })
    }

    @Test func thereIsNothingToUpgradeYet() throws {
        let scratch = try Scratch()
        let (lake, shard) = try lake(scratch)
        for arguments in [["upgrade", lake, "--dry-run"], ["upgrade", lake]] {
            let outcome = try Program.run(arguments)
            #expect(outcome.status == 0 && outcome.notes.contains("everything is in format 1.0 already"))
            #expect(outcome.output.contains("1.0"))
        }
        try damage(shard) { _ in 8..<9 }
        #expect(try Program.run("upgrade", lake).status == 65)
    }

    /// A lost version that added a column is known from its tag, with the files of the column.
    @Test func aTagBringsAddedColumnsBack() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("t", jsonl: "{\"id\": 1}\n{\"id\": 2}")
        for command in [
            ["column", "add", lake, "t", "more", "utf8", "--default", "z"], ["tag", lake, "y"],
        ] {
            let outcome = try Program.run(command)
            #expect(outcome.status == 0, "\(command): \(outcome.notes)")
        }
        try Data("x".utf8).write(to: URL(fileURLWithPath: lake + "/tables/t/versions/3.json"))
        #expect(try Program.run("query", lake, "SELECT id FROM t").status == 65)
        let repaired = try Program.run("repair", lake, "--execute")
        #expect(repaired.status == 0, "\(repaired.output) \(repaired.notes)")
        for address in [lake, lake + "@tag:y"] {
            let rows = try Program.run("query", address, "SELECT id, more FROM t ORDER BY id", "--format", "csv")
            #expect(rows.output == "id,more\n1,z\n2,z\n", "\(rows.notes)")
        }
        #expect(try Program.run("repair", lake).notes.contains("nothing to repair"))
    }

    /// A version that vacuum wrote in its own place is no damage, nor is a tag of it.
    @Test func whatVacuumRewroteIsSound() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("t", jsonl: "{\"id\": 1}")
        for command in [["vacuum", lake, "--older-than", "0s", "--execute"], ["tag", lake, "x"]] {
            #expect(try Program.run(command).status == 0)
        }
        let outcome = try Program.run("repair", lake)
        #expect(outcome.status == 0 && outcome.notes.contains("nothing to repair"), "\(outcome.output)")
    }
}
