/// How the delivery of a campaign spreads over ages and genders.
struct PeopleMix {
    /// By distance in brackets from the one that an ad appeals to most, the appeal.
    private let decays: [Double]
    /// By bracket, the campaign's own departure from that.
    private let moods: [Double]
    /// The log of how much more an ad appeals to its gender than to the other.
    private let gap: Double
    /// How many brackets below and above the one that an ad appeals to most are reached.
    private let below: Int
    private let above: Int
    private let reachesTeens: Bool
    /// The share of those whose gender is not known.
    private let unknown: Double

    init(_ draws: inout AdDraws) {
        let steepness = 0.3 + 0.5 * draws.unit() + 0.4 * draws.unit() * draws.unit()
        decays = (0..<7).map { AdDraws.exponential(-steepness * Double($0)) }
        moods = (0..<7).map { _ in AdDraws.exponential(0.12 * draws.normal()) }
        gap = 0.07 + 0.75 * abs(draws.normal())
        below = [1, 2, 3, 6][draws.position([0.15, 0.45, 0.7, 1])]
        above = draws.chance(0.4) ? draws.between(1, 2) : 6
        reachesTeens = draws.chance(0.04)
        unknown = 0.0085 * AdDraws.exponential(0.5 * draws.normal())
    }

    /// The 24 shares of an ad that appeals most to a gender and an age bracket.
    /// - Parameter floor: the smallest share that so small an ad can have.
    func shares(gender: Int, age: Int, floor: Double, _ inputs: GeneratorInputs, _ draws: inout AdDraws) -> [Double] {
        let census = inputs.census
        let lean = AdDraws.exponential(0.5 * gap * (1 + 0.3 * draws.normal()))
        let factors = gender == 0 ? (max(lean, 1.02), 1 / max(lean, 1.02)) : (1 / max(lean, 1.02), max(lean, 1.02))
        var cells = [Double](repeating: 0, count: 24)
        let lowest = max(reachesTeens ? 0 : 1, age - below)
        for bracket in lowest...max(min(6, age + above), lowest) {
            let appeal = decays[abs(bracket - age)] * moods[bracket]
            let noise = draws.bits()
            cells[3 * bracket] = census.cellPopulations[2 * bracket] * appeal * factors.0 * jitter(noise)
            cells[3 * bracket + 1] = census.cellPopulations[2 * bracket + 1] * appeal * factors.1 * jitter(noise >> 32)
        }
        settle(age: age, census, &cells)
        settle(gender: gender, census, &cells)
        for bracket in 0..<7 { cells[3 * bracket + 2] = (cells[3 * bracket] + cells[3 * bracket + 1]) * unknown }
        DeliveryShares.round(&cells, floor: floor)
        return cells
    }

    /// 0.9 to 1.1.
    private func jitter(_ bits: UInt64) -> Double { 0.9 + Double(bits & 0xFFFF) * (0.2 * 0x1p-16) }

    /// Chance must not make another bracket the top one.
    private func settle(age: Int, _ census: Census, _ cells: inout [Double]) {
        func appeal(_ bracket: Int) -> Double {
            (cells[3 * bracket] + cells[3 * bracket + 1]) / census.agePopulations[bracket]
        }
        var most = 0.0
        for bracket in 0..<7 where bracket != age { most = max(most, appeal(bracket)) }
        let own = appeal(age)
        guard own > 0, own < 1.05 * most else { return }
        let factor = 1.08 * most / own
        cells[3 * age] *= factor
        cells[3 * age + 1] *= factor
    }

    private func settle(gender: Int, _ census: Census, _ cells: inout [Double]) {
        var totals = (0.0, 0.0)
        for bracket in 0..<7 {
            totals.0 += cells[3 * bracket]
            totals.1 += cells[3 * bracket + 1]
        }
        let appeals = (totals.0 / census.genderPopulations[0], totals.1 / census.genderPopulations[1])
        let (own, other) = gender == 0 ? appeals : (appeals.1, appeals.0)
        guard own > 0, own < 1.02 * other else { return }
        let factor = 1.04 * other / own
        for bracket in 0..<7 { cells[3 * bracket + gender] *= factor }
    }
}
