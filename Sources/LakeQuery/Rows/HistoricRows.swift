import LakeBytes
import LakeCore
import LakeTable

/// Finds rows by a condition in all versions and tags of a table, those that the newest version does not have any more among them.
public struct HistoricRows {
    /// By the file of their shard.
    public private(set) var rows: [String: Bitmap] = [:]
    /// Versions and tags where the condition cannot be asked, and why.
    public private(set) var notes: [String] = []

    /// Looks at every version and every tag that lists something that was not looked at before.
    /// - Parameter condition: what stands behind WHERE.
    /// - Throws: `LakeError`: usage with a caret for what is wrong with the condition in the newest version.
    public init(_ lake: Lake, table: String, condition: String, workers: Int? = nil) throws {
        let directory = try lake.table(table)
        let newest = try directory.latestVersion()
        var selectors = try directory.versions().reversed().map { VersionSelector.number($0) }
        selectors += try directory.tags().map { .tag($0) }
        // What of a shard was looked at: with these deletions, or none.
        var seen: [String: Set<String?>] = [:]
        for selector in selectors {
            let isNew = try directory.snapshot(at: selector).shards.contains { shard in
                let before = seen[shard.file] ?? []
                return !before.contains(String?.none) && !before.contains(shard.deletion?.file)
            }
            guard isNew else { continue }
            let engine = QueryEngine(lake: lake, at: selector, workers: workers)
            do {
                let found = try RowDeletion(engine, table: table, condition: condition).find()
                add(found)
                for shard in found.snapshot.shards { seen[shard.file, default: []].insert(shard.deletion?.file) }
            } catch let error as LakeError where error.code == .usage && selector != .number(newest) {
                notes.append("the condition cannot be asked in \(selector): \(error.message)")
            }
        }
    }

    private mutating func add(_ found: RowDeletion.Found) {
        for (place, bits) in found.places {
            let shard = found.snapshot.shards[place]
            if rows[shard.file] == nil { rows[shard.file] = Bitmap(count: shard.rows) }
            rows[shard.file]?.formUnion(bits)
        }
    }
}
