/// Finds which ads of a page are kin: similar in meaning, and of audiences that agree in two parts at least.
///
/// Each ad is compared with those behind it, `reach` at most and until it has its `variants` and `rewordings`, so that a page
/// costs `reach` comparisons per ad and not as many as it has ads. What two bodies are to each other is kept, as many ads
/// have the same.
struct PagePairs {
    private static let slots = 1 << 14

    private let page: PageAds
    private let rules: TaskRules
    /// Per slot a pair of bodies and what they are: 1 apart, 2 similar, 3 similar and reworded.
    private var known = [(pair: UInt64, relation: UInt8)](repeating: (.max, 0), count: PagePairs.slots)
    /// Comparisons of bodies, for the report.
    private(set) var comparisons = 0

    init(_ page: PageAds, _ rules: TaskRules) {
        self.page = page
        self.rules = rules
    }

    /// Hands out the pairs, by the first ad and then the second, both positions in the page.
    mutating func forEach(variant: (Int, Int) -> Void, rewording: (Int, Int) -> Void) {
        var left = rules.pairsPerPage
        for one in 0..<page.count {
            let (gender, age, state) = (page.topGender[one], page.topAge[one], page.topState[one])
            // Two parts must agree, so two must be there.
            if (gender < 0 ? 1 : 0) + (age < 0 ? 1 : 0) + (state < 0 ? 1 : 0) > 1 { continue }
            var (variants, rewordings) = (0, 0)
            let end = min(page.count, one + rules.reach + 1)
            var other = one + 1
            while other < end, variants < rules.variants || rewordings < rules.rewordings, left > 0 {
                defer { other += 1 }
                var agreeing = 0
                if gender >= 0, page.topGender[other] == gender { agreeing += 1 }
                if age >= 0, page.topAge[other] == age { agreeing += 1 }
                if state >= 0, page.topState[other] == state { agreeing += 1 }
                if agreeing < 2 { continue }
                let relation = relation(page.bodyOf[one], page.bodyOf[other])
                if relation < 2 { continue }
                left -= 1
                if variants < rules.variants {
                    variants += 1
                    variant(one, other)
                }
                if relation == 3, rewordings < rules.rewordings {
                    rewordings += 1
                    rewording(one, other)
                }
            }
        }
    }

    /// Ads whose kin is looked for on the whole page, to tell how much of it is within reach.
    private static let sampled = 64

    /// Of a page with more ads than `reach`: how many kin behind them some of its ads have within reach, and on the whole page.
    mutating func recall() -> (within: Int, all: Int) {
        guard page.count > rules.reach + 1 else { return (0, 0) }
        var (within, all) = (0, 0)
        for one in stride(from: 0, to: page.count - rules.reach, by: max(1, page.count / PagePairs.sampled)) {
            for other in (one + 1)..<page.count where agreement(one, other) >= 2 {
                if relation(page.bodyOf[one], page.bodyOf[other]) < 2 { continue }
                all += 1
                if other - one <= rules.reach { within += 1 }
            }
        }
        return (within, all)
    }

    /// In how many parts of their audiences two ads agree.
    private func agreement(_ one: Int, _ other: Int) -> Int {
        var agreeing = 0
        if page.topGender[one] >= 0, page.topGender[other] == page.topGender[one] { agreeing += 1 }
        if page.topAge[one] >= 0, page.topAge[other] == page.topAge[one] { agreeing += 1 }
        if page.topState[one] >= 0, page.topState[other] == page.topState[one] { agreeing += 1 }
        return agreeing
    }

    private mutating func relation(_ one: UInt32, _ other: UInt32) -> UInt8 {
        if one == other { return 1 }
        let pair = UInt64(min(one, other)) << 32 | UInt64(max(one, other))
        let slot = Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 50)
        if known[slot].pair == pair { return known[slot].relation }
        comparisons += 1
        let bodies = page.bodies
        let isSimilar =
            if let cosine = bodies.cosine(Int(one), Int(other)) {
                cosine > rules.similarityAbove && cosine < rules.similarityBelow
            } else {
                bodies.counts[Int(one)].isSimilar(
                    to: bodies.counts[Int(other)], above: rules.similarityAbove, below: rules.similarityBelow)
            }
        var relation: UInt8 = 1
        if isSimilar {
            let isReworded = WordDistance.isFarther(
                bodies.words[Int(one)], bodies.words[Int(other)], than: rules.distanceAbove)
            relation = isReworded ? 3 : 2
        }
        known[slot] = (pair, relation)
        return relation
    }
}
