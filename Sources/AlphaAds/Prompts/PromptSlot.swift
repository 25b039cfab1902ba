/// What a prompt template can insert, and the columns of `samples` that it is made of.
struct PromptSlot: Sendable, Equatable {
    /// How the columns become text.
    enum Form: Sendable {
        /// One column as it is; the elements of a list joined with ", ".
        case text
        /// One column of days, as `2022-11-08`.
        case date
        /// The column of lower bounds, that of upper bounds and, for money, that of the currency: `USD 1,000-1,499`,
        /// `1,000,000 or more`.
        case range
        /// One column with a rank per state: the names of the top states, joined with ", ".
        case states
    }

    /// A column of the table, and the column of `ads` that it is looked up in, if it is.
    struct Column: Sendable, Equatable {
        var name: String
        var column: String
        /// Whether the ad is `target_ad`; nil for a column of the sample itself.
        var isTarget: Bool?
    }

    var name: String
    var form: Form
    var columns: [Column]

    /// All slots: first those of the sample, then those of its ad, then those of its target ad.
    static let all: [PromptSlot] = {
        let own = ["age", "gender", "region", "source_group", "target_group", "topic", "axis"].map { name in
            PromptSlot(name: name, form: .text, columns: [Column(name: name, column: name)])
        }
        return own + slots(ofTarget: false) + slots(ofTarget: true)
    }()

    static func named(_ name: String) -> PromptSlot? { all.first { $0.name == name } }

    private static func slots(ofTarget isTarget: Bool) -> [PromptSlot] {
        let forms: [(String, Form, [String])] = [
            ("page_name", .text, ["page_name"]), ("title", .text, ["title"]), ("body", .text, ["body"]),
            ("media_text", .text, ["media_text"]), ("keywords", .text, ["keywords"]),
            ("title_keywords", .text, ["title_keywords"]), ("platforms", .text, ["platforms"]),
            ("start_date", .date, ["start_date"]), ("stop_date", .date, ["stop_date"]),
            ("currency", .text, ["currency"]),
            ("spend_range", .range, ["spend_lower", "spend_upper", "currency"]),
            ("impressions_range", .range, ["impressions_lower", "impressions_upper"]),
            ("audience_size", .range, ["audience_lower", "audience_upper"]),
            ("top_states", .states, ["region_rank"]),
        ]
        return forms.map { name, form, columns in
            PromptSlot(
                name: isTarget ? "target_" + name : name, form: form,
                columns: columns.map {
                    Column(name: (isTarget ? "target_" : "ad_") + $0, column: $0, isTarget: isTarget)
                })
        }
    }
}
