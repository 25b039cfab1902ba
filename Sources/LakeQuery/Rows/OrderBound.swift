import LakeBytes

/// A place in an order behind which no row is wanted.
struct OrderBound: Sendable {
    /// One key.
    var key: SortKeys
    /// Whether it is the key of a row: later rows have to stand before it. Else it is of the first terms only, and rows whose
    /// keys begin with it are wanted too.
    var isRow: Bool

    /// Whether the key `row` of `keys` stands behind it.
    /// - Parameter isWhole: whether these are keys of all terms.
    func excludes(_ keys: SortKeys, _ row: Int, isWhole: Bool) -> Bool {
        let order = keys.compareStarts(row, key, 0)
        return isRow && isWhole ? order >= 0 : order > 0
    }

    /// Whether the key of a row is a nearer bound.
    func isBehind(_ row: SortKeys) -> Bool {
        let order = row.compareStarts(0, key, 0)
        return order < 0 || order == 0 && !isRow
    }
}

/// The first keys of an order that has many rows per key, as far as their rows reach a number.
struct FirstKeys: Sendable {
    private let wanted: Double
    private var keys = SortKeys()
    private var weights: [Double] = []
    /// The last key that is needed, once there are rows enough.
    private(set) var bound: OrderBound?
    private var limit = 4_096

    /// - Parameter wanted: rows.
    init(wanted: Int) { self.wanted = Double(wanted) }

    /// Takes keys and the rows that each of them has, about.
    mutating func add(_ new: SortKeys, _ rows: [Double]) {
        for row in 0..<new.count {
            if let bound, bound.excludes(new, row, isWhole: false) { continue }
            keys.append(new.key(row))
            weights.append(rows[row])
        }
        if keys.count > limit { compact() }
    }

    /// The last key; or the shortest that it begins with: a shard that knows fewer terms cannot tell whether its rows stand
    /// before or behind it.
    private var nearest: SortKeys {
        let last = keys.selecting([Int32(keys.count - 1)])
        let starts = (0..<keys.count).filter { keys.compareStarts($0, last, 0) == 0 }
        let shortest = starts.min { keys.key($0).count < keys.key($1).count }
        return shortest.map { keys.selecting([Int32($0)]) } ?? last
    }

    /// Leaves only the keys that are needed.
    mutating func compact() {
        var (chosen, sum): ([Int32], Double) = ([], 0)
        for row in keys.order() {
            chosen.append(row)
            sum += weights[Int(row)]
            if sum >= wanted { break }
        }
        weights = chosen.map { weights[Int($0)] }
        keys = keys.selecting(chosen)
        if sum >= wanted, keys.count > 0 { bound = OrderBound(key: nearest, isRow: false) }
        limit = max(4_096, 2 * keys.count)
    }
}
