import LakeCore
import Testing

@testable import AlphaSurveys

@Suite struct QuestionCatalogTests {
    private func matches(_ keys: [String], _ columns: [String], labels: [String] = []) throws -> [Int: String] {
        let entries = keys.map { ($0, QuestionCatalog.Entry(question: "Do you agree?", options: [])) }
        let catalog = QuestionCatalog(waves: ["W46": Dictionary(uniqueKeysWithValues: entries)])
        let described = columns.enumerated().map { index, name in
            var column = numeric(name).0
            column.label = labels.isEmpty ? "" : labels[index]
            return column
        }
        return catalog.matches(wave: try #require(Wave("46")), columns: described).mapValues(\.code)
    }

    @Test func bySuffix() throws {
        #expect(try matches(["A", "B_c"], ["A_W46", "B_c_W46", "C_W46", "A_W45"]) == [0: "A", 1: "B_c"])
    }

    @Test func byItsOwnNameFirst() throws {
        #expect(try matches(["A", "A_W46"], ["A_W46", "A"]) == [0: "A_W46", 1: "A"])
    }

    @Test func waveInTheMiddle() throws {
        #expect(try matches(["GOV_W46"], ["GOV_W46_TEST"]) == [0: "GOV_W46"])
        #expect(try matches(["GOV"], ["GOV_W46_TEST"]) == [0: "GOV"])
        // A derived column never takes the entry of the column it comes from.
        #expect(try matches(["GOV"], ["GOV_W46_num", "GOV_W46"]) == [1: "GOV"])
    }

    @Test func letterCase() throws {
        #expect(try matches(["KNOW4"], ["Know4_w46"]) == [0: "KNOW4"])
    }

    @Test func diaries() throws {
        let same = "Q_1: Do you agree?"
        #expect(try matches(["Q"], ["Q_1", "Q_2", "Q_3"], labels: [same, same, "Another"]) == [0: "Q", 1: "Q"])
    }

    @Test func otherJSONNamesTheFile() {
        let error = #expect(throws: LakeError.self) { try QuestionCatalog(json: Array("[1]".utf8), file: "c.json") }
        #expect(error?.location.file == "c.json")
    }
}
