import LakeBytes
import LakeCore
import LakeShard

/// The keys of a group of one shard in an order whose first terms they know.
struct KeyOrder {
    let group: Int
    /// The first terms' values per key.
    private let columns: [ColumnVector]
    private let terms: [SortKeys.Term]
    private let isText: Bool
    /// Whether these are all terms of the order.
    private let isWhole: Bool
    /// Per key what `SortKeys.ranks` says of the first term; `none` for keys that no selected row has.
    private let ranks: [UInt64]
    /// The share of the keys' rows that is selected, about; nil when all are.
    let share: Double?
    private let rows: [UInt32]
    /// No value has this rank.
    private static let none = UInt64.max

    /// - Returns: nil when no group knows the first term, or it is not worth asking.
    init?(_ prepared: RowScan.Prepared, _ order: [Bound], _ terms: [SortKeys.Term]) throws {
        let scan = prepared.scan
        guard let (group, count) = try KeyOrder.lead(order, scan) else { return nil }
        guard let columns = try scan.values(Array(order.prefix(count)), group: group) else { return nil }
        self.group = group
        self.columns = columns
        self.terms = Array(terms.prefix(count))
        isText = order[0].type?.physical == .bytes
        isWhole = count == order.count
        rows = try scan.rowsPerKey(group)
        let (keys, share) = try prepared.selection.known(to: group, scan)
        self.share = share
        var ranks = SortKeys.ranks(columns[0], terms[0])
        if let keys { for key in ranks.indices where !keys[key] { ranks[key] = KeyOrder.none } }
        self.ranks = ranks
    }

    /// The group that knows most of the first terms, and how many.
    private static func lead(_ order: [Bound], _ scan: ShardScan) throws -> (group: Int, count: Int)? {
        var fields: Set<Int> = []
        var found: (group: Int, count: Int)?
        for (index, term) in order.enumerated() {
            fields.formUnion(term.fields)
            guard !fields.isEmpty, try term.fields.allSatisfy(scan.isSmall),
                let group = scan.domain(of: fields)
            else { break }
            found = (group, index + 1)
        }
        return found
    }

    /// The rank of the first key.
    var least: UInt64 { ranks.min() ?? KeyOrder.none }

    /// The first keys whose rows reach a number, with the rows that each has, about.
    /// - Parameters:
    ///   - wanted: rows.
    ///   - farthest: a rank behind which no key is asked for; becomes that of the last key, when the rows are reached.
    func first(_ wanted: Int, upTo farthest: inout UInt64) -> (keys: SortKeys, rows: [Double]) {
        let share = share ?? 1
        var found: [(rank: UInt64, key: Int32)] = []
        var (highest, limit) = (min(farthest, KeyOrder.none - 1), 256)
        for (key, rank) in ranks.enumerated() where rank <= highest {
            found.append((rank, Int32(key)))
            guard found.count > limit else { continue }
            highest = cut(&found, Double(wanted) / share) ?? highest
            limit = max(256, 2 * found.count)
        }
        if let last = cut(&found, Double(wanted) / share) { farthest = min(farthest, last) }
        let places = found.map { Int($0.key) }
        return (SortKeys(columns.map { $0.gathering(places) }, terms), places.map { Double(rows[$0]) * share })
    }

    /// Leaves the first keys that have `wanted` rows, and all keys of the last one's rank.
    /// - Returns: this rank; nil when there are not so many rows.
    private func cut(_ found: inout [(rank: UInt64, key: Int32)], _ wanted: Double) -> UInt64? {
        found.sort { $0.rank < $1.rank }
        var sum = 0.0
        for (index, (rank, key)) in found.enumerated() {
            sum += Double(rows[Int(key)])
            guard sum >= wanted else { continue }
            let end = found[index...].firstIndex { $0.rank != rank } ?? found.count
            found.removeSubrange(end...)
            return rank
        }
        return nil
    }

    /// The keys whose rows do not all stand behind a bound.
    func keys(upTo bound: OrderBound) -> Bitmap {
        let last = bound.key.firstRank(0, terms[0], isText: isText)
        var keys = SortKeys.rows(ranks, upTo: last)
        guard columns.count > 1 || isWhole && bound.isRow else { return keys }
        let beside = SortKeys.rows(ranks, of: last).positions
        guard !beside.isEmpty else { return keys }
        let places = beside.map { Int($0) }
        let own = SortKeys(columns.map { $0.gathering(places) }, terms)
        for (row, key) in places.enumerated() where bound.excludes(own, row, isWhole: isWhole) { keys[key] = false }
        return keys
    }
}
