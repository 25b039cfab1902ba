import LakeCore
import LakeShard
import LakeTable

/// Writes the rows of a compaction's groups in the order of some columns, so that a condition on these finds its rows in few
/// chunks. What does not fit the engine's memory is sorted in temporary files.
public struct Clustering: Sendable {
    private let engine: QueryEngine
    private let snapshot: Snapshot
    private let order: String

    /// - Parameter columns: names, the first one first.
    /// - Throws: `LakeError` (usage) for a column that the table lacks, or lists.
    public init(_ engine: QueryEngine, _ snapshot: Snapshot, by columns: [String]) throws {
        guard !columns.isEmpty, Set(columns).count == columns.count else {
            throw LakeError(
                .usage, "no columns to order by, or one twice", hint: "name them with commas between, as in age,sex")
        }
        for name in columns {
            let field = try snapshot.schema.requiredIndex(of: name, table: snapshot.table.name)
            guard snapshot.schema.fields[field].type.element == nil else {
                throw LakeError(.usage, "lists have no order", at: .init(column: name))
            }
        }
        self.engine = engine
        self.snapshot = snapshot
        order = columns.map { QueryEngine.quoted($0) }.joined(separator: ", ")
    }

    /// For `Compaction`.
    public var source: Compaction.Source {
        { group, writer in
            let table = QueryEngine.quoted(snapshot.table.name)
            let all = try engine.prepare("SELECT * FROM \(table) ORDER BY \(order)", over: snapshot)
            let query = PreparedQuery(all, over: rows(of: group))
            try query.run { batch in try writer.append(batch) }
        }
    }

    /// The numbers of a group's rows.
    private func rows(of group: CompactionPlan.Group) -> RowRanges {
        let wanted = Set(group.shards.map(\.id))
        var (ranges, first): ([Range<Int>], Int) = ([], 0)
        for shard in snapshot.shards {
            if wanted.contains(shard.id) { ranges.append(first..<(first + shard.rows)) }
            first += shard.rows
        }
        return RowRanges(ranges)
    }
}

extension QueryEngine {
    /// A name as it is written in SQL.
    public static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
