import LakeCore

/// One factor of every respondent of a file: positions in `values`, `values.count` for NULL.
struct FactorColumn {
    var values: [String]
    var positions: [UInt32]

    static func absent(_ count: Int) -> FactorColumn {
        FactorColumn(values: [], positions: [UInt32](repeating: 0, count: count))
    }
}

/// Who answered a survey file: ids, weights and factors, harmonised.
struct Respondents {
    var ids: [Int64]
    /// NaN where missing.
    var weights: [Double]
    /// By factor name.
    var factors: [String: FactorColumn]
    /// The file's columns that are no questions because they became something else, and what they became.
    var used: [Int: String]
    /// What was chosen and what is doubtful, for the report.
    var sources: [String: String]
    var notes: [String]
}

/// Applies a mapping to one survey file of one wave.
struct Harmoniser {
    let mapping: Harmonisation
    let rules: LabelRules
    let wave: Wave
    let file: SurveyFile
    let patterns: ColumnPatterns
    private var override: Harmonisation.Override? { mapping.waves[wave.name] }

    init(_ mapping: Harmonisation, wave: Wave, file: SurveyFile) {
        self.mapping = mapping
        rules = LabelRules(mapping)
        self.wave = wave
        self.file = file
        patterns = ColumnPatterns(wave: wave, names: file.columns.map(\.name), suffixes: mapping.suffixes)
    }

    /// The columns about the panelist or the interview, which are no questions, and why.
    func asides() -> [Int: SkippedColumn.Reason] {
        var reasons: [Int: SkippedColumn.Reason] = [:]
        for column in patterns.all(mapping.paradata) { reasons[column] = .interview }
        for column in patterns.all(mapping.profile + (override?.profile ?? [])) { reasons[column] = .profile }
        return reasons
    }

    func respondents() -> Respondents {
        var result = Respondents(ids: [], weights: [], factors: [:], used: [:], sources: [:], notes: [])
        fillIDs(&result)
        fillWeights(&result)
        for factor in mapping.factors { fill(factor, &result) }
        for factor in mapping.factors { derive(factor, &result) }
        return result
    }

    /// The ids alone: whether two files of a wave share respondents needs no more.
    func ids() -> [Int64] {
        var result = Respondents(ids: [], weights: [], factors: [:], used: [:], sources: [:], notes: [])
        fillIDs(&result)
        return result.ids
    }

    private func fillIDs(_ result: inout Respondents) {
        let candidates = (override?.respondentID ?? []) + mapping.respondentID
        guard let column = patterns.first(candidates) else {
            result.ids = (0..<file.rows).map { Int64($0 + 1) }
            result.notes.append("no respondent id column: rows are numbered from 1")
            return
        }
        result.used[column] = "respondent_id"
        result.sources["respondent_id"] = file.columns[column].name
        let cells = file.cells(column)
        var unusable = 0
        result.ids = cells.enumerated().map { row, cell -> Int64 in
            let id: Int64?
            if file.columns[column].isText {
                id = cell == cell ? Int64(CodedColumn.trimmed(file.string(Int(cell)))) : nil
            } else {
                id = Int64(exactly: cell)
            }
            if id == nil { unusable += 1 }
            return id ?? -Int64(row + 1)
        }
        if unusable > 0 {
            result.notes.append(
                "\(unusable) respondents have no whole number in \(file.columns[column].name): "
                    + "they bear the negative of their row number"
            )
        }
    }

    private func fillWeights(_ result: inout Respondents) {
        let candidates = (override?.weight ?? []) + mapping.weight
        guard
            let column = patterns.first(
                candidates, where: { !file.columns[$0].isText && file.columns[$0].labels.isEmpty })
        else {
            result.weights = [Double](repeating: .nan, count: file.rows)
            result.notes.append("no weight column: every weight is NULL")
            return
        }
        result.used[column] = "weight"
        result.sources["weight"] = file.columns[column].name
        result.weights = file.cells(column)
        // Weights for other samples of the same respondents are no questions either.
        for other in patterns.all(["*WEIGHT*", "*WGT*"])
        where result.used[other] == nil && file.columns[other].labels.isEmpty {
            result.used[other] = "another weight"
        }
    }

    private func fill(_ factor: Harmonisation.Factor, _ result: inout Respondents) {
        let own = override?.factors?[factor.name]
        let candidates = own.map { $0.isEmpty ? [] : $0 + factor.columns } ?? factor.columns
        guard let column = patterns.first(candidates, where: { !file.columns[$0].labels.isEmpty }) else {
            result.factors[factor.name] = .absent(file.rows)
            return
        }
        let described = file.columns[column]
        result.sources[factor.name] = described.name
        // A question of the wave that serves as a factor too (PARTY_W59) stays a question.
        if !Wave.tokens(in: described.name).contains(wave) { result.used[column] = factor.name }
        let coded = CodedColumn(file, column)
        var values: [String] = []
        var places: [UInt32?] = []
        var unknown: [String] = []
        for answer in coded.answers {
            let value = answer.label.flatMap { self.value(factor, $0) }
            if value == nil, answer.label.map({ !rules.isAbsent($0) }) ?? !answer.isMissing {
                unknown.append(answer.label ?? "code \(answer.code)")
            }
            places.append(
                value.map { value in
                    if let place = values.firstIndex(of: value) { return UInt32(place) }
                    values.append(value)
                    return UInt32(values.count - 1)
                })
        }
        if !unknown.isEmpty {
            let list = unknown.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
            result.notes.append(
                "\(described.name) has labels the mapping does not know, NULL in \(factor.name): \(list)")
        }
        let null = UInt32(values.count)
        result.factors[factor.name] = FactorColumn(
            values: values,
            positions: coded.positions.map { $0 == CodedColumn.none ? null : places[Int($0)] ?? null })
    }

    /// The harmonised value of a label, nil when it is absent or not known.
    private func value(_ factor: Harmonisation.Factor, _ label: String) -> String? {
        if rules.isAbsent(label) { return nil }
        if factor.asPublished == true { return label }
        let text = rules.normalised(label)
        return factor.values?.first { $0.labels.contains(text) }?.value
    }

    /// Fills a factor that the file lacks from another, where every value of that one has a recode.
    private func derive(_ factor: Harmonisation.Factor, _ result: inout Respondents) {
        guard let rule = factor.derived, result.sources[factor.name] == nil, let source = result.factors[rule.from],
            !source.values.isEmpty, override?.factors?[factor.name]?.isEmpty != true
        else { return }
        let recoded = source.values.map { value in rule.values.first { $0.labels.contains(value) }?.value }
        guard recoded.allSatisfy({ $0 != nil }) else { return }
        let values = Array(Set(recoded.compactMap { $0 })).sorted()
        let places = recoded.map { value in values.firstIndex { $0 == value } ?? values.count } + [values.count]
        result.factors[factor.name] = FactorColumn(
            values: values, positions: source.positions.map { UInt32(places[Int($0)]) })
        result.sources[factor.name] = "\(rule.from), recoded"
    }
}
