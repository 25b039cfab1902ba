import LakeCore
import Testing

@testable import AlphaSurveys

@Suite struct CodedColumnTests {
    private func coded(_ column: (SurveyColumn, width: Int), _ cells: [SurveyCell]) throws -> CodedColumn {
        let scratch = try Scratch()
        let path = try scratch.file("x.sav")
        try writeSurvey(path, [column], cells.map { [$0] })
        return CodedColumn(try SurveyFile(path: path), 0)
    }

    private func text(_ labels: [(String, String)]) -> (SurveyColumn, width: Int) {
        let labels = labels.map { ValueLabel(code: .nan, text: $0.0, label: $0.1) }
        return (SurveyColumn(name: "A", label: "", format: "A8", isText: true, labels: labels, missing: []), width: 8)
    }

    @Test func codesAscendWhateverTheirOrderOfArrival() throws {
        let column = try coded(
            numeric("A", [(1, "Yes"), (99, "Refused")]),
            [.number(99), .missing, .number(1), .number(-3), .number(2.5), .number(5_000), .number(1)])
        #expect(column.answers.map(\.code) == [-3, 1, 2.5, 99, 5_000])
        #expect(column.answers.map(\.label) == [nil, "Yes", nil, "Refused", nil])
        #expect(column.positions == [3, CodedColumn.none, 1, 0, 2, 4, 1])
    }

    @Test func unlabelledUserMissingCodes() throws {
        var column = numeric("A", [(1, "Yes")])
        column.0.missing = [98...99]
        let answers = try coded(column, [.number(1), .number(98), .number(97)]).answers
        #expect(answers.map(\.isMissing) == [false, false, true])
        #expect(answers.map(\.code) == [1, 97, 98])
    }

    @Test func numbersInTextKeepTheirValue() throws {
        let column = try coded(text([("10", "Ten"), ("2", "Two")]), [.text("10"), .text("2"), .text(""), .text("7")])
        #expect(column.answers.map(\.code) == [2, 7, 10])
        #expect(column.answers.map(\.label) == ["Two", nil, "Ten"])
        #expect(column.positions == [2, 0, CodedColumn.none, 1])
    }

    @Test func otherTextIsNumberedInTheOrderOfTheLabels() throws {
        let column = try coded(text([("b", "Second"), ("a", "First")]), [.text("z"), .text("b"), .text("a")])
        #expect(column.answers.map(\.code) == [1, 2, 3])
        #expect(column.answers.map(\.label) == ["First", "Second", nil])
        #expect(column.positions == [2, 1, 0])
    }

    @Test func trailingSpacesArePadding() {
        #expect(CodedColumn.trimmed("a   ") == "a")
        #expect(CodedColumn.trimmed(" a") == " a")
        #expect(CodedColumn.trimmed("   ").isEmpty)
    }
}
