/// The similarity as the paper computes it: Spearman's short formula on the groups' ranks within each ad.
///
/// The formula is meant for ranks from 1 to n, n being the number of ads. Ranks among at most 51 groups differ by 50 at
/// most, so that it gives 1 - 15,000 / n^2 or more for any pair: 1 for all of them. It is here to reproduce that.
enum PaperFormula {
    /// 1 - 6 sum d^2 / (n (n^2 - 1)) over the ads that both columns have.
    static func correlation(_ a: SettledColumn, _ b: SettledColumn) -> Correlation {
        var (n, squares) = (0, 0)
        for word in 0..<min(a.reached.count, b.reached.count) {
            var bits = a.reached[word] & b.reached[word]
            n += bits.nonzeroBitCount
            while bits != 0 {
                let index = word << 6 | bits.trailingZeroBitCount
                let difference = Int(a.values[index]) - Int(b.values[index])
                squares += difference * difference
                bits &= bits &- 1
            }
        }
        guard n >= Spearman.fewest else { return Correlation(nil, n: n) }
        let cases = Double(n)
        return Correlation(1 - 6 * Double(squares) / (cases * (cases * cases - 1)), n: n)
    }
}
