import LakeBytes
import LakeCore
import LakeShard

/// The chunks of one shard in an order whose first term is a column of rows: what their statistics say of their first and
/// their last row.
struct ChunkOrder {
    /// Per chunk the key of the term's first and last value; that of a chunk that is not `known` means nothing.
    private let first: SortKeys
    private let last: SortKeys
    private let known: Bitmap
    /// Per chunk the rows that do not stand behind `last`.
    private let rows: [Double]
    /// The share of the rows that is selected, about; nil when all are.
    let share: Double?
    private let isWhole: Bool

    /// What a chunk says of a column.
    private struct Extent {
        var first: Scalar
        var last: Scalar
        var rows: Int
    }

    /// - Returns: nil when the first term is no column with statistics.
    init?(_ prepared: RowScan.Prepared, _ order: [Bound], _ terms: [SortKeys.Term]) throws {
        let scan = prepared.scan
        guard case .field(let field, let type) = order[0] else { return nil }
        let chunks = (scan.reader.rowCount + ShardFormat.chunkRows - 1) / ShardFormat.chunkRows
        let extents = try (0..<chunks).map { chunk -> Extent? in
            if field == RowNumber.field(in: scan.schema) {
                let rows = scan.rowNumbers(ofChunk: chunk)
                let (low, high) = (Scalar.integer(Int64(rows.lowerBound)), Scalar.integer(Int64(rows.upperBound - 1)))
                let (first, last) = terms[0].descending ? (high, low) : (low, high)
                return Extent(first: first, last: last, rows: rows.count)
            }
            guard let node = try scan.rowNode(field), node.type == type, !scan.isDerived(field) else { return nil }
            return try ChunkOrder.extent(node, chunk, terms[0])
        }
        guard extents.contains(where: { $0 != nil }) else { return nil }
        known = extents.reduce(into: Bitmap()) { $0.append($1 != nil) }
        first = SortKeys([.of(extents.map { $0?.first ?? .null }, type)], [terms[0]])
        last = SortKeys([.of(extents.map { $0?.last ?? .null }, type)], [terms[0]])
        rows = extents.map { Double($0?.rows ?? 0) }
        share = try prepared.selection.known(to: nil, scan).share
        isWhole = order.count == 1
    }

    /// A rank that no row of a shard stands before, as the statistics of a column say it; nil where they do not.
    static func leastRank(_ scan: ShardScan, _ term: Bound, _ key: SortKeys.Term) throws -> UInt64? {
        guard case .field(let field, let type) = term, let nodes = try scan.nodes(field) else { return nil }
        var firsts: [Scalar] = []
        for node in nodes {
            guard node.type == type else { return nil }
            for chunk in try node.directory().indices {
                guard let extent = try extent(node, chunk, key) else { return nil }
                firsts.append(extent.first)
            }
        }
        return SortKeys.ranks(.of(firsts, type), key).min()
    }

    private static func extent(_ node: NodeReader, _ chunk: Int, _ term: SortKeys.Term) throws -> Extent? {
        let record = try node.directory()[chunk]
        let values = record.count - record.nullCount
        if values == 0 { return Extent(first: .null, last: .null, rows: record.count) }
        guard let (low, high) = try bounds(node, record.statistics) else { return nil }
        let last = term.descending ? low : high
        var first = term.descending ? high : low
        if record.nullCount > 0, term.nullsFirst { first = .null }
        // NULLs behind the last value are left out of the count; where they stand first, they are before it.
        if record.nullCount > 0, !term.nullsFirst { return Extent(first: first, last: last, rows: values) }
        return Extent(first: first, last: last, rows: record.count)
    }

    /// The least and the greatest value that is not NULL.
    private static func bounds(_ node: NodeReader, _ statistics: Statistics) throws -> (low: Scalar, high: Scalar)? {
        if node.isDictionaryCoded {
            guard let codes = statistics.integers, node.type.physical != .float, codes.low >= 0 else { return nil }
            let dictionary = try node.dictionary()
            guard codes.high < dictionary.count else { return nil }
            return (
                dictionary.values.scalar(Int(codes.low), node.type),
                dictionary.values.scalar(Int(codes.high), node.type)
            )
        }
        switch node.type.physical {
        case .integer where node.type != .uint64:
            return statistics.integers.map {
                (Scalar(bits: $0.low, type: node.type), Scalar(bits: $0.high, type: node.type))
            }
        case .float:
            // NaN stands above every number.
            return statistics.floats.map { (.float($0.low), .float(statistics.hasNaN ? .nan : $0.high)) }
        default: return nil
        }
    }

    /// The chunks' last keys, with the rows that stand no further behind, about.
    var extents: (keys: SortKeys, rows: [Double]) {
        let chunks = known.positions
        return (last.selecting(chunks), chunks.map { rows[Int($0)] * (share ?? 1) })
    }

    /// Whether all rows of a chunk stand behind a bound.
    func excludes(_ chunk: Int, _ bound: OrderBound) -> Bool {
        known[chunk] && bound.excludes(first, chunk, isWhole: isWhole)
    }
}
