import FoundationEssentials
import LakeBytes
import LakeCore

/// The words of the generator: the data of `Schemas/ads/generator.json`, its sentences as bytes with slots.
struct AdVocabulary: Sendable {
    struct Subject: Sendable {
        /// From -1 (city, left) to 1 (country, right).
        var lean: Double
        /// The log of how much more it appeals to women.
        var female: Double
        /// The age bracket that it appeals to most.
        var age: Int
        var causes: [[UInt8]]
        var hashtags: [[UInt8]]
        var titles: [[UInt8]]
        var descriptions: [[UInt8]]
        var sentences: [[UInt8]]
    }

    /// Lists of texts by their names in the data.
    private var lists: [String: [[UInt8]]] = [:]
    var subjects: [Subject] = []
    /// Running sums of the subjects' weights.
    var subjectSums: [Double] = []
    /// By state in the order of the census, from -1 to 1.
    var leans = [Double](repeating: 0, count: 51)
    /// The first day of each month, one more than there are weights.
    var monthStarts: [Int] = []
    var monthSums: [Double] = []
    var foreign: [String] = []

    static let listNames = [
        "given", "family", "offices", "officialTitles", "emblems", "candidates", "groups", "firms", "bylines", "people",
        "friends", "deadlines", "greetings", "salutations", "closings", "spanishClosings", "quotes", "general",
        "titles",
        "descriptions", "scenes", "paths", "emoji",
    ]

    /// The words that AlphaLake ships; none where they cannot be read, which a test rules out.
    static let standard =
        (try? AdVocabulary(json: EmbeddedSchemas.contents(of: "ads/generator.json"), census: Census.standard))
        ?? AdVocabulary()

    private init() {}

    private struct Contents: Decodable {
        struct Months: Decodable {
            var first: String
            var weights: [Double]
        }

        struct Subject: Decodable {
            var name: String
            var lean: Double
            var female: Double
            var age: Int
            var weight: Double
            var causes: [String]
            var hashtags: [String]
            var titles: [String]
            var descriptions: [String]
            var sentences: [String]
        }

        var months: Months
        var states: [String: Double]
        var foreign: [String]
        var subjects: [Subject]
    }

    private struct Lists: Decodable {
        struct Name: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { return nil }
        }

        var lists: [String: [String]] = [:]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            for name in AdVocabulary.listNames {
                lists[name] = try container.decode([String].self, forKey: Name(stringValue: name))
            }
        }
    }

    /// - Parameter json: contents as those of `Schemas/ads/generator.json`.
    /// - Throws: `LakeError` (usage) when parts are missing, or a slot is not known.
    init(json: [UInt8], census: Census) throws(LakeError) {
        let contents: Contents
        let texts: [String: [String]]
        do {
            contents = try JSONDecoder().decode(Contents.self, from: Data(json))
            texts = try JSONDecoder().decode(Lists.self, from: Data(json)).lists
        } catch {
            throw LakeError(
                .usage, "words of the generator: \(error)", hint: "Schemas/ads/generator.json shows the form")
        }
        for name in AdVocabulary.listNames { lists[name] = try AdVocabulary.encoded(texts[name] ?? [], in: name) }
        for subject in contents.subjects {
            let name = subject.name
            guard (0..<7).contains(subject.age), subject.sentences.count >= 6, !subject.causes.isEmpty else {
                throw LakeError(
                    .usage, "words of the generator: '\(name)' needs an age of 0 to 6, a cause, 6 sentences")
            }
            subjects.append(
                Subject(
                    lean: subject.lean, female: subject.female, age: subject.age,
                    causes: try AdVocabulary.encoded(subject.causes, in: name),
                    hashtags: try AdVocabulary.encoded(subject.hashtags, in: name),
                    titles: try AdVocabulary.encoded(subject.titles, in: name),
                    descriptions: try AdVocabulary.encoded(subject.descriptions, in: name),
                    sentences: try AdVocabulary.encoded(subject.sentences, in: name)))
        }
        subjectSums = runningSums(of: contents.subjects.map(\.weight))
        leans = census.states.map { (contents.states[$0] ?? 0) / 10 }
        foreign = contents.foreign
        monthSums = runningSums(of: contents.months.weights)
        guard let first = CalendarText.days(parsing: contents.months.first + "-01"), let total = monthSums.last,
            total > 0
        else { throw LakeError(.usage, "words of the generator: months need a first one as YYYY-MM, and weights") }
        let (year, month, _) = CalendarText.civil(Int(first))
        monthStarts = (0...monthSums.count).map { index in
            CalendarText.days(year: year + (month - 1 + index) / 12, month: (month - 1 + index) % 12 + 1, day: 1)
        }
    }

    private static func encoded(_ texts: [String], in name: String) throws(LakeError) -> [[UInt8]] {
        var all: [[UInt8]] = []
        for text in texts {
            guard let bytes = TextSlot.encoded(text) else {
                throw LakeError(.usage, "words of the generator: '\(name)' has an unknown slot in '\(text)'")
            }
            all.append(bytes)
        }
        return all
    }

    /// The texts of a list of `listNames`.
    subscript(_ name: String) -> [[UInt8]] { lists[name] ?? [] }

    /// The day that stands at `position`, from 0 to 1, in the course of all starts.
    func day(at position: Double) -> Int {
        guard let total = monthSums.last else { return 17_652 }
        let mark = min(max(position, 0), 1) * total
        let month = monthSums.firstIndex { $0 > mark } ?? monthSums.count - 1
        let before = month > 0 ? monthSums[month - 1] : 0
        let weight = max(monthSums[month] - before, 1e-9)
        let days = monthStarts[month + 1] - monthStarts[month]
        return monthStarts[month] + min(Int((mark - before) / weight * Double(days)), days - 1)
    }
}
