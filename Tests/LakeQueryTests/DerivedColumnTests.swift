import LakeBytes
import LakeCore
import LakeTable
import Testing

@testable import LakeQuery

@Suite struct DerivedColumnTests {
    /// Answers of 40 people to 12 questions in 3 waves; question 7 of each wave has no text, question 5 is not in
    /// `questions`, and every 50th answer has no question.
    private static let answers: [[Scalar]] = (0..<1440).map { row in
        let (wave, person, question) = (row / 480, row / 12 % 40, row % 12)
        return [
            text("W\(wave)"), row % 50 == 0 ? .null : .integer(Int64(question)), .integer(Int64(person)),
            text("answer \((row * 7 + person) % 4)"),
        ]
    }

    private static let questions: [[Scalar]] = (0..<36).filter { $0 % 12 != 5 }.map { row in
        let (wave, question) = (row / 12, row % 12)
        return [
            text("W\(wave)"), .integer(Int64(question)),
            question == 7 ? .null : text("Do you \(question % 2 == 0 ? "vote" : "pray") in W\(wave)?"),
            .integer(Int64(question % 3)),
        ]
    }

    private static func text(_ text: String) -> Scalar { .bytes(Array(text.utf8)) }

    static let wording = DerivedField(
        name: "Wording", type: .utf8,
        lookup: Lookup(
            table: "questions", key: [.init("wave", references: "wave"), .init("question", references: "number")],
            value: "text"))
    static let scale = DerivedField(
        name: "scale", type: .int32,
        lookup: Lookup(
            table: "questions", key: [.init("wave", references: "wave"), .init("question", references: "number")],
            value: "scale"))

    private func lake(groups: Bool, derived: [DerivedField] = [wording, scale]) throws -> DerivedLake {
        let made = try DerivedLake()
        try made.fill(
            "questions", [("wave", .utf8), ("number", .int16), ("text", .utf8), ("scale", .int32)],
            DerivedColumnTests.questions)
        let question = KeyGroup(name: "question", key: ["wave", "question"], columns: ["wave", "question"])
        try made.fill(
            "answers", [("wave", .utf8), ("question", .int64), ("person", .int32), ("answer", .utf8)],
            DerivedColumnTests.answers, groups: groups ? [question] : [], derived: derived)
        return made
    }

    /// What the derived column `wording` is for a row of `answers`.
    private static func wording(_ row: [Scalar]) -> Scalar {
        questions.first { $0[0] == row[0] && $0[1] == row[1] }?[2] ?? .null
    }

    @Test(arguments: [true, false]) func rowsHaveWhatTheOtherTableSays(groups: Bool) throws {
        let made = try lake(groups: groups)
        let found = try made.rows("SELECT wave, question, person, answer, wording FROM answers")
        #expect(found == DerivedColumnTests.answers.map { $0 + [DerivedColumnTests.wording($0)] })
        #expect(try made.rows("SELECT * FROM answers LIMIT 1").first?.count == 4)
        let few = try made.rows("SELECT wording FROM answers WHERE person = 4 AND question = 4")
        #expect(few == (0..<3).map { [DerivedColumnTests.text("Do you vote in W\($0)?")] })
    }

    @Test(arguments: [true, false]) func conditionsGroupsAndOrders(groups: Bool) throws {
        let made = try lake(groups: groups)
        let all = DerivedColumnTests.answers.map { ($0, DerivedColumnTests.wording($0)) }
        let votes = all.filter { if case .bytes(let text) = $0.1 { text.contains(UInt8(ascii: "v")) } else { false } }
        #expect(try made.rows("SELECT count(*) FROM answers WHERE \"Wording\" LIKE '%vote%'") == [[count(votes)]])
        let unknown = all.filter { $0.1.isNull }
        #expect(try made.rows("SELECT count(*) FROM answers WHERE wording IS NULL") == [[count(unknown)]])
        let perText = Dictionary(grouping: all) { $0.1 }
        let grouped = try made.rows(
            "SELECT wording, count(*), count(wording) FROM answers GROUP BY wording ORDER BY 1 DESC NULLS LAST")
        #expect(grouped.count == perText.count)
        for row in grouped {
            let rows = perText[row[0]] ?? []
            #expect(row[1] == count(rows) && row[2] == (row[0].isNull ? .integer(0) : count(rows)))
        }
        #expect(grouped.last?[0] == .null && grouped.first?[0] == DerivedColumnTests.text("Do you vote in W2?"))
        let mixed = try made.rows(
            "SELECT count(*), sum(scale), min(wording) FROM answers WHERE scale = 1 AND answer = 'answer 2' AND person > 20"
        )
        let expected = all.filter { row, text in
            guard case .integer(let question) = row[1], question % 3 == 1, question != 5 else { return false }
            return row[3] == DerivedColumnTests.text("answer 2") && row[2].compare(.integer(20)) > 0
        }
        #expect(mixed.first?.prefix(2) == [count(expected), count(expected)])
        #expect(mixed.first?[2] == DerivedColumnTests.text("Do you pray in W0?"))
        let top = try made.rows("SELECT person, wording FROM answers ORDER BY wording DESC, person DESC LIMIT 2")
        #expect(top == [39, 39].map { [.integer($0), DerivedColumnTests.text("Do you vote in W2?")] })
    }

    private func count(_ rows: some Collection) -> Scalar { .integer(Int64(rows.count)) }

