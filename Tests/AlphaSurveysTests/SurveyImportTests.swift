import Foundation
import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import AlphaSurveys

@Suite struct SurveyImportTests {
    @Test func wholeSet() throws {
        let set = try GeneratedSet.shared.get()
        #expect(set.summary.waves == 10)
        #expect(set.summary.failures.isEmpty)
        #expect(set.summary.rows == set.waves.values.reduce(0) { $0 + $1.responses.count })
        #expect(set.summary.questions == set.waves.values.reduce(0) { $0 + $1.questions.count })
        #expect(set.summary.respondents == set.waves.values.reduce(0) { $0 + $1.responses.keys[0].count })
    }

    @Test func supersetIsKept() throws {
        let set = try GeneratedSet.shared.get()
        let files = set.summary.files.filter { $0.wave?.name == "W60" }
        #expect(files.count == 2)
        #expect(files.first { $0.outcome == .imported }?.path.hasSuffix("black faith all respondents.sav") == true)
        let other = try #require(files.first { $0.outcome != .imported })
        guard case .covered(let by) = other.outcome else {
            Issue.record("the part is \(other.outcome)")
            return
        }
        #expect(by.hasSuffix("all respondents.sav"))
    }

    @Test func macintoshAndOtherFilesAreIgnored() throws {
        let set = try GeneratedSet.shared.get()
        let ignored = set.summary.files.filter { if case .ignored = $0.outcome { true } else { false } }
        #expect(ignored.count == 3)
        #expect(ignored.contains { $0.path.hasSuffix("Readme.txt") })
        #expect(ignored.filter { $0.path.hasSuffix("__MACOSX") }.count == 2)
    }

    @Test func unreadableFilesAreReportedAndTheRestGoesIn() throws {
        let scratch = try Scratch()
        try Data("$FL2 damaged".utf8).write(to: URL(fileURLWithPath: scratch.file("ATP W2.sav")))
        try writeSurvey(try scratch.file("poll.sav"), [numeric("A", [(1, "Yes")])], [[.number(1)]])
        try writeSurvey(try scratch.file("ATP W3.sav"), [numeric("A_W3", [(1, "Yes")])], [[.number(1)]])
        var waves: [String] = []
        let summary = try SurveyImport().run(paths: [scratch.path]) { waves.append($0.wave.name) }
        #expect(waves == ["W3"])
        #expect(summary.failures.count == 2)
        #expect(summary.failures.contains { $0.path.hasSuffix("poll.sav") })
    }

    @Test func pathsThatAreNotThere() throws {
        let error = #expect(throws: LakeError.self) { try SurveyImport().run(paths: ["/nowhere"]) { _ in } }
        #expect(error?.code == .missing)
        #expect(error?.location.file == "/nowhere")
    }

    @Test func filesWithOtherRespondentsFail() throws {
        let scratch = try Scratch()
        let columns = [numeric("QKEY"), numeric("A_W5", [(1, "Yes")])]
        try writeSurvey(try scratch.file("W5_a.sav"), columns, [[.number(1), .number(1)], [.number(2), .number(1)]])
        try writeSurvey(try scratch.file("W5_b.sav"), columns, [[.number(3), .number(1)]])
        var rows = 0
        let summary = try SurveyImport().run(paths: [scratch.path]) { rows += $0.responses.count }
        #expect(rows == 2)
        #expect(summary.failures.map(\.path).first?.hasSuffix("W5_b.sav") == true)
    }

    @Test func aSinkThatFailsEndsTheImport() throws {
        let set = try GeneratedSet.shared.get()
        #expect(throws: LakeError.self) {
            try SurveyImport().run(paths: [set.output.waves]) { _ in throw LakeError(.io, "disk full") }
        }
    }

    @Test func theSamePathTwiceIsOneFile() throws {
        let scratch = try Scratch()
        let path = try scratch.file("ATP W3.sav")
        try writeSurvey(path, [numeric("A_W3", [(1, "Yes")])], [[.number(1)]])
        let plan = try SurveyImport().plan(paths: [path, path])
        #expect(plan.plans.map(\.paths) == [[path]])
    }

    @Test func repeatedRespondents() throws {
        let scratch = try Scratch()
        try writeSurvey(
            try scratch.file("ATP W3.sav"),
            [numeric("QKEY"), numeric("WEIGHT_W3"), numeric("A_W3", [(1, "Yes"), (2, "No")])],
            [
                [.number(5), .number(0.5), .number(1)], [.number(5), .number(0.7), .number(2)],
                [.number(6), .number(1), .missing],
            ])
        var wave: SurveyWave?
        _ = try SurveyImport().run(paths: [scratch.path]) { wave = $0 }
        let read = try #require(wave)
        #expect(read.responses.count == 2)
        #expect(read.responses.codes[0] == [0, 0])
        #expect(try read.keys("respondent", "weight") == [.number(0.5)])
        #expect(read.report.notes.contains { $0.contains("repeat an earlier respondent") })
    }
}
