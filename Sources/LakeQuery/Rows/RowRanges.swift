/// Rows of a table version by their numbers (`rowid`, from 0 in the order of shards): ranges that ascend and do not touch,
/// none of them empty.
struct RowRanges: Hashable, Sendable {
    private(set) var ranges: [Range<Int>]

    static let none = RowRanges([])
    static let all = RowRanges([0..<Int.max])

    /// Ranges in any order, which may overlap.
    init(_ ranges: [Range<Int>]) {
        var joined: [Range<Int>] = []
        joined.reserveCapacity(ranges.count)
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            if let last = joined.last, last.upperBound >= range.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        self.ranges = joined
    }

    /// Single rows in any order.
    init(rows: some Sequence<Int>) { self.init(rows.map { $0..<($0 + 1) }) }

    /// Rows in all; `Int.max` when there is no end.
    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    func contains(_ row: Int) -> Bool { !overlapping(row..<(row + 1)).isEmpty }

    /// The ranges that have rows in `range`, not cut to it.
    func overlapping(_ range: Range<Int>) -> ArraySlice<Range<Int>> {
        let first = index { $0.upperBound > range.lowerBound }
        let end = index { $0.lowerBound >= range.upperBound }
        return ranges[first..<max(first, end)]
    }

    /// The first range for which `condition` holds, which holds for all behind it too.
    private func index(_ condition: (Range<Int>) -> Bool) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if condition(ranges[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    func union(_ other: RowRanges) -> RowRanges { RowRanges(ranges + other.ranges) }

    func intersection(_ other: RowRanges) -> RowRanges {
        if self == .all { return other }
        var common: [Range<Int>] = []
        let (few, many) = ranges.count < other.ranges.count ? (self, other) : (other, self)
        for range in few.ranges { common += many.overlapping(range).map { $0.clamped(to: range) } }
        return RowRanges(common)
    }

    var complement: RowRanges {
        var (gaps, start): ([Range<Int>], Int) = ([], 0)
        for range in ranges {
            gaps.append(start..<range.lowerBound)
            start = range.upperBound
        }
        return RowRanges(gaps + [start..<Int.max])
    }
}
