import LakeBytes
import LakeCore

/// What the ads of a lake say of the groups of one axis: a column per group.
///
/// An ad that reached one group says nothing of any pair and takes no room. Others take 4 bytes per group: 1.5
/// million ads and 51 states are 306 MB at most.
public struct BehaviourColumns {
    /// The value of a group that an ad did not reach.
    static let absent = UInt32.max
    /// The greatest other value: a share of 1 in millionths.
    static let greatest: UInt32 = 1_000_000
    /// Ads that there is room for: 64 products of their ranks have to fit 64 bits.
    private static let limit = 1 << 28
    private static let stretch = 1024

    public let axis: BehaviourAxis
    public let measure: BehaviourMeasure
    /// By group, how many ads reached it, whether or not they reached others.
    public private(set) var delivered: [Int]
    /// Ads that reached two groups or more.
    public private(set) var ads = 0
    private let columns: [GroupColumn]

    /// - Parameter capacity: how many ads there may be.
    init(axis: BehaviourAxis, measure: BehaviourMeasure, capacity: Int) {
        self.axis = axis
        self.measure = measure
        delivered = [Int](repeating: 0, count: axis.groups.count)
        columns = axis.groups.map { _ in GroupColumn(capacity: capacity) }
    }

    /// Appends ads, one row of `cells` each, with an element per group.
    mutating func append(_ cells: [UInt32]) throws(LakeError) {
        let width = delivered.count
        var kept: [Int] = []
        for row in 0..<(cells.count / width) {
            var reached = 0
            for group in 0..<width where cells[row * width + group] != BehaviourColumns.absent {
                delivered[group] += 1
                reached += 1
            }
            if reached > 1 { kept.append(row) }
        }
        ads += kept.count
        guard ads <= BehaviourColumns.limit else {
            throw LakeError(
                .failed, "more than \(BehaviourColumns.limit) ads reached several groups",
                hint: "choose some of them with a condition")
        }
        // So many rows at a time that they stay in the processor's cache for all groups.
        for first in stride(from: 0, to: kept.count, by: BehaviourColumns.stretch) {
            let rows = kept[first..<min(first + BehaviourColumns.stretch, kept.count)]
            for (group, column) in columns.enumerated() { column.append(cells, rows, width: width, offset: group) }
        }
    }

    /// How alike the groups are, pair by pair.
    ///
    /// Each column is turned into codes once; then a pair costs two passes over the ads that reached both, in the
    /// order in which they lie, and one over the distinct values: k groups of n ads are k * k * n steps, nothing is
    /// sorted.
    public func matrix(workers: Int) throws -> SimilarityMatrix {
        if measure == .spearman {
            try parallelForEach(columns, workers: workers) { column in
                try Cancellation.checkCurrent()
                column.settle()
            }
        }
        let settled = columns.map(\.contents)
        // A row of the matrix at a time, the longest first; its pairs share what the thread allocates.
        let rows = try parallelMap(count: max(0, settled.count - 1), workers: workers) { [measure] first in
            var scratch = Spearman.Scratch()
            var row: [Correlation] = []
            for second in (first + 1)..<settled.count {
                try Cancellation.checkCurrent()
                switch measure {
                case .spearman: row.append(try Spearman.correlation(settled[first], settled[second], &scratch))
                case .paperFormula: row.append(PaperFormula.correlation(settled[first], settled[second]))
                }
            }
            return row
        }
        return SimilarityMatrix(groups: axis.groups, pairs: rows.flatMap { $0 })
    }
}
