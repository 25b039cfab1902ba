import LakeBytes
import LakeCore
import LakeTable

/// Finds rows by a condition in all versions and tags of a table, those that the newest version does not have any more among them.
public struct HistoricRows {
    /// By the file of their shard.
    public private(set) var rows: [String: Bitmap] = [:]
    /// Versions and tags that the condition could not be asked of though they have its columns under other names, and why.
    public private(set) var unasked: [String] = []

    /// Looks at every version and every tag that lists something that was not looked at before.
    /// - Parameter condition: what stands behind WHERE.
    /// - Throws: `LakeError`: usage with a caret for what is wrong with the condition in the newest version.
    public init(_ lake: Lake, table: String, condition: String, workers: Int? = nil) throws {
        let directory = try lake.table(table)
        let newest = try directory.snapshot().schema
        var selectors = try directory.versions().reversed().map { VersionSelector.number($0) }
        selectors += try directory.tags().map { .tag($0) }
        // What of a shard was looked at, under which names of columns: with these deletions, or none.
        var seen: [Seen: Set<String?>] = [:]
        var (isAsked, failure): (Bool, LakeError?) = (false, nil)
        for selector in selectors {
            let snapshot = try directory.snapshot(at: selector)
            let names = snapshot.schema.fields.map { "\($0.id) \($0.name)" }
            let isNew = snapshot.shards.contains { shard in
                let before = seen[Seen(file: shard.file, names: names)] ?? []
                return !before.contains(String?.none) && !before.contains(shard.deletion?.file)
            }
            guard isNew else { continue }
            let engine = QueryEngine(lake: lake, at: selector, workers: workers)
            do {
                let found = try RowDeletion(engine, table: table, condition: condition).find()
                isAsked = true
                add(found)
                for shard in found.snapshot.shards {
                    seen[Seen(file: shard.file, names: names), default: []].insert(shard.deletion?.file)
                }
            } catch let error as LakeError where error.code == .usage {
                failure = failure ?? error
                let names = Dictionary(newest.fields.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
                // Of columns that came later no row of then has a value.
                guard snapshot.schema.fields.contains(where: { names[$0.id] != $0.name }) else { continue }
                unasked.append("\(selector), whose columns have other names: \(error.message)")
            }
        }
        if let failure, !isAsked { throw failure }
    }

    private struct Seen: Hashable {
        var file: String
        var names: [String]
    }

    private mutating func add(_ found: RowDeletion.Found) {
        for (place, bits) in found.places {
            let shard = found.snapshot.shards[place]
            if rows[shard.file] == nil { rows[shard.file] = Bitmap(count: shard.rows) }
            rows[shard.file]?.formUnion(bits)
        }
    }
}
