import LakeCore
import Testing

@testable import AlphaAds

@Suite struct WordsTests {
    private func words(_ bytes: [UInt8]) -> [String] {
        Words(bytes[...]).ranges.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    private func words(_ text: String) -> [String] { words(Array(text.utf8)) }

    @Test func lettersDigitsAndWhatIsNotASCIIMakeWords() {
        #expect(words("Don't pay $4.50, _now_!") == ["Don", "t", "pay", "4", "50", "now"])
        #expect(words("año café Ukraïна") == ["año", "café", "Ukraïна"])
        #expect(words("sign✅up 🌎") == ["sign✅up", "🌎"])
        #expect(words("").isEmpty)
        #expect(words(" \n\t.,;").isEmpty)
        #expect(words("end") == ["end"])
    }

    @Test func generalPunctuationSeparates() {
        #expect(
            words("we’re—here…now\u{2028}\u{200B}so\u{2060}it\u{206F}is") == [
                "we", "re", "here", "now", "so", "it", "is",
            ])
        // What stands before and behind that block does not.
        #expect(words("a\u{1FFF}b\u{2070}c") == ["a\u{1FFF}b\u{2070}c"])
        #expect(words("a\u{203F}b\u{2040}c\u{00A0}d") == ["a", "b", "c\u{00A0}d"])
    }

    @Test func letterCaseOfASCIIDoesNotCount() {
        let text = Array("Energy ENERGY energy Énergie énergie".utf8)
        let hashes = Words(text[...]).hashes
        #expect(Set(hashes[0..<3]).count == 1)
        #expect(hashes[3] != hashes[4])
        #expect(hashes[0] == Words.hash(of: "energy"))
        #expect(hashes[0] == Words.hash(of: "Energy"))
        #expect(hashes[4] == Words.hash(of: "énergie"))
    }

    @Test func hashesAreThoseOfAllVersions() {
        // FNV-1a of "a" is af63dc4c8601ec8c.
        #expect(Words.hash(of: "a") == SplitMix64.mixed(0xAF63_DC4C_8601_EC8C))
        #expect(Words.hash(of: "") == SplitMix64.mixed(0xCBF2_9CE4_8422_2325))
    }

    @Test func rangesCountFromTheArrayOfTheSlice() {
        let text = Array("xx one two".utf8)
        let words = Words(text[3...])
        #expect(words.ranges == [3..<6, 7..<10])
        #expect(words.hashes == [Words.hash(of: "one"), Words.hash(of: "two")])
    }

    @Test func damagedBytesAreParts() {
        #expect(Words([0x61, 0xE2][...]).ranges == [0..<2])
        #expect(Words([0xE2, 0x80][...]).ranges == [0..<2])
        #expect(Words([0x61, 0xE2, 0x80, 0x20, 0x62][...]).ranges == [0..<3, 4..<5])
        #expect(Words([0xE2, 0x80, 0x99, 0xE2, 0x81, 0xB0][...]).ranges == [3..<6])
        #expect(Words([0xFF, 0x80, 0xC0][...]).ranges == [0..<3])
    }

    /// Against the definition, character by character.
    @Test func agreesWithThePlainDefinition() {
        let seed: UInt64 = 11
        print("WordsTests: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let alphabet = Array("aZ09 .-é\u{2014}\u{2019}\u{206F}\u{2070}\u{1FFF}日🌎\u{200D}\u{FE0F}".unicodeScalars)
        for _ in 0..<500 {
            var text = String.UnicodeScalarView()
            for _ in 0..<random.below(30) { text.append(alphabet[random.below(alphabet.count)]) }
            var expected: [String] = []
            var word = String.UnicodeScalarView()
            for scalar in text {
                let value = scalar.value
                let isPart =
                    value < 0x80
                    ? scalar.properties.isAlphabetic || (0x30...0x39).contains(value)
                    : !(0x2000...0x206F).contains(value)
                if isPart {
                    word.append(scalar)
                } else if !word.isEmpty {
                    expected.append(String(word))
                    word = String.UnicodeScalarView()
                }
            }
            if !word.isEmpty { expected.append(String(word)) }
            #expect(words(String(text)).map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "seed \(seed)")
        }
    }
}
