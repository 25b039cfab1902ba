/// What an input row may say about an ad, under whatever name.
enum AdField: Int, CaseIterable {
    case id, pageID, pageName, byline, currency, languages, platforms
    case bodies, titles, captions, descriptions, mediaText
    case created, start, stop
    case spend, spendLower, spendUpper
    case impressions, impressionsLower, impressionsUpper
    case audience, audienceLower, audienceUpper
    case demographics, regions
    case ignored, data

    /// The names of a field in all forms. Where a row has several, the first that says something counts.
    var names: [String] {
        switch self {
        // Other programs give rows an `id` of their own.
        case .id: ["ad_archive_id", "ad_id", "adid", "id", "_id"]
        case .pageID: ["page_id"]
        case .pageName: ["page_name"]
        case .byline: ["bylines", "byline", "funding_entity", "disclaimer"]
        case .currency: ["currency"]
        case .languages: ["languages"]
        case .platforms: ["publisher_platforms", "publisher_platform"]
        case .bodies: ["ad_creative_bodies", "ad_creative_body"]
        case .titles: ["ad_creative_link_titles", "ad_creative_link_title"]
        case .captions: ["ad_creative_link_captions", "ad_creative_link_caption"]
        case .descriptions: ["ad_creative_link_descriptions", "ad_creative_link_description"]
        case .mediaText: ["media_text"]
        case .created: ["ad_creation_time"]
        case .start: ["ad_delivery_start_time"]
        case .stop: ["ad_delivery_stop_time"]
        case .spend: ["spend"]
        case .spendLower: AdField.bounds(["spend"], "lower_bound")
        case .spendUpper: AdField.bounds(["spend"], "upper_bound")
        case .impressions: ["impressions"]
        case .impressionsLower: AdField.bounds(["impressions"], "lower_bound")
        case .impressionsUpper: AdField.bounds(["impressions"], "upper_bound")
        case .audience: ["estimated_audience_size", "potential_reach"]
        case .audienceLower: AdField.bounds(["estimated_audience_size", "potential_reach"], "lower_bound")
        case .audienceUpper: AdField.bounds(["estimated_audience_size", "potential_reach"], "upper_bound")
        case .demographics: ["demographic_distribution"]
        case .regions: ["delivery_by_region", "region_distribution"]
        case .ignored: ["ad_snapshot_url"]
        case .data: ["data"]
        }
    }

    private static func bounds(_ names: [String], _ bound: String) -> [String] {
        names.flatMap { ["\($0).\(bound)", "\($0)_\(bound)"] }
    }

    /// All names, field by field.
    static let allNames: [String] = allCases.flatMap(\.names)

    /// By raw value: where the names of a field begin in `allNames`; and the end of the last.
    static let starts: [Int] = allCases.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.names.count) }

    /// Positions in `allNames` by name.
    static let positions: [String: Int] = Dictionary(
        allNames.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })

    /// The positions of its names in `allNames`.
    var columns: Range<Int> { AdField.starts[rawValue]..<AdField.starts[rawValue + 1] }
}
