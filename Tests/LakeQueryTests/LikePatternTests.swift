import Testing

@testable import LakeQuery

@Suite struct LikePatternTests {
    /// The meaning of LIKE, character by character and without regard to time.
    private func matches(_ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "%" {
            return matches(pattern.dropFirst(), text) || !text.isEmpty && matches(pattern, text.dropFirst())
        }
        guard let next = text.first, first == "_" || first == next else { return false }
        return matches(pattern.dropFirst(), text.dropFirst())
    }

    @Test func likeTheMeaning() {
        var chance = SplitMix(state: 7)
        let letters = Array("ab%_é日😀".unicodeScalars)
        for _ in 0..<20_000 {
            let pattern = (0..<chance.below(6)).map { _ in letters[chance.below(letters.count)] }
            let text = (0..<chance.below(6)).map { _ in letters[chance.below(letters.count)] }
            func utf8(_ scalars: [Unicode.Scalar]) -> [UInt8] { scalars.flatMap { Array(String($0).utf8) } }
            #expect(
                LikePattern(utf8(pattern), ignoringCase: false).matches(utf8(text)) == matches(pattern[...], text[...]),
                "\(String(String.UnicodeScalarView(text))) LIKE \(String(String.UnicodeScalarView(pattern)))")
        }
    }

    @Test func ignoringCase() {
        #expect(LikePattern(Array("É%_T".utf8), ignoringCase: true).matches(Array("éxßt".utf8)))
        #expect(!LikePattern(Array("É%".utf8), ignoringCase: false).matches(Array("éx".utf8)))
    }
}

/// Numbers that are the same on every run.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
