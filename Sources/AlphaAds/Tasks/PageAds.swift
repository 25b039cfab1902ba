import LakeBytes
import LakeCore

/// The ads of one page, in the order of their keys, as far as samples depend on them.
public struct PageAds: Sendable {
    /// One ad, as it is read.
    public struct Row: Sendable {
        /// The surrogate key.
        public var ad: Int64
        public var topic: String?
        public var startDate: Int32?
        public var currency: String?
        public var spendLower: Int64?
        public var spend: Double?
        public var impressionsLower: Int64?
        public var impressions: Double?
        public var engagement: Double?
        public var hasKeywords: Bool
        public var isSynthetic: Bool
        /// As in `Ad`.
        public var demographicShares: [Double]?
        public var regionShares: [Double]?
    }

    /// No top, or no such value.
    static let none: Int8 = -1

    public let page: Int64
    private(set) var ads: [Int64] = []
    private(set) var topGender: [Int8] = []
    private(set) var topAge: [Int8] = []
    private(set) var topState: [Int8] = []
    /// Shares of 7 age brackets, 2 genders and 51 states per ad.
    private(set) var shares: [Double] = []
    static let shareCount = 60
    /// Of 51 states per ad; 0 where it was not delivered.
    private(set) var stateRanks: [UInt8] = []
    private(set) var startDates: [Int32?] = []
    /// The lower bound of the spend; negative when it is not known.
    private(set) var budgets: [Int64] = []
    private(set) var currencies: [UInt32] = []
    /// The lower bound of the impressions; negative when it is not known.
    private(set) var impressionsLower: [Int64] = []
    /// NaN when it is not known.
    private(set) var engagements: [Double] = []
    private(set) var hasKeywords: [Bool] = []
    private(set) var topics: [String?] = []
    private(set) var spends: [Double?] = []
    private(set) var impressions: [Double?] = []
    private(set) var synthetic: [Bool] = []
    /// The body of each ad, a position in `bodies`; the same for equal bodies.
    private(set) var bodyOf: [UInt32] = []
    private(set) var bodies = PageBodies()
    private var currencyNumbers = ByteInterner()

    public init(page: Int64) { self.page = page }

    public var count: Int { ads.count }

    /// Takes in the next ad.
    /// - Parameters:
    ///   - body: empty for none.
    ///   - embedding: a vector that stands for the body, computed elsewhere.
    public mutating func append(
        _ row: Row, body: ArraySlice<UInt8>, embedding: [Double]? = nil, census: Census, stopWords: StopWords
    ) {
        ads.append(row.ad)
        topics.append(row.topic)
        startDates.append(row.startDate)
        budgets.append(row.spendLower ?? -1)
        currencies.append(currencyNumbers.intern(Array((row.currency ?? "").utf8)))
        spends.append(row.spend)
        impressionsLower.append(row.impressionsLower ?? -1)
        impressions.append(row.impressions)
        engagements.append(row.engagement ?? .nan)
        hasKeywords.append(row.hasKeywords)
        synthetic.append(row.isSynthetic)
        var ad = Ad()
        ad.demographicShares = row.demographicShares
        ad.regionShares = row.regionShares
        appendAudience(ad, Appeals(ad, census: census))
        bodyOf.append(bodies.number(of: body, embedding: embedding, stopWords: stopWords))
    }

    private mutating func appendAudience(_ ad: Ad, _ appeals: Appeals) {
        topGender.append(Int8(appeals.gender?.top ?? -1))
        topAge.append(Int8(appeals.age?.top ?? -1))
        topState.append(Int8(appeals.region?.top ?? -1))
        if let cells = ad.demographicShares {
            shares += Appeals.ages(cells)
            shares += Appeals.genders(cells)
        } else {
            shares += repeatElement(0, count: 9)
        }
        shares += ad.regionShares ?? [Double](repeating: 0, count: 51)
        let ranks = appeals.region?.ranks ?? [UInt8](repeating: 0, count: 51)
        stateRanks += ranks
    }

    /// Whether the ad has a top on all three axes.
    func hasAudience(_ ad: Int) -> Bool { topGender[ad] >= 0 && topAge[ad] >= 0 && topState[ad] >= 0 }

    func share(_ ad: Int, _ group: UInt8) -> Double { shares[PageAds.shareCount * ad + Int(group)] }

    func stateRank(_ ad: Int, _ state: Int) -> UInt8 { stateRanks[51 * ad + state] }
}

/// The distinct bodies of a page, as their words.
struct PageBodies: Sendable {
    private var numbers = ByteInterner()
    private(set) var words: [[UInt64]] = []
    private(set) var counts: [WordCounts] = []
    /// Vectors of length 1; empty for a body without. Of ads with the same body that of the first counts.
    private(set) var embeddings: [[Float]] = []

    var count: Int { words.count }

    /// The number of a body, a new one if it has not been seen.
    mutating func number(of body: ArraySlice<UInt8>, embedding: [Double]?, stopWords: StopWords) -> UInt32 {
        let number = numbers.intern(Array(body))
        if Int(number) == words.count {
            let found = Words(body)
            words.append(found.hashes)
            counts.append(WordCounts(found, stopWords: stopWords))
            embeddings.append(embedding.map { PageBodies.normalized($0) } ?? [])
        }
        return number
    }

    private static func normalized(_ vector: [Double]) -> [Float] {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        // Zeros, and what is no number, point nowhere.
        return length > 0 && length.isFinite ? vector.map { Float($0 / length) } : []
    }

    /// The cosine of the vectors of two bodies; nil where one has none.
    func cosine(_ one: Int, _ other: Int) -> Double? {
        let (a, b) = (embeddings[one], embeddings[other])
        guard !a.isEmpty, a.count == b.count else { return nil }
        var sum = 0.0
        for index in a.indices { sum += Double(a[index]) * Double(b[index]) }
        return sum
    }

    /// Whether nothing is in a body.
    func isEmpty(_ number: UInt32) -> Bool { numbers.values[Int(number)].isEmpty }
}
