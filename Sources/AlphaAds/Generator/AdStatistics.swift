import LakeBytes
import LakeCore

/// Figures that tell what ads are like, to set synthetic ones beside real ones. One pass, a few bytes per ad.
public struct AdStatistics: Sendable {
    private var ads = 0
    private var texts = Spread()
    private var frames = 0
    private var severalFrames = 0
    private var bodies: Set<UInt64> = []
    private var pages: [Int64: Int] = [:]
    private var withRegions = 0
    private var oneState = 0
    private var states = 0
    private var withPeople = 0
    private var unknownGender = 0.0
    private var brackets = 0
    private var tops = (gender: 0.0, age: 0.0, state: 0.0)
    private var withSpend = 0
    private var lowSpend = 0
    private var withImpressions = 0
    private var manyImpressions = 0
    private var withStart = 0
    private var late = 0
    private var days = Spread()

    public init() {}

    /// Counts of whole numbers, exact below 4,096, in steps of a sixteenth above.
    private struct Spread: Sendable {
        var counts = [Int](repeating: 0, count: 4_096 + 16 * 52)
        var sum = 0
        var total = 0

        mutating func add(_ value: Int) {
            let value = max(value, 0)
            var slot = value
            if value >= 4_096 {
                let bits = Int.bitWidth - value.leadingZeroBitCount
                slot = 4_096 + 16 * (bits - 13) + (value >> (bits - 5) & 15)
            }
            counts[min(slot, counts.count - 1)] += 1
            sum += value
            total += 1
        }

        mutating func add(_ other: Spread) {
            for slot in counts.indices { counts[slot] += other.counts[slot] }
            sum += other.sum
            total += other.total
        }

        var mean: Double { total > 0 ? Double(sum) / Double(total) : 0 }

        func quantile(_ share: Double) -> Double {
            var rest = Double(total) * share
            for (slot, count) in counts.enumerated() where count > 0 {
                rest -= Double(count)
                guard rest <= 0 else { continue }
                if slot < 4_096 { return Double(slot) }
                return Double((16 + (slot - 4_096) % 16) << ((slot - 4_096) / 16 + 8))
            }
            return 0
        }
    }

    public mutating func add(_ ad: Ad, census: Census) {
        ads += 1
        addTexts(ad)
        if let page = ad.pageID { pages[page, default: 0] += 1 }
        if let shares = ad.regionShares, shares.count == census.statePopulations.count { addStates(shares, ad, census) }
        if let shares = ad.demographicShares, shares.count == 24 { addPeople(shares, census) }
        if let spend = ad.spend {
            withSpend += 1
            if spend.lower < 100 { lowSpend += 1 }
        }
        if let impressions = ad.impressions {
            withImpressions += 1
            if impressions.lower >= 1_000 { manyImpressions += 1 }
        }
        if let start = ad.startDate {
            withStart += 1
            if start > AdStatistics.lateAfter { late += 1 }
            if let stop = ad.stopDate { days.add(Int(stop) - Int(start)) }
        }
    }

    /// 2023-06-30.
    private static let lateAfter: Int32 = 19_538

    private mutating func addTexts(_ ad: Ad) {
        let filled = ad.bodies.filter { !$0.isEmpty }
        frames += ad.bodies.count
        if ad.bodies.count > 1 { severalFrames += 1 }
        guard !filled.isEmpty else { return }
        var hash: UInt64 = 0
        for body in filled { hash = SplitMix64.mixed(hash ^ Checksum.xxh3(Array(body.utf8))) }
        bodies.insert(hash)
        texts.add(filled.reduce(filled.count - 1) { $0 + $1.utf8.count })
    }

    private mutating func addStates(_ shares: [Double], _ ad: Ad, _ census: Census) {
        withRegions += 1
        let reached = shares.count { $0 > 0 }
        states += reached
        if reached == 1, ad.otherRegions.isEmpty { oneState += 1 }
        tops.state += AdStatistics.top(shares.indices.map { shares[$0] / census.statePopulations[$0] })
    }

