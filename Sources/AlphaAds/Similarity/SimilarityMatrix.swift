/// How alike each pair of groups is.
public struct SimilarityMatrix: Sendable, Equatable {
    public let groups: [String]
    /// The pairs (0, 1), (0, 2) ... (1, 2) ...
    public let pairs: [Correlation]

    /// - Parameter pairs: one per pair of groups; absent ones have no value.
    public init(groups: [String], pairs: [Correlation]) {
        self.groups = groups
        let count = groups.count * max(0, groups.count - 1) / 2
        self.pairs =
            pairs.prefix(count) + [Correlation](repeating: Correlation(nil, n: 0), count: max(0, count - pairs.count))
    }

    /// The pair of two different groups, in either order; nil on the diagonal.
    public subscript(a: Int, b: Int) -> Correlation? {
        let (low, high) = (min(a, b), max(a, b))
        guard low >= 0, low < high, high < groups.count else { return nil }
        return pairs[low * (2 * groups.count - low - 1) / 2 + high - low - 1]
    }

    /// Pairs with their groups' positions, in the order of `pairs`.
    public var positions: [(a: Int, b: Int)] {
        groups.indices.flatMap { a in ((a + 1)..<max(a + 1, groups.count)).map { (a, $0) } }
    }

    /// The pairs that have a value, the most similar first; equal ones in the order of `pairs`.
    public var ranked: [(a: Int, b: Int, pair: Correlation)] {
        let known = zip(positions, pairs).enumerated().compactMap { index, pair in
            pair.1.value.map { (value: $0, index: index, a: pair.0.a, b: pair.0.b, pair: pair.1) }
        }
        return known.sorted { $0.value != $1.value ? $0.value > $1.value : $0.index < $1.index }
            .map { ($0.a, $0.b, $0.pair) }
    }

    /// The least and the greatest value; nil where there is none.
    public var range: ClosedRange<Double>? {
        let values = pairs.compactMap(\.value)
        guard let low = values.min(), let high = values.max() else { return nil }
        return low...high
    }

    /// All positions, as rows of `value` and such: what `pair` gives for each pair, `diagonal` for a group with itself.
    public func square<Value>(diagonal: (Int) -> Value, pair: (Correlation) -> Value) -> [[Value]] {
        groups.indices.map { a in groups.indices.map { b in self[a, b].map(pair) ?? diagonal(a) } }
    }
}
