import LakeBytes
import LakeCore
import LakeShard

/// The keys that rows must have to be among the first of an order.
struct KeyLimit: Sendable {
    var group: Int
    var keys: Bitmap
    /// Whether these are the keys of selected rows only, and every row of theirs is selected.
    var isWhole: Bool
}

extension RowSelection {
    /// What the keys of a group say of the selection: the keys that selected rows have, nil for all of them; and which share
    /// of the rows of these keys is selected, about, nil when all are.
    func known(to group: Int?, _ scan: ShardScan) throws -> (keys: Bitmap?, share: Double?) {
        let terms: [Node]
        if case .all(let all) = root { terms = all } else { terms = [root] }
        let lineage = group.map { scan.lineage(of: $0) } ?? []
        var keys: Bitmap?
        var share: Double?
        for term in terms {
            switch term {
            case .everything: continue
            case .keys(let other, let selected) where lineage.contains(other):
                guard let group else { continue }
                let own =
                    other == group ? selected : Aggregation.rows(try scan.ancestors(of: group, in: other), in: selected)
                if keys?.formIntersection(own) == nil { keys = own }
            case .numbers(let numbers):
                share = min(share ?? 1, Double(numbers.count) / Double(max(1, scan.reader.rowCount)))
            default:
                let likely = try RowSelection.share(term, scan)
                share = min(share ?? 1, likely > 1 ? RowSelection.unknownShare : likely)
            }
        }
        return (keys, share)
    }

    /// What is taken for the share of rows that pass a condition that only their values can tell.
    private static let unknownShare = 0.125
}
