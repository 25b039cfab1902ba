/// Opinions: survey files in, rows out.
///
/// ```
/// Wave.swift               which wave a file belongs to (W8.5), and how columns spell it
/// SurveyFile.swift         one SPSS system file, read through ReadStat
/// Harmonisation.swift      Schemas/surveys/harmonisation.json: columns and labels of the nine factors, as data
/// LabelRules.swift         when two labels are the same, when a label is a refusal
/// ColumnPatterns.swift     which column of a file a pattern such as `F_SEX{final}` names
/// CodedColumn.swift        a column as positions in the list of its answers
/// Harmoniser.swift         the mapping applied to one file: ids, weights, factors
/// QuestionCatalog.swift    opinionqa-xl.json: question wording and options by wave and code
/// SurveyDetails.swift      survey-details.json: topic, concept and end date by wave
/// SurveyTables.swift       the schemas of `responses` and `questions`
/// WaveReader.swift         one wave as rows: which columns are questions, what is skipped and why
/// WaveReader+Responses.swift, WaveReader+Questions.swift   the rows themselves
/// SurveyImport.swift       folders in, one `SurveyWave` at a time out
/// SurveyReport.swift       what went in, what did not, and why
/// Generator/               small, realistic `.sav` sets with every quirk, for demo and tests
/// ```
///
/// Nothing here knows tables or commits: `SurveyImport.run` hands each wave to a closure. Sibling of `LakeIngest`,
/// above `LakeShard` (whose `KeyedRows` it makes).
///
/// Invariants: a wave comes out once and whole, from one file (the superset where several files share respondents);
/// rows stand question by question in file order, respondents in file order; a value label is stored byte for byte as
/// ReadStat delivers it (SPSS pads labels on the right, so ReadStat drops trailing spaces; leading ones stay).
public enum AlphaSurveys {
    /// The name of the table of answers.
    public static let responses = "responses"
    /// The name of the table of questions.
    public static let questions = "questions"
}
