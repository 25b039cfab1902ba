import LakeCore

/// A column of a generated file and how a panelist's cell comes about.
struct GeneratedColumn {
    var column: SurveyColumn
    var width = 0
    var cell: (Panelist, inout SplitMix64) -> SurveyCell

    init(
        _ name: String, _ label: String, _ labels: [(Double, String)] = [], format: String = "F8.2",
        missing: [ClosedRange<Double>] = [], cell: @escaping (Panelist, inout SplitMix64) -> SurveyCell
    ) {
        column = SurveyColumn(
            name: name, label: label, format: format, isText: false,
            labels: labels.map { ValueLabel(code: $0.0, text: nil, label: $0.1) }, missing: missing)
        self.cell = cell
    }

    init(
        text name: String, _ label: String, _ labels: [(String, String)] = [], width: Int,
        cell: @escaping (Panelist, inout SplitMix64) -> SurveyCell
    ) {
        column = SurveyColumn(
            name: name, label: label, format: "A\(width)", isText: true,
            labels: labels.map { ValueLabel(code: .nan, text: $0.0, label: $0.1) }, missing: [])
        self.width = width
        self.cell = cell
    }

    /// A factor: code 1 for the first label, and `refusal` where the panelist refused.
    static func factor(
        _ name: String, _ label: String, _ labels: [String], _ refusal: (Double, String)?,
        _ choice: @escaping (Panelist) -> Int?
    ) -> GeneratedColumn {
        let coded = labels.enumerated().map { (Double($0 + 1), $1) } + (refusal.map { [$0] } ?? [])
        return GeneratedColumn(name, label, coded) { panelist, _ in
            if let choice = choice(panelist) { return .number(Double(choice + 1)) }
            return refusal.map { .number($0.0) } ?? .missing
        }
    }
}

/// How files of one period of the panel name and label the factors.
enum GeneratedEra {
    /// 2014: `_TYPOLOGY`, volunteered answers, three-way education.
    case typology
    /// 2016: `_FINAL` and `_RECRUITMENT`, refusals coded right after the last answer.
    case final
    /// 2016-17: the same with refusals at 99, and six-way education.
    case finalLate
    /// 2018-20: no suffix.
    case plain
    /// 2021 on: gender, five-way race, income bins of 10,000 and tiers.
    case late

    func columns(party: Bool = true, race: Bool = true, education: Bool = true) -> [GeneratedColumn] {
        let own = self == .typology ? "_TYPOLOGY" : self == .final || self == .finalLate ? "_FINAL" : ""
        let fixed = self == .plain || self == .late ? "" : "_FINAL"
        var columns: [GeneratedColumn] = [
            .factor("F_CREGION\(fixed)", "Census region", Panelist.regions, nil) { $0.region },
            .factor("F_AGECAT\(own)", "Age category", Panelist.ages, ageRefusal) { $0.age },
            sex(fixed),
            .factor(
                "F_EDUCCAT\(own)", "Education level category",
                ["College graduate+", self == .plain ? "Some College" : "Some college", "H.S. graduate or less"],
                refusal(after: 3, "Don't know/Refused")
            ) { $0.education.map { [2, 2, 1, 1, 0, 0][$0] } },
        ]
        if education, self != .typology, self != .final {
            let last = self == .finalLate ? "College graduate/some postgrad" : "College graduate/some post grad"
            let associate = self == .finalLate ? "Associate\u{2019}s degree" : "Associate's degree"
            let labels = Panelist.educations[..<3] + [associate, last, "Postgraduate"]
            columns.append(
                .factor(
                    "F_EDUCCAT2\(own)", "Education level category", Array(labels), (99, "Don\u{2019}t know/Refused")
                ) {
                    $0.education
                })
        }
        if race { columns.append(raceColumn) }
        if party {
            columns.append(
                self == .typology
                    ? .factor(
                        "F_PARTY_TYPOLOGY", "Party",
                        ["Republican", "Democrat", "Independent", "(VOL) No preference"],
                        (9, "(VOL) Don't know/Refused")
                    ) { $0.party }
                    : .factor("F_PARTY_FINAL", "Party", Panelist.parties, refusal(after: 4, "Refused")) { $0.party })
        }
        var ideologies = Panelist.ideologies
        if self == .typology { ideologies[3] = "Liberal [OR]" }
        columns.append(
            .factor("F_IDEO\(own)", "Ideology", ideologies, refusal(after: 5, "Refused")) { $0.ideology })
        columns.append(
            .factor("F_RELIG\(own)", "Religion", GeneratedEra.religions, religionRefusal) { $0.religion })
        columns.append(.factor("F_MARITAL\(own)", "Marital status", ["Married", "Never married"], nil) { $0.id % 2 })
        return columns + incomeColumns(own)
    }

