import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

/// Reads the ads of a lake page by page.
public struct AdPages: Sendable {
    /// Some rows of one page, as the query gave them.
    struct Piece: Sendable {
        let batch: Batch
        let rows: Range<Int>
    }

    /// A page before its ads are taken apart, so that threads can do that side by side.
    public struct Unread: Sendable {
        public let page: Int64
        var pieces: [Piece]
        public private(set) var count: Int

        init(page: Int64) {
            self.page = page
            pieces = []
            count = 0
        }

        mutating func append(_ batch: Batch, _ rows: Range<Int>) {
            pieces.append(Piece(batch: batch, rows: rows))
            count += rows.count
        }
    }

    /// What samples depend on.
    static let columns = [
        "ad", "page_id", "body", "topic", "start_date", "currency", "spend_lower", "spend", "impressions_lower",
        "impressions", "engagement", "keywords IS NOT NULL AS has_keywords", "synthetic", "demographic_shares",
        "region_shares",
    ]

    /// A column of vectors that were computed elsewhere, which pairs are then found by: stored, or derived.
    static let embedding = "embedding"

    private let engine: QueryEngine
    /// Whether the ads have vectors that were computed elsewhere.
    public let hasEmbeddings: Bool

    /// - Parameter engine: at the version of `ads` that is wanted.
    public init(_ engine: QueryEngine) throws {
        self.engine = engine
        let schema = try engine.lake.table("ads").manifest(at: engine.selector).schema
        hasEmbeddings =
            schema.index(of: AdPages.embedding) != nil || schema.derived.contains { $0.name == AdPages.embedding }
    }

    /// What samples depend on, of ads that may have vectors.
    var columns: [String] { AdPages.columns + (hasEmbeddings ? [AdPages.embedding] : []) }

    /// What the table holds: all ads, and those without a page, which no samples can be made of.
    public struct Totals: Sendable {
        public var ads = 0
        public var pages = 0
        public var withoutPage = 0
        public var synthetic = 0
        /// Whether the ads of each page stand together, by ascending key.
        public var isClustered = true

        public init() {}
    }

    public func totals() throws -> Totals {
        var totals = Totals()
        var seen = Set<Int64>()
        var last: (page: Int64, ad: Int64)?
        try engine.prepare("SELECT page_id, ad, synthetic FROM ads").run { batch in
            let (pages, ads) = (AdColumn(batch.columns[0]), AdColumn(batch.columns[1]))
            let synthetic = AdColumn(batch.columns[2])
            for row in 0..<batch.count {
                totals.ads += 1
                if synthetic.integer(row) == 1 { totals.synthetic += 1 }
                guard let page = pages.integer(row), let ad = ads.integer(row) else {
                    totals.withoutPage += 1
                    continue
                }
                if page == last?.page {
                    if ad < (last?.ad ?? 0) { totals.isClustered = false }
                } else if seen.insert(page).inserted == false {
                    totals.isClustered = false
                }
                last = (page, ad)
            }
        }
        totals.pages = seen.count
        return totals
    }

    /// Hands out all pages, in the order of the table where it is by page, else by page id.
    public func forEach(_ totals: Totals, cancellation: Cancellation, _ body: (Unread) throws -> Void) throws {
        let order = totals.isClustered ? "" : " ORDER BY page_id, ad"
        let sql = "SELECT \(columns.joined(separator: ", ")) FROM ads WHERE page_id IS NOT NULL\(order)"
        var current: Unread?
        try engine.prepare(sql).run(cancellation: cancellation) { batch in
            let batch = Batch(count: batch.count, columns: batch.columns.map { $0.spelledOut() })
            guard case .integers(let pages) = batch.columns[1].values else { return }
            var start = 0
            while start < batch.count {
                var end = start + 1
                while end < batch.count, pages[end] == pages[start] { end += 1 }
                if let page = current, page.page != pages[start] {
                    try body(page)
                    current = nil
                }
                var page = current ?? Unread(page: pages[start])
                page.append(batch, start..<end)
                current = page
                start = end
            }
        }
        if let current { try body(current) }
    }
}

extension AdPages.Unread {
    /// The page's ads with what samples depend on.
    public func read(census: Census, stopWords: StopWords) -> PageAds {
        var page = PageAds(page: self.page)
        for piece in pieces {
            let columns = piece.batch.columns.map { AdColumn($0) }
            for row in piece.rows {
                let ad = PageAds.Row(
                    ad: columns[0].integer(row) ?? 0, topic: columns[3].text(row),
                    startDate: columns[4].integer(row).flatMap { Int32(exactly: $0) }, currency: columns[5].text(row),
                    spendLower: columns[6].integer(row), spend: columns[7].number(row),
                    impressionsLower: columns[8].integer(row), impressions: columns[9].number(row),
                    engagement: columns[10].number(row), hasKeywords: columns[11].integer(row) == 1,
                    isSynthetic: columns[12].integer(row) == 1, demographicShares: columns[13].numbers(row),
                    regionShares: columns[14].numbers(row))
                let embedding = columns.count > AdPages.columns.count ? columns.last?.numbers(row) : nil
                page.append(
                    ad, body: columns[2].bytes(row), embedding: embedding, census: census, stopWords: stopWords)
            }
        }
        return page
    }
}

/// A column of a query over ads, read value by value; NULL where it is of another kind.
struct AdColumn {
    private let vector: ColumnVector

    init(_ vector: ColumnVector) { self.vector = vector.spelledOut() }

    func integer(_ row: Int) -> Int64? {
        guard !vector.isNull(row), case .integers(let values) = vector.values else { return nil }
        return values[row]
    }

    func number(_ row: Int) -> Double? {
        guard !vector.isNull(row), case .floats(let values) = vector.values else { return nil }
        return values[row]
    }

    /// Empty for NULL.
    func bytes(_ row: Int) -> ArraySlice<UInt8> {
        guard !vector.isNull(row), case .bytes(let values) = vector.values else { return [] }
        return values[row]
    }

    func text(_ row: Int) -> String? {
        guard !vector.isNull(row), case .bytes(let values) = vector.values else { return nil }
        return values.string(row)
    }

    func numbers(_ row: Int) -> [Double]? {
        guard !vector.isNull(row), case .lists(let offsets, let child) = vector.values,
            case .floats(let values) = child.vector.values
        else { return nil }
        return Array(values[offsets[row]..<offsets[row + 1]])
    }
}
