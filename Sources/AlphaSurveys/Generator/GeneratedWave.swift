import LakeCore

/// One generated file of a wave.
struct GeneratedWave {
    var wave: Wave
    /// Below the folder of waves.
    var path: String
    var columns: [GeneratedColumn]
    var panelists: [Panelist]
    /// The entries of the catalog.
    var catalog: [String: QuestionCatalog.Entry] = [:]
    var details: String?
    /// Whether an archiver left an AppleDouble file beside it.
    var macintosh = false

    private init(
        _ number: String, folder: String, panelists: [Panelist], questions: [GeneratedQuestion],
        more: [GeneratedColumn] = [], factors: [GeneratedColumn], weights: [GeneratedColumn], details: String?
    ) {
        let wave = Wave(number) ?? Wave.first
        self.wave = wave
        path = "\(folder)/\(folder)/ATP \(wave).sav"
        self.panelists = panelists
        let id = GeneratedColumn("QKEY", "Respondent identifier", format: "F12.0") { panelist, _ in
            .number(Double(panelist.id))
        }
        let form = GeneratedColumn("FORM_\(wave)", "Form assignment", [(1, "Form 1"), (2, "Form 2")]) { panelist, _ in
            .number(Double(1 + panelist.id % 2))
        }
        columns = [id, form] + questions.map { $0.column(wave.name) } + more + factors + weights
        for question in questions where question.listed {
            let key = question.suffix == "_\(wave)_TEST" ? question.code + "_\(wave)" : question.code
            catalog[key] = QuestionCatalog.Entry(
                question: question.text, options: question.options.reversed() + (question.refusal.map { [$0.1] } ?? []))
        }
        self.details = details
    }

    private static func weight(_ name: String, where has: @escaping (Panelist) -> Bool = { _ in true })
        -> GeneratedColumn
    {
        GeneratedColumn(name, "Survey weight", format: "F12.10") { panelist, _ in
            has(panelist) ? .number(panelist.weight) : .missing
        }
    }

    private static func entry(_ number: String, _ start: String, _ end: String, _ topic: String, _ concept: String)
        -> String
    {
        #"{"name": "Wave \#(number)", "start_date": "\#(start)", "end_date": "\#(end)", "Topics": "\#(topic)", "concept": "\#(concept)"}"#
    }

    /// All files of a set, each with the quirks of its time.
    static func all(_ panel: [Panelist]) -> [GeneratedWave] {
        [w1(panel), diary(panel), w14(panel), w23(panel), w46(panel), w59(panel)] + faith(panel)
            + [w92(panel), w100(panel), w106(panel)]
    }

    /// Codes without a label, a label used twice, one cut near 120 bytes, one with a leading space, a column in lower
    /// case.
    private static func w1(_ panel: [Panelist]) -> GeneratedWave {
        let cut =
            "A very long answer that the questionnaire spells out in full and that the file cuts off after just about one hundred and"
        let more = [
            GeneratedColumn("THERMO_W1", "How warm do you feel towards newspapers?", [(999, "Refused")]) {
                panelist, random in
                .number(random.unit() < 0.02 ? 999 : Double(random.below(11)) * 10 + (panelist.id % 7 == 0 ? 0.5 : 0))
            },
            GeneratedColumn(
                "WHYNEWS_W1", "Why do you follow the news?",
                [(1, "Habit"), (2, "Other"), (3, cut), (4, "Other"), (99, " Refused")]
            ) {
                _, random in .number([1, 2, 3, 4, 99][random.pick([5, 2, 3, 1, 0.2])])
            },
            GeneratedColumn("whoelse_w1", "Who else reads the paper at home?", [(1, "Nobody"), (2, "Somebody")]) {
                _, random in
                .number(Double(1 + random.pick([2, 1])))
            },
            GeneratedColumn("HOURS_W1", "Hours a week", format: "F8.2") { _, random in
                .number(Double(random.next() % 40))
            },
        ]
        return GeneratedWave(
            "1", folder: "W1_Mar14", panelists: Array(panel.prefix(panel.count * 3 / 5)),
            questions: GeneratedQuestion.set(on: "the news", refusal: (9, "(VOL) Don't know/Refused")), more: more,
            factors: GeneratedEra.typology.columns(), weights: [weight("WEIGHT_W1")],
            details: entry("1", "March 9, 2014", "April 29, 2014", "Media consumption", "journalism"))
    }

    /// A diary: questions repeated under running numbers, no suffixes, a weight under another name.
    private static func diary(_ panel: [Panelist]) -> GeneratedWave {
        let question = GeneratedQuestion(
            code: "Q2C", text: "In a typical day, do you use your phone more or less than today?",
            options: ["Typically more", "Typically less", "Typically this much"], refusal: nil, asked: 0.6, listed: true
        )
        var questions = (1...3).map { number in
            var copy = question
            copy.suffix = "_\(number)"
            copy.listed = false
            return copy
        }
        questions.append(
            GeneratedQuestion(
                code: "Q3", text: "Where were you?", options: ["At home", "At work", "Elsewhere"], suffix: "",
                listed: true))
        var wave = GeneratedWave(
            "8.5", folder: "W8.5_Diary14", panelists: Array(panel.prefix(panel.count / 3)), questions: questions,
            factors: GeneratedEra.typology.columns(), weights: [weight("DIARYWEIGHT"), weight("DIARYWEIGHT_APP")],
            details: entry("8.5", "Nov. 10", "Nov. 16, 2014", "Smartphone diary", "internet"))
        wave.catalog["Q2C"] = QuestionCatalog.Entry(question: question.text, options: question.options)
        return wave
    }

