import LakeCore
import Testing

@testable import AlphaAds

/// Expected values are scipy's: `spearmanr`, `pearsonr` with `confidence_interval`, and its normal quantile.
@Suite struct SpearmanTests {
    private static let x = [0.11, 0.25, 0.25, 0.08, 0.4, 0.31, 0.25, 0.02, 0.5, 0.11, 0.33, 0.6]
    private static let y = [0.2, 0.1, 0.3, 0.3, 0.05, 0.2, 0.2, 0.6, 0.1, 0.4, 0.1, 0.01]

    private func near(_ a: Double?, _ b: Double) -> Bool { a.map { ($0 - b).magnitude < 1e-12 } ?? false }

    /// A pair of columns; nil for a case that a column does not have.
    private func pair(_ x: [UInt32?], _ y: [UInt32?]) -> (SettledColumn, SettledColumn) {
        let cells = zip(x, y).flatMap { [$0 ?? BehaviourColumns.absent, $1 ?? BehaviourColumns.absent] }
        let columns = [0, 1].map { offset in
            let column = GroupColumn(capacity: 0)
            // In two parts, so that the second begins within a word.
            let half = x.count / 2
            column.append(cells, Array(0..<half)[...], width: 2, offset: offset)
            column.append(cells, Array(half..<x.count)[...], width: 2, offset: offset)
            column.settle()
            return column.contents
        }
        return (columns[0], columns[1])
    }

    private func millionths(_ values: [Double]) -> [UInt32?] { values.map { UInt32(($0 * 1e6).rounded()) } }

    @Test func ranksAverageTies() {
        #expect(Spearman.centredRanks([3, 1, 2]) == [2, -2, 0])
        #expect(Spearman.centredRanks([5, 1, 5, 7]) == [0, -3, 0, 3])
        #expect(Spearman.centredRanks([4, 4, 4]) == [0, 0, 0])
        #expect(Spearman.centredRanks([.nan, 0]) == [1, -1])
        #expect(Spearman.centredRanks([]).isEmpty)
    }

    @Test func listsAsScipy() {
        #expect(near(Spearman.correlation(Self.x, Self.y).value, -0.8745744424063949))
        #expect(near(Spearman.correlation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]).value, 0.8207826816681233))
        #expect(Spearman.correlation([1, 2, 3], [2, 2, 2]).value == nil)
        #expect(Spearman.correlation([], []) == Correlation(nil, n: 0))
        let pearson = Correlation.pearson(Self.x, Self.y)
        #expect(near(pearson.value, -0.8172766312320817))
        #expect(near(pearson.interval?.lowerBound, -0.9470005419776251))
        #expect(near(pearson.interval?.upperBound, -0.4583647638926481))
        #expect(Correlation.pearson([1, 2, 4], [1, 3, 2]).interval == nil)
    }

    @Test func columnsAsScipy() throws {
        let (a, b) = pair(millionths(Self.x) + [nil, 7, nil], millionths(Self.y) + [3, nil, nil])
        var scratch = Spearman.Scratch()
        let rho = try Spearman.correlation(a, b, &scratch)
        #expect(rho.n == 12)
        #expect(near(rho.value, -0.8745744424063949))
        #expect(near(rho.interval?.lowerBound, -0.9716147530732858))
        #expect(near(rho.interval?.upperBound, -0.5256065993558361))
        // The scratch of a pair serves the next one.
        #expect(try Spearman.correlation(b, a, &scratch) == rho)
        #expect(try Spearman.correlation(a, a, &scratch).value == 1)
    }

    @Test func intervals() throws {
        let half = try #require(Spearman.interval(0.5, n: 50))
        #expect(near(half.lowerBound, 0.24122450865341485) && near(half.upperBound, 0.6923932730075201))
        let low = try #require(Spearman.interval(-0.9, n: 10))
        #expect(near(low.lowerBound, -0.9819843270353672) && near(low.upperBound, -0.532861682213356))
        let none = try #require(Spearman.interval(0, n: 4))
        #expect(near(none.lowerBound, -0.9610870825606609) && near(none.upperBound, 0.9610870825606609))
        #expect(Spearman.interval(0.5, n: 3) == nil)
        #expect(Spearman.interval(-1, n: 20) == -1 ... -1)
    }

    @Test func tooFewCommonCases() throws {
        let (a, b) = pair((0..<20).map { $0 < 12 ? UInt32($0) : nil }, (0..<20).map { $0 < 3 ? nil : UInt32($0) })
        var scratch = Spearman.Scratch()
        #expect(try Spearman.correlation(a, b, &scratch) == Correlation(nil, n: 9))
        let (c, d) = pair((0..<20).map { UInt32($0) }, [UInt32?](repeating: 5, count: 20))
        #expect(try Spearman.correlation(c, d, &scratch) == Correlation(nil, n: 20), "one of them never changes")
    }

    /// Counting gives what ranking the common cases gives, whatever ties and gaps there are.
    @Test(arguments: 1...20) func columnsAgreeWithLists(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let count = 10 + random.below(400)
        let distinct = 2 + random.below(seed % 2 == 0 ? 6 : 1_000_000)
        func column() -> [UInt32?] {
            (0..<count).map { _ in random.below(4) == 0 ? nil : UInt32(random.below(distinct)) }
        }
        let (x, y) = (column(), column())
        let common = zip(x, y).compactMap { x, y in x.flatMap { x in y.map { (Double(x), Double($0)) } } }
        let (a, b) = pair(x, y)
        var scratch = Spearman.Scratch()
        let rho = try Spearman.correlation(a, b, &scratch)
        #expect(rho.n == common.count, "seed \(seed)")
        guard common.count >= Spearman.fewest else { return #expect(rho.value == nil, "seed \(seed)") }
        let expected = Spearman.correlation(common.map(\.0), common.map(\.1)).value
        #expect(near(rho.value, expected ?? .nan) || rho.value == expected, "seed \(seed)")
    }

    @Test func paperFormula() {
        let none = BehaviourColumns.absent
        let ranks: [[UInt32]] = [[1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3], [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, none]]
        let columns = ranks.map { cells in
            let column = GroupColumn(capacity: 0)
            column.append(cells, Array(cells.indices)[...], width: 1, offset: 0)
            return column.contents
        }
        // Differences of 11 ads: 0 0 2 -1 1 1 0 0 2 -1 1.
        #expect(PaperFormula.correlation(columns[0], columns[1]) == Correlation(1 - 6 * 13.0 / (11 * 120), n: 11))
    }
}
