import LakeCore
import Testing

@testable import AlphaAds

@Suite struct WordCountsTests {
    private func counts(_ text: String) -> WordCounts {
        let bytes = Array(text.utf8)
        return WordCounts(Words(bytes[...]), stopWords: .standard)
    }

    /// Words named by numbers, each as often as `counts` says.
    private func counts(_ counts: [(word: Int, count: Int)]) -> WordCounts {
        self.counts(
            counts.map { pair in Array(repeating: "w\(pair.word)", count: pair.count).joined(separator: " ") }
                .joined(separator: " "))
    }

    private func isSimilar(_ a: WordCounts, _ b: WordCounts) -> Bool { a.isSimilar(to: b, above: 0.7, below: 1) }

    @Test func countsWordsWithoutStopWords() {
        let counts = counts("The grid and the Grid: don't pay for the grid")
        let expected = [Words.hash(of: "grid"), Words.hash(of: "pay")].sorted()
        #expect(counts.words == expected)
        #expect(counts.counts == expected.map { $0 == Words.hash(of: "grid") ? 3 : 1 })
        #expect(counts.square == 10)
    }

    @Test func dotSumsTheProductsOfSharedWords() {
        let a = counts([(1, 2), (2, 3), (3, 1)])
        let b = counts([(2, 2), (3, 4), (4, 5)])
        #expect(a.dot(b) == 10)
        #expect(b.dot(a) == 10)
        #expect(a.dot(a) == a.square)
        #expect(a.dot(counts("")) == 0)
    }

    @Test func boundsAreExact() {
        // 7 of 10 words shared: the cosine is 0.7 itself, which is not above it.
        let first = counts((0..<10).map { ($0, 1) })
        #expect(!isSimilar(first, counts((3..<13).map { ($0, 1) })))
        #expect(isSimilar(first, counts((2..<12).map { ($0, 1) })))
        // The same words in the same proportions: 1.0, which is not below it.
        #expect(!isSimilar(first, first))
        #expect(!isSimilar(first, counts((0..<10).map { ($0, 2) })))
        #expect(first.isSimilar(to: first, above: 0.7, below: 1.01))
        #expect(isSimilar(first, counts((0..<9).map { ($0, 1) })))
    }

    @Test func withoutWordsNothingIsSimilar() {
        let none = counts("the and of")
        #expect(none.square == 0)
        #expect(!isSimilar(none, none))
        #expect(!none.isSimilar(to: counts("energy"), above: 0, below: 2))
        #expect(!counts("energy").isSimilar(to: none, above: -1, below: 2))
    }

    @Test func strangeBoundsDoNotTrap() {
        let a = counts("energy bills rise")
        let b = counts("energy bills fall")
        #expect(!a.isSimilar(to: b, above: .infinity, below: .nan))
        #expect(a.isSimilar(to: b, above: .nan, below: .infinity))
        #expect(a.isSimilar(to: b, above: -.infinity, below: 1e300))
    }

    /// Counts whose squares and products need more than 64 bits.
    @Test func greatCountsDoNotOverflow() {
        var a = [UInt8]()
        for _ in 0..<40_000 { a += Array("energy ".utf8) }
        let one = WordCounts(Words(a[...]), stopWords: .standard)
        let two = WordCounts(Words((a + Array("bills".utf8))[...]), stopWords: .standard)
        #expect(one.square == 1_600_000_000)
        #expect(isSimilar(one, two))
        #expect(!isSimilar(one, one))
        #expect(!isSimilar(one, counts("bills")))
    }

    /// The bounds that spare the dot product never change the answer.
    @Test func agreesWithTheDefinition() {
        let seed: UInt64 = 5
        print("WordCountsTests: seed \(seed)")
        var random = SplitMix64(seed: seed)
        var similar = 0
        for number in 0..<1_500 {
            let words = 1 + random.below(40)
            let base = (0..<words).map { (word: $0, count: 1 + random.below(3) * random.below(2)) }
            let kept = base.filter { _ in random.below(10) < 8 }
            let added = (0..<random.below(6)).map { (word: 100 + $0, count: 1 + random.below(2)) }
            let (a, b) = (counts(base), counts(kept + added))
            let dot = a.dot(b)
            let product = a.square * b.square
            let expected = product > 0 && 100 * dot * dot > 49 * product && dot * dot < product
            similar += expected ? 1 : 0
            #expect(isSimilar(a, b) == expected, "pair \(number) of seed \(seed)")
            #expect(isSimilar(b, a) == expected, "pair \(number) of seed \(seed)")
        }
        #expect(similar > 150 && similar < 1_450)
    }
}
