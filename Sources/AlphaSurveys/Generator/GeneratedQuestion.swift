/// A question of a generated wave: how it is asked, and how panelists answer by where they stand.
struct GeneratedQuestion {
    var code: String
    var text: String
    var options: [String]
    var refusal: (Double, String)? = (99, "Refused")
    /// How much the answer follows the panelist's leaning, -1 (the first option is the right's) to 1 (the last is).
    var lean = 0.0
    /// The share of the panel that is asked.
    var asked = 1.0
    /// What follows the code in the column's name; nil for the wave's own.
    var suffix: String?
    var listed = true

    static let agree = ["Strongly agree", "Somewhat agree", "Somewhat disagree", "Strongly disagree"]
    static let worry = ["Very worried", "Somewhat worried", "Not too worried", "Not at all worried"]
    static let often = ["Often", "Sometimes", "Hardly ever", "Never"]

    /// The column in a file of `wave`.
    func column(_ wave: String) -> GeneratedColumn {
        let labels = options.enumerated().map { (Double($0 + 1), $1) } + (refusal.map { [$0] } ?? [])
        let (count, lean, asked, refusal) = (options.count, lean, asked, refusal)
        return GeneratedColumn(code + (suffix ?? "_\(wave)"), "\(code). \(text)", labels) { panelist, random in
            if random.unit() >= asked { return .missing }
            if let refusal, random.unit() < 0.012 { return .number(refusal.0) }
            let target = 0.5 + lean * (panelist.leaning - 0.5)
            let weights = (0..<count).map { index -> Double in
                let distance = (Double(index) + 0.5) / Double(count) - target
                return 0.12 + max(0, 1 - 2.2 * abs(distance))
            }
            return .number(Double(random.pick(weights) + 1))
        }
    }

    /// Ten questions, one of them with its own scale of refusals, that every wave's topic names.
    static func set(on topic: String, refusal: (Double, String)) -> [GeneratedQuestion] {
        [
            GeneratedQuestion(
                code: "SATIS", text: "All in all, are you satisfied with the way things are going around you?",
                options: ["Satisfied", "Dissatisfied"], refusal: refusal, lean: -0.3),
            GeneratedQuestion(
                code: "IMPORT", text: "How important is \(topic) to you personally?",
                options: ["Very important", "Somewhat important", "Not too important", "Not at all important"],
                refusal: refusal, lean: 0.4),
            GeneratedQuestion(
                code: "WORRYa", text: "How worried are you about the future of \(topic)?", options: worry,
                refusal: refusal, lean: 0.8),
            GeneratedQuestion(
                code: "WORRYb", text: "How worried are you about the cost of living?", options: worry, refusal: refusal),
            GeneratedQuestion(
                code: "GOVROLE", text: "Government should do more about \(topic)", options: agree, refusal: refusal,
                lean: 1),
            GeneratedQuestion(
                code: "TALK", text: "How often do you talk about \(topic) with other people?", options: often,
                refusal: refusal),
            GeneratedQuestion(
                code: "TRUST_a", text: "How much do you trust what experts say about \(topic)?",
                options: ["A great deal", "A fair amount", "Not too much", "Not at all"], refusal: refusal, lean: 0.7),
            GeneratedQuestion(
                code: "TRUST_b", text: "How much do you trust what friends say about \(topic)?",
                options: ["A great deal", "A fair amount", "Not too much", "Not at all"], refusal: refusal, asked: 0.5),
        ]
    }
}
