import LakeCore

/// The schemas of the tables `ads` and `samples`.
public enum AdTables {
    /// One row per ad. Lists of shares, appeals and ranks have one element per group in the order of `Census`.
    /// The surrogate key `ad` is what `samples` refers to.
    public static func ads() throws(LakeError) -> Schema {
        try Schema(
            fields: fields(
                [
                    ("ad", .int64, false), ("ad_id", .int64, true), ("rounded_id", .int64, true),
                    ("page_id", .int64, true),
                    ("page_name", .utf8, true), ("byline", .utf8, true), ("currency", .utf8, true),
                    ("languages", .list(.utf8), true), ("platforms", .list(.utf8), true), ("title", .utf8, true),
                    ("body", .utf8, true), ("frames", .list(.utf8), true), ("caption", .utf8, true),
                    ("description", .utf8, true), ("media_text", .utf8, true), ("created_date", .date, true),
                    ("start_date", .date, true), ("stop_date", .date, true), ("spend_lower", .int64, true),
                    ("spend_upper", .int64, true), ("impressions_lower", .int64, true),
                    ("impressions_upper", .int64, true),
                    ("audience_lower", .int64, true), ("audience_upper", .int64, true), ("spend", .float64, true),
                    ("impressions", .float64, true), ("engagement", .float64, true),
                    ("demographic_shares", .fixedList(.float64, size: 24), true),
                    ("region_shares", .fixedList(.float64, size: 51), true), ("other_regions", .list(.utf8), true),
                    ("other_region_shares", .list(.float64), true),
                    ("age_gender_normalized", .fixedList(.float64, size: 14), true),
                    ("age_normalized", .fixedList(.float64, size: 7), true),
                    ("gender_normalized", .fixedList(.float64, size: 2), true),
                    ("region_normalized", .fixedList(.float64, size: 51), true),
                    ("age_gender_rank", .fixedList(.uint8, size: 14), true),
                    ("age_rank", .fixedList(.uint8, size: 7), true), ("gender_rank", .fixedList(.uint8, size: 2), true),
                    ("region_rank", .fixedList(.uint8, size: 51), true), ("top_age_gender", .utf8, true),
                    ("top_age", .utf8, true), ("top_gender", .utf8, true), ("top_region", .utf8, true),
                    ("topic", .utf8, true), ("topics", .list(.utf8), true), ("keywords", .list(.utf8), true),
                    ("title_keywords", .list(.utf8), true), ("flags", .list(.utf8), true), ("origin", .utf8, true),
                    ("synthetic", .bool, false),
                ], surrogateKey: "ad"))
    }

    /// One row per sample: references into `ads`, audiences, and columns to slice by; text is rendered from them.
    /// What depends on the ad alone is in the key group `ad`.
    public static func samples() throws(LakeError) -> Schema {
        try Schema(
            fields: fields(
                [
                    ("sample_id", .int64, false), ("task", .utf8, false), ("split", .utf8, false),
                    ("ad", .int64, false),
                    ("target_ad", .int64, true), ("page", .int64, false), ("topic", .utf8, true),
                    ("axis", .utf8, false),
                    ("source_group", .utf8, true), ("target_group", .utf8, true), ("age", .utf8, true),
                    ("gender", .utf8, true), ("region", .utf8, true), ("spend", .float64, true),
                    ("impressions", .float64, true), ("start_date", .date, true), ("synthetic", .bool, false),
                ], surrogateKey: "sample_id"),
            keyGroups: [
                KeyGroup(
                    name: "ad", key: ["ad"],
                    columns: ["ad", "page", "topic", "spend", "impressions", "start_date", "synthetic"])
            ])
    }

    private static func fields(_ columns: [(String, DataType, Bool)], surrogateKey: String) -> [Field] {
        columns.enumerated().map { index, column in
            Field(
                id: index + 1, name: column.0, type: column.1, nullable: column.2,
                isSurrogateKey: column.0 == surrogateKey)
        }
    }
}
