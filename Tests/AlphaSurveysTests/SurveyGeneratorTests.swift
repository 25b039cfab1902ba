import Foundation
import LakeShard
import Testing

@testable import AlphaSurveys

@Suite struct SurveyGeneratorTests {
    @Test func sameSeedSameBytes() throws {
        let (one, two, three) = (try Scratch(), try Scratch(), try Scratch())
        _ = try SurveyGenerator(seed: 5, respondents: 60).write(to: one.path)
        _ = try SurveyGenerator(seed: 5, respondents: 60).write(to: two.path)
        _ = try SurveyGenerator(seed: 6, respondents: 60).write(to: three.path)
        let names = try FileManager.default.subpathsOfDirectory(atPath: one.path).filter { $0.contains(".") }
        var same = 0
        for name in names {
            let contents = FileManager.default.contents(atPath: one.path + "/" + name)
            #expect(contents == FileManager.default.contents(atPath: two.path + "/" + name), "\(name)")
            if contents == FileManager.default.contents(atPath: three.path + "/" + name) { same += 1 }
        }
        #expect(same < names.count)
    }

    @Test func writesOverItself() throws {
        let scratch = try Scratch()
        let generator = SurveyGenerator(respondents: 30)
        let first = try generator.write(to: scratch.path)
        let second = try generator.write(to: scratch.path)
        #expect(first.files == 11 && second.files == 11)
        #expect(first.respondents > 0)
    }

    /// Answers follow where people stand, so that slices show something.
    @Test func answersLeanOnParty() throws {
        let set = try GeneratedSet.shared.get()
        let wave = try set.wave("W46")
        let question = try #require(try wave.keys("question", "question_code").firstIndex(of: .text("GOVROLE")))
        let (parties, answers) = (try wave.keys("respondent", "party"), try wave.keys("answer", "answer_code"))
        var agree: [Cell: (agreed: Int, asked: Int)] = [:]
        for row in 0..<wave.responses.count where Int(wave.responses.codes[1][row]) == question {
            guard case .number(let code) = answers[Int(wave.responses.codes[2][row])], code < 5 else { continue }
            let party = parties[Int(wave.responses.codes[0][row])]
            agree[party, default: (0, 0)].asked += 1
            if code <= 2 { agree[party, default: (0, 0)].agreed += 1 }
        }
        let democrats = try #require(agree[.text("Democrat")])
        let republicans = try #require(agree[.text("Republican")])
        #expect(democrats.agreed * republicans.asked > republicans.agreed * democrats.asked)
    }
}
