import LakeBytes
import LakeShard

/// Puts small batches that follow each other together, as long as their codes are of the same dictionaries: a batch costs its
/// taker far more than a row does. The first batch is handed on at once, so that the first rows are seen early.
struct BatchJoiner {
    /// Batches with more rows stand alone.
    private static let smallRows = 1_024
    /// Rows of a batch that was put together.
    private static let mostRows = 8_192

    private var held: [Batch] = []
    private var rows = 0
    private var isFirst = true

    /// Takes a batch and hands out what is complete, in order.
    mutating func add(_ batch: Batch, _ emit: (Batch) throws -> Void) throws {
        if let last = held.last, rows + batch.count > BatchJoiner.mostRows || !last.isLike(batch) { try flush(emit) }
        if isFirst || batch.count > BatchJoiner.smallRows {
            isFirst = false
            try flush(emit)
            return try emit(batch)
        }
        held.append(batch)
        rows += batch.count
    }

    /// Hands out what is left.
    mutating func flush(_ emit: (Batch) throws -> Void) throws {
        let complete = held
        (held, rows) = ([], 0)
        guard let first = complete.first else { return }
        guard complete.count > 1 else { return try emit(first) }
        let columns = first.columns.indices.map { column in ColumnVector.laid(complete.map { $0.columns[column] }) }
        try emit(Batch(count: complete.reduce(0) { $0 + $1.count }, columns: columns))
    }
}

extension Batch {
    /// Whether the columns are held in the same way, codes of the same dictionaries among them.
    fileprivate func isLike(_ other: Batch) -> Bool {
        zip(columns, other.columns).allSatisfy { a, b in
            switch (a.values, b.values) {
            case (.codes(_, let own), .codes(_, let others)): own === others
            case (.integers, .integers), (.floats, .floats), (.bytes, .bytes), (.lists, .lists): true
            default: false
            }
        }
    }
}

extension ColumnVector {
    /// Vectors that are held in the same way end to end; codes stay codes.
    fileprivate static func laid(_ parts: [ColumnVector]) -> ColumnVector {
        guard case .codes(_, let dictionary)? = parts.first?.values else { return .joining(parts) }
        var joined: [UInt32] = []
        for part in parts { if case .codes(let codes, _) = part.values { joined.append(contentsOf: codes) } }
        return ColumnVector(.codes(joined, dictionary: dictionary))
    }
}
