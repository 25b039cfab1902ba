import Foundation
import LakeCore
import Testing

@testable import AlphaSurveys

@Suite struct SurveyFileTests {
    @Test func roundTrip() throws {
        let scratch = try Scratch()
        let path = try scratch.file("a.sav")
        var answer = numeric("A_RATHER_LONG_NAME_W1", [(1, "Yes"), (2, "Yes"), (99, " Refused")], label: "Ja\u{2019}?")
        answer.0.missing = [98...99]
        let letter = SurveyColumn(
            name: "L", label: "", format: "A4", isText: true,
            labels: [ValueLabel(code: .nan, text: "a", label: "First")], missing: [])
        try writeSurvey(
            path, [answer, (letter, width: 4), numeric("W")],
            [
                [.number(1), .text("a"), .number(0.5)], [.missing, .text(""), .number(-2)],
                [.number(99), .text("b"), .missing],
            ])
        let file = try SurveyFile(path: path)
        #expect(file.rows == 3)
        #expect(file.columns.map(\.name) == ["A_RATHER_LONG_NAME_W1", "L", "W"])
        #expect(file.columns[0].label == "Ja\u{2019}?")
        #expect(file.columns[0].labels.map(\.label) == ["Yes", "Yes", " Refused"])
        #expect(file.columns[0].missing == [98...99])
        #expect(file.columns[1].isText)
        #expect(file.columns[1].labels.first?.text?.first == "a")
        #expect(file.columns[2].labels.isEmpty)
        let answers = file.cells(0)
        #expect(answers[0] == 1 && answers[1].isNaN && answers[2] == 99)
        #expect(file.string(Int(file.cells(1)[2])) == "b")
        #expect(file.cells(1)[1].isNaN)
        #expect(file.string(-1).isEmpty && file.string(1_000).isEmpty)
        let header = try SurveyFile(path: path, cells: false)
        #expect(header.columns.map(\.name) == file.columns.map(\.name))
        #expect(header.columns[0] == file.columns[0])
    }

    @Test func missingFile() {
        let error = #expect(throws: LakeError.self) { try SurveyFile(path: "/nowhere/at/all.sav") }
        #expect(error?.code == .missing)
        #expect(error?.location.file == "/nowhere/at/all.sav")
    }

    @Test func notASurvey() throws {
        let scratch = try Scratch()
        for (index, bytes) in [[], [0, 5, 22, 7], Array("$FL2@(#) nothing follows".utf8)].enumerated() {
            let path = try scratch.file("\(index).sav")
            try Data(bytes as [UInt8]).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: LakeError.self) { try SurveyFile(path: path) }
            #expect(error?.location.file == path)
        }
    }

    /// A file cut short or with a changed byte is read or refused; it never ends the process.
    @Test func damage() throws {
        let scratch = try Scratch()
        let path = try scratch.file("whole.sav")
        let rows = (0..<40).map { row -> [SurveyCell] in [.number(Double(row % 3)), .number(Double(row))] }
        try writeSurvey(path, [numeric("A_W1", [(1, "Yes"), (2, "No")]), numeric("QKEY")], rows)
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let damaged = try scratch.file("damaged.sav")
        func tryReading(_ bytes: [UInt8]) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: damaged))
            if let file = try? SurveyFile(path: damaged) {
                for column in file.columns.indices { #expect(file.cells(column).count == file.rows) }
            }
        }
        for length in stride(from: 0, to: whole.count, by: 3) { try tryReading(Array(whole[..<length])) }
        var random = SplitMix64(seed: 7)
        for _ in 0..<400 {
            var bytes = whole
            bytes[Int(random.next() % UInt64(bytes.count))] ^= UInt8(truncatingIfNeeded: 1 << (random.next() % 8))
            try tryReading(bytes)
        }
    }
}
