import LakeCore
import Testing

@testable import AlphaSurveys

@Suite struct SurveyDetailsTests {
    private func date(_ year: Int, _ month: Int, _ day: Int) -> Int64? {
        SurveyDetails.days(year: year, month: month, day: day)
    }

    @Test func days() {
        #expect(date(1970, 1, 1) == 0)
        #expect(date(2000, 2, 29) == 11_016)
        #expect(date(2022, 4, 17) == 19_099)
        #expect(date(1969, 12, 31) == -1)
        #expect(date(2021, 2, 29) == nil)
        #expect(date(2021, 13, 1) == nil)
    }

    @Test(arguments: [
        ("Sept. 29, 2019", 2019, 9, 29), ("June, 6, 2016", 2016, 6, 6), ("Nov 29, 2020", 2020, 11, 29),
        ("August 8, 2021", 2021, 8, 8), ("Sept. 19, 2021  ", 2021, 9, 19), ("May 1, 2022", 2022, 5, 1),
    ])
    func dates(text: String, year: Int, month: Int, day: Int) {
        let parsed = SurveyDetails.endDate(text, start: "")
        #expect(parsed.day == date(year, month, day))
        #expect(parsed.note == nil)
    }

    @Test func damagedDates() {
        let repaired = SurveyDetails.endDate("17, 2022", start: "Apr. 11")
        #expect(repaired.day == date(2022, 4, 17))
        #expect(repaired.note != nil)
        // The month has turned: nothing says to which.
        #expect(SurveyDetails.endDate("3, 2022", start: "Apr. 28").day == nil)
        #expect(SurveyDetails.endDate("17, 2022", start: "").day == nil)
        #expect(SurveyDetails.endDate("Feb. 30, 2022", start: "").day == nil)
        #expect(SurveyDetails.endDate("Feb. 30, 2022", start: "").note != nil)
        #expect(SurveyDetails.endDate("", start: "").note == nil)
    }

    @Test func entries() throws {
        let json = #"""
            [{"name": "Wave 8.5", "start_date": "Nov. 10", "end_date": "Nov. 16, 2014", "Topics": "Phones", "concept": ""},
             {"name": "Omnibus"}, {"name": "Wave 9"}]
            """#
        let details = try SurveyDetails(json: Array(json.utf8), file: "d.json")
        #expect(details.waves.count == 2)
        let wave = try #require(Wave("8.5"))
        #expect(details.waves[wave]?.topic == "Phones")
        #expect(details.waves[wave]?.concept == nil)
    }

    @Test func otherJSONNamesTheFile() {
        let error = #expect(throws: LakeError.self) { try SurveyDetails(json: Array("{}".utf8), file: "d.json") }
        #expect(error?.location.file == "d.json")
        #expect(error?.code == .usage)
    }
}
