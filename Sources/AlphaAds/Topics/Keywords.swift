/// Keywords of a text: the built-in method.
///
/// It counts words of the text itself: no corpus says which ones are rare, no model which ones matter. It is fast,
/// and the same text has the same keywords everywhere and always. Keywords by a language model come as a column
/// computed elsewhere.
public enum Keywords {
    /// A word, or a phrase of two that begins at it, where it occurs first.
    private struct Candidate {
        var hash: UInt64
        var word: Int
        var isPhrase: Bool
        var count = 1
        var score = 0
    }

    /// The best `limit` words and phrases of a text, the best first, in lower case.
    ///
    /// A phrase is two words with nothing but one space between them. Stop words and the calls to action of ads
    /// (`Schemas/ads/stopwords.json`), numbers and other words without a letter, and words of one byte or of more
    /// than 40 are no keywords and no part of one.
    ///
    /// The score is how often it occurs, times its length in bytes (up to 12 of a word), times a weight that falls
    /// from 2 at the beginning of the text to 1 at its end, and twice that for a term with a weight of 2 or 3 in
    /// `Schemas/ads/topics.json`. Of equal scores the earlier, then the phrase, is the better. No word comes twice,
    /// be it alone or in a phrase; symbols such as emoji at its beginning and end do not belong to it.
    public static func keywords(
        _ words: Words, text: ArraySlice<UInt8>, stopWords: StopWords, limit: Int = 6
    ) -> [String] {
        let words = trimmed(words, text)
        var candidates = candidates(words, text, stopWords)
        score(&candidates, words)
        var chosen: [String] = []
        while chosen.count < limit {
            var best = -1
            for index in candidates.indices where best < 0 || candidates[index].score > candidates[best].score {
                best = index
            }
            if best < 0 { break }
            let (first, last) = (candidates[best].word, candidates[best].word + (candidates[best].isPhrase ? 1 : 0))
            let keyword = lowercased(text[words.ranges[first].lowerBound..<words.ranges[last].upperBound])
            if !chosen.contains(keyword) { chosen.append(keyword) }
            let (taken, alsoTaken) = (words.hashes[first], words.hashes[last])
            candidates.removeAll {
                let (hash, next) = (words.hashes[$0.word], words.hashes[$0.word + ($0.isPhrase ? 1 : 0)])
                return hash == taken || hash == alsoTaken || next == taken || next == alsoTaken
            }
        }
        return chosen
    }

    /// What can be a keyword, in the order of first occurrence, a phrase before the word that it begins with.
    private static func candidates(
        _ words: Words, _ text: ArraySlice<UInt8>, _ stopWords: StopWords
    ) -> [Candidate] {
        var tally = Tally(words.hashes.count)
        var next = allows(0, words, text, stopWords)
        for (index, hash) in words.hashes.enumerated() {
            let isAllowed = next
            next = allows(index + 1, words, text, stopWords)
            guard isAllowed else { continue }
            let end = words.ranges[index].upperBound
            if next, end + 1 == words.ranges[index + 1].lowerBound, text[end] == 0x20 {
                let phrase = Words.joined(hash, words.hashes[index + 1])
                tally.add(Candidate(hash: phrase, word: index, isPhrase: true))
            }
            tally.add(Candidate(hash: hash, word: index, isPhrase: false))
        }
        return tally.candidates
    }

    private static func allows(
        _ index: Int, _ words: Words, _ text: ArraySlice<UInt8>, _ stopWords: StopWords
    ) -> Bool {
        guard index < words.ranges.count else { return false }
        let range = words.ranges[index]
        return range.count > 1 && range.count <= 40 && stopWords.allowsKeyword(words.hashes[index])
            && hasLetter(text[range])
    }

    /// Candidates by their hashes, each once.
    private struct Tally {
        var candidates: [Candidate] = []
        /// Positions in `candidates`, by the low bits of the hash; -1 where there is none.
        private var slots: [Int32]

        /// - Parameter count: at most twice as many candidates come.
        init(_ count: Int) {
            var size = 16
            while size < 4 * count { size *= 2 }
            slots = Array(repeating: -1, count: size)
            candidates.reserveCapacity(count)
        }

        mutating func add(_ candidate: Candidate) {
            var slot = Int(truncatingIfNeeded: candidate.hash) & (slots.count - 1)
            while slots[slot] >= 0 {
                let position = Int(slots[slot])
                if candidates[position].hash == candidate.hash {
                    candidates[position].count += 1
                    return
                }
                slot = (slot + 1) & (slots.count - 1)
            }
            slots[slot] = Int32(truncatingIfNeeded: candidates.count)
            candidates.append(candidate)
        }
    }

    private static func score(_ candidates: inout [Candidate], _ words: Words) {
        let model = TopicModel.standard
        for index in candidates.indices {
            let (word, hash) = (candidates[index].word, candidates[index].hash)
            var length = min(words.ranges[word].count, 12)
            if candidates[index].isPhrase { length += min(words.ranges[word + 1].count, 12) }
            let early = 256 + 256 * (words.hashes.count - word) / words.hashes.count
            candidates[index].score = candidates[index].count * length * early * (model.isStrongTerm(hash) ? 2 : 1)
        }
    }

    /// Whether a word has a letter, of whatever script.
    private static func hasLetter(_ word: ArraySlice<UInt8>) -> Bool {
        for byte in word where (byte | 0x20) &- 0x61 < 26 || (byte >= 0xC0 && symbolLength(byte) == 0) { return true }
        return false
    }

    /// The words without the symbols that they begin and end with, some of them empty then.
    private static func trimmed(_ words: Words, _ text: ArraySlice<UInt8>) -> Words {
        var trimmed = words
        for (index, range) in words.ranges.enumerated()
        where text[range.upperBound - 1] >= 0x80 || text[range.lowerBound] >= 0x80 {
            let core = core(range, text)
            if core == range { continue }
            trimmed.ranges[index] = core
            trimmed.hashes[index] = Words(text[core]).hashes.first ?? 0
        }
        return trimmed
    }

    /// The part of a word between the symbols, such as emoji, that it begins and ends with.
    private static func core(_ range: Range<Int>, _ text: ArraySlice<UInt8>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, symbolLength(text[start]) > 0 { start = min(start + symbolLength(text[start]), end) }
        while start < end {
            var lead = end - 1
            while lead > start, text[lead] & 0xC0 == 0x80 { lead -= 1 }
            if symbolLength(text[lead]) == 0 { break }
            end = lead
        }
        return start..<end
    }

    /// The length of the characters that a byte begins which are taken for symbols: U+0080 to U+00BF, U+2000 to
    /// U+2FFF and all from U+F000 on; else 0.
    private static func symbolLength(_ byte: UInt8) -> Int {
        switch byte {
        case 0xC2: 2
        case 0xE2, 0xEF: 3
        case 0xF0...: 4
        default: 0
        }
    }

    private static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
        var isASCII = true
        var lowered = Array(bytes)
        for index in lowered.indices {
            if lowered[index] &- 0x41 < 26 { lowered[index] |= 0x20 }
            if lowered[index] >= 0x80 { isASCII = false }
        }
        let keyword = String(decoding: lowered, as: UTF8.self)
        return isASCII ? keyword : keyword.lowercased()
    }
}
