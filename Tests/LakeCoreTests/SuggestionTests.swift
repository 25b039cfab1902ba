import LakeCore
import Testing

@Suite struct SuggestionTests {
    private static let columns = [
        "wave", "question_key", "question_code", "question", "answer_code", "answer", "is_refused", "respondent",
        "age", "sex", "gender", "race", "region", "religion", "weight", "education", "income", "Party", "n", "x",
    ]

    @Test(arguments: [
        ("gendr", ["gender"]), ("GENDER", ["gender"]), ("agee", ["age"]), ("aeg", ["age"]), ("wieght", ["weight"]),
        ("party", ["Party"]), ("questoin_key", ["question_key"]), ("quesiton", ["question"]),
        ("code", ["answer_code", "question_code"]),
        ("respondent_id", ["respondent"]), ("resp", ["respondent"]), ("regoin", ["region"]), ("edu", ["education"]),
        ("key", ["question_key"]), ("refused", ["is_refused"]), ("zzz", []), ("y", []), ("country", []), ("id", []),
        ("", []),
        ("questions", ["question"]), ("anwser", ["answer"]), ("income_group", []), ("relgion", ["region", "religion"]),
    ])
    func meant(_ name: String, _ expected: [String]) {
        #expect(nearest(to: name, among: SuggestionTests.columns) == expected)
    }

    @Test func longNamesAreNotLikeShortOnes() {
        #expect(nearest(to: String(repeating: "a", count: 500), among: SuggestionTests.columns) == [])
    }

    @Test func inWords() {
        #expect(suggestion(for: "cod", among: ["code", "cold", "co"]) == "did you mean 'code', 'cold' or 'co'?")
        #expect(suggestion(for: "aa", among: ["bb"]) == nil)
        #expect(nearest(to: "col", among: ["col_a_long", "col_b", "col_c", "col_d"]) == ["col_b", "col_c", "col_d"])
    }
}