    @Test func aNewVersionOfTheOtherTableIsSeen() throws {
        let made = try lake(groups: true)
        var pinned = DerivedColumnTests.wording
        pinned.name = "then"
        pinned.lookup.version = try made.lake.table("questions").latestVersion()
        try made.declare("answers", [DerivedColumnTests.wording, pinned])
        let engine = QueryEngine(lake: made.lake)
        let sql = "SELECT wording, \"then\" FROM answers WHERE wave = 'W1' AND question = 2 LIMIT 1"
        let before = DerivedColumnTests.text("Do you vote in W1?")
        #expect(try made.rows(sql, engine) == [[before, before]])
        let query = try engine.prepare(sql)
        let after = DerivedColumnTests.text("Did you vote?")
        let changed = DerivedColumnTests.questions.map { row in
            row[0] == DerivedColumnTests.text("W1") && row[1] == .integer(2) ? [row[0], row[1], after, row[3]] : row
        }
        try made.replace("questions", changed)
        #expect(try made.rows(sql, engine) == [[after, before]])
        // A query that was prepared before still reads what it was bound to.
        #expect(try made.rows(query) == [[before, before]])
    }

    @Test func aKeyThatIsThereTwiceIsNamed() throws {
        let made = try lake(groups: true)
        try made.append("questions", [DerivedColumnTests.questions[3]])
        let error = try made.refusal("SELECT wording FROM answers")
        #expect(error?.code == .failed && error?.location.table == "questions")
        #expect(error?.message == "wave = W0, number = 3 is there more than once")
        #expect(try made.rows("SELECT count(*) FROM answers") == [[.integer(1440)]])
    }

    @Test func whatIsReadMustBeThere() throws {
        let made = try lake(groups: true)
        var gone = DerivedColumnTests.wording
        gone.lookup.table = "question"
        var other = DerivedColumnTests.scale
        other.type = .utf8
        try made.declare("answers", [gone, other])
        #expect(try made.rows("SELECT count(*) FROM answers WHERE question = 1") == [[.integer(120)]])
        let missing = try made.refusal("SELECT answer FROM answers WHERE wording = 'x'")
        #expect(missing?.code == .missing)
        #expect(missing?.message.contains("'Wording' is looked up in 'question': no table 'question'") == true)
        #expect(missing?.message.contains("^") == true)
        let misfit = try made.refusal("SELECT scale FROM answers")
        #expect(misfit?.code == .usage && misfit?.message.contains("was declared as utf8") == true)
        #expect(try made.refusal("SELECT wordin FROM answers")?.hint == "did you mean 'Wording'?")
    }

    @Test func derivedColumnsCanBeKeys() throws {
        let made = try lake(groups: false)
        try made.fill(
            "scales", [("id", .int64), ("name", .utf8)],
            [[.integer(0), DerivedColumnTests.text("yes or no")], [.integer(2), DerivedColumnTests.text("often")]])
        let name = DerivedField(
            name: "scale_name", type: .utf8,
            lookup: Lookup(table: "scales", key: [.init("scale", references: "id")], value: "name"))
        try made.declare("answers", [DerivedColumnTests.scale, name])
        let found = try made.rows("SELECT scale_name, scale, count(*) FROM answers GROUP BY 1, 2 ORDER BY 2")
        #expect(
            found.map { [$0[0], $0[1]] } == [
                [DerivedColumnTests.text("yes or no"), .integer(0)], [.null, .integer(1)],
                [DerivedColumnTests.text("often"), .integer(2)], [.null, .null],
            ])
    }

    @Test func programsRegisterColumns() throws {
        let made = try lake(groups: true)
        let engine = QueryEngine(lake: made.lake, derived: ["answers": ["prompt": Prompt()]])
        let sql = "SELECT prompt FROM answers WHERE person = 1 AND wave = 'W0' AND prompt LIKE '%vote%'"
        let expected = DerivedColumnTests.answers.filter {
            $0[0] == DerivedColumnTests.text("W0") && $0[2] == .integer(1)
        }
        .map { Prompt.render(DerivedColumnTests.wording($0), $0[3]) }
        .filter {
            if case .bytes(let text) = $0 { String(decoding: text, as: UTF8.self).contains("vote") } else { false }
        }
        #expect(!expected.isEmpty)
        #expect(try made.rows(sql, engine) == expected.map { [$0] })
        let taken = QueryEngine(lake: made.lake, derived: ["answers": ["scale": Prompt()]])
        #expect(try made.refusal("SELECT answer FROM answers", taken)?.message.contains("has a column 'scale'") == true)
        let broken = QueryEngine(
            lake: made.lake, derived: ["answers": ["a": Broken(values: [1]), "b": Prompt(inputs: ["x"])]])
        #expect(try made.refusal("SELECT a FROM answers", broken)?.message == "1 values for 1440 rows")
        #expect(try made.refusal("SELECT b FROM answers", broken)?.message.contains("computed from 'x'") == true)
        let numbers = QueryEngine(lake: made.lake, derived: ["answers": ["a": Broken(values: (0..<1440).map { $0 })]])
        #expect(try made.refusal("SELECT a FROM answers", numbers)?.message == "the values are not utf8")
    }
}

/// What a question and an answer to it look like as one text.
private struct Prompt: DerivedColumn {
    let type = DataType.utf8
    var inputs = ["Wording", "answer"]

    static func render(_ question: Scalar, _ answer: Scalar) -> Scalar {
        guard case .bytes(let question) = question, case .bytes(let answer) = answer else { return .null }
        return .bytes(question + [0x20] + answer)
    }

    func values(_ inputs: [ColumnVector]) throws -> ColumnVector {
        .of(
            (0..<inputs[0].count).map { Prompt.render(inputs[0].scalar($0, .utf8), inputs[1].scalar($0, .utf8)) }, .utf8
        )
    }
}

/// Gives back integers, whatever it is asked for.
private struct Broken: DerivedColumn {
    let type = DataType.utf8
    let inputs = ["answer"]
    var values: [Int64]

    func values(_ inputs: [ColumnVector]) throws -> ColumnVector { ColumnVector(.integers(values)) }
}
