import Foundation
import LakeCore
import Testing

@testable import AlphaSurveys

@Suite struct HarmoniserTests {
    /// Every respondent of every generated wave has the factors that the panel gave them.
    @Test func factorsAreThePanels() throws {
        let set = try GeneratedSet.shared.get()
        for (name, wave) in set.waves {
            let definition = try #require(set.definitions.first { $0.wave.name == name })
            let panelists = Dictionary(uniqueKeysWithValues: definition.panelists.map { ($0.id, $0) })
            let ids = try wave.keys("respondent", "respondent_id")
            let columns = try Dictionary(
                uniqueKeysWithValues: SurveyTables.factors.map { ($0, try wave.keys("respondent", $0)) })
            for (key, id) in ids.enumerated() {
                guard case .number(let number) = id, let panelist = panelists[Int(number)] else {
                    Issue.record("\(name) has an unknown respondent \(id)")
                    continue
                }
                for (factor, expected) in Self.expected(panelist, name) {
                    #expect(columns[factor]?[key] == expected, "\(name) \(factor) of \(panelist.id)")
                }
            }
        }
    }

    private static func expected(_ panelist: Panelist, _ wave: String) -> [String: Cell] {
        func cell(_ names: [String], _ place: Int?) -> Cell { place.map { .text(names[$0]) } ?? .null }
        let (early, late) = (["W1", "W8.5"].contains(wave), ["W92", "W100", "W106"].contains(wave))
        let threeWay = early || ["W14", "W100"].contains(wave)
        let bins =
            late
            ? GeneratedEra.bins2021
            : early || ["W14", "W23"].contains(wave) ? GeneratedEra.bins2014 : GeneratedEra.bins2019
        let bin = late ? panelist.income.map { max(0, min(8, $0 / 10 - 2)) } : panelist.incomeBin
        let tiers = late ? ["Lower income", "Middle income", "Upper income"] : ["<$30,000", "$30-$74,999", "$75,000+"]
        let tier = late ? panelist.incomeTier : panelist.incomeBin.map { $0 < 3 ? 0 : $0 < 6 ? 1 : 2 }
        let sex = early || late ? panelist.sex : panelist.sex == 2 ? nil : panelist.sex
        return [
            "age": cell(Panelist.ages, panelist.age), "sex": cell(Panelist.sexes, sex),
            "education": threeWay ? .null : cell(Panelist.educations, panelist.education),
            "education_tier": cell(
                ["H.S. graduate or less", "Some college", "College graduate+"], panelist.education.map { $0 / 2 }),
            "race": cell(Panelist.races, late ? panelist.race : panelist.race.map { min($0, 3) }),
            "region": cell(Panelist.regions, panelist.region),
            "party": wave == "W60" ? .null : cell(Panelist.parties, panelist.party),
            "ideology": cell(Panelist.ideologies, panelist.ideology), "income": cell(bins, bin),
            "income_tier": cell(tiers, tier), "religion": cell(GeneratedEra.religions, panelist.religion),
        ]
    }

    private func respondents(_ columns: [(SurveyColumn, width: Int)], _ rows: [[SurveyCell]]) throws -> Respondents {
        let scratch = try Scratch()
        let path = try scratch.file("x.sav")
        try writeSurvey(path, columns, rows)
        let wave = try #require(Wave("54"))
        return Harmoniser(try .shipped(), wave: wave, file: try SurveyFile(path: path)).respondents()
    }

    @Test func unknownLabelsAreReported() throws {
        let result = try respondents(
            [numeric("QKEY"), numeric("F_AGECAT", [(1, "18-29"), (2, "Young at heart"), (99, "Refused")])],
            [
                [.number(1), .number(1)], [.number(2), .number(2)], [.number(3), .number(99)],
                [.number(4), .number(7)],
            ])
        #expect(result.factors["age"]?.values == ["18-29"])
        #expect(result.factors["age"]?.positions == [0, 1, 1, 1])
        #expect(
            result.notes.contains {
                $0.contains("'Young at heart'") && $0.contains("'code 7.0'") && !$0.contains("Refused")
            })
        #expect(result.notes.contains { $0.contains("no weight column") })
    }

    @Test func withoutIDs() throws {
        let result = try respondents([numeric("F_SEX", [(1, "Male")])], [[.number(1)], [.number(1)]])
        #expect(result.ids == [1, 2])
        #expect(result.notes.contains { $0.contains("no respondent id column") })
    }

    @Test func unusableIDs() throws {
        let result = try respondents([numeric("QKEY")], [[.number(7)], [.missing], [.number(1.5)]])
        #expect(result.ids == [7, -2, -3])
    }

    @Test func textIDs() throws {
        let id = SurveyColumn(name: "QKEY", label: "", format: "A8", isText: true, labels: [], missing: [])
        let result = try respondents([(id, width: 8)], [[.text("12")], [.text("x")]])
        #expect(result.ids == [12, -2])
    }

    /// Bins of 10,000 straddle 75,000 dollars: no tier can be told from them.
    @Test func inexactRecodesAreNotMade() throws {
        let labels = [(1.0, "$60,000 to less than $70,000"), (2.0, "$70,000 to less than $80,000")]
        let result = try respondents([numeric("F_INC_SDT1", labels)], [[.number(1)], [.number(2)]])
        #expect(result.factors["income"]?.values.count == 2)
        #expect(result.factors["income_tier"]?.values.isEmpty == true)
    }
}
