import LakeCore
import Testing

@testable import AlphaAds

@Suite struct KeywordsTests {
    private func keywords(_ bytes: [UInt8], limit: Int = 6) -> [String] {
        Keywords.keywords(Words(bytes[...]), text: bytes[...], stopWords: .standard, limit: limit)
    }

    private func keywords(_ text: String, limit: Int = 6) -> [String] { keywords(Array(text.utf8), limit: limit) }

    @Test func frequentLongAndEarlyWordsCome() {
        #expect(keywords("Offshore wind for New Jersey. Offshore wind now!").first == "offshore wind")
        #expect(keywords("A turbine, a turbine, a windmill").first == "turbine")
        #expect(keywords("The lighthouse, the windowsill").first == "lighthouse")
    }

    @Test func phrasesNeedASingleSpace() {
        #expect(keywords("purple lanterns") == ["purple lanterns"])
        #expect(keywords("purple  lanterns") == ["purple", "lanterns"])
        #expect(keywords("purple, lanterns") == ["purple", "lanterns"])
        #expect(keywords("purple-lanterns") == ["purple", "lanterns"])
        #expect(keywords("purple and lanterns") == ["purple", "lanterns"])
    }

    @Test func noWordComesTwice() {
        let found = keywords("green valley farms, green valley roads, green hills, hills and valley")
        let words = found.flatMap { $0.split(separator: " ") }
        #expect(Set(words).count == words.count, "\(found)")
        #expect(found.contains("green valley"))
    }

    @Test func stopWordsNumbersAndCallsAreNone() {
        #expect(keywords("Click here to learn more today: [URL] https 2024 559 4").isEmpty)
        #expect(keywords("the and of 12 b").isEmpty)
        #expect(keywords("").isEmpty)
        #expect(keywords("2030 climate").allSatisfy { $0 == "climate" })
    }

    @Test func lowerCaseWithoutSymbols() {
        #expect(keywords("SOLAR Panels") == ["solar panels"])
        #expect(keywords("✅Énergie®") == ["énergie"])
        #expect(keywords("🌎 👉The 🌲").isEmpty)
        #expect(keywords("𝗯𝗼𝗹𝗱").isEmpty)
    }

    @Test func limitsAndLengths() {
        let text = "apples, bananas, cherries, damsons, elderberries, figs, grapes, hazelnuts"
        #expect(keywords(text).count == 6)
        #expect(keywords(text, limit: 2).count == 2)
        #expect(keywords(text, limit: 0).isEmpty)
        #expect(keywords(text, limit: -1).isEmpty)
        #expect(keywords(String(repeating: "x", count: 41)).isEmpty)
    }

    @Test func damagedTextDoesNotTrap() {
        let seed: UInt64 = 31
        print("KeywordsTests: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let bytes: [UInt8] = [0x20, 0x41, 0x61, 0x7A, 0x80, 0x99, 0xAF, 0xC2, 0xC3, 0xE2, 0xE3, 0xEF, 0xF0, 0xFF]
        for number in 0..<1_000 {
            let text = (0..<random.below(24)).map { _ in bytes[random.below(bytes.count)] }
            let found = keywords(text)
            #expect(found.count <= 6, "text \(number) of seed \(seed)")
            #expect(found == keywords(text))
            #expect(!found.contains(""))
        }
    }

    @Test func slicesOfLongerTexts() {
        let bytes = Array("xxxx purple lanterns yyyy".utf8)
        let slice = bytes[5..<20]
        #expect(Keywords.keywords(Words(slice), text: slice, stopWords: .standard) == ["purple lanterns"])
    }
}
