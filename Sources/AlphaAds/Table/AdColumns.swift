import LakeBytes
import LakeCore
import LakeShard

/// Ads on their way into the table `ads`: their own values, and what is derived from them.
public struct AdColumns {
    private let census: Census
    private let topics: TopicModel
    private let stopWords: StopWords
    public private(set) var count = 0

    private var id = NumberColumn<Int64>(), roundedID = NumberColumn<Int64>(), pageID = NumberColumn<Int64>()
    private var pageName = TextColumn(), byline = TextColumn(), currency = TextColumn()
    private var languages = TextListColumn(), platforms = TextListColumn()
    private var title = TextColumn(), body = TextColumn(), frames = TextListColumn()
    private var caption = TextColumn(), description = TextColumn(), mediaText = TextColumn()
    private var created = NumberColumn<Int64>(), start = NumberColumn<Int64>(), stop = NumberColumn<Int64>()
    private var bounds = [NumberColumn<Int64>](repeating: NumberColumn<Int64>(), count: 6)
    private var spend = NumberColumn<Double>(), impressions = NumberColumn<Double>()
    private var engagement = NumberColumn<Double>()
    private var demographicShares = NumberListColumn<Double>(size: 24)
    private var regionShares = NumberListColumn<Double>(size: 51)
    private var otherRegions = TextListColumn(), otherShares = NumberListColumn<Double>(size: 0)
    private var normalized = [14, 7, 2, 51].map { NumberListColumn<Double>(size: $0) }
    private var ranks = [14, 7, 2, 51].map { NumberListColumn<Int64>(size: $0) }
    private var tops = [TextColumn](repeating: TextColumn(), count: 4)
    private var topic = TextColumn(), allTopics = TextListColumn()
    private var keywords = TextListColumn(), titleKeywords = TextListColumn()
    private var flags = TextListColumn(), origin = TextColumn(), synthetic = NumberColumn<Int64>()

    public init(census: Census = .standard, topics: TopicModel = .standard, stopWords: StopWords = .standard) {
        self.census = census
        self.topics = topics
        self.stopWords = stopWords
    }

    /// - Parameter origin: the form of its source, as the column of that name says it.
    public mutating func append(_ ad: Ad, origin: String) {
        count += 1
        id.append(ad.id)
        roundedID.append(ad.roundedID)
        pageID.append(ad.pageID)
        pageName.append(ad.pageName)
        byline.append(ad.byline)
        currency.append(ad.currency)
        languages.append(ad.languages.isEmpty ? nil : ad.languages)
        platforms.append(ad.platforms.isEmpty ? nil : ad.platforms)
        caption.append(AdColumns.joined(ad.captions))
        description.append(AdColumns.joined(ad.descriptions))
        mediaText.append(ad.mediaText)
        appendTexts(ad)
        created.append(days: ad.createdDate)
        start.append(days: ad.startDate)
        stop.append(days: ad.stopDate)
        for (index, range) in [ad.spend, ad.impressions, ad.audience].enumerated() {
            bounds[2 * index].append(range?.lower)
            bounds[2 * index + 1].append(range?.upper)
        }
        spend.append(ad.spend?.estimate)
        impressions.append(ad.impressions?.estimate)
        engagement.append(ad.engagement)
        demographicShares.append(ad.demographicShares)
        regionShares.append(ad.regionShares)
        otherRegions.append(ad.otherRegions.isEmpty ? nil : ad.otherRegions.map(\.name))
        otherShares.append(ad.otherRegions.isEmpty ? nil : ad.otherRegions.map(\.share))
        appendAppeals(Appeals(ad, census: census))
        flags.append(ad.flags.isEmpty ? nil : ad.flags.map(\.rawValue).sorted())
        self.origin.append(origin)
        synthetic.append(ad.isSynthetic ? 1 : 0)
    }

    /// What is told from the texts of an ad; ads of one page often have the same.
    private struct Texts {
        var body: String?
        var frames: [String]?
        var title: String?
        var topics: [String]
        var keywords: [String]
        var titleKeywords: [String]
    }

