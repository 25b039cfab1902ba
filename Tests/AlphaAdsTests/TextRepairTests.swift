import Testing

@testable import AlphaAds

@Suite struct TextRepairTests {
    /// What a program makes of UTF-8 that takes every byte for a character.
    private func damaged(_ text: String, _ page: TextRepair.CodePage) -> String {
        var table: [UInt8: UInt32] = [:]
        // Control characters only where the page has nothing else; never the currency sign of the old Mac Roman.
        for character in Array(UInt32(0x80)..<0x2600) + [0xF8FF, 0xFB01, 0xFB02] {
            let code = page.code(character)
            guard code != 0, character != 0xA4 || page.kind == .windows1252 else { continue }
            table[code] = character
        }
        var result = String.UnicodeScalarView()
        for byte in text.utf8 {
            let value = byte < 0x80 ? UInt32(byte) : table[byte] ?? 0xFFFD
            if let scalar = Unicode.Scalar(value) { result.append(scalar) }
        }
        return String(result)
    }

    private static let texts = [
        "don’t", "“Vote” — today…", "café résumé naïve", "¡Está aquí! ¿Qué?", "El NIÑO y la UNIÓN", "über Größe",
        "Arge\u{219} County", "Quảng Nam Province", "Save 50 € ™ ®", "🚨 Arizona 📈 ❤️ ✅", "Привет, мир",
        "שלום עולם", "中文字符测试", "日本語のテキスト", "São Paulo (state)", "a\u{A0}b", "Γειά σου Κόσμε", "½ price",
        "Île-de-France",
    ]

    @Test(arguments: texts)
    func macRoman(text: String) {
        #expect(TextRepair.repaired(damaged(text, .macRoman)) == text)
    }

    @Test(arguments: texts)
    func windows1252(text: String) {
        #expect(TextRepair.repaired(damaged(text, .windows1252)) == text)
    }

    @Test func knownDamage() {
        #expect(TextRepair.repaired("today‚Äôs natural gas‚Äîsupporting") == "today’s natural gas—supporting")
        #expect(TextRepair.repaired("todayâ€™s") == "today’s")
        #expect(TextRepair.repaired("caf√© M√ºller") == "café Müller")
        #expect(TextRepair.repaired("cafÃ© MÃ¼ller") == "café Müller")
        #expect(TextRepair.repaired("cittÃ\u{A0}") == "città")
        // Latin-1, with control characters.
        #expect(TextRepair.repaired("it\u{E2}\u{80}\u{99}s") == "it’s")
    }

    @Test func damagedTwice() {
        let twice = damaged(damaged("don’t", .windows1252), .windows1252)
        #expect(TextRepair.repaired(twice) == "don’t")
    }

    /// What an escape gave is sound, next to what was damaged.
    @Test func mixedWithSoundCharacters() {
        #expect(TextRepair.repaired("song\u{202D} ‚Äú\u{202C}Brother") == "song\u{202D} “\u{202C}Brother")
        #expect(TextRepair.repaired("the\u{A0}‚ÄúNew York") == "the\u{A0}“New York")
        #expect(TextRepair.repaired("l’été, and don‚Äôt") == "l’été, and don’t")
    }

    @Test(arguments: [
        "", "plain", "don’t", "l’été", "l’école, l’église", "« café »", "«\u{A0}café\u{A0}»", "“Économie”",
        "d’État—été",
        "CAFÉ”", "MAÇÃ – MAÇÃ…", "IRMÃ—AMIGA", "“Ärger„ ‚Öl‘", "…à suivre", "Señor “Ñandú”", "ESPAÑA®", "Ça va – oui",
        "naïve…”", "Ã", "Â", "à\u{A0}»", "voilà…”", "größer “Öl”", "10 µ± 5", "·•· ‡ †", "Šiauliai “Ž”", "Arhâ…®",
        "Привет “мир”", "日本語「テキスト」", "🚨🚨 ❤️", "¬ √ ≈ ƒ", "½¾", "œuvre…é",
    ])
    func soundText(text: String) {
        #expect(TextRepair.repaired(text) == nil)
    }

    @Test func bytesToText() {
        func expect(_ bytes: [UInt8], _ text: String, _ flags: Set<AdFlag>) {
            var found: Set<AdFlag> = []
            #expect(TextRepair.text(bytes[...], &found) == text)
            #expect(found == flags)
        }
        expect(Array("plain".utf8), "plain", [])
        expect(Array("don’t".utf8), "don’t", [])
        expect(Array("don‚Äôt".utf8), "don’t", [.textRepaired])
        expect([0x61, 0xFF, 0x62], "a\u{FFFD}b", [.textDamaged])
        expect([0x61, 0xE2, 0x80], "a\u{FFFD}", [.textDamaged])
        expect(Array("don‚Äôt ".utf8) + [0x92], "don’t \u{FFFD}", [.textRepaired, .textDamaged])
    }

    @Test(arguments: [
        ("See https://example.org/a?b=1.", "See [URL]."),
        ("HTTP://EXAMPLE.ORG", "[URL]"),
        ("(www.example.org/x)", "([URL])"),
        ("\"https://a.b/c\", 'www.d.e'!", "\"[URL]\", '[URL]'!"),
        ("www.a.b www.c.d\nhttp://e.f", "[URL] [URL]\n[URL]"),
        ("https://a.b/é\u{A0}x", "[URL]\u{A0}x"),
        ("herehttps://a.b", "here[URL]"),
        ("Awww.cute and aww...", "Awww.cute and aww..."),
        ("www. and http:// and https://).", "www. and http:// and https://)."),
        ("pepnw.org", "pepnw.org"),
        ("  \u{A0}\u{3000}text\u{2003}\n", "text"),
        ("http", "http"), ("", ""), (" ", ""), ("[URL]", "[URL]"),
    ])
    func addresses(text: String, body: String) {
        #expect(BodyText.cleanBody(frames: [text]).body == body)
        #expect(BodyText.cleanBody(frames: [text]).frames == nil)
    }

    @Test func frames() {
        let none = BodyText.cleanBody(frames: [])
        #expect(none.body == "" && none.frames == nil)
        let same = BodyText.cleanBody(frames: ["a", "a"])
        #expect(same.body == "a" && same.frames == nil)
        let several = BodyText.cleanBody(frames: [" a www.b.c", "d", " a www.b.c", "a www.b.c "])
        #expect(several.body == "a [URL]\nd\na [URL]")
        #expect(several.frames == ["a [URL]", "d", "a [URL]"])
    }
}
