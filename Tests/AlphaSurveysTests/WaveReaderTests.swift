import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import AlphaSurveys

/// A test per quirk, on the generated set.
@Suite struct WaveReaderTests {
    private let set: GeneratedSet

    init() throws { set = try GeneratedSet.shared.get() }

    @Test func rowsAreInFileOrder() throws {
        for wave in set.waves.values {
            let rows = wave.responses
            #expect(rows.codes.allSatisfy { $0.count == rows.count })
            #expect(rows.codes[1] == rows.codes[1].sorted(), "questions in file order")
            #expect(rows.keys[2].parents == rows.keys[2].parents?.sorted())
            let codes = try wave.keys("answer", "answer_code")
            for row in 0..<rows.count {
                #expect(rows.keys[2].parents?[Int(rows.codes[2][row])] == rows.codes[1][row])
                guard row > 0, rows.codes[1][row] == rows.codes[1][row - 1] else { continue }
                #expect(rows.codes[0][row] > rows.codes[0][row - 1], "respondents in file order")
            }
            #expect(codes.count == Set(zip(rows.keys[2].parents ?? [], codes).map { "\($0)/\($1)" }).count)
            for (group, table) in zip(try SurveyTables.responses().keyGroups, rows.keys) {
                #expect(table.columns.count == group.columns.count)
                #expect(table.columns.allSatisfy { $0.count == table.count })
            }
            #expect(Set(rows.codes[0]).count == rows.keys[0].count, "every respondent has rows")
            #expect(Set(rows.codes[2]).count == rows.keys[2].count, "every answer occurs")
        }
    }

    @Test func unlabelledCodesStay() throws {
        let answers = try set.wave("W1").answers(to: "THERMO_W1")
        #expect(answers.contains { $0.answer == .null && $0.code == .number(50) && $0.refused == .number(0) })
        #expect(answers.contains { $0.code == .number(50.5) })
        #expect(answers.contains { $0.answer == .text("Refused") && $0.refused == .number(1) })
    }

    @Test func labelsTwiceCutAndWithSpaces() throws {
        let answers = try set.wave("W1").answers(to: "WHYNEWS_W1")
        #expect(answers.filter { $0.answer == .text("Other") }.map(\.code) == [.number(2), .number(4)])
        #expect(answers.contains { $0.answer == .text(" Refused") && $0.refused == .number(1) })
        let long = answers.compactMap { if case .text(let text) = $0.answer { text.utf8.count } else { nil } }.max()
        #expect(long == 120)
    }

    @Test func unlabelledColumnsAreSkipped() throws {
        let report = try set.wave("W1").report
        #expect(report.skipped.contains(SkippedColumn(name: "HOURS_W1", reason: .unlabelledNumbers)))
        #expect(report.skipped.contains(SkippedColumn(name: "FORM_W1", reason: .interview)))
        #expect(report.skipped.contains(SkippedColumn(name: "F_MARITAL_TYPOLOGY", reason: .profile)))
        #expect(report.skipped.contains(SkippedColumn(name: "QKEY", reason: .became("respondent_id"))))
    }

    @Test func lowerCaseColumn() throws {
        let wave = try set.wave("W1")
        let index = try #require(try wave.question("question_key").firstIndex(of: .text("whoelse_w1")))
        #expect(try wave.question("question_code")[index] == .text("whoelse"))
    }

