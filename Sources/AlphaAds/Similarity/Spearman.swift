import LakeBytes
import LakeCore

/// Spearman's rank correlation, ties averaged.
///
/// Ranks are kept doubled and around their mean, `2 * rank - (n + 1)`, which makes them whole numbers: sums are
/// exact, and columns that order the cases alike have a correlation of exactly 1.
public enum Spearman {
    /// Fewer common cases give no coefficient.
    public static let fewest = 10

    /// Rho of two lists of one length, without an interval.
    public static func correlation(_ x: [Double], _ y: [Double]) -> Correlation {
        let n = min(x.count, y.count)
        let ranks = (centredRanks(Array(x[..<n])), centredRanks(Array(y[..<n])))
        return Correlation(Correlation.coefficient(ranks.0.map(Double.init), ranks.1.map(Double.init)), n: n)
    }

    /// The interval of a rho over `n` cases by Fisher's transform with the standard error of Bonett and Wright (2000),
    /// sqrt((1 + rho^2 / 2) / (n - 3)).
    public static func interval(_ rho: Double, n: Int) -> ClosedRange<Double>? {
        guard n >= 4 else { return nil }
        return Correlation.fisher(rho, error: ((1 + rho * rho / 2) / Double(n - 3)).squareRoot())
    }

    /// Twice the average rank of each value, less the mean `n + 1`. NaN counts as the greatest.
    static func centredRanks(_ values: [Double]) -> [Int] {
        let keys = values.map { $0.isNaN ? Double.infinity : $0 }
        let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
        var ranks = [Int](repeating: 0, count: keys.count)
        var first = 0
        while first < order.count {
            var end = first + 1
            while end < order.count, keys[order[end]] == keys[order[first]] { end += 1 }
            for place in first..<end { ranks[order[place]] = first + end - order.count }
            first = end
        }
        return ranks
    }

    // MARK: Columns of many cases

    /// What a thread needs for a pair of columns; used again for the next pair.
    struct Scratch {
        fileprivate var first: [Int32] = []
        fileprivate var second: [Int32] = []
    }

    /// Rho over the cases that both columns have, with its interval; linear in the cases and the distinct values.
    ///
    /// The codes of a settled column ascend with its values, so that counting them within the common cases takes the
    /// place of sorting: no pair is sorted.
    static func correlation(_ a: SettledColumn, _ b: SettledColumn, _ scratch: inout Scratch) throws(LakeError)
        -> Correlation
    {
        reset(&scratch.first, a.distinct)
        reset(&scratch.second, b.distinct)
        let n = count(a, b, &scratch.first, &scratch.second)
        guard n >= fewest else { return Correlation(nil, n: n) }
        try Cancellation.checkCurrent()
        let squares = (rank(&scratch.first, a.distinct, n), rank(&scratch.second, b.distinct, n))
        guard squares.0 > 0, squares.1 > 0 else { return Correlation(nil, n: n) }
        let product = Double(sumOfProducts(a, b, scratch.first, scratch.second))
        let rho = max(-1, min(1, product / (Double(squares.0) * Double(squares.1)).squareRoot()))
        return Correlation(rho, n: n, interval: interval(rho, n: n))
    }

    private static func reset(_ counts: inout [Int32], _ distinct: Int) {
        if counts.count < distinct { counts = [Int32](repeating: 0, count: distinct) }
        for code in 0..<distinct { counts[code] = 0 }
    }

    /// How often each code occurs among the common cases.
    /// - Returns: how many those are.
    private static func count(
        _ a: SettledColumn, _ b: SettledColumn, _ first: inout [Int32], _ second: inout [Int32]
    ) -> Int {
        var n = 0
        for word in 0..<min(a.reached.count, b.reached.count) {
            var bits = a.reached[word] & b.reached[word]
            n += bits.nonzeroBitCount
            while bits != 0 {
                let index = word << 6 | bits.trailingZeroBitCount
                first[Int(a.values[index])] &+= 1
                second[Int(b.values[index])] &+= 1
                bits &= bits &- 1
            }
        }
        return n
    }

    /// Puts the centred rank of each code in the place of its count.
    /// - Returns: the sum of their squares over all cases, (n^3 - n) / 3 less (t^3 - t) / 3 for every t cases that tie.
    private static func rank(_ counts: inout [Int32], _ distinct: Int, _ n: Int) -> Int128 {
        var (below, ties) = (0, Int128(0))
        for code in 0..<distinct {
            let count = Int(counts[code])
            if count == 0 { continue }
            counts[code] = Int32(truncatingIfNeeded: 2 * below + count - n)
            if count > 1 { ties += Int128(count) * Int128(count * count - 1) }
            below += count
        }
        return (Int128(n) * Int128(n * n - 1) - ties) / 3
    }

    private static func sumOfProducts(
        _ a: SettledColumn, _ b: SettledColumn, _ first: [Int32], _ second: [Int32]
    ) -> Int128 {
        var total = Int128(0)
        for word in 0..<min(a.reached.count, b.reached.count) {
            var bits = a.reached[word] & b.reached[word]
            // 64 products of ranks fit: there are 2^28 cases at most.
            var sum: Int64 = 0
            while bits != 0 {
                let index = word << 6 | bits.trailingZeroBitCount
                sum &+= Int64(first[Int(a.values[index])]) &* Int64(second[Int(b.values[index])])
                bits &= bits &- 1
            }
            total += Int128(sum)
        }
        return total
    }
}
