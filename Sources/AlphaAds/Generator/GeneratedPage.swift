import LakeCore

/// A page: who advertises, about what, where and to whom.
///
/// A page tries out one thing at a time: its ads differ in the age, the gender or the place that they appeal to most,
/// and agree in the two others. This is what makes ads of one audience and another comparable within a page.
final class GeneratedPage {
    let inputs: GeneratorInputs
    let id: Int64
    let count: Int
    let name: [UInt8]
    let nameText: String
    let byline: String?
    /// Its site without `www.`.
    let domain: [UInt8]
    let kind: PageKind
    /// Positions of subjects, the main one first.
    let subjects: [Int]
    /// 0 for women, 1 for men: to whom its ads appeal most.
    let gender: Int
    let age: Int
    let state: Int
    /// Where its ads are seen: one state, some, or all.
    let states: [Int]
    /// By state, how much more than by population its ads are seen there.
    let appeals: [Double]
    /// How the page's spending and its yield lie above or below the average, in deviations.
    let budget: Double
    let yield: Double
    /// Where its first campaigns start in the course of all, and how far the others spread.
    let start: Double
    let spread: Double

    init(_ index: Int, count: Int, kind: PageKind, inputs: GeneratorInputs, draws: inout AdDraws) {
        let vocabulary = inputs.vocabulary
        self.inputs = inputs
        self.count = count
        self.kind = kind
        id = inputs.pageNumbers.number(index)
        // A page of many ads has more than one subject.
        let more = draws.chance(0.35) ? draws.between(1, count > 300 ? 4 : 1) : 0
        subjects = (0...(count > 8 ? more : 0)).map { _ in draws.position(vocabulary.subjectSums) }
        let subject = vocabulary.subjects.isEmpty ? nil : vocabulary.subjects[subjects[0]]
        let lean = subject?.lean ?? 0
        gender = draws.chance(0.47 + 0.42 * (subject?.female ?? 0)) ? 0 : 1
        // By appeal, most real ads reach those of 55 and over.
        let usual = [1, 2, 3, 4, 5, 6][draws.position([7.4, 13.1, 24.0, 30.2, 60.7, 100])]
        age = draws.chance(0.35) ? min(max(subject?.age ?? usual, 1), 6) : usual
        let home = GeneratedPage.home(lean, inputs, &draws)
        state = home
        if kind.reach == .one {
            states = [home]
            appeals = []
        } else {
            let some = draws.sample(draws.between(2, 12), below: 51).filter { $0 != home }
            states = kind.reach == .some ? [home] + some : Array(0..<51)
            let (leans, mood) = (vocabulary.leans, draws.normal() * 0.1)
            var appeals = (0..<51).map { state in
                AdDraws.exponential((0.55 * lean + mood) * leans[state] + 0.3 * draws.normal())
            }
            appeals[home] = max(appeals[home], 1.1 * (states.map { appeals[$0] }.max() ?? 1))
            self.appeals = appeals
        }
        budget = draws.normal()
        yield = draws.normal()
        start = draws.unit()
        spread = count > 200 ? 1 : 0.02 + 0.5 * draws.unit()
        name = PageNames.name(subject, home, inputs, &draws)
        nameText = String(decoding: name, as: UTF8.self)
        domain = PageNames.domain(name)
        var values = SlotValues()
        values[.org] = name
        let paidBy = values.filled(draws.text(vocabulary["bylines"]))
        byline = draws.chance(0.02) ? nil : String(decoding: paidBy, as: UTF8.self)
    }

    /// A state by population, drawn to where the subject finds friends.
    private static func home(_ lean: Double, _ inputs: GeneratorInputs, _ draws: inout AdDraws) -> Int {
        var best = draws.position(inputs.populationSums)
        for _ in 0..<2 {
            let other = draws.chance(0.3) ? draws.below(51) : draws.position(inputs.populationSums)
            if (inputs.vocabulary.leans[other] - inputs.vocabulary.leans[best]) * lean > 0.3 { best = other }
        }
        return best
    }

    /// How often a single ad has another audience than the page's: once or never on most pages.
    var deviation: Double { min(0.02, 0.4 / Double(max(count, 1))) }

    /// How many ads each campaign has.
    func campaignSizes(_ draws: inout AdDraws) -> [Int] {
        var sizes: [Int] = []
        var rest = count
        let usual = Double(min(35 + count / 6, 180))
        while rest > 0 {
            var size = max(Int(usual * AdDraws.exponential(0.8 * draws.normal())), 1)
            if rest - size < 4, count <= 4 || !draws.chance(0.1) { size = rest }
            size = min(size, rest)
            sizes.append(size)
            rest -= size
        }
        return sizes
    }

    /// The first days of that many campaigns, in order.
    func campaignStarts(_ count: Int, _ draws: inout AdDraws) -> [Int] {
        (0..<count).map { _ in
            let position = start + spread * draws.unit()
            return inputs.vocabulary.day(at: position - position.rounded(.down))
        }.sorted()
    }
}
