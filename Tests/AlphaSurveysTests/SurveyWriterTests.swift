import LakeCore
import Testing

@testable import AlphaSurveys

@Suite struct SurveyWriterTests {
    @Test func aFolderThatIsNotThere() {
        let error = #expect(throws: LakeError.self) { try SurveyWriter(path: "/nowhere/x.sav", rows: 1) }
        #expect(error?.code == .io)
        #expect(error?.location.file == "/nowhere/x.sav")
    }

    @Test func tooFewRowsAndBadNamesAreErrors() throws {
        let scratch = try Scratch()
        let path = try scratch.file("x.sav")
        #expect(throws: LakeError.self) {
            let writer = try SurveyWriter(path: path, rows: 2)
            writer.add(numeric("A").0)
            writer.write([.number(1)])
            try writer.close()
        }
        #expect(throws: LakeError.self) { try writeSurvey(path, [numeric("1 bad name")], [[.number(1)]]) }
    }
}