    /// Refusals coded right after the last answer, a set of boxes with `Did not refuse`.
    private static func w14(_ panel: [Panelist]) -> GeneratedWave {
        let boxes = GeneratedColumn(
            "SITESREF_W14", "No box was ticked", [(0, "Did not refuse"), (1, "Refused all items in set")]
        ) { _, random in .number(random.unit() < 0.03 ? 1 : 0) }
        return GeneratedWave(
            "14", folder: "W14_Jan16", panelists: Array(panel.prefix(panel.count / 2)),
            questions: GeneratedQuestion.set(on: "social media", refusal: (5, "Refused")), more: [boxes],
            factors: GeneratedEra.final.columns(), weights: [weight("WEIGHT_W14_SOCIALMEDIA")],
            details: entry("14", "Jan. 12", "Feb. 8, 2016", "Social media use", "journalism"))
    }

    /// Codes that are letters, and open answers.
    private static func w23(_ panel: [Panelist]) -> GeneratedWave {
        let reasons = [("a", "I ran out of time"), ("b", "I was not interested"), ("c", "None of these")]
        let more = [
            GeneratedColumn(text: "NOVOTE_W23", "What was the most important reason for not voting?", reasons, width: 4)
            {
                panelist, random in
                panelist.id % 3 == 0 ? .text(reasons[random.pick([3, 2, 1])].0) : .text("")
            },
            GeneratedColumn(text: "Q19A_W23", "In your own words", width: 73) { panelist, _ in
                .text(panelist.id % 4 == 0 ? "what respondent \(panelist.id) wrote" : "")
            },
        ]
        return GeneratedWave(
            "23", folder: "W23_Nov16", panelists: Array(panel.prefix(panel.count / 2)),
            questions: GeneratedQuestion.set(on: "the election", refusal: (99, "Refused")), more: more,
            factors: GeneratedEra.finalLate.columns(), weights: [weight("WEIGHT_W23")],
            details: entry("23", "Nov. 29", "Dec. 12, 2016", "Post-election poll", "politics"))
    }

    /// The wave in the middle of names, and what a Mac leaves in archives.
    private static func w46(_ panel: [Panelist]) -> GeneratedWave {
        let tests = [
            GeneratedQuestion(
                code: "GOVSIZE1", text: "Would you rather have a smaller or a bigger government?",
                options: ["A smaller government", "A bigger government"], lean: -0.9, suffix: "_W46_TEST"),
            GeneratedQuestion(
                code: "POL2", text: "Would it be better if people held fewer opinions?", options: ["Yes", "No"],
                suffix: "_W46_TEST"),
        ]
        var wave = GeneratedWave(
            "46", folder: "W46_Mar19", panelists: panel,
            questions: GeneratedQuestion.set(on: "religion", refusal: (99, "Refused")) + tests,
            factors: GeneratedEra.plain.columns(), weights: [weight("WEIGHT_W46")],
            details: entry("46", "March 18", "April 1, 2019", "Religious trust", "religion"))
        wave.macintosh = true
        return wave
    }

    /// Questions carried over from W53, with its weight; the party asked anew.
    private static func w59(_ panel: [Panelist]) -> GeneratedWave {
        let carried = [
            GeneratedQuestion(
                code: "DIFFPARTY", text: "Do you see great differences in what the parties stand for?",
                options: ["A great deal of difference", "A fair amount of difference", "Hardly any difference"],
                asked: 0.7, suffix: "_W53", listed: false),
            GeneratedQuestion(
                code: "SATIS", text: "Were you satisfied in the fall?", options: ["Satisfied", "Dissatisfied"],
                asked: 0.7,
                suffix: "_W53", listed: false),
        ]
        let party = GeneratedColumn.factor(
            "PARTY_W59", "In politics today, do you consider yourself a", Panelist.parties, (99, "Refused")
        ) { $0.party }
        return GeneratedWave(
            "59", folder: "W59_Jan20", panelists: panel,
            questions: GeneratedQuestion.set(on: "the primaries", refusal: (99, "Refused")) + carried, more: [party],
            factors: GeneratedEra.plain.columns(party: false),
            weights: [weight("WEIGHT_W59"), weight("WEIGHT_W53_W59") { $0.id % 3 != 0 }],
            details: entry("59", "Jan. 6", "Jan. 20, 2020", "Pre-primary news", "politics"))
    }

