import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

/// Which pages have other ads in one version of `ads` than in another, as far as samples depend on them.
public struct AdChanges: Sendable {
    /// Pages with ads that are new, changed or gone.
    public private(set) var pages = Set<Int64>()
    public private(set) var added = 0
    /// The keys of ads that are there in both and differ: what samples say of them is to be said anew.
    public private(set) var changed = Set<Int64>()
    public private(set) var removed = 0

    /// No change.
    public init() {}

    /// - Parameters:
    ///   - before: an engine at the earlier version.
    ///   - after: one at the later version.
    public init(before: QueryEngine, after: QueryEngine) throws {
        var known: [Int64: (hash: UInt64, page: Int64)] = [:]
        try AdChanges.forEach(before) { ad, page, hash in known[ad] = (hash, page) }
        try AdChanges.forEach(after) { ad, page, hash in
            guard let old = known.removeValue(forKey: ad) else {
                added += 1
                pages.insert(page)
                return
            }
            guard old.hash != hash || old.page != page else { return }
            changed.insert(ad)
            pages.formUnion([old.page, page])
        }
        removed = known.count
        pages.formUnion(known.values.map(\.page))
    }

    /// Hands out the key of each ad, its page, and a hash of all that samples depend on.
    private static func forEach(_ engine: QueryEngine, _ body: (Int64, Int64, UInt64) -> Void) throws {
        let columns = try AdPages(engine).columns
        let sql = "SELECT \(columns.joined(separator: ", ")) FROM ads WHERE page_id IS NOT NULL"
        try engine.prepare(sql).run { batch in
            var hashes = [UInt64](repeating: 0, count: batch.count)
            for (field, column) in batch.columns.enumerated() {
                for (row, share) in ContentHash.shares(column, field: field + 1).enumerated() { hashes[row] &+= share }
            }
            let (ads, pages) = (AdColumn(batch.columns[0]), AdColumn(batch.columns[1]))
            for row in 0..<batch.count {
                if let ad = ads.integer(row), let page = pages.integer(row) { body(ad, page, hashes[row]) }
            }
        }
    }
}
