import AlphaAds

/// What a dataset card says of the ads: counts, and whom they reached.
struct AdFacts {
    /// A group's mean share of the ads' audiences beside its share of the population.
    struct Reach {
        var group: String
        var share: Double?
        var population: Double?

        /// How often as much it is as the group's size would make it.
        var ratio: Double? {
            guard let share, let population, population > 0 else { return nil }
            return share / population
        }
    }

    let table: CardTable
    let rows: Int
    /// Nil when the table does not say of its rows.
    let synthetic: Int?
    /// What is counted and how many there are.
    let counts: [(what: String, count: String)]
    let languages: [(value: String, rows: Int)]
    let platforms: [(value: String, rows: Int)]
    let flags: [(value: String, rows: Int)]
    let origins: [(value: String?, rows: Int)]
    let topics: [(value: String?, rows: Int)]
    let reachByAge: [Reach]
    let reachByGender: [Reach]
    let reachByState: [Reach]

    /// Topics that are listed.
    private static let mostTopics = 12

    init(_ table: CardTable) throws {
        self.table = table
        let facts = try AdFacts.counts(table)
        rows = facts.rows
        synthetic = facts.synthetic
        counts = facts.counts
        languages = try table.has("languages") ? table.counts(ofElementsOf: "languages") : []
        platforms = try table.has("platforms") ? table.counts(ofElementsOf: "platforms") : []
        flags = try table.has("flags") ? table.counts(ofElementsOf: "flags") : []
        origins = try table.has("origin") ? table.counts(of: "origin") : []
        topics = try table.has("topic") ? table.counts(of: "topic", limit: AdFacts.mostTopics) : []
        let cells = try AdFacts.means("demographic_shares", count: 24, table)
        reachByAge = AdFacts.reach(
            Census.sharedAges, Census.standard.agePopulations,
            cells.map { cells in Census.sharedAges.indices.map { cells[3 * $0] + cells[3 * $0 + 1] + cells[3 * $0 + 2] }
            })
        reachByGender = AdFacts.reach(
            Census.sharedGenders, Census.standard.genderPopulations,
            cells.map { cells in (0..<3).map { gender in (0..<8).reduce(0) { $0 + cells[3 * $1 + gender] } } })
        let states = Census.standard.states
        reachByState = AdFacts.reach(
            states, Census.standard.statePopulations, try AdFacts.means("region_shares", count: states.count, table))
    }

    private static func counts(
        _ table: CardTable
    ) throws -> (rows: Int, synthetic: Int?, counts: [(what: String, count: String)]) {
        let wanted: [(what: String, expression: String, column: String)] = [
            ("pages (advertisers)", "count(DISTINCT page_id)", "page_id"),
            ("earliest start of delivery", "min(start_date)", "start_date"),
            ("latest start of delivery", "max(start_date)", "start_date"),
            ("with several media frames", "count(*) FILTER (WHERE array_length(frames) > 1)", "frames"),
            ("with media described in words", "count(media_text)", "media_text"),
            ("with a spend range", "count(spend)", "spend"),
            ("with an impressions range", "count(impressions)", "impressions"),
            ("with shares by age and gender", "count(demographic_shares)", "demographic_shares"),
            ("with shares by state", "count(region_shares)", "region_shares"),
            ("with a topic", "count(topic)", "topic"),
            ("topics", "count(DISTINCT topic)", "topic"),
        ]
        let asked = wanted.filter { table.has($0.column) }
        let tells = table.has("synthetic")
        let expressions =
            ["count(*)", tells ? "count(*) FILTER (WHERE synthetic)" : "NULL"] + asked.map(\.expression)
        let answer = try table.ask("SELECT \(expressions.joined(separator: ", ")) FROM $TABLE").first ?? []
        let rows = answer.first?.integer ?? 0
        var counts = [("ads", Quantities.count(rows))]
        for (fact, value) in zip(asked, answer.dropFirst(2)) {
            counts.append((fact.what, value.integer.map(Quantities.count) ?? value.text ?? "–"))
        }
        return (rows, tells ? answer.dropFirst().first?.integer : nil, counts)
    }

    /// The mean of every element of a column of lists; nil where there is none.
    private static func means(_ column: String, count: Int, _ table: CardTable) throws -> [Double]? {
        guard table.has(column) else { return nil }
        let expressions = (1...count).map { "avg(\(column)[\($0)])" }
        let means = try table.ask("SELECT \(expressions.joined(separator: ", ")) FROM $TABLE").first ?? []
        let values = means.compactMap(\.float)
        return values.count == count ? values : nil
    }

    /// - Parameter populations: of the first groups; the others are those who did not say.
    private static func reach(_ groups: [String], _ populations: [Double], _ shares: [Double]?) -> [Reach] {
        guard let shares else { return [] }
        let total = populations.reduce(0, +)
        return groups.indices.map { index in
            Reach(
                group: groups[index], share: shares[index],
                population: index < populations.count ? populations[index] / total : nil)
        }
    }
}