    /// Respondents who were not reached, weights that are missing, refusals declared user-missing.
    private static func w92(_ panel: [Panelist]) -> GeneratedWave {
        let reached: (Panelist) -> Bool = { $0.id % 16 != 0 }
        let questions = GeneratedQuestion.set(on: "politics", refusal: (99, "Refused"))
        var wave = GeneratedWave(
            "92", folder: "W92_Jul21", panelists: panel, questions: questions,
            factors: GeneratedEra.late.columns(), weights: [weight("WEIGHT_W92") { reached($0) && $0.id % 11 != 0 }],
            details: entry("92", "July 8", "July 18, 2021", "Political typology", "politics"))
        wave.columns[2].column.missing = [99...99]
        for index in wave.columns.indices where !["QKEY", "F_GENDER"].contains(wave.columns[index].column.name) {
            let cell = wave.columns[index].cell
            wave.columns[index].cell = { panelist, random in
                let value = cell(panelist, &random)
                return reached(panelist) ? value : .missing
            }
        }
        return wave
    }

    /// Race under the wave's own name, three-way education alone, no entry in the details.
    private static func w100(_ panel: [Panelist]) -> GeneratedWave {
        let race = GeneratedColumn.factor(
            "RACETHNMOD_W100", "Race-Ethnicity",
            ["White non-Hispanic", "Black non-Hispanic", "Hispanic", "Other", "Asian non-Hispanic"], (99, "Refused")
        ) { $0.race }
        return GeneratedWave(
            "100", folder: "W100_Dec21", panelists: panel,
            questions: GeneratedQuestion.set(on: "science", refusal: (99, "Refused")), more: [race],
            factors: GeneratedEra.late.columns(race: false, education: false), weights: [weight("WEIGHT_W100")],
            details: nil)
    }

    /// A damaged end date.
    private static func w106(_ panel: [Panelist]) -> GeneratedWave {
        GeneratedWave(
            "106", folder: "W106_Aprl22", panelists: Array(panel.suffix(panel.count * 3 / 4)),
            questions: GeneratedQuestion.set(on: "the climate", refusal: (99, "~Refused~")),
            factors: GeneratedEra.late.columns(), weights: [weight("WEIGHT_W106")],
            details: entry("106", "Apr. 11", "17, 2022", "Religion and the environment", "religion"))
    }

    /// Two files of one wave without suffixes and prefixes, the second a part of the first.
    private static func faith(_ panel: [Panelist]) -> [GeneratedWave] {
        func asked(_ question: GeneratedQuestion) -> GeneratedColumn {
            var copy = question
            copy.suffix = ""
            return copy.column("W60")
        }
        let refusal = (99.0, "Not answered")
        let educations = [
            "Less than high school", "High school diploma", "Some college credit, but no degree",
            "Associate's degree (for example: AA, AS)", "Bachelor\u{2019}s degree (for example: BA, BS)",
            "Post graduate degree",
        ]
        let races = [
            "Single race White, non-Hispanic", "Single race Black, non-Hispanic", "Hispanic", "Other, non-Hispanic",
        ]
        let factors: [GeneratedColumn] = [
            .factor("REGION", "Region", Panelist.regions, refusal) { $0.region },
            .factor("SEX", "Are you male or female?", ["Male", "Female"], refusal) { $0.sex == 2 ? nil : $0.sex },
            .factor("AGECAT", "What is your age?", Panelist.ages, refusal) { $0.age },
            .factor("EDUCCAT2", "Highest level of school", educations, refusal) { $0.education },
            .factor("RACETHN", "Race", races, refusal) { $0.race.map { min($0, 3) } },
            .factor("INCOME", "Family income", GeneratedEra.bins2019, refusal) { $0.incomeBin },
            .factor("RELIGMOD", "Religion", GeneratedEra.religions, refusal) { $0.religion },
            .factor("IDEO", "Political views", Panelist.ideologies, refusal) { $0.ideology },
            .factor("PARTYSUM_FINAL", "Party or lean", ["Republican", "Democrat"], (99, "Not answered/no lean")) {
                $0.party.flatMap { $0 < 2 ? $0 : nil }
            },
        ]
        let questions = GeneratedQuestion.set(on: "faith", refusal: refusal)
        let all = Array(panel.prefix(panel.count / 2))
        return [("all respondents", all, "MAINWEIGHT"), ("black respondents", all.filter { $0.race == 1 }, "WEIGHT")]
            .map {
                (name, panelists, weightName) in
                var wave = GeneratedWave(
                    "60", folder: "W60_Nov19", panelists: panelists, questions: [], factors: [], weights: [],
                    details: entry("60", "Jan. 21", "Feb. 3, 2020", "Faith among Black Americans", "religion"))
                wave.path = "W60_Nov19/Black_Religion_PRC/black faith \(name).sav"
                wave.columns[0].column.name = "CASEID"
                wave.columns.remove(at: 1)
                wave.columns += questions.map(asked) + factors + [weight(weightName)]
                wave.macintosh = true
                return wave
            }
    }
}

extension Wave {
    /// W1.
    static var first: Wave { Wave(whole: 1) }
}
