import Foundation
import LakeCore
import Testing

@testable import AlphaSurveys

@Suite struct HarmonisationTests {
    @Test func shippedMappingIsTheOneUnderSchemas() throws {
        let file = #filePath as NSString
        let root = ((file.deletingLastPathComponent as NSString).deletingLastPathComponent as NSString)
            .deletingLastPathComponent
        let data = try Data(contentsOf: URL(fileURLWithPath: root + "/Schemas/surveys/harmonisation.json"))
        #expect(try Harmonisation(json: Array(data), file: "x") == Harmonisation.shipped())
    }

    @Test func everyLabelIsInNormalForm() throws {
        let mapping = try Harmonisation.shipped()
        let rules = LabelRules(mapping)
        for factor in mapping.factors {
            for label in (factor.values ?? []).flatMap(\.labels) {
                #expect(rules.normalised(label) == label, "\(factor.name): \(label)")
                #expect(!rules.isAbsent(label), "\(factor.name): \(label)")
            }
            let labels = (factor.values ?? []).flatMap(\.labels)
            #expect(Set(labels).count == labels.count, "\(factor.name) lists a label twice")
            #expect((factor.asPublished == true) != (factor.values != nil), "\(factor.name)")
        }
        for label in mapping.refusals.equal + mapping.absent { #expect(rules.normalised(label) == label) }
    }

    @Test func valuesAreThoseOfTheTable() throws {
        let mapping = try Harmonisation.shipped()
        let values = Dictionary(uniqueKeysWithValues: mapping.factors.map { ($0.name, ($0.values ?? []).map(\.value)) })
        #expect(values["age"] == Panelist.ages)
        #expect(values["sex"] == Panelist.sexes)
        #expect(values["education"] == Panelist.educations)
        #expect(Set(values["race"] ?? []) == Set(Panelist.races))
        #expect(values["region"] == Panelist.regions)
        #expect(Set(values["party"] ?? []) == Set(Panelist.parties))
        #expect(values["ideology"] == Panelist.ideologies)
        #expect(mapping.factors.map(\.name) == SurveyTables.factors)
    }

    @Test func refusesOtherJSON() {
        #expect(throws: LakeError.self) { try Harmonisation(json: Array("[]".utf8), file: "m.json") }
        #expect { try Harmonisation(json: Array("{".utf8), file: "m.json") } throws: { error in
            (error as? LakeError)?.location.file == "m.json"
        }
    }
}
