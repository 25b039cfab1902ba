/// The states in which ads of a campaign are seen, and how much in each.
struct PlaceMix {
    /// The state with the greatest appeal.
    let top: Int
    let states: [Int]
    /// By position in `states`; shares without an ad's own departure from them.
    private var weights: [Double] = []

    /// Ads that are seen in one state.
    init(state: Int) {
        top = state
        states = [state]
    }

    init(top: Int, states: [Int], _ page: GeneratedPage, _ draws: inout AdDraws) {
        self.top = top
        self.states = states
        weights = states.map { state in
            let appeal = page.appeals.isEmpty ? 1 : page.appeals[state]
            return page.inputs.census.statePopulations[state] * appeal * AdDraws.exponential(0.1 * draws.normal())
        }
    }

    var isSingle: Bool { states.count == 1 }

    /// What stands in texts: a state's position, or the country.
    var place: Int { isSingle ? top : GeneratorInputs.nation }

    /// - Parameters:
    ///   - top: the state to come out on top; that of the campaign but for a few ads.
    ///   - floor: the smallest share that so small an ad can have.
    func delivery(
        top: Int, floor: Double, _ inputs: GeneratorInputs, _ draws: inout AdDraws
    ) -> (states: [Double], others: [Ad.OtherRegion]) {
        if isSingle, !draws.chance(0.22) { return (inputs.singleStates[top], []) }
        var shares = [Double](repeating: 0, count: 51)
        if isSingle {
            // People on the road.
            for _ in 0..<draws.between(1, 4) { shares[draws.below(51)] = 0.004 * draws.unit() * draws.unit() }
            shares[top] = 1
            // A handful in a small state must not make it the top one.
            for state in 0..<51 where state != top {
                let most = 0.5 * inputs.census.statePopulations[state] / inputs.census.statePopulations[top]
                shares[state] = min(shares[state], most)
            }
        } else {
            let populations = inputs.census.statePopulations
            var most = 0.0
            for (index, state) in states.enumerated() {
                let weight = weights[index] * (0.92 + 0.16 * Double(draws.bits() & 0xFFFF) * 0x1p-16)
                shares[state] = weight
                if state != top { most = max(most, weight / populations[state]) }
            }
            // Chance must not make another state the top one.
            if shares[top] < 1.05 * most * populations[top] { shares[top] = 1.1 * most * populations[top] }
        }
        let others = draws.chance(isSingle ? 0.15 : 0.07) ? otherRegions(inputs, &draws) : []
        var total = 1_000_000
        for other in others { total -= Int(other.share * 1_000_000 + 0.5) }
        DeliveryShares.round(&shares, total: total, floor: floor)
        return (shares, others)
    }

    private func otherRegions(_ inputs: GeneratorInputs, _ draws: inout AdDraws) -> [Ad.OtherRegion] {
        let names = inputs.vocabulary.foreign
        var others: [Ad.OtherRegion] = []
        for _ in 0..<draws.between(1, 2) where !names.isEmpty {
            let name = names[draws.below(names.count)]
            if others.contains(where: { $0.name == name }) { continue }
            others.append(Ad.OtherRegion(name: name, share: Double(draws.between(1, 900)) / 1_000_000))
        }
        return others
    }
}