    private struct TextKey: Hashable {
        var bodies: [String]
        var titles: [String]
    }

    private static let mostTexts = 512
    private var known: [TextKey: Texts] = [:]

    private mutating func appendTexts(_ ad: Ad) {
        let key = TextKey(bodies: ad.bodies, titles: ad.titles)
        let texts: Texts
        if let found = known[key] {
            texts = found
        } else {
            texts = self.texts(ad)
            if known.count >= AdColumns.mostTexts { known.removeAll(keepingCapacity: true) }
            known[key] = texts
        }
        title.append(texts.title)
        body.append(texts.body)
        frames.append(texts.frames)
        topic.append(texts.topics.first)
        allTopics.append(texts.topics.isEmpty ? nil : texts.topics)
        keywords.append(texts.keywords.isEmpty ? nil : texts.keywords)
        titleKeywords.append(texts.titleKeywords.isEmpty ? nil : texts.titleKeywords)
    }

    private func texts(_ ad: Ad) -> Texts {
        let (text, kept) = BodyText.cleanBody(frames: ad.bodies)
        let heading = AdColumns.joined(ad.titles)
        let (bodyBytes, titleBytes) = (Array(text.utf8)[...], Array((heading ?? "").utf8)[...])
        let (bodyWords, titleWords) = (Words(bodyBytes), Words(titleBytes))
        return Texts(
            body: text.isEmpty ? nil : text, frames: kept, title: heading,
            topics: topics.topics(body: bodyWords, title: titleWords).map { topics.topics[$0] },
            keywords: Keywords.keywords(bodyWords, text: bodyBytes, stopWords: stopWords),
            titleKeywords: Keywords.keywords(titleWords, text: titleBytes, stopWords: stopWords))
    }

    private mutating func appendAppeals(_ appeals: Appeals) {
        for (axis, appeal) in [appeals.ageGender, appeals.age, appeals.gender, appeals.region].enumerated() {
            normalized[axis].append(appeal?.normalized)
            ranks[axis].append(ranks: appeal?.ranks)
        }
        tops[0].append(
            appeals.ageGender?.top.map { Census.ages[$0 / 2] + " " + Census.genders[$0 % 2] })
        tops[1].append(appeals.age?.top.map { Census.ages[$0] })
        tops[2].append(appeals.gender?.top.map { Census.genders[$0] })
        tops[3].append(appeals.region?.top.map { census.states[$0] })
    }

    /// The texts of the frames without repeats, a line each; nil for none.
    private static func joined(_ texts: [String]) -> String? {
        guard texts.count > 1 else { return texts.first }
        var distinct: [String] = []
        for text in texts where !distinct.contains(text) { distinct.append(text) }
        return distinct.joined(separator: "\n")
    }

    /// The rows, in the columns of `AdTables.ads` without its surrogate key.
    public var batch: Batch {
        var columns = [
            id.vector, roundedID.vector, pageID.vector, pageName.vector, byline.vector, currency.vector,
            languages.vector, platforms.vector, title.vector, body.vector, frames.vector, caption.vector,
            description.vector, mediaText.vector, created.vector, start.vector, stop.vector,
        ]
        columns += bounds.map(\.vector)
        columns += [
            spend.vector, impressions.vector, engagement.vector, demographicShares.vector, regionShares.vector,
            otherRegions.vector, otherShares.vector,
        ]
        columns += normalized.map(\.vector)
        columns += ranks.map(\.vector)
        columns += tops.map(\.vector)
        columns += [
            topic.vector, allTopics.vector, keywords.vector, titleKeywords.vector, flags.vector, origin.vector,
            synthetic.vector,
        ]
        return Batch(count: count, columns: columns)
    }
}

extension Ad {
    /// Impressions per unit of spend, from the estimates; nil where either is unknown or nothing was spent.
    public var engagement: Double? {
        guard let spend = spend?.estimate, spend > 0, let impressions = impressions?.estimate else { return nil }
        return impressions / spend
    }
}