    private mutating func addPeople(_ shares: [Double], _ census: Census) {
        withPeople += 1
        var ages = [Double](repeating: 0, count: 7)
        var genders = [Double](repeating: 0, count: 2)
        for age in 0..<8 {
            for gender in 0..<3 {
                let share = shares[3 * age + gender]
                if gender == 2 { unknownGender += share } else { genders[gender] += share }
                if age < 7 { ages[age] += share }
            }
        }
        brackets += ages.count { $0 > 0 }
        tops.age += AdStatistics.top(ages.indices.map { ages[$0] / census.agePopulations[$0] })
        tops.gender += AdStatistics.top(genders.indices.map { genders[$0] / census.genderPopulations[$0] })
    }

    /// The greatest appeal's part in all.
    private static func top(_ appeals: [Double]) -> Double {
        let sum = appeals.reduce(0, +)
        return sum > 0 ? (appeals.max() ?? 0) / sum : 0
    }

    /// Adds what another pass, over other ads, has found.
    public mutating func add(_ other: AdStatistics) {
        ads += other.ads
        texts.add(other.texts)
        frames += other.frames
        severalFrames += other.severalFrames
        bodies.formUnion(other.bodies)
        pages.merge(other.pages) { $0 + $1 }
        withRegions += other.withRegions
        oneState += other.oneState
        states += other.states
        withPeople += other.withPeople
        unknownGender += other.unknownGender
        brackets += other.brackets
        tops.gender += other.tops.gender
        tops.age += other.tops.age
        tops.state += other.tops.state
        withSpend += other.withSpend
        lowSpend += other.lowSpend
        withImpressions += other.withImpressions
        manyImpressions += other.manyImpressions
        withStart += other.withStart
        late += other.late
        days.add(other.days)
    }

    /// Each figure with its name, in a fixed order; shares are 0 to 1, and 0 where no ad says.
    public var rows: [(name: String, value: Double)] {
        func share(_ part: Double, of whole: Int) -> Double { whole > 0 ? part / Double(whole) : 0 }
        func share(_ part: Int, of whole: Int) -> Double { share(Double(part), of: whole) }
        let sizes = pages.values.sorted()
        func size(_ share: Double) -> Double {
            sizes.isEmpty ? 0 : Double(sizes[min(Int(share * Double(sizes.count)), sizes.count - 1)])
        }
        return [
            ("ads", Double(ads)),
            ("pages", Double(sizes.count)),
            ("ads per page, mean", share(sizes.reduce(0, +), of: sizes.count)),
            ("ads per page, median", size(0.5)),
            ("ads per page, 90 %", size(0.9)),
            ("ads per page, most", size(1)),
            ("text bytes, mean", texts.mean),
            ("text bytes, 25 %", texts.quantile(0.25)),
            ("text bytes, median", texts.quantile(0.5)),
            ("text bytes, 75 %", texts.quantile(0.75)),
            ("text bytes, 95 %", texts.quantile(0.95)),
            ("texts, share that is distinct", share(bodies.count, of: texts.total)),
            ("ads without a text", share(ads - texts.total, of: ads)),
            ("frames, mean", share(frames, of: ads)),
            ("ads of several frames", share(severalFrames, of: ads)),
            ("ads with regions", share(withRegions, of: ads)),
            ("ads seen in one state", share(oneState, of: withRegions)),
            ("states, mean", share(states, of: withRegions)),
            ("age brackets, mean", share(brackets, of: withPeople)),
            ("gender not known, mean share", share(unknownGender, of: withPeople)),
            ("top gender's part, mean", share(tops.gender, of: withPeople)),
            ("top age's part, mean", share(tops.age, of: withPeople)),
            ("top state's part, mean", share(tops.state, of: withRegions)),
            ("spend below 100", share(lowSpend, of: withSpend)),
            ("impressions of 1000 or more", share(manyImpressions, of: withImpressions)),
            ("start after 2023-06-30", share(late, of: withStart)),
            ("days, median", days.quantile(0.5)),
            ("days, 90 %", days.quantile(0.9)),
        ]
    }
}
