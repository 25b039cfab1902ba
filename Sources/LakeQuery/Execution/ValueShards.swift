import LakeBytes
import LakeCore
import LakeTable

/// In which shards of a table each value of a column occurs, as far as dictionaries tell: so that a slice of one wave costs
/// the same in a table of twenty waves and of two thousand.
final class ValueShards: Sendable {
    /// With more values than this, all shards together, a column is not indexed.
    private static let limit = 1 << 17

    private let shards: [Scalar: [Int]]
    /// Shards where the column is in no dictionary, or of another type.
    private let others: [Int]

    /// - Returns: nil for a column of too many values.
    init?(_ scans: [ShardScan], field: Int, _ cancellation: Cancellation? = nil) throws {
        var (shards, others, count): ([Scalar: [Int]], [Int], Int) = ([:], [], 0)
        for (index, scan) in scans.enumerated() {
            try cancellation?.check()
            if scan.isAbsent(field) { continue }
            guard let dictionaries = try scan.dictionaries(field) else {
                others.append(index)
                continue
            }
            for dictionary in dictionaries {
                count += dictionary.count
                guard count <= ValueShards.limit else { return nil }
                for value in 0..<dictionary.count {
                    let scalar = dictionary.values.scalar(value, scan.schema.fields[field].type)
                    if shards[scalar]?.last != index { shards[scalar, default: []].append(index) }
                }
            }
        }
        (self.shards, self.others) = (shards, others)
    }

    /// The shards where the column may equal one of some values.
    func shards(with values: some Sequence<Scalar>) -> Set<Int> {
        values.reduce(into: Set(others)) { $0.formUnion(shards[$1] ?? []) }
    }
}

extension Predicate {
    /// The shards that equality with constants leaves, by their places in the snapshot; nil when nothing is known.
    func shards(of table: OpenTable, _ cancellation: Cancellation?) throws -> Set<Int>? {
        switch self {
        case .all(let terms):
            var result: Set<Int>?
            for term in terms {
                guard let own = try term.shards(of: table, cancellation) else { continue }
                result = result?.intersection(own) ?? own
            }
            return result
        case .leaf(.comparison(.equal, .field(let field, _), .constant(let value, _)), _) where !value.isNull:
            return try table.valueShards(field, cancellation)?.shards(with: [value])
        case .leaf(.inSet(.field(let field, _), let set, _), _):
            return try table.valueShards(field, cancellation)?.shards(with: set.values)
        default: return nil
        }
    }
}
