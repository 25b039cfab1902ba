import LakeBytes
import LakeCore
import LakeShard

extension WaveReader {
    /// The answers as rows: three key codes each. Counts what every question and the report need on the way.
    func rows(of questions: inout [Question], _ respondents: Respondents, _ report: inout FileReport) -> KeyedRows {
        let keys = RespondentKeys(respondents.ids)
        var rows = (respondent: [UInt32](), question: [UInt32](), answer: [UInt32]())
        var answers: [Answer] = []
        var parents: [UInt32] = []
        var asked: [Int] = []
        for index in questions.indices {
            let coded = CodedColumn(file, questions[index].column)
            guard !coded.answers.isEmpty else { continue }
            let (question, base) = (UInt32(asked.count), UInt32(answers.count))
            let start = rows.answer.count
            for (row, position) in coded.positions.enumerated() where position != CodedColumn.none {
                rows.respondent.append(keys.firstOf[row])
                rows.answer.append(base + position)
            }
            questions[index].answered = rows.answer.count - start
            rows.question.append(contentsOf: repeatElement(question, count: questions[index].answered))
            answers += coded.answers
            parents += repeatElement(question, count: coded.answers.count)
            asked.append(index)
        }
        let rowOfKey = keys.number(&rows.respondent)
        report.respondents = rowOfKey.count
        report.notes += keys.notes(rowOfKey, weights: respondents.weights)
        return KeyedRows(
            count: rows.answer.count,
            keys: [
                respondentTable(respondents, rowOfKey), questionTable(asked.map { questions[$0] }),
                answerTable(answers, parents),
            ],
            codes: [rows.respondent, rows.question, rows.answer], columns: [])
    }

    private func respondentTable(_ respondents: Respondents, _ rows: [Int]) -> KeyTable {
        let weights = rows.map { respondents.weights[$0] }
        var known = Bitmap(count: rows.count)
        for (key, weight) in weights.enumerated() where weight == weight { known[key] = true }
        var columns = waveColumns(count: rows.count)
        columns.append(
            ColumnVector(
                .floats(weights.map { $0 == $0 ? $0 : 0 }), validity: known.population == rows.count ? nil : known))
        columns.append(ColumnVector(.integers(rows.map { respondents.ids[$0] })))
        for name in SurveyTables.factors {
            let factor = respondents.factors[name] ?? .absent(file.rows)
            columns.append(
                ColumnVector(.codes(rows.map { factor.positions[$0] }, dictionary: ValueDictionary(factor.values))))
        }
        return KeyTable(count: rows.count, columns: columns)
    }

    private func questionTable(_ questions: [Question]) -> KeyTable {
        var columns = waveColumns(count: questions.count)
        columns.append(ColumnVector(.bytes(ByteStrings(questions.map(\.key)))))
        columns.append(ColumnVector(.bytes(ByteStrings(questions.map(\.code)))))
        columns.append(WaveReader.texts(questions.map(\.text)))
        return KeyTable(count: questions.count, columns: columns)
    }

    private func answerTable(_ answers: [Answer], _ parents: [UInt32]) -> KeyTable {
        let refused = answers.map { answer -> Int64 in
            (answer.label.map { harmoniser.rules.isRefusal($0) } ?? answer.isMissing) ? 1 : 0
        }
        return KeyTable(
            count: answers.count,
            columns: [
                ColumnVector(.floats(answers.map(\.code))), WaveReader.texts(answers.map(\.label)),
                ColumnVector(.integers(refused)),
            ], parents: parents)
    }

    /// `wave`, `wave_no`, `end_date`, `topic`, `concept`: the same for every key of a wave.
    func waveColumns(count: Int) -> [ColumnVector] {
        [
            WaveReader.constant(wave.name, count),
            ColumnVector(.floats([Double](repeating: wave.number, count: count))),
            entry?.endDate.map { ColumnVector(.integers([Int64](repeating: $0, count: count))) }
                ?? .nulls(count, of: .date),
            WaveReader.constant(entry?.topic, count),
            WaveReader.constant(entry?.concept, count),
        ]
    }

    /// `count` times the same text or NULL.
    static func constant(_ text: String?, _ count: Int) -> ColumnVector {
        ColumnVector(
            .codes([UInt32](repeating: 0, count: count), dictionary: ValueDictionary(text.map { [$0] } ?? [])))
    }

    static func texts(_ texts: [String?]) -> ColumnVector {
        var known = Bitmap(count: texts.count)
        for (index, text) in texts.enumerated() where text != nil { known[index] = true }
        return ColumnVector(
            .bytes(ByteStrings(texts.map { $0 ?? "" })), validity: known.population == texts.count ? nil : known)
    }
}

/// Numbers the respondents who answered something, in the order of their rows, so that the rows of a question run
/// through consecutive keys. A respondent whose id recurs (diaries keep one row per entry) is one key, with the weight
/// and the factors of the first row.
private struct RespondentKeys {
    /// Per row the first row with the same id.
    let firstOf: [UInt32]
    private let repeats: Int

    init(_ ids: [Int64]) {
        var first: [Int64: UInt32] = [:]
        first.reserveCapacity(ids.count)
        var rows: [UInt32] = []
        rows.reserveCapacity(ids.count)
        for (row, id) in ids.enumerated() {
            let earlier = first[id] ?? UInt32(row)
            if earlier == UInt32(row) { first[id] = earlier }
            rows.append(earlier)
        }
        firstOf = rows
        repeats = ids.count - first.count
    }

    /// Turns the first rows in `codes` into keys and returns the first row of every key.
    func number(_ codes: inout [UInt32]) -> [Int] {
        var answered = [Bool](repeating: false, count: firstOf.count)
        for row in codes { answered[Int(row)] = true }
        var keys = [UInt32](repeating: 0, count: firstOf.count)
        var rows: [Int] = []
        for row in answered.indices where answered[row] {
            keys[row] = UInt32(rows.count)
            rows.append(row)
        }
        if rows.count < firstOf.count {
            for index in codes.indices { codes[index] = keys[Int(codes[index])] }
        }
        return rows
    }

    func notes(_ rowOfKey: [Int], weights: [Double]) -> [String] {
        var notes: [String] = []
        let silent = firstOf.count - repeats - rowOfKey.count
        if silent > 0 { notes.append("\(silent) respondents answered nothing and have no rows") }
        if repeats > 0 {
            notes.append(
                "\(repeats) rows repeat an earlier respondent's id: the first row's weight and factors hold for all")
        }
        let unweighted = rowOfKey.count { weights[$0] != weights[$0] }
        if unweighted > 0, unweighted < rowOfKey.count { notes.append("\(unweighted) respondents have no weight") }
        return notes
    }
}
