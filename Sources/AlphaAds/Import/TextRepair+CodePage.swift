extension TextRepair {
    /// An 8-bit encoding that UTF-8 is read in by mistake.
    struct CodePage: Sendable {
        enum Kind: Sendable {
            case macRoman, windows1252
        }

        /// What every byte from 0x80 on became.
        private static let macRomanUpper: [UInt32] = [
            0xC4, 0xC5, 0xC7, 0xC9, 0xD1, 0xD6, 0xDC, 0xE1, 0xE0, 0xE2, 0xE4, 0xE3, 0xE5, 0xE7, 0xE9, 0xE8,
            0xEA, 0xEB, 0xED, 0xEC, 0xEE, 0xEF, 0xF1, 0xF3, 0xF2, 0xF4, 0xF6, 0xF5, 0xFA, 0xF9, 0xFB, 0xFC,
            0x2020, 0xB0, 0xA2, 0xA3, 0xA7, 0x2022, 0xB6, 0xDF, 0xAE, 0xA9, 0x2122, 0xB4, 0xA8, 0x2260, 0xC6, 0xD8,
            0x221E, 0xB1, 0x2264, 0x2265, 0xA5, 0xB5, 0x2202, 0x2211, 0x220F, 0x3C0, 0x222B, 0xAA, 0xBA, 0x3A9, 0xE6,
            0xF8,
            0xBF, 0xA1, 0xAC, 0x221A, 0x192, 0x2248, 0x2206, 0xAB, 0xBB, 0x2026, 0xA0, 0xC0, 0xC3, 0xD5, 0x152, 0x153,
            0x2013, 0x2014, 0x201C, 0x201D, 0x2018, 0x2019, 0xF7, 0x25CA, 0xFF, 0x178, 0x2044, 0x20AC, 0x2039, 0x203A,
            0xFB01, 0xFB02,
            0x2021, 0xB7, 0x201A, 0x201E, 0x2030, 0xC2, 0xCA, 0xC1, 0xCB, 0xC8, 0xCD, 0xCE, 0xCF, 0xCC, 0xD3, 0xD4,
            0xF8FF, 0xD2, 0xDA, 0xDB, 0xD9, 0x131, 0x2C6, 0x2DC, 0xAF, 0x2D8, 0x2D9, 0x2DA, 0xB8, 0x2DD, 0x2DB, 0x2C7,
        ]
        /// What the bytes from 0x80 to 0x9F became; the five that the page leaves open became control characters.
        private static let windowsUpper: [UInt32] = [
            0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D,
            0x17D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A,
            0x153, 0x9D, 0x17E, 0x178,
        ]

        static let macRoman = CodePage(.macRoman)
        static let windows1252 = CodePage(.windows1252)

        let kind: Kind
        /// By character, up to the last of the tables but three.
        private var codes = [UInt8](repeating: 0, count: 0x2600)
        private var rare: [UInt32: UInt8] = [:]

        private init(_ kind: Kind) {
            self.kind = kind
            switch kind {
            case .macRoman:
                for (index, character) in CodePage.macRomanUpper.enumerated() { set(character, UInt8(0x80 + index)) }
                // The page as it was before the euro.
                set(0xA4, 0xDB)
            case .windows1252:
                // Latin-1 has control characters where the page has letters.
                for code in UInt32(0x80)...0xFF { set(code, UInt8(code)) }
                for (index, character) in CodePage.windowsUpper.enumerated() { set(character, UInt8(0x80 + index)) }
            }
        }

        private mutating func set(_ character: UInt32, _ code: UInt8) {
            if Int(character) < codes.count { codes[Int(character)] = code } else { rare[character] = code }
        }

        /// The byte that became this character; 0 for ASCII and for characters that are not of this page.
        @inline(__always)
        func code(_ character: UInt32) -> UInt8 {
            if Int(character) < codes.count { return codes[Int(character)] }
            return character >= 0xF8FF ? rare[character] ?? 0 : 0
        }

        /// Whether nobody writes the characters that these bytes became next to each other: they prove the damage.
        /// Others come up in sound text: `l’été` and `« café »` hold what could be Armenian and Chinese.
        /// - Parameters:
        ///   - before: the character in front.
        ///   - after: the one behind.
        func isProof(_ first: UInt8, _ second: UInt8, before: UInt32, after: UInt32) -> Bool {
            let isInWord = (0x61...0x7A).contains(before)
            let isFirst = before < 0x80 && !CodePage.isLetter(before)
            switch (kind, first) {
            // Signs of logic, low quotes and capitals with accents, then two or three of letters and signs.
            case (.macRoman, ...0xC5), (.macRoman, 0xE2...): return true
            // Quotes that close and a letter, no-break space and ordinal, capitals, dots and signs: what becomes of
            // Romanian, Hawaiian, accents that stand alone, and Vietnamese.
            case (.macRoman, 0xC8): return isInWord && second < 0xA0
            case (.macRoman, 0xCA): return isInWord && second == 0xBB
            case (.macRoman, 0xCB...0xCE): return isInWord && second < 0xA0
            case (.macRoman, 0xE1): return second == 0xBA || second == 0xBB
            case (.windows1252, 0xC2): return true
            // Capitals behind small letters; with a tilde, where words begin too, and before signs that end none.
            case (.windows1252, 0xC3...0xDE) where isInWord: return true
            case (.windows1252, 0xC3):
                let isSign = second > 0xA0 && second != 0xBB
                return isFirst || isSign || CodePage.isLetter(after) && !CodePage.joinsWords(second)
            case (.windows1252, 0xC8): return isFirst && (0x98...0x9B).contains(second)
            case (.windows1252, 0xE1): return second == 0xBA
            case (.windows1252, 0xE2): return !CodePage.endsWords(second)
            case (.windows1252, 0xEF): return second >= 0xB8
            case (.windows1252, 0xF0): return second == 0x9F
            default: return false
            }
        }

        private static func isLetter(_ character: UInt32) -> Bool { (0x61...0x7A).contains(character | 0x20) }

        /// Whether a byte became dots or a dash, which may stand between words.
        private static func joinsWords(_ code: UInt8) -> Bool {
            code == 0x85 || code == 0x96 || code == 0x97 || code == 0xA0
        }

        /// Whether a byte became a sign that stands behind words: dots, dashes, quotes, marks, no-break space.
        private static func endsWords(_ code: UInt8) -> Bool {
            switch code {
            case 0x85, 0x91...0x97, 0x99, 0xA0, 0xA9, 0xAB, 0xAE, 0xBB: true
            default: false
            }
        }
    }
}
