import FoundationEssentials
import LakeBytes
import LakeCore

/// What societal topics a text is about: the built-in method, a list of terms for each topic with weights, the data
/// of `Schemas/ads/topics.json`.
///
/// It looks up terms and adds up weights, and understands nothing: irony, negation and words with two meanings escape
/// it, and so does every language but English. It is fast, the same everywhere, and can be replaced by a column
/// computed elsewhere.
public struct TopicModel: Sendable {
    /// The names of the topics, in the order of the data.
    public let topics: [String]
    /// Of each topic, the field it belongs to, such as "Environment".
    public let areas: [String]

    /// A word or phrase: the beginning of terms, or a term.
    private struct Term {
        /// Whether longer terms begin with it.
        var goesOn = false
        /// The part of `uses` that says what it is worth; empty when it is only a beginning.
        var uses = 0..<0
        /// Whether it says much about one of its topics: a weight of 2 or 3.
        var isStrong = false
    }

    private struct Use {
        var topic: Int
        var weight: Int
    }

    private let index: HashIndex
    private let terms: [Term]
    private let uses: [Use]

    private struct Contents: Decodable {
        struct Topic: Decodable {
            var topic: String
            var area: String
            var terms: [String: Int]
        }

        var topics: [Topic]
    }

    /// - Parameter json: contents as those of `Schemas/ads/topics.json`.
    /// - Throws: `LakeError` (usage) when it is not such, a topic comes twice, a weight is not 1 to 3, or a term is not
    ///   one to three words in lower case with single spaces between them.
    public init(json: [UInt8]) throws(LakeError) {
        let contents: Contents
        do {
            contents = try JSONDecoder().decode(Contents.self, from: Data(json))
        } catch {
            throw LakeError(.usage, "topics: \(error)", hint: "Schemas/ads/topics.json shows the form")
        }
        topics = contents.topics.map(\.topic)
        areas = contents.topics.map(\.area)
        guard Set(topics).count == topics.count else { throw LakeError(.usage, "topics: a topic comes twice") }
        var usesOfTerm: [String: [Use]] = [:]
        for (topic, entry) in contents.topics.enumerated() {
            for (term, weight) in entry.terms.sorted(by: { $0.key < $1.key }) {
                guard (1...3).contains(weight) else {
                    throw LakeError(.usage, "topics: the weight of '\(term)' under '\(entry.topic)' is not 1 to 3")
                }
                usesOfTerm[term, default: []].append(Use(topic: topic, weight: weight))
            }
        }
        var (terms, uses): ([Term], [Use]) = ([], [])
        var numbers: [UInt64: Int] = [:]
        for term in usesOfTerm.keys.sorted() {
            let phrase = try TopicModel.beginnings(of: term)
            for (length, hash) in phrase.enumerated() {
                let number = numbers[hash] ?? terms.count
                if number == terms.count { terms.append(Term()) }
                numbers[hash] = number
                if length + 1 < phrase.count {
                    terms[number].goesOn = true
                } else {
                    let first = uses.count
                    uses += usesOfTerm[term] ?? []
                    terms[number].uses = first..<uses.count
                    terms[number].isStrong = uses[first...].contains { $0.weight > 1 }
                }
            }
        }
        self.terms = terms
        self.uses = uses
        index = HashIndex(numbers.sorted { $0.value < $1.value }.map { (hash: $0.key, value: Int32($0.value)) })
    }

    private init() {
        (topics, areas, terms, uses) = ([], [], [], [])
        index = HashIndex([])
    }

    /// The topics that AlphaLake ships.
    public static let standard =
        (try? TopicModel(json: EmbeddedSchemas.contents(of: "ads/topics.json"))) ?? TopicModel()

    /// The topics of an ad, as positions in `topics`, the best first; at most three, and none when nothing speaks for
    /// any.
    ///
    /// The text is read from its beginning, the longest term at each place, and goes on behind it. An occurrence in
    /// the title counts as two, and more than three of a term as three. A topic scores the weights of its terms times
    /// their occurrences; it needs 2, and of equal scores the earlier in the data is the better.
    public func topics(body: Words, title: Words) -> [Int] {
        var occurrences = [UInt8](repeating: 0, count: terms.count)
        var met: [Int32] = []
        count(body.hashes, as: 1, in: &occurrences, met: &met)
        count(title.hashes, as: 2, in: &occurrences, met: &met)
        if met.isEmpty { return [] }
        var scores = [Int](repeating: 0, count: topics.count)
        for term in met {
            for use in terms[Int(term)].uses {
                scores[uses[use].topic] += uses[use].weight * Int(occurrences[Int(term)])
            }
        }
        return TopicModel.best(scores)
    }

    /// Whether a word or phrase of this hash (`Words.joined`) is a term with a weight of 2 or 3.
    func isStrongTerm(_ hash: UInt64) -> Bool {
        guard let number = index[hash] else { return false }
        return terms[Int(number)].isStrong
    }

    private func count(_ words: [UInt64], as value: UInt8, in occurrences: inout [UInt8], met: inout [Int32]) {
        var position = 0
        while position < words.count {
            var hash = words[position]
            var (length, longest, found) = (1, 1, Int32(-1))
            while let number = index[hash] {
                let term = terms[Int(number)]
                if !term.uses.isEmpty { (longest, found) = (length, number) }
                guard term.goesOn, position + length < words.count else { break }
                hash = Words.joined(hash, words[position + length])
                length += 1
            }
            if found >= 0 {
                let before = occurrences[Int(found)]
                if before == 0 { met.append(found) }
                occurrences[Int(found)] = min(before + value, 3)
            }
            position += longest
        }
    }

    private static func best(_ scores: [Int]) -> [Int] {
        var best: [Int] = []
        for (topic, score) in scores.enumerated() where score >= 2 {
            var place = best.count
            while place > 0 && scores[best[place - 1]] < score { place -= 1 }
            if place < 3 {
                best.insert(topic, at: place)
                if best.count > 3 { best.removeLast() }
            }
        }
        return best
    }

    /// The hashes of the first word of a term, of the first two, of all three.
    private static func beginnings(of term: String) throws(LakeError) -> [UInt64] {
        let bytes = Array(term.utf8)
        let words = Words(bytes[...])
        let hasSpaces = zip(words.ranges, words.ranges.dropFirst()).allSatisfy {
            $0.upperBound + 1 == $1.lowerBound && bytes[$0.upperBound] == 0x20
        }
        guard (1...3).contains(words.hashes.count), hasSpaces, term == term.lowercased(),
            words.ranges.first?.lowerBound == 0, words.ranges.last?.upperBound == bytes.count
        else {
            throw LakeError(
                .usage, "topics: '\(term)' is not one to three words in lower case with a space between them")
        }
        var phrase = [words.hashes[0]]
        for next in words.hashes.dropFirst() { phrase.append(Words.joined(phrase[phrase.count - 1], next)) }
        return phrase
    }
}
