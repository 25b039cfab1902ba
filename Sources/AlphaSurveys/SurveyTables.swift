import LakeCore

/// The schemas of the tables that a survey import fills.
public enum SurveyTables {
    /// The demographic columns of `responses`: the nine factors, and the three-way recodes of two of them.
    public static let factors = [
        "age", "sex", "education", "education_tier", "race", "region", "party", "ideology", "income", "income_tier",
        "religion",
    ]

    private static let ofWave = ["wave", "wave_no", "end_date", "topic", "concept"]

    /// One row per respondent and answered question. Key groups: `respondent` (everything known from who answered),
    /// `question` (from what was asked) and, within it, `answer`.
    public static func responses() throws(LakeError) -> Schema {
        var columns: [(String, DataType, Bool)] = [
            ("wave", .utf8, false), ("wave_no", .float64, false), ("end_date", .date, true), ("topic", .utf8, true),
            ("concept", .utf8, true), ("question_key", .utf8, false), ("question_code", .utf8, false),
            ("question", .utf8, true), ("answer_code", .float64, false), ("answer", .utf8, true),
            ("is_refused", .bool, false), ("weight", .float64, true), ("respondent_id", .int64, false),
        ]
        columns += factors.map { ($0, .utf8, true) }
        return try Schema(
            fields: fields(columns),
            keyGroups: [
                KeyGroup(
                    name: "respondent", key: ["wave", "respondent_id"],
                    columns: ofWave + ["weight", "respondent_id"] + factors),
                KeyGroup(
                    name: "question", key: ["wave", "question_key"],
                    columns: ofWave + ["question_key", "question_code", "question"]),
                KeyGroup(
                    name: "answer", key: ["answer_code"], columns: ["answer_code", "answer", "is_refused"],
                    within: "question"),
            ])
    }

    /// One row per question of a wave. `options` are the file's value labels in the order of `option_codes`, ascending;
    /// `catalog_options` what the catalog lists, in its order, NULL for a question it does not have; `label` the file's
    /// own wording; `respondents` how many answered.
    public static func questions() throws(LakeError) -> Schema {
        try Schema(
            fields: fields([
                ("wave", .utf8, false), ("wave_no", .float64, false), ("end_date", .date, true),
                ("question_key", .utf8, false), ("question_code", .utf8, false), ("text", .utf8, true),
                ("topic", .utf8, true), ("concept", .utf8, true), ("options", .list(.utf8), false),
                ("option_codes", .list(.float64), false), ("option_refused", .list(.bool), false),
                ("catalog_options", .list(.utf8), true), ("label", .utf8, true), ("respondents", .int32, false),
            ]))
    }

    private static func fields(_ columns: [(String, DataType, Bool)]) -> [Field] {
        columns.enumerated().map { Field(id: $0 + 1, name: $1.0, type: $1.1, nullable: $1.2) }
    }
}
