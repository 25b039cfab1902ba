import Foundation
import Testing

/// Numbers that a table gives its rows, and references by them.
@Suite struct SurrogateKeyTests {
    private let ads = "{\"ad_id\": 70, \"body\": \"Vote!\"}\n{\"ad_id\": 90, \"body\": \"Buy\"}"

    private func csv(_ lake: String, _ sql: String) throws -> String {
        let outcome = try Program.run("query", lake, sql, "--format", "csv")
        #expect(outcome.status == 0, "\(outcome.notes)")
        return outcome.output
    }

    @Test func importsUpsertsAndReferences() throws {
        let scratch = try Scratch()
        let lake = scratch.path("lake")
        #expect(try Program.run("init", lake).status == 0)
        let made = try Program.run("import", "table", lake, "ads", "-", "--surrogate-key", "ad", input: ads)
        #expect(made.status == 0, "\(made.notes)")
        #expect(try csv(lake, "SELECT * FROM ads") == "ad,ad_id,body\n0,70,Vote!\n1,90,Buy\n")
        let schema = try Program.run("schema", lake, "ads", "--format", "csv").lines
        #expect(schema[0] == "column,type,nullable,keys" && schema[1] == "ad,int64,no,surrogate key")
        let samples = "{\"n\": 1, \"ad\": 1}\n{\"n\": 2, \"ad\": 0}\n{\"n\": 3, \"ad\": 2}"
        #expect(try Program.run("import", "table", lake, "samples", "-", input: samples).status == 0)
        for (name, at) in [("then", ["--at", "2"]), ("now", [])] {
            let arguments = ["derive", lake, "samples", name, "--from", "ads", "--key", "ad=ad", "--value", "body"]
            #expect(try Program.run(arguments + at).status == 0)
        }
        let later = "{\"ad_id\": 80, \"body\": \"New\"}\n{\"ad_id\": 70, \"body\": \"Vote early!\"}"
        let upsert = try Program.run("import", "table", lake, "ads", "-", "--upsert", "ad_id", input: later)
        #expect(upsert.status == 0, "\(upsert.notes)")
        let rows = "ad,ad_id,body\n0,70,Vote early!\n1,90,Buy\n2,80,New\n"
        let references = "n,then,now\n1,Buy,Buy\n2,Vote!,Vote early!\n3,,New\n"
        for step in [[], ["compact", lake], ["vacuum", lake, "--older-than", "0s", "--execute"]] {
            if !step.isEmpty { #expect(try Program.run(step).status == 0) }
            #expect(try csv(lake, "SELECT * FROM ads ORDER BY ad") == rows, "\(step)")
            #expect(try csv(lake, "SELECT n, \"then\", now FROM samples ORDER BY n") == references, "\(step)")
        }
        #expect(try csv(lake, "SELECT body FROM ads WHERE ad = 2") == "body\nNew\n")
        let valid = try Program.run("validate", lake, "--deep")
        #expect(valid.status == 0, "\(valid.output)\(valid.notes)")
    }

    @Test func aTableThatIsThereGetsThem() throws {
        let scratch = try Scratch()
        let lake = try scratch.lake("ads", jsonl: ads)
        #expect(
            try Program.run("import", "table", lake, "ads", "-", input: "{\"ad_id\": 5, \"body\": \"x\"}").status == 0)
        #expect(try Program.run("delete", lake, "ads", "--where", "ad_id = 70").status == 0)
        let dry = try Program.run("column", "add", lake, "ads", "ad", "int64", "--surrogate-key", "--dry-run")
        #expect(dry.status == 0 && dry.notes.contains("in 2 rows: '0', '1'"), "\(dry.notes)")
        let added = try Program.run("column", "add", lake, "ads", "ad", "int64", "--surrogate-key")
        #expect(added.status == 0, "\(added.notes)")
        #expect(
            try Program.run("import", "table", lake, "ads", "-", input: "{\"ad_id\": 6, \"body\": \"y\"}").status == 0)
        #expect(try csv(lake, "SELECT ad_id, ad FROM ads ORDER BY ad") == "ad_id,ad\n90,1\n5,2\n6,3\n")
        #expect(try Program.run("validate", lake, "--deep").status == 0)
    }

    @Test func whatWasReplacedDoesNotComeBackBesideIt() throws {
        let scratch = try Scratch()
        let lake = scratch.path("lake")
        #expect(try Program.run("init", lake).status == 0)
        let load = ["import", "table", lake, "ads", "-"]
        #expect(try Program.run(load + ["--surrogate-key", "ad"], input: Data(ads.utf8)).status == 0)
        let upsert = try Program.run(
            load + ["--upsert", "ad_id"], input: Data("{\"ad_id\": 70, \"body\": \"Vote early!\"}".utf8))
        #expect(upsert.status == 0)
        let deletions = lake + "/tables/ads/deletions"
        for name in try FileManager.default.contentsOfDirectory(atPath: deletions) {
            try Data().write(to: URL(fileURLWithPath: deletions + "/" + name))
        }
        #expect(try Program.run("validate", lake).status == 65)
        let repair = try Program.run("repair", lake, "--execute", "--revive-deleted")
        #expect(repair.status == 0, "\(repair.output)\(repair.notes)")
        #expect(try csv(lake, "SELECT * FROM ads ORDER BY ad") == "ad,ad_id,body\n0,70,Vote early!\n1,90,Buy\n")
        let valid = try Program.run("validate", lake, "--deep")
        #expect(valid.status == 0, "\(valid.output)\(valid.notes)")
    }

    @Test func whatCannotBeIsNamed() throws {
        let scratch = try Scratch()
        let lake = scratch.path("lake")
        #expect(try Program.run("init", lake).status == 0)
        func refusal(_ part: String, _ arguments: [String], _ input: String) throws {
            let outcome = try Program.run(arguments, input: Data(input.utf8))
            #expect(outcome.status == 64 && outcome.notes.contains(part), "\(outcome.notes)")
        }
        let load = ["import", "table", lake, "ads", "-"]
        try refusal("the rows have a column 'ad_id' already", load + ["--surrogate-key", "ad_id"], ads)
        #expect(try Program.run("query", lake, "SELECT 1 FROM ads").status == 66)
        #expect(try Program.run(load + ["--surrogate-key", "ad"], input: Data(ads.utf8)).status == 0)
        try refusal("the table's surrogate key is 'ad'", load + ["--surrogate-key", "other"], ads)
        try refusal("the table gives its values", load, "{\"ad_id\": 1, \"ad\": 7}")
        try refusal("no column 'ad'", load + ["--upsert", "ad"], ads)
        try refusal(
            "give one of them", ["column", "add", lake, "ads", "x", "int64", "--surrogate-key", "--as", "1"], "")
        try refusal("is not the only one", ["column", "add", lake, "ads", "x", "int64", "--surrogate-key"], "")
        #expect(try Program.run("import", "table", lake, "plain", "-", input: ads).status == 0)
        try refusal("must be int64", ["column", "add", lake, "plain", "x", "utf8", "--surrogate-key"], "")
        try refusal("has no surrogate key", ["import", "table", lake, "plain", "-", "--surrogate-key", "x"], ads)
        // A schema file that is the table's own lets no such column in either, and makes another table like it.
        let file = try scratch.write(
            "schema.json", try Program.run("schema", lake, "ads", "--format", "json").output)
        let csvRows = "ad_id,body,ad\n5,x,7\n"
        try refusal("is the table's surrogate key", load + ["--schema", file], csvRows)
        try refusal("is the table's surrogate key", load + ["--schema", file], "{\"ad_id\": 5, \"ad\": 7}")
        let copy = ["import", "table", lake, "copy", "-", "--schema", file]
        try refusal("is the table's surrogate key", copy, csvRows)
        let made = try Program.run(copy, input: Data("ad_id,body,more\n5,x,1\n6,y,2\n".utf8))
        #expect(made.status == 0 && made.notes.contains("ignored: field 'more', which the schema lacks, in 2 rows"))
        #expect(try csv(lake, "SELECT ad, ad_id FROM copy") == "ad,ad_id\n0,5\n1,6\n")
        #expect(try Program.run("validate", lake, "--deep").status == 0)
    }
}
