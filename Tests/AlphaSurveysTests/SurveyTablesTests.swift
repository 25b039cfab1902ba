import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import AlphaSurveys

@Suite struct SurveyTablesTests {
    @Test func responses() throws {
        let schema = try SurveyTables.responses()
        let asked = [
            "wave", "wave_no", "end_date", "topic", "concept", "question_key", "question_code", "question",
            "answer_code",
            "answer", "is_refused", "weight", "respondent_id", "age", "sex", "education", "race", "region", "party",
            "ideology", "income", "religion",
        ]
        #expect(schema.fields.map(\.name).filter { asked.contains($0) } == asked)
        #expect(schema.keyGroups.map(\.name) == ["respondent", "question", "answer"])
        let grouped = Set(schema.keyGroups.flatMap(\.columns))
        #expect(grouped == Set(schema.fields.map(\.name)), "no column is stored per row")
    }

    @Test func questionsMatchTheirRows() throws {
        let schema = try SurveyTables.questions()
        let set = try GeneratedSet.shared.get()
        for wave in set.waves.values {
            #expect(wave.questions.columns.count == schema.fields.count)
            for (field, column) in zip(schema.fields, wave.questions.columns) {
                #expect(column.count == wave.questions.count, "\(field.name)")
                if !field.nullable { #expect((0..<column.count).allSatisfy { !column.isNull($0) }, "\(field.name)") }
                if case .lists = column.values {
                    #expect(field.type.element != nil)
                } else {
                    #expect(field.type.element == nil)
                }
            }
        }
    }
}
