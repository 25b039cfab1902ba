import Foundation
import Testing

/// From generated survey files to slices, as the README has it.
@Suite struct SurveyTests {
    @Test func importAndSlice() throws {
        let scratch = try Scratch()
        let (lake, demo) = (scratch.path("lake"), scratch.path("demo"))
        #expect(try Program.run("init", lake).status == 0)
        let generated = try Program.run("generate", "surveys", demo, "--respondents", "90")
        #expect(generated.status == 0, "\(generated.notes)")
        #expect(generated.output.isEmpty)
        let arguments = [
            "import", "survey", lake, demo + "/waves", "--catalog", demo + "/catalog.json", "--waves",
            demo + "/survey-details.json",
        ]
        let first = try Program.run(arguments)
        #expect(first.status == 0, "\(first.notes)")
        #expect(first.output.isEmpty)
        #expect(first.notes.contains("imported 10 waves"))
        let count = try Program.run("query", lake, "SELECT count(*) AS n FROM responses", "--format", "csv").lines
        let last = try #require(count.last)
        let rows = try #require(Int(last))
        #expect(rows > 1_000)
        #expect(first.notes.contains(" \(rows / 1000),"), "\(first.notes)")

        let again = try Program.run(arguments)
        #expect(again.status == 0)
        #expect(again.notes.contains("in the lake already, unchanged: W1 "))
        #expect(again.notes.contains("nothing to import"))
        #expect(try Program.run("log", lake, "responses", "--format", "csv").lines.count == 3)

        let replaced = try Program.run(arguments + ["--replace"])
        #expect(replaced.status == 0)
        #expect(replaced.notes.contains("10 of them replaced"))
        #expect(try Program.run("query", lake, "SELECT count(*) AS n FROM responses", "--format", "csv").lines == count)
        #expect(try Program.run("validate", lake).status == 0)

        let slice = try Program.run(
            "query", lake,
            "SELECT age, count(*) AS n FROM responses WHERE sex = 'Female' AND region = 'South' GROUP BY age ORDER BY age",
            "--format", "csv")
        #expect(slice.lines.first == "age,n")
        #expect(slice.lines.contains { $0.hasPrefix("18-29,") })
        #expect(try Program.run("query", lake, "SELECT count(*) FROM questions").status == 0)
    }

    @Test func oneWaveAtATime() throws {
        let scratch = try Scratch()
        let (lake, demo) = (scratch.path("lake"), scratch.path("demo"))
        #expect(try Program.run("init", lake).status == 0)
        #expect(try Program.run("generate", "surveys", demo, "--respondents", "60").status == 0)
        #expect(try Program.run("import", "survey", lake, demo + "/waves/W1_Mar14").status == 0)
        let rest = try Program.run("import", "survey", lake, demo + "/waves")
        #expect(rest.notes.contains("imported 9 waves"))
        #expect(rest.notes.contains("in the lake already, unchanged: W1 ("))
        let waves = try Program.run("query", lake, "SELECT DISTINCT wave FROM responses", "--format", "csv")
        #expect(waves.lines.count == 11)
    }

    @Test func whatCannotBeReadIsNamed() throws {
        let scratch = try Scratch()
        let (lake, demo) = (scratch.path("lake"), scratch.path("demo"))
        #expect(try Program.run("init", lake).status == 0)
        #expect(try Program.run("generate", "surveys", demo, "--respondents", "60").status == 0)
        _ = try scratch.write("demo/waves/ATP W99.sav", "no survey file at all")
        let outcome = try Program.run("import", "survey", lake, demo + "/waves")
        #expect(outcome.status == 0)
        #expect(outcome.notes.contains("not imported: "))
        #expect(outcome.notes.contains("ATP W99.sav"))
        #expect(outcome.notes.contains("imported 10 waves"))
        #expect(try Program.run("import", "survey", lake, demo + "/waves", "--strict").status == 1)
        #expect(try Program.run("import", "survey", lake, demo + "/waves/ATP W99.sav").status == 1)
    }
}
