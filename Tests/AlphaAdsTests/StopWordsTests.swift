import LakeCore
import Testing

@testable import AlphaAds

@Suite struct StopWordsTests {
    @Test func shippedOnesAreThere() {
        for word in ["the", "and", "s", "don", "url", "https"] {
            #expect(StopWords.standard.contains(Words.hash(of: word)), "\(word)")
        }
        for word in ["climate", "energy", "petition", "click"] {
            #expect(!StopWords.standard.contains(Words.hash(of: word)), "\(word)")
        }
    }

    @Test func weakWordsAreNoStopWords() throws {
        let words = try StopWords(json: Array(#"{"words": ["the"], "weak": ["click"]}"#.utf8))
        #expect(words.contains(Words.hash(of: "the")))
        #expect(!words.contains(Words.hash(of: "click")))
        #expect(!words.allowsKeyword(Words.hash(of: "the")))
        #expect(!words.allowsKeyword(Words.hash(of: "click")))
        #expect(words.allowsKeyword(Words.hash(of: "energy")))
        #expect(!words.contains(0))
    }

    @Test func refusesWhatIsNoWord() {
        for json in ["[]", "{", #"{"words": ["two words"]}"#, #"{"words": ["Upper"]}"#, #"{"words": [""]}"#] {
            #expect(throws: LakeError.self, "\(json)") { try StopWords(json: Array(json.utf8)) }
        }
    }

    @Test func indexFindsAllOfManyHashes() {
        var random = SplitMix64(seed: 3)
        let hashes = (0..<1_000).map { _ in random.next() }
        let index = HashIndex(
            hashes.enumerated().map { (hash: $0.element, value: Int32($0.offset)) } + [(hashes[5], 9)])
        for (value, hash) in hashes.enumerated() { #expect(index[hash] == Int32(value)) }
        for _ in 0..<1_000 { #expect(index[random.next()] == nil) }
        #expect(HashIndex([])[7] == nil)
    }
}
