import LakeCore
import Testing

@testable import AlphaAds

@Suite struct WordDistanceTests {
    private func hashes(_ text: String) -> [UInt64] {
        let bytes = Array(text.utf8)
        return Words(bytes[...]).hashes
    }

    @Test func distanceCountsInsertionsDeletionsAndReplacements() {
        #expect(WordDistance.distance([], []) == 0)
        #expect(WordDistance.distance(hashes("a b c"), []) == 3)
        #expect(WordDistance.distance([], hashes("a b")) == 2)
        #expect(WordDistance.distance(hashes("a b c"), hashes("A, b. C!")) == 0)
        #expect(WordDistance.distance(hashes("a b c"), hashes("a x c")) == 1)
        #expect(WordDistance.distance(hashes("a b c"), hashes("b c d")) == 2)
        #expect(WordDistance.distance(hashes("pay less for power now"), hashes("now pay more for power")) == 3)
    }

    @Test func limits() {
        let (a, b) = (hashes("a b c d e"), hashes("a x c d"))
        #expect(WordDistance.isFarther(a, b, than: 1))
        #expect(!WordDistance.isFarther(a, b, than: 2))
        #expect(!WordDistance.isFarther(a, b, than: .max))
        #expect(!WordDistance.isFarther(a, a, than: 0))
        #expect(WordDistance.isFarther(a, b, than: 0))
        #expect(WordDistance.isFarther(a, a, than: -1))
        #expect(!WordDistance.isFarther([], [], than: 0))
        #expect(WordDistance.isFarther([], b, than: 3))
        #expect(!WordDistance.isFarther([], b, than: 4))
    }

    @Test func movedBlocksAreFar() {
        let words = (0..<60).map { UInt64($0) &* SplitMix64.step }
        let moved = Array(words[30...] + words[..<30])
        #expect(WordDistance.distance(words, moved) == 60)
        #expect(WordDistance.isFarther(words, moved, than: 59))
        #expect(!WordDistance.isFarther(words, moved, than: 60))
        let shifted = Array(words[5...] + words[..<5])
        for limit in 0...15 { #expect(WordDistance.isFarther(words, shifted, than: limit) == (limit < 10)) }
    }

    /// Whatever was decided by a bound, the answer is that of the whole table.
    @Test func agreesWithThePlainDistance() {
        let seed: UInt64 = 23
        print("WordDistanceTests: seed \(seed)")
        var random = SplitMix64(seed: seed)
        var farther = 0
        for number in 0..<1_500 {
            let vocabulary = [3, 12, 1_000][random.below(3)]
            let a = (0..<random.below(40)).map { _ in SplitMix64.mixed(UInt64(random.below(vocabulary))) }
            var b = a
            for _ in 0..<random.below(25) {
                let word = SplitMix64.mixed(UInt64(random.below(vocabulary)))
                switch random.below(4) {
                case 0 where !b.isEmpty: b.remove(at: random.below(b.count))
                case 1: b.insert(word, at: random.below(b.count + 1))
                case 2 where b.count > 8: b = Array(b[4...] + b[..<4])
                default: if !b.isEmpty { b[random.below(b.count)] = word }
                }
            }
            let distance = WordDistance.distance(a, b)
            for limit in [0, 1, 4, 15, distance - 1, distance, distance + 1] {
                let expected = distance > limit
                farther += expected ? 1 : 0
                #expect(WordDistance.isFarther(a, b, than: limit) == expected, "pair \(number) of seed \(seed)")
                #expect(WordDistance.isFarther(b, a, than: limit) == expected, "pair \(number) of seed \(seed)")
            }
        }
        #expect(farther > 2_000)
    }
}
