import LakeBytes
import LakeCore
import LakeShard

/// One wave as rows of both tables.
public struct SurveyWave: Sendable {
    public var wave: Wave
    /// Rows of `responses` (`SurveyTables.responses`), question by question in file order.
    public var responses: KeyedRows
    /// Rows of `questions` (`SurveyTables.questions`), in file order.
    public var questions: Batch
    /// The file that the rows come from.
    public var report: FileReport
}

/// A column whose answers become rows.
struct Question {
    var column: Int
    var key: String
    var code: String
    var text: String?
    var catalogOptions: [String]?
    var answered = 0
}

/// Makes the rows of one wave from one survey file.
struct WaveReader {
    let file: SurveyFile
    let wave: Wave
    let catalog: QuestionCatalog
    let entry: SurveyDetails.Entry?
    let harmoniser: Harmoniser

    init(_ file: SurveyFile, wave: Wave, mapping: Harmonisation, catalog: QuestionCatalog, details: SurveyDetails) {
        self.file = file
        self.wave = wave
        self.catalog = catalog
        entry = details.waves[wave]
        harmoniser = Harmoniser(mapping, wave: wave, file: file)
    }

    func read() -> SurveyWave {
        let respondents = harmoniser.respondents()
        var (questions, skipped) = questions(used: respondents.used)
        var report = FileReport(path: file.path, wave: wave, outcome: .imported)
        let responses = rows(of: &questions, respondents, &report)
        report.questions = questions.count
        report.rows = responses.count
        report.skipped = skipped
        report.sources = respondents.sources
        report.notes += respondents.notes
        report.notes += notes(on: questions)
        return SurveyWave(wave: wave, responses: responses, questions: batch(of: questions), report: report)
    }

    /// Which columns are questions: those with value labels that did not become anything else.
    private func questions(used: [Int: String]) -> ([Question], [SkippedColumn]) {
        let asides = harmoniser.asides()
        let matches = catalog.matches(wave: wave, columns: file.columns)
        var questions: [Question] = []
        var skipped: [SkippedColumn] = []
        var own = Set(matches.values.map(\.code))
        for (index, column) in file.columns.enumerated() {
            let reason: SkippedColumn.Reason? =
                if let name = used[index] {
                    .became(name)
                } else if column.labels.isEmpty {
                    column.isText ? .openText : .unlabelledNumbers
                } else if matches[index] == nil {
                    asides[index]
                } else {
                    nil
                }
            if let reason {
                skipped.append(SkippedColumn(name: column.name, reason: reason))
                continue
            }
            let match = matches[index]
            let carried = match == nil ? carriedOver(column, own) : nil
            let code =
                match?.code ?? carried?.code ?? free(wave.trimmed(column.name), else: column.name, own)
            own.insert(code)
            let text = match?.entry.question ?? carried?.entry.question ?? column.label
            questions.append(
                Question(
                    column: index, key: column.name, code: code, text: text.isEmpty ? nil : text,
                    catalogOptions: match?.entry.options))
        }
        return (questions, skipped)
    }

    /// The catalog's entry for a question carried over from another wave (`DIFFPARTY_W53` in W59), unless a question of
    /// this wave has its key.
    private func carriedOver(_ column: SurveyColumn, _ taken: Set<String>) -> QuestionCatalog.Match? {
        guard let other = Wave.tokens(in: column.name).last, other != wave,
            let match = catalog.matches(wave: other, columns: [column])[0], !taken.contains(match.code)
        else { return nil }
        return match
    }

    private func free(_ code: String, else name: String, _ taken: Set<String>) -> String {
        taken.contains(code) ? name : code
    }

    private func notes(on questions: [Question]) -> [String] {
        var notes: [String] = []
        if let note = entry?.note { notes.append(note) }
        if file.recoded { notes.append("the file breaks its own character set: read as Windows-1252") }
        let texts = questions.filter { file.columns[$0.column].isText }.map(\.key)
        if !texts.isEmpty {
            notes.append("text codes were numbered in \(texts.prefix(5).joined(separator: ", "))")
        }
        let missing = Set(catalog.waves[wave.name].map { Array($0.keys) } ?? []).subtracting(questions.map(\.code))
            .sorted()
        if !missing.isEmpty {
            let list = missing.prefix(5).joined(separator: ", ") + (missing.count > 5 ? " ..." : "")
            notes.append("\(missing.count) questions of the catalog have no column with value labels: \(list)")
        }
        return notes
    }
}
