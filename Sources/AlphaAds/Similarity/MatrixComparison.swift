/// How far two matrices over the same groups agree: the correlation of their entries off the diagonal.
public struct MatrixComparison: Sendable, Equatable {
    /// Pearson's r, with Fisher's interval. The interval takes pairs for independent, which those that share a group
    /// are not: it is too narrow rather than too wide.
    public let pearson: Correlation
    /// Spearman's rho of the same entries.
    public let spearman: Correlation

    /// Over the pairs that have a value in both.
    public init(_ first: SimilarityMatrix, _ second: SimilarityMatrix) {
        let both = zip(first.pairs, second.pairs).compactMap { a, b in
            a.value.flatMap { a in b.value.map { (a, $0) } }
        }
        let (x, y) = (both.map(\.0), both.map(\.1))
        pearson = Correlation.pearson(x, y)
        spearman = Spearman.correlation(x, y)
    }

    public var pairs: Int { pearson.n }
}
