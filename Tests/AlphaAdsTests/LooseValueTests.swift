import Testing

@testable import AlphaAds

@Suite struct LooseValueTests {
    private func texts(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        return LooseValue.texts(bytes.span, 0, bytes.count)?.map { decoded(bytes, $0) }
    }

    private func words(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return LooseValue.words(bytes.span, 0, bytes.count).map { decoded(bytes, $0) }
    }

    private func decoded(_ bytes: [UInt8], _ text: LooseValue.Text) -> String {
        var result: [UInt8] = []
        LooseValue.decode(bytes.span, text, into: &result)
        return String(decoding: result, as: UTF8.self)
    }

    private func double(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        return LooseNumber.double(bytes.span, 0, bytes.count)
    }

    private func integer(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        return LooseNumber(bytes.span, 0, bytes.count)?.integer
    }

    @Test func listsOfTexts() {
        #expect(texts(#"["a", "b"]"#) == ["a", "b"])
        #expect(texts(#"['a', "it's", 'b']"#) == ["a", "it's", "b"])
        #expect(texts(#" [ u'a' ,'b' ] "#) == ["a", "b"])
        #expect(texts("('a',)") == ["a"])
        #expect(texts("['facebook' 'instagram'\n 'messenger']") == ["facebook", "instagram", "messenger"])
        #expect(texts("['a', None, nan, null]") == ["a"])
        #expect(texts("[]") == [])
        #expect(texts("['[x]', '\\']']") == ["[x]", "']"])
    }

    /// A text that only looks like a list stays one text.
    @Test(arguments: [
        "plain", "[Sponsored] Vote", "['a'", "['a]", "['a'] and more", "['a'b]", "[1, 2]", "['a', ['b']]", "[a, b]",
        "{'a': 1}", "[", "", "'a', 'b'", "[\"a\", {\"b\": 1}]",
    ])
    func noListsOfTexts(text: String) {
        #expect(texts(text) == nil)
    }

    @Test func escapes() {
        #expect(texts(#"["a\nb\t\"\/\\"]"#) == ["a\nb\t\"/\\"])
        #expect(texts(#"["caf\u00e9 \ud83d\ude00"]"#) == ["café 😀"])
        #expect(texts(#"['caf\xe9 \u2019 \U0001f600 it\'s']"#) == ["café ’ 😀 it's"])
        #expect(texts(#"['\q \u12 \xg1 \U00000']"#) == [#"\q \u12 \xg1 \U00000"#])
        #expect(texts(#"['\ud83d', '\udc00x', '\U00110000']"#) == ["\u{FFFD}", "\u{FFFD}x", "\u{FFFD}"])
    }

    @Test func halvesOfPairsAreDamage() {
        let bytes = Array(#"'\ud83d'"#.utf8)
        var (at, result): (Int, [UInt8]) = (0, [])
        let text = LooseValue.quoted(bytes.span, &at, bytes.count)
        #expect(text != nil && at == bytes.count)
        #expect(!LooseValue.decode(bytes.span, text ?? .none, into: &result))
    }

    @Test func plainLists() {
        #expect(words("facebook,instagram") == ["facebook", "instagram"])
        #expect(words(" facebook ; instagram|messenger ") == ["facebook", "instagram", "messenger"])
        #expect(words("{facebook,\"instagram\"}") == ["facebook", "instagram"])
        #expect(words("[facebook, 'instagram']") == ["facebook", "instagram"])
        #expect(words(#"["facebook"]"#) == ["facebook"])
        #expect(words("en") == ["en"])
        #expect(words(",,nan,") == [])
        #expect(words("") == [])
    }

    @Test func keysAndValues() {
        let bytes = Array(#"{"a": "1", 'b' : 2, c: New York, "d": {"e": ["}", "'"]}, f: None}"#.utf8)
        var found: [String] = []
        var at = 1
        while at < bytes.count - 1 {
            if bytes[at] == 0x2C {
                at += 1
                continue
            }
            guard let key = LooseValue.key(bytes.span, &at, bytes.count - 1) else { break }
            let start = at
            if let value = LooseValue.scalar(bytes.span, &at, bytes.count - 1) {
                found.append(decoded(bytes, key) + "=" + decoded(bytes, value))
            } else {
                #expect(LooseValue.skip(bytes.span, &at, bytes.count - 1))
                found.append(decoded(bytes, key) + "=" + String(decoding: bytes[start..<at], as: UTF8.self))
            }
        }
        #expect(found == ["a=1", "b=2", "c=New York", #"d={"e": ["}", "'"]}"#, "f=None"])
    }

    /// However deep, and wherever it is cut off.
    @Test func nestingNeedsNoStack() {
        var deep = [UInt8](repeating: 0x5B, count: 100_000)
        var at = 0
        #expect(!LooseValue.skip(deep.span, &at, deep.count) && at == deep.count)
        deep += [UInt8](repeating: 0x5D, count: 100_000)
        at = 0
        #expect(LooseValue.skip(deep.span, &at, deep.count) && at == deep.count)
        let bytes = Array(#"{"a": ["x\"", {'b': (1, 2)}]} rest"#.utf8)
        for end in 0...bytes.count {
            at = 0
            let isWhole = LooseValue.skip(bytes.span, &at, end)
            #expect(at <= end && isWhole == (end >= bytes.count - 5))
        }
    }

    @Test func numbers() {
        #expect(double("0.054372") == 0.054372)
        #expect(double("9E-6") == 9e-6)
        #expect(double("4.0E-5") == 4e-5)
        #expect(double("1.0e-5") == 1e-5)
        #expect(double(" 1 ") == 1)
        #expect(double(".5") == 0.5)
        #expect(double("-2.5") == -2.5)
        #expect(double("0.12345678901234567890123") == 0.12345678901234567890123)
        #expect(double("1e300") == 1e300)
        #expect(double("0.0") == 0)
        for text in ["", ".", "e5", "1e", "1,5", "0x10", "nan", "inf", "1.2.3", "--1", "5%", "1 2"] {
            #expect(double(text) == nil, "\(text)")
        }
    }

    /// Shares have six decimals: every one is the double that its text names.
    @Test func sixDecimals() {
        for number in stride(from: 0, through: 1_000_000, by: 7) {
            let digits = String(number)
            let text = "0." + String(repeating: "0", count: 7 - digits.count) + digits
            #expect(double(text) == Double(text))
        }
    }

    @Test func wholeNumbers() {
        #expect(integer("1000") == 1000)
        #expect(integer("3006923696230883.0") == 3_006_923_696_230_883)
        #expect(integer("1.5e3") == 1500)
        #expect(integer("-7") == -7)
        #expect(integer("9223372036854775807") == .max)
        #expect(integer("9223372036854775808") == nil)
        #expect(integer("1.5") == nil)
        #expect(integer("1e40") == nil)
        #expect(integer("1e-40") == nil)
    }
}