    @Test func diary() throws {
        let wave = try set.wave("W8.5")
        #expect(wave.report.sources["weight"] == "DIARYWEIGHT")
        let (keys, codes) = (try wave.question("question_key"), try wave.question("question_code"))
        #expect(
            zip(keys, codes).filter { $0.1 == .text("Q2C") }.map(\.0) == [
                .text("Q2C_1"), .text("Q2C_2"), .text("Q2C_3"),
            ])
        #expect(try wave.keys("question", "wave_no").first == .number(8.5))
    }

    @Test func didNotRefuse() throws {
        let answers = try set.wave("W14").answers(to: "SITESREF_W14")
        #expect(answers.map(\.refused) == [.number(0), .number(1)])
        #expect(answers.map(\.answer) == [.text("Did not refuse"), .text("Refused all items in set")])
    }

    @Test func refusalsUnderSmallCodes() throws {
        let answers = try set.wave("W14").answers(to: "WORRYa_W14")
        #expect(answers.last?.code == .number(5))
        #expect(answers.last?.refused == .number(1))
    }

    @Test func letterCodes() throws {
        let wave = try set.wave("W23")
        let answers = try wave.answers(to: "NOVOTE_W23")
        #expect(answers.map(\.code) == [.number(1), .number(2), .number(3)])
        #expect(
            answers.map(\.answer) == [
                .text("I ran out of time"), .text("I was not interested"), .text("None of these"),
            ])
        let index = try #require(try wave.question("question_key").firstIndex(of: .text("NOVOTE_W23")))
        let codes = wave.questions.columns[try SurveyTables.questions().requiredIndex(of: "option_codes")]
        #expect(codes.elements(index) == [.number(1), .number(2), .number(3)])
        #expect(wave.report.skipped.contains(SkippedColumn(name: "Q19A_W23", reason: .openText)))
    }

    @Test func waveInTheMiddle() throws {
        let wave = try set.wave("W46")
        let index = try #require(try wave.question("question_key").firstIndex(of: .text("GOVSIZE1_W46_TEST")))
        #expect(try wave.question("question_code")[index] == .text("GOVSIZE1_W46"))
        #expect(try wave.question("text")[index] == .text("Would you rather have a smaller or a bigger government?"))
    }

    @Test func carriedOverQuestions() throws {
        let wave = try set.wave("W59")
        let codes = Dictionary(
            zip(try wave.question("question_key").map(\.description), try wave.question("question_code")),
            uniquingKeysWith: { first, _ in first })
        #expect(codes["'DIFFPARTY_W53'"] == .text("DIFFPARTY_W53"))
        // Two columns never share a code.
        #expect(codes["'SATIS_W59'"] == .text("SATIS"))
        #expect(codes["'SATIS_W53'"] == .text("SATIS_W53"))
        #expect(wave.report.sources["weight"] == "WEIGHT_W59")
        #expect(wave.report.sources["party"] == "PARTY_W59")
        #expect(codes["'PARTY_W59'"] == .text("PARTY"), "a question that serves as a factor stays a question")
        #expect(wave.report.skipped.contains(SkippedColumn(name: "WEIGHT_W53_W59", reason: .became("another weight"))))
    }

    @Test func withoutPrefixes() throws {
        let wave = try set.wave("W60")
        #expect(wave.report.sources["respondent_id"] == "CASEID")
        #expect(wave.report.sources["weight"] == "MAINWEIGHT")
        #expect(wave.report.sources["party"] == nil, "leaners are no party")
        #expect(try wave.keys("respondent", "party").allSatisfy { $0 == .null })
        #expect(try !wave.question("question_key").contains(.text("SEX")))
        #expect(try wave.question("question_code").contains(.text("GOVROLE")))
    }

    @Test func respondentsNotReached() throws {
        let wave = try set.wave("W92")
        let definition = try #require(set.definitions.first { $0.wave.name == "W92" })
        #expect(wave.report.respondents < definition.panelists.count)
        let silent = definition.panelists.count - wave.report.respondents
        #expect(wave.report.notes.contains("\(silent) respondents answered nothing and have no rows"))
        let weights = try wave.keys("respondent", "weight")
        #expect(weights.contains(.null) && weights.contains { $0 != .null })
    }

    @Test func userMissingAnswersStay() throws {
        let answers = try set.wave("W92").answers(to: "SATIS_W92")
        #expect(answers.last?.code == .number(99))
        #expect(answers.last?.refused == .number(1))
    }

    @Test func waveWithoutDetails() throws {
        let wave = try set.wave("W100")
        #expect(try wave.keys("question", "topic").allSatisfy { $0 == .null })
        #expect(try wave.keys("respondent", "end_date").allSatisfy { $0 == .null })
        #expect(wave.report.sources["race"] == "RACETHNMOD_W100")
        #expect(try wave.keys("respondent", "education").allSatisfy { $0 == .null })
        #expect(try wave.keys("respondent", "education_tier").contains(.text("College graduate+")))
    }

    @Test func damagedDate() throws {
        let wave = try set.wave("W106")
        #expect(try wave.keys("question", "end_date").first == .number(19_099))
        #expect(wave.report.notes.contains { $0.contains("17, 2022") })
        #expect(try wave.answers(to: "SATIS_W106").last?.refused == .number(1), "~Refused~")
    }

    @Test func catalogOptionsAndWording() throws {
        let wave = try set.wave("W46")
        let index = try #require(try wave.question("question_key").firstIndex(of: .text("SATIS_W46")))
        #expect(try wave.question("catalog_options")[index] == .text("'Dissatisfied'|'Satisfied'|'Refused'"))
        #expect(try wave.question("options")[index] == .text("'Satisfied'|'Dissatisfied'|'Refused'"))
        #expect(try wave.question("option_codes")[index] == .text("1.0|2.0|99.0"))
        #expect(try wave.question("option_refused")[index] == .text("0.0|0.0|1.0"))
        #expect(try wave.question("topic")[index] == .text("Religious trust"))
        #expect(
            try wave.question("label")[index]
                == .text("SATIS. All in all, are you satisfied with the way things are going around you?"))
    }
}