    static let religions = [
        "Protestant", "Roman Catholic", "Mormon", "Orthodox", "Jewish", "Muslim", "Buddhist", "Hindu",
        "Atheist (do not believe in God)", "Agnostic (not sure if there is a God)", "Something else (SPECIFY)",
        "Nothing in particular",
    ]
    static let incomeBounds = [10, 20, 30, 40, 50, 75, 100, 150]
    static let bins2014 = [
        "Less than $10,000", "10 to under $20,000", "20 to under $30,000", "30 to under $40,000", "40 to under $50,000",
        "50 to under $75,000", "75 to under $100,000", "100 to under $150,000 [OR]", "$150,000 or more",
    ]
    static let bins2019 = [
        "Less than $10,000", "$10,000 to less than $20,000", "$20,000 to less than $30,000",
        "$30,000 to less than $40,000", "$40,000 to less than $50,000", "$50,000 to less than $75,000",
        "$75,000 to less than $100,000", "$100,000 to less than $150,000", "$150,000 or more",
    ]
    static let bins2021 =
        ["Less than $30,000"]
        + stride(from: 30, to: 100, by: 10).map { "$\($0),000 to less than $\($0 + 10),000" } + ["$100,000 or more"]

    private var ageRefusal: (Double, String)? {
        switch self {
        case .typology, .finalLate: nil
        case .final: (5, "Dk/Refused")
        case .plain: (99, "DK/REF")
        case .late: (99, "Refused")
        }
    }

    private var religionRefusal: (Double, String) {
        switch self {
        case .final: (15, "(VOL) Don't know/Refused")
        case .late: (99, "~Refused~")
        default: (99, "(VOL) Don't know/Refused")
        }
    }

    private func refusal(after count: Double, _ label: String) -> (Double, String) {
        switch self {
        case .typology: (9, "(VOL) Don't know/Refused")
        case .final: (count + 1, label)
        default: (99, label)
        }
    }

    private func sex(_ suffix: String) -> GeneratedColumn {
        switch self {
        case .late:
            .factor("F_GENDER", "Gender", ["A man", "A woman", "In some other way"], (99, "Refused")) { $0.sex }
        case .typology:
            .factor("F_SEX\(suffix)", "Sex", ["Male", "Female", "Other"], nil) { $0.sex }
        default:
            .factor("F_SEX\(suffix)", "Sex", ["Male", "Female"], refusal(after: 2, "Refused")) {
                $0.sex == 2 ? nil : $0.sex
            }
        }
    }

    private var raceColumn: GeneratedColumn {
        let four = ["White non-Hispanic", "Black non-Hispanic", "Hispanic", "Other"]
        switch self {
        case .late:
            return .factor("F_RACETHNMOD", "Race-Ethnicity", four + ["Asian non-Hispanic"], (99, "Refused")) { $0.race }
        case .typology:
            return .factor("F_RACETHN_TYPOLOGY", "Race-Ethnicity", four, (9, "Don't know/Refused (VOL.)")) {
                $0.race.map { min($0, 3) }
            }
        case .final, .finalLate:
            return .factor("F_RACETHN_RECRUITMENT", "Race-Ethnicity", four, (9, "Don't know/Refused (VOL.)")) {
                $0.race.map { min($0, 3) }
            }
        case .plain:
            return .factor("F_RACETHN", "Race-Ethnicity", four, (9, "Refused")) { $0.race.map { min($0, 3) } }
        }
    }

    private func incomeColumns(_ suffix: String) -> [GeneratedColumn] {
        guard self == .late else {
            let labels = self == .plain ? GeneratedEra.bins2019 : GeneratedEra.bins2014
            let refused = self == .plain ? (99.0, "Refused") : (10.0, "(VOL) Don't know/Refused")
            return [
                .factor("F_INCOME\(suffix)", "Income", labels, refused) { $0.incomeBin },
                .factor(
                    "F_INCOME_RECODE\(suffix)", "Income recode", ["$75,000+", "$30-$74,999", "<$30,000"],
                    refusal(after: 3, "Don't know/Refused")
                ) { $0.incomeBin.map { $0 < 3 ? 2 : $0 < 6 ? 1 : 0 } },
            ]
        }
        return [
            .factor("F_INC_SDT1", "Family income", GeneratedEra.bins2021, (99, "Refused")) { panelist in
                panelist.income.map { max(0, min(8, $0 / 10 - 2)) }
            },
            .factor("F_INC_TIER2", "Income tier", ["Lower income", "Middle income", "Upper income"], (99, "Refused")) {
                $0.incomeTier
            },
        ]
    }
}

extension Panelist {
    /// Position among the nine income bins of 2014 to 2020.
    var incomeBin: Int? {
        income.map { income in GeneratedEra.incomeBounds.firstIndex { income < $0 } ?? GeneratedEra.incomeBounds.count }
    }

    /// 0 lower, 1 middle, 2 upper.
    var incomeTier: Int? { income.map { $0 < 35 ? 0 : $0 < 110 ? 1 : 2 } }
}
