import LakeCore
import Testing

@testable import LakeBytes

@Suite struct TextPatternTests {
    /// The meaning of LIKE, character by character and without regard to time.
    private func matches(
        _ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>, escape: Unicode.Scalar?
    ) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == escape, let literal = pattern.dropFirst().first {
            return text.first == literal && matches(pattern.dropFirst(2), text.dropFirst(), escape: escape)
        }
        if first == "%" {
            return matches(pattern.dropFirst(), text, escape: escape)
                || !text.isEmpty && matches(pattern, text.dropFirst(), escape: escape)
        }
        guard let next = text.first, first == "_" || first == next else { return false }
        return matches(pattern.dropFirst(), text.dropFirst(), escape: escape)
    }

    private func utf8(_ scalars: [Unicode.Scalar]) -> [UInt8] { scalars.flatMap { Array(String($0).utf8) } }

    @Test(arguments: [nil, "!"] as [Unicode.Scalar?]) func likeTheMeaning(escape: Unicode.Scalar?) throws {
        var random = SplitMix64(seed: 7)
        let letters = Array("ab%_é日😀!".unicodeScalars)
        for _ in 0..<3_000 {
            let pattern = (0..<random.below(6)).map { _ in letters[random.below(letters.count)] }
            let texts = (0..<12).map { _ in (0..<random.below(7)).map { _ in letters[random.below(letters.count)] } }
            guard let compiled = TextPattern(utf8(pattern), escape: escape.map { UInt8($0.value) }) else {
                #expect(pattern.last == escape)
                continue
            }
            var strings = ByteStrings()
            for text in texts { strings.append(utf8(text)) }
            let rows = try compiled.rows(strings)
            for (row, text) in texts.enumerated() {
                let expected = matches(pattern[...], text[...], escape: escape)
                let what = "\(String(String.UnicodeScalarView(text))) LIKE \(String(String.UnicodeScalarView(pattern)))"
                #expect(compiled.matches(utf8(text)[...]) == expected, "\(what)")
                #expect(rows[row] == expected, "\(what) among others")
            }
        }
    }

    @Test func ignoringCase() throws {
        #expect(TextPattern(Array("É%_T".utf8), ignoringCase: true)?.matches(Array("éxßt".utf8)[...]) == true)
        #expect(TextPattern(Array("É%".utf8))?.matches(Array("éx".utf8)[...]) == false)
        let strings = ByteStrings(["ÄB", "äb", "b", "Äc"])
        #expect(try TextPattern(Array("ä_%".utf8), ignoringCase: true)?.rows(strings).positions == [0, 1, 3])
        #expect(
            TextPattern(Array("x!%%".utf8), escape: 0x21, ignoringCase: true)?.matches(Array("X%Y".utf8)[...]) == true)
    }

    /// Needles of all lengths at all places, across the blocks of the search and the borders of strings.
    @Test func findsEverywhere() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<2_000 {
            let texts = (0..<(1 + random.below(5))).map { _ in
                (0..<random.below(90)).map { _ in UInt8(97 + random.below(2)) }
            }
            let part = (0..<(1 + random.below(9))).map { _ in UInt8(97 + random.below(2)) }
            var strings = ByteStrings()
            for text in texts { strings.append(text) }
            let rows = try TextPattern.containing(part).rows(strings)
            for (row, text) in texts.enumerated() {
                let places = text.indices.dropLast(min(text.count, part.count - 1))
                let expected = places.contains { text[$0...].starts(with: part) }
                #expect(rows[row] == expected, "\(part) in \(text)")
            }
        }
        #expect(try TextPattern.containing([]).rows(ByteStrings(["", "a"])).positions == [0, 1])
    }

    @Test func prefixes() {
        #expect(TextPattern(Array("ab%c".utf8))?.prefix == Array("ab".utf8))
        #expect(TextPattern(Array("a_%c".utf8))?.prefix == Array("a".utf8))
        #expect(TextPattern(Array("%".utf8))?.prefix == [])
    }
}

@Suite struct TextCaseTests {
    @Test func letterByLetter() {
        func lower(_ text: String) -> String { String(decoding: TextCase.lower(Array(text.utf8)[...]), as: UTF8.self) }
        func upper(_ text: String) -> String { String(decoding: TextCase.upper(Array(text.utf8)[...]), as: UTF8.self) }
        #expect(lower("ÄÖ İ ẞ ΑΣ Z") == "äö i ß ασ z")
        #expect(upper("äöß ŉ ﬁ z") == "ÄÖẞ ŉ ﬁ Z")
        #expect(TextCase.lower([0xC3, 0x28, 0xFF, 0x41][...]) == [0xC3, 0x28, 0xFF, 0x61])
        #expect(TextCase.lower([0xC3][...]) == [0xC3])
        #expect(TextCase.upper(ByteStrings(["a", "", "é"])) == ByteStrings(["A", "", "É"]))
        #expect(TextCase.lower(ByteStrings(["A", "", "B"])) == ByteStrings(["a", "", "b"]))
    }
}

@Suite struct RegularExpressionTests {
    @Test func findsMatchesAndReplaces() throws {
        let expression = try RegularExpression(Array("(l+)(o)?".utf8))
        let text = Array("hello".utf8)[...]
        #expect(expression.groupCount == 2)
        #expect(expression.matches(text))
        #expect(!expression.matches(text, whole: true))
        #expect(expression.find(text, group: 1).map { Array($0) } == Array("ll".utf8))
        #expect(expression.find(text, group: 3) == nil)
        #expect(try RegularExpression(Array("x|(y)".utf8)).find(Array("x".utf8)[...], group: 1)?.isEmpty == true)
        #expect(expression.replacing(text, with: Array(#"<\1>"#.utf8), all: false) == Array("he<ll>".utf8))
        #expect(expression.accepts(replacement: Array(#"\2"#.utf8)))
        #expect(!expression.accepts(replacement: Array(#"\3"#.utf8)))
        #expect(try expression.rows(ByteStrings(["", "l", "x"])).positions == [1])
        #expect(
            try RegularExpression(Array("A.B".utf8), [.ignoringCase, .dotMatchesNewline]).matches(
                Array("a\nb".utf8)[...]))
        #expect(try RegularExpression(Array("a.b".utf8), .literal).matches(Array("a.b".utf8)[...]))
        #expect(throws: LakeError.self) { try RegularExpression(Array("[".utf8)) }
        #expect(throws: LakeError.self) {
            try RegularExpression(Array(String(repeating: "(a{1000}){1000}", count: 9).utf8))
        }
    }
}
