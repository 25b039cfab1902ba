import FoundationEssentials
import LakeBytes
import LakeCore

/// Words that say nothing of what a text is about: the data of `Schemas/ads/stopwords.json`.
public struct StopWords: Sendable {
    /// Words that do not count when texts are compared, and are no part of a keyword.
    private let stop: HashIndex
    /// Words that count when texts are compared, but are no part of a keyword: the calls to action of ads.
    private let weak: HashIndex

    private struct Contents: Decodable {
        var words: [String]
        var weak: [String]?
    }

    /// - Parameter json: contents as those of `Schemas/ads/stopwords.json`.
    /// - Throws: `LakeError` (usage) when it is not such, or an entry is not one word in lower case.
    public init(json: [UInt8]) throws(LakeError) {
        let contents: Contents
        do {
            contents = try JSONDecoder().decode(Contents.self, from: Data(json))
        } catch {
            throw LakeError(.usage, "stop words: \(error)", hint: "Schemas/ads/stopwords.json shows the form")
        }
        stop = try StopWords.index(contents.words)
        weak = try StopWords.index(contents.weak ?? [])
    }

    private init() {
        stop = HashIndex([])
        weak = HashIndex([])
    }

    /// The stop words that AlphaLake ships.
    public static let standard =
        (try? StopWords(json: EmbeddedSchemas.contents(of: "ads/stopwords.json"))) ?? StopWords()

    /// Whether the word of this hash is a stop word.
    public func contains(_ hash: UInt64) -> Bool { stop[hash] != nil }

    /// Whether the word of this hash can be part of a keyword.
    func allowsKeyword(_ hash: UInt64) -> Bool { stop[hash] == nil && weak[hash] == nil }

    private static func index(_ words: [String]) throws(LakeError) -> HashIndex {
        var entries: [(hash: UInt64, value: Int32)] = []
        for word in words {
            let bytes = Array(word.utf8)
            let found = Words(bytes[...])
            guard found.ranges == [0..<bytes.count], word == word.lowercased() else {
                throw LakeError(.usage, "stop words: '\(word)' is not one word in lower case")
            }
            entries.append((found.hashes[0], 1))
        }
        return HashIndex(entries)
    }
}
