import LakeCore

/// What an ad's delivery says about the groups of one axis: how strongly each was drawn to it.
///
/// The appeal of a group is its share of the delivery divided by its census population (ALPHA, AAAI 2026, *Normalisation*;
/// `Schemas/ads/tasks.json`, *appeal*, *rank*, *top*).
public struct Appeal: Sendable, Equatable {
    /// Appeals divided by their sum, rounded to 1e-6, the precision of shares; one per group.
    public var normalized: [Double]
    /// 1 for the group that it appeals to most; 0 for one that it did not reach. Equal appeals rank equally.
    public var ranks: [UInt8]
    /// The group with rank 1 if it is the only one.
    public var top: Int?

    /// - Parameters:
    ///   - shares: of the delivery, one per group.
    ///   - populations: as many.
    public init(shares: [Double], populations: [Double]) {
        var appeals = [Double](repeating: 0, count: shares.count)
        var sum = 0.0
        for group in shares.indices {
            appeals[group] = shares[group] / populations[group]
            sum += appeals[group]
        }
        normalized = sum > 0 ? appeals.map { ($0 / sum * 1e6).rounded() / 1e6 } : appeals
        ranks = [UInt8](repeating: 0, count: shares.count)
        var order: [(appeal: Double, group: Int)] = []
        for group in appeals.indices where appeals[group] > 0 { order.append((appeals[group], group)) }
        order.sort { ($0.appeal, $1.group) > ($1.appeal, $0.group) }
        for (place, entry) in order.enumerated() {
            let isTied = place > 0 && order[place - 1].appeal == entry.appeal
            ranks[entry.group] = isTied ? ranks[order[place - 1].group] : UInt8(place + 1)
        }
        if let first = order.first, order.count == 1 || order[1].appeal < first.appeal { top = first.group }
    }
}

/// The appeals of an ad on the axes that demographic shares and region shares tell of.
public struct Appeals: Sendable {
    public var ageGender: Appeal?
    public var age: Appeal?
    public var gender: Appeal?
    public var region: Appeal?

    public init(_ ad: Ad, census: Census) {
        if let shares = ad.demographicShares, shares.count == 24 {
            let cells = (0..<14).map { shares[3 * ($0 / 2) + $0 % 2] }
            ageGender = Appeal(shares: cells, populations: census.cellPopulations)
            age = Appeal(shares: Appeals.ages(shares), populations: census.agePopulations)
            gender = Appeal(shares: Appeals.genders(shares), populations: census.genderPopulations)
        }
        if let shares = ad.regionShares, shares.count == 51 {
            region = Appeal(shares: shares, populations: census.statePopulations)
        }
    }

    /// The shares of the seven age brackets, whatever the gender.
    static func ages(_ cells: some RandomAccessCollection<Double>) -> [Double] {
        let first = cells.startIndex
        return (0..<7).map { age in
            let place = cells.index(first, offsetBy: 3 * age)
            return cells[place] + cells[cells.index(place, offsetBy: 1)] + cells[cells.index(place, offsetBy: 2)]
        }
    }

    /// The shares of the two genders, whatever the age.
    static func genders(_ cells: some RandomAccessCollection<Double>) -> [Double] {
        (0..<2).map { gender in
            (0..<8).reduce(0) { $0 + cells[cells.index(cells.startIndex, offsetBy: 3 * $1 + gender)] }
        }
    }
}
