import LakeBytes
import LakeCore

/// Turns rows of `ads` into what `BehaviourColumns` takes in: a number per ad and group.
struct BehaviourCells {
    private let axis: BehaviourAxis
    private let measure: BehaviourMeasure
    private let width: Int
    /// For the axes whose shares are added up here: per group the cells of the ad's shares and how much of each counts.
    private let sums: [[(cell: Int, part: Double)]]
    private let populations: [Double]

    init(axis: BehaviourAxis, measure: BehaviourMeasure, census: Census = .standard) {
        self.axis = axis
        self.measure = measure
        width = axis.groups.count
        var sums: [[(cell: Int, part: Double)]] = []
        var populations: [Double] = []
        switch axis {
        case .region: sums = census.states.indices.map { [($0, 1)] }
        case .ageGender: sums = Census.ages.indices.flatMap { age in (0..<2).map { [(3 * age + $0, 1)] } }
        // Those who did not say their gender or age are part of their bracket's, or gender's, share.
        case .age: sums = Census.ages.indices.map { age in (0..<3).map { (3 * age + $0, 1) } }
        case .gender: sums = (0..<2).map { gender in (0..<8).map { (3 * $0 + gender, 1) } }
        case .censusRegion:
            for region in BehaviourAxis.censusRegions {
                let states = census.states.indices.filter { census.censusRegions[$0] == region }
                sums.append(states.map { ($0, 1) })
                populations.append(states.reduce(0) { $0 + census.statePopulations[$1] })
            }
        case .surveyAgeGender:
            for parts in BehaviourAxis.crosswalk {
                for gender in 0..<2 {
                    sums.append(parts.map { (3 * $0.bracket + gender, $0.part) })
                    populations.append(
                        parts.reduce(0) { $0 + $1.part * census.cellPopulations[2 * $1.bracket + gender] })
                }
            }
        }
        self.sums = sums
        self.populations = populations
    }

    /// How many shares an ad has in the column that the axis is made of.
    private var shareCount: Int {
        switch axis {
        case .region, .censusRegion: 51
        case .ageGender, .age, .gender, .surveyAgeGender: 24
        }
    }

    /// - Parameter columns: those that `axis.columns(measure)` names.
    /// - Returns: `width` numbers per row, `BehaviourColumns.absent` for groups that were not reached.
    /// - Throws: `LakeError` (usage) for columns of another form, and values that are none.
    func cells(_ columns: [ColumnVector], count: Int) throws(LakeError) -> [UInt32] {
        var cells = [UInt32](repeating: BehaviourColumns.absent, count: count * width)
        let names = axis.columns(measure)
        guard columns.count == names.count, let first = columns.first else { return cells }
        if !populations.isEmpty {
            let shares = try ShareLists(first, size: shareCount, column: names[0])
            for row in 0..<count { if let start = shares.start(row) { pool(shares, start, &cells, row * width) } }
            return cells
        }
        let values = try ShareLists(first, size: width, column: names[0])
        if measure == .paperFormula {
            for row in 0..<count {
                guard let start = values.start(row) else { continue }
                // Rank 0 is that of groups that were not reached.
                for group in 0..<width where values[start + group] > 0 {
                    cells[row * width + group] = UInt32(min(values[start + group], 1000))
                }
            }
            return cells
        }
        let shares = try ShareLists(columns[1], size: shareCount, column: names[1])
        for row in 0..<count {
            guard let start = values.start(row), let base = shares.start(row) else { continue }
            for group in 0..<width where isReached(shares, base, group) {
                cells[row * width + group] = try BehaviourCells.millionths(values[start + group], names[0])
            }
        }
        return cells
    }

    private func isReached(_ shares: ShareLists, _ base: Int, _ group: Int) -> Bool {
        for part in sums[group] where shares[base + part.cell] > 0 { return true }
        return false
    }

    /// The groups' shares added up from those of the ad, divided by population and renormalised; or their ranks.
    private func pool(_ shares: ShareLists, _ start: Int, _ cells: inout [UInt32], _ target: Int) {
        var appeals: [Double] = []
        appeals.reserveCapacity(width)
        for group in 0..<width {
            var share = 0.0
            for part in sums[group] where shares[start + part.cell] > 0 {
                share += part.part * shares[start + part.cell]
            }
            appeals.append(share / populations[group])
        }
        let total = appeals.reduce(0, +)
        guard total > 0, total.isFinite else { return }
        for group in 0..<width where appeals[group] > 0 {
            switch measure {
            case .spearman: cells[target + group] = UInt32((appeals[group] / total * 1e6).rounded())
            case .paperFormula:
                var rank: UInt32 = 1
                for other in 0..<width where appeals[other] > appeals[group] { rank += 1 }
                cells[target + group] = rank
            }
        }
    }

    /// A normalised share in millionths, to which they are rounded in `ads`: whole numbers have exact ties.
    private static func millionths(_ share: Double, _ column: String) throws(LakeError) -> UInt32 {
        // NULL and NaN: as if the group had not been reached.
        guard !share.isNaN else { return BehaviourColumns.absent }
        let scaled = (share * 1e6).rounded()
        guard scaled >= 0, scaled <= Double(BehaviourColumns.greatest) else {
            throw LakeError(
                .usage, "\(share) is no normalised share", at: .init(table: "ads", column: column),
                hint: "they are from 0 to 1; `alphalake import ads` computes them")
        }
        return UInt32(scaled)
    }
}
