import LakeCore
import LakeTable

/// What the columns of `ads` and `samples` mean, for the table of columns of a dataset card.
enum CardColumns {
    private static let meanings: [String: [String: String]] = [
        "ads": [
            "ad": "number of the ad in this lake, which samples refer to",
            "ad_id": "the library's number of the ad; NULL where a spreadsheet has rounded it",
            "rounded_id": "what a spreadsheet has left of that number: no key",
            "page_id": "the page (advertiser) that ran the ad", "page_name": "its name then", "byline": "who paid",
            "currency": "of the spend range", "languages": "language codes as the source gives them",
            "platforms": "where it was shown", "title": "title; URLs are replaced by [URL]",
            "body": "the text, all frames joined; URLs are replaced by [URL]", "frames": "the text of each media frame",
            "caption": "caption of the link", "description": "description of the link",
            "media_text": "what is seen and heard in the media, in words", "created_date": "made",
            "start_date": "first day of delivery", "stop_date": "last day of delivery",
            "spend_lower": "spend range, lower bound", "spend_upper": "upper bound; NULL where open above",
            "impressions_lower": "impressions range, lower bound",
            "impressions_upper": "upper bound; NULL where open above",
            "audience_lower": "estimated size of the audience aimed at, lower bound",
            "audience_upper": "upper bound; NULL where open above",
            "spend": "point estimate: the middle of the range, or the lower bound",
            "impressions": "point estimate, likewise",
            "engagement": "impressions per unit of spend, from the estimates",
            "demographic_shares": "raw shares of those reached, 8 age brackets x 3 genders",
            "region_shares": "raw shares of those reached, 51 states in alphabetical order",
            "other_regions": "regions that are no state", "other_region_shares": "their raw shares",
            "age_gender_normalized": "shares divided by population, 7 x 2 groups, adding up to 1",
            "age_normalized": "likewise by age bracket", "gender_normalized": "likewise by gender",
            "region_normalized": "likewise by state", "age_gender_rank": "rank of each group by that; 1 is the highest",
            "age_rank": "likewise by age bracket", "gender_rank": "likewise by gender",
            "region_rank": "likewise by state",
            "top_age_gender": "the group of rank 1, when it is the only one", "top_age": "likewise by age bracket",
            "top_gender": "likewise by gender", "top_region": "likewise by state",
            "topic": "the topic that the words of the ad speak for most", "topics": "all topics that they speak for",
            "keywords": "words that stand out in the body", "title_keywords": "words that stand out in the title",
            "flags": "what was repaired, and what looks wrong and was kept", "origin": "the form that the ad came in",
            "synthetic": "whether the ad was made up by a generator",
        ],
        "samples": [
            "sample_id": "number of the sample", "task": "one of the 18 tasks",
            "split": "train, test-advertiser or test-time", "ad": "the ad, or the source ad of a pair",
            "target_ad": "the target ad of a pair", "page": "the page of both", "topic": "the topic of the ad",
            "axis": "what the task varies", "source_group": "the group that the source ad does well with",
            "target_group": "the group that the answer is for", "age": "age bracket of the audience",
            "gender": "gender of the audience", "region": "state of the audience", "spend": "estimate, of the ad",
            "impressions": "estimate, of the ad", "start_date": "first day of delivery of the ad",
            "synthetic": "whether the sample is derived from ads that were made up",
            "prompt": "what the model is asked; rendered when it is read",
            "response": "what it should answer; rendered when it is read",
        ],
    ]

    /// The stored columns of a table, with types and meanings.
    static func table(_ table: CardTable) -> String {
        let rows = table.manifest.schema.fields.map { field in
            [
                Markdown.code(field.name), Markdown.plain(field.type.description),
                meanings[table.name]?[field.name] ?? "",
            ]
        }
        return Markdown.table(["column", "type", "meaning"], rows)
    }
}
