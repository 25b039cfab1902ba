import LakeCore

/// Makes up ads that look like those of an ad library: pages of heavy-tailed sizes, campaigns of variants of one
/// message, delivery that depends on subject, page and state. Nobody has said a word of them, and each is marked as
/// synthetic.
///
/// Pages are made independently, each from the seed and its index alone: the same ads on any number of threads.
/// Schemas/ads/generator.json has the words. Real ads (6,663 of 8 pages) beside 200,000 made with seed 7, as
/// `AdStatistics` measures them; texts are longer, and more of them distinct, on purpose, since pairs need both:
///
///                                real     made
///     ads a page, mean            833       12
///     text bytes, median          106      382
///     text bytes, 95 %            447      545
///     distinct texts             0.12     0.46
///     seen in one state          0.58     0.50
///     spend below 100            0.74     0.58
///     1,000 impressions          0.60     0.60
///     gender not known         0.0065   0.0070
///     age brackets reached        5.0      4.7
///     top's part: gender         0.66     0.65
///     top's part: age            0.41     0.45
///     top's part: state          0.80     0.64
///     days, median                 11        9
///
/// Of pairs within a campaign, 61 % have a cosine above 0.7 and below 1 (as the tasks count words), 49 % lie more than
/// 15 words apart besides. 28 % agree in top gender, age and state; 30 % differ in the age alone, 12 % in the gender
/// alone, 28 % in the state alone.
public struct AdGenerator: Sendable {
    /// The most ads of one generator.
    public static let most = 1_000_000_000

    public let seed: UInt64
    /// How many ads all pages have together.
    public let count: Int
    private let sizes: PageSizes
    private let inputs: GeneratorInputs

    /// - Parameter count: of ads, 0 to a billion; other numbers count as the nearest of these.
    public init(seed: UInt64, count: Int) {
        self.seed = seed
        self.count = min(max(count, 0), AdGenerator.most)
        sizes = PageSizes(seed: seed, count: self.count)
        inputs = GeneratorInputs(seed: seed)
    }

    public var pageCount: Int { sizes.sizes.count }

    /// How many ads a page has; 0 where there is no such page.
    public func size(ofPage index: Int) -> Int { sizes.sizes.indices.contains(index) ? Int(sizes.sizes[index]) : 0 }

    /// The ads of a page, campaign by campaign in the order of their starts; none where there is no such page.
    public func page(_ index: Int) -> [Ad] {
        let count = size(ofPage: index)
        guard count > 0 else { return [] }
        var draws = AdDraws(seed: seed, stream: UInt64(index) + 16)
        let page = GeneratedPage(
            index, count: count, kind: PageKind.all[Int(sizes.kinds[index])], inputs: inputs, draws: &draws)
        let campaigns = page.campaignSizes(&draws)
        let starts = page.campaignStarts(campaigns.count, &draws)
        var ads: [Ad] = []
        ads.reserveCapacity(count)
        var message = AdMessage(page, &draws)
        for (size, start) in zip(campaigns, starts) {
            // Two of three campaigns go on with what the one before said.
            if !ads.isEmpty, draws.chance(0.33) { message = AdMessage(page, &draws) }
            var campaign = GeneratedCampaign(page, message, count: size, start: start, &draws)
            for position in 0..<size {
                ads.append(campaign.ad(position, number: sizes.firsts[index] + ads.count, &draws))
            }
        }
        return ads
    }
}
