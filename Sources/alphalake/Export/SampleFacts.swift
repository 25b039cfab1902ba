/// What a dataset card says of the samples: how many there are of each task in each split.
struct SampleFacts {
    /// Table A3 of the paper: its tasks with the number of samples that it states.
    static let paper: [(task: String, samples: Int)] = [
        ("TAG-G", 120_468), ("TAG-A", 120_531), ("TAG-R", 381_247), ("TAG-B", 2_667_937), ("TAG-I", 777_584),
        ("TAP-G", 429_103), ("TAP-A", 432_015), ("TAP-R", 389_932), ("TAP-B", 2_928_056), ("TAP-I", 787_245),
        ("TS-B", 1_194_623), ("TS-E", 1_157_250), ("TS-A", 9_307_920), ("TS-R", 10_585_531), ("TS-G", 7_001_126),
        ("TC-A", 10_190_663), ("TC-G", 2_310_127), ("TC-R", 7_733_129),
    ]

    static let splits = ["train", "test-advertiser", "test-time"]

    /// A split as it is in the table.
    struct Split {
        var name: String
        var samples: Int
        var pages: Int?
        var firstStart: String?
        var lastStart: String?
    }

    let table: CardTable
    let rows: Int
    /// Nil when the table does not say of its rows.
    let synthetic: Int?
    /// Those of the paper in its order, then others by name.
    let tasks: [String]
    let splits: [Split]
    private let counts: [String: [String: Int]]

    init(_ table: CardTable) throws {
        self.table = table
        let tells = table.has("synthetic")
        let total = try table.ask(
            "SELECT count(*), \(tells ? "count(*) FILTER (WHERE synthetic)" : "NULL") FROM $TABLE")
        rows = total.first?.first?.integer ?? 0
        synthetic = tells ? total.first?.last?.integer : nil
        var counts: [String: [String: Int]] = [:]
        if table.has("task") {
            let split = table.has("split") ? "split" : "'train'"
            for row in try table.ask("SELECT task, \(split) AS part, count(*) FROM $TABLE GROUP BY 1, 2") {
                counts[row[0].text ?? "–", default: [:]][row[1].text ?? "–", default: 0] += row[2].integer ?? 0
            }
        }
        self.counts = counts
        let known = SampleFacts.paper.map(\.task)
        tasks = known + counts.keys.filter { !known.contains($0) }.sorted()
        splits = try table.has("split") ? SampleFacts.splits(table) : []
    }

    func count(_ task: String, _ split: String? = nil) -> Int {
        guard let counts = counts[task] else { return 0 }
        return split.map { counts[$0] ?? 0 } ?? counts.values.reduce(0, +)
    }

    /// Those that the rules know in their order, then others by name.
    private static func splits(_ table: CardTable) throws -> [Split] {
        let pages = table.has("page") ? "count(DISTINCT page)" : "NULL"
        let starts = table.has("start_date") ? "min(start_date), max(start_date)" : "NULL, NULL"
        let rows = try table.ask("SELECT split, count(*), \(pages), \(starts) FROM $TABLE GROUP BY split")
        let found = rows.map { row in
            Split(
                name: row[0].text ?? "–", samples: row[1].integer ?? 0, pages: row[2].integer,
                firstStart: row[3].text, lastStart: row[4].text)
        }
        let known = splits.compactMap { name in found.first { $0.name == name } }
        return known + found.filter { !splits.contains($0.name) }.sorted { $0.name < $1.name }
    }
}
