import Foundation
import Testing

/// From ads to samples and prompts, as a person does it.
@Suite struct AdTests {
    private func lake(_ scratch: Scratch, count: Int, seed: Int = 7) throws -> String {
        let lake = scratch.path("lake")
        #expect(try Program.run("init", lake).status == 0)
        let made = try Program.run("generate", "ads", lake, "--count", "\(count)", "--seed", "\(seed)")
        #expect(made.status == 0, "\(made.notes)")
        return lake
    }

    private func csv(_ lake: String, _ sql: String) throws -> [String] {
        let outcome = try Program.run("query", lake, sql, "--format", "csv")
        #expect(outcome.status == 0, "\(outcome.notes)")
        return Array(outcome.lines.dropFirst())
    }

    private static let all = """
        SELECT task, split, ad, target_ad, axis, source_group, target_group, age, gender, region, page, topic, spend,
        impressions, start_date, synthetic FROM samples
        """

    @Test func generatesBuildsAndRenders() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch, count: 3000)
        let built = try Program.run("build", "samples", lake)
        #expect(built.status == 0 && built.notes.contains("are synthetic"), "\(built.notes)")
        let tasks = try csv(lake, "SELECT task, count(*) AS n FROM samples GROUP BY task ORDER BY task")
        #expect(tasks.count == 18, "\(tasks)")
        let kinds = try csv(lake, "SELECT DISTINCT split FROM samples ORDER BY split")
        #expect(kinds == ["test-advertiser", "test-time", "train"])
        // Every sample has a prompt and a response, and those of pairs answer with the target's text.
        #expect(try csv(lake, "SELECT count(*) FROM samples WHERE prompt IS NULL OR response IS NULL") == ["0"])
        let wrong = "SELECT count(*) FROM samples WHERE target_ad IS NOT NULL AND response <> target_body"
        #expect(try csv(lake, wrong) == ["0"])
        let names = "SELECT count(*) FROM samples WHERE task = 'TC-A' AND NOT prompt LIKE '%' || target_group || '%'"
        #expect(try csv(lake, names) == ["0"])
        // Whatever is asked for beside it, a prompt is the same.
        let one = try csv(lake, "SELECT prompt FROM samples WHERE sample_id = 1234")
        #expect(!one.isEmpty)
        let again = try csv(lake, "SELECT prompt FROM samples WHERE rowid > 1230 AND sample_id = 1234")
        #expect(one == again)
        let same = try Program.run("build", "samples", lake)
        #expect(same.status == 0 && same.notes.contains("built 0 samples"), "\(same.notes)")
        #expect(try Program.run("validate", lake, "--deep").status == 0)
    }

    @Test func theNumberOfThreadsDoesNotMatter() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch, count: 2000)
        var rows: [[String]] = []
        for threads in ["1", "4"] {
            let built = try Program.run("build", "samples", lake, "--rebuild", "--threads", threads)
            #expect(built.status == 0, "\(built.notes)")
            rows.append(try csv(lake, Self.all))
        }
        #expect(rows[0] == rows[1] && !rows[0].isEmpty)
    }

    /// After ads have come, changed and gone, a build makes the table that a build from nothing makes.
    @Test func buildsWhatChanged() throws {
        let scratch = try Scratch()
        let lake = try lake(scratch, count: 1500)
        #expect(try Program.run("build", "samples", lake).status == 0)
        let before = try csv(lake, "SELECT sample_id, task, ad, target_ad FROM samples")
        // The ads of the middle, as a later crawl has them: other figures, and some that are new.
        let crawl = """
            SELECT ad_id + CASE WHEN ad % 5 = 0 THEN 7 ELSE 0 END AS id, page_id, page_name, body AS ad_creative_body,
            CAST(start_date AS utf8) AS ad_delivery_start_time, currency, region_shares, demographic_shares FROM ads
            WHERE ad >= 500 AND ad < 600
            """
        let rows = try Program.run("query", lake, crawl, "--format", "jsonl").lines.map { line -> String in
            let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            var ad = row
            ad["id"] = "\(row["id"] ?? 0)"
            ad["spend"] = ["lower_bound": "700", "upper_bound": "799"]
            ad["impressions"] = ["lower_bound": "9000", "upper_bound": "9999"]
            ad["delivery_by_region"] = [
                ["region": "Ohio", "percentage": "0.75"], ["region": "Utah", "percentage": "0.25"],
            ]
            ad["demographic_distribution"] = [
                ["age": "25-34", "gender": "female", "percentage": "0.6"],
                ["age": "65+", "gender": "male", "percentage": "0.4"],
            ]
            (ad["region_shares"], ad["demographic_shares"]) = (nil, nil)
            return String(decoding: try JSONSerialization.data(withJSONObject: ad), as: UTF8.self)
        }
        let file = try scratch.write("crawl.jsonl", rows.joined(separator: "\n"))
        let upsert = try Program.run("import", "ads", lake, file, "--upsert")
        #expect(upsert.status == 0, "\(upsert.notes)")
        #expect(try Program.run("delete", lake, "ads", "--where", "ad >= 700 AND ad < 720").status == 0)
        let update = try Program.run("build", "samples", lake)
        #expect(update.status == 0 && update.notes.contains("since the last build"), "\(update.notes)")
        let updated = try csv(lake, Self.all).sorted()
        // What did not change kept its number.
        let kept = Set(before).intersection(try csv(lake, "SELECT sample_id, task, ad, target_ad FROM samples"))
        #expect(kept.count > before.count / 2)
        let rebuilt = try Program.run("build", "samples", lake, "--rebuild")
        #expect(rebuilt.status == 0, "\(rebuilt.notes)")
        #expect(try csv(lake, Self.all).sorted() == updated)
        #expect(try Program.run("validate", lake, "--deep").status == 0)
        let other = try scratch.write("rules.json", "{\"parameters\": {\"variants\": 3}}")
        let refused = try Program.run("build", "samples", lake, "--config", other)
        #expect(refused.status == 64 && refused.notes.contains("--rebuild"), "\(refused.notes)")
    }

    @Test func refusesWhatItShould() throws {
        let scratch = try Scratch()
        let lake = scratch.path("lake")
        #expect(try Program.run("init", lake).status == 0)
        let none = try Program.run("build", "samples", lake)
        #expect(none.status == 66 && none.notes.contains("alphalake import ads"), "\(none.notes)")
        for (rules, expected) in [
            ("{\"parameters\": {\"variant\": 3}}", "did you mean 'variants'"),
            ("{\"parameters\": {\"reach\": 0}}", "reach must be"), ("{", "no rules of tasks"),
        ] {
            let file = try scratch.write("rules.json", rules)
            let outcome = try Program.run("build", "samples", lake, "--config", file)
            #expect(outcome.status == 64 && outcome.notes.contains(expected), "\(outcome.notes)")
        }
        #expect(try Program.run("build", "samples", lake, "--tasks", "TC-X").status == 64)
        #expect(try Program.run("import", "ads", lake, scratch.path("nothing.jsonl")).status == 66)
    }

    /// Damaged rows are counted, named and written aside; what is odd is kept and flagged.
    @Test func saysWhatBecameOfBadRows() throws {
        let scratch = try Scratch()
        let lake = scratch.path("lake")
        #expect(try Program.run("init", lake).status == 0)
        let good = """
            "page_id": "1", "ad_delivery_start_time": "2022-01-01", "ad_creative_bodies": ["Vote now"], \
            "delivery_by_region": [{"region": "Ohio", "percentage": "1"}]
            """
        let rows = [
            "{\"id\": \"1\", \(good)}", "{\"id\": \"1\", \(good)}", "{\"id\": \"2\", \"page_id\": \"1\"}", "{\"id\": ",
            "{\"id\": \"3\", \(good), \"spend\": {\"lower_bound\": \"9\", \"upper_bound\": \"-1\"}}",
            "{\"id\": \"99999999999999999999\", \(good)}", "{\"data\": [{\"id\": \"5\", \(good)}], \"paging\": {}}",
        ]
        let file = try scratch.write("ads.jsonl", rows.joined(separator: "\n"))
        let outcome = try Program.run("import", "ads", lake, file, "--rejects", scratch.path("rejects.jsonl"))
        #expect(outcome.status == 0, "\(outcome.notes)")
        #expect(try csv(lake, "SELECT coalesce(ad_id, 0) AS id FROM ads ORDER BY id") == ["0", "1", "3", "5"])
        for note in ["(duplicate)", "(no-dates)", "could not be read", "range-refused", "id-unreadable"] {
            #expect(outcome.notes.contains(note), "\(note) in \(outcome.notes)")
        }
        let rejects = try String(contentsOfFile: scratch.path("rejects.jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(rejects.count == 3, "\(rejects)")
    }
}
