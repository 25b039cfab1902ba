import LakeCore

extension SplitMix64 {
    /// A number in 0 ..< 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A position in `weights`, drawn with their proportions.
    mutating func pick(_ weights: [Double]) -> Int {
        var rest = unit() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return index }
        }
        return weights.count - 1
    }
}

/// One invented member of the panel. Every attribute is a position in the list of the same name; nil where refused.
struct Panelist: Equatable {
    static let ages = ["18-29", "30-49", "50-64", "65+"]
    static let sexes = ["Male", "Female", "Other"]
    static let educations = [
        "Less than high school", "High school graduate", "Some college, no degree", "Associate's degree",
        "College graduate/some postgrad", "Postgraduate",
    ]
    static let races = ["White", "Black", "Hispanic", "Other", "Asian"]
    static let regions = ["Northeast", "Midwest", "South", "West"]
    static let parties = ["Republican", "Democrat", "Independent", "Something else"]
    static let ideologies = ["Very conservative", "Conservative", "Moderate", "Liberal", "Very liberal"]

    var id: Int
    var age: Int?
    var sex: Int?
    var education: Int?
    var race: Int?
    var region: Int
    var party: Int?
    var ideology: Int?
    /// In thousands of dollars a year.
    var income: Int?
    /// Position among twelve religions in the order of the panel's own question.
    var religion: Int?
    var weight: Double

    /// Where the panelist stands from 0 (left) to 1 (right): what their answers lean on.
    var leaning: Double {
        let byParty = [0.8, 0.2, 0.5, 0.5][party ?? 2]
        let byIdeology = [0.95, 0.8, 0.5, 0.25, 0.05][ideology ?? 2]
        return (byParty + byIdeology) / 2
    }

    static func panel(_ count: Int, seed: UInt64) -> [Panelist] {
        var random = SplitMix64(seed: seed)
        func maybe(_ weights: [Double], _ random: inout SplitMix64) -> Int? {
            let value = random.pick(weights)
            return random.unit() < 0.015 ? nil : value
        }
        return (0..<count).map { index in
            let party = maybe([30, 33, 28, 9], &random)
            let lean: [[Double]] = [
                [18, 48, 28, 4, 2], [2, 8, 40, 32, 18], [6, 22, 50, 17, 5], [8, 20, 45, 17, 10],
            ]
            return Panelist(
                id: 100_260 + index * 37, age: maybe([16, 31, 29, 24], &random), sex: maybe([46, 53, 1], &random),
                education: maybe([7, 22, 22, 11, 21, 17], &random), race: maybe([63, 12, 16, 4, 5], &random),
                region: random.pick([17, 21, 38, 24]), party: party, ideology: maybe(lean[party ?? 2], &random),
                income: random.unit() < 0.03 ? nil : Int(-70 * (1 - random.unit()).logarithm),
                religion: maybe([42, 19, 2, 1, 3, 1, 1, 1, 5, 6, 5, 14], &random),
                weight: (0.25 + 1.5 * random.unit() * random.unit() * 2).rounded(toPlaces: 9))
        }
    }
}

extension Double {
    /// Natural logarithm of a number in 0 < x <= 1 by its series: no system library, so the same everywhere.
    fileprivate var logarithm: Double {
        var (mantissa, halvings) = (max(self, 1e-9), 0.0)
        while mantissa < 0.5 {
            mantissa *= 2
            halvings += 1
        }
        let ratio = (mantissa - 1) / (mantissa + 1)
        var (term, sum) = (ratio, 0.0)
        for power in stride(from: 1.0, through: 31, by: 2) {
            sum += term / power
            term *= ratio * ratio
        }
        return 2 * sum - halvings * 0.693_147_180_559_945_3
    }

    fileprivate func rounded(toPlaces places: Int) -> Double {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
