import CKernels

/// Sums over rows whose values come from one key group and whose cells from another.
extension Aggregation {
    /// What targets of `compress` need behind the last row: whole registers are written.
    public static let slack = 8

    /// Copies the values `source[first...]` whose bit is set in `mask` to `target`, moved together, from position `start` on:
    /// `count` of them behind the first `skip`. Does nothing when something is out of range.
    public static func compress(
        _ source: [Double], from first: Int, mask: Bitmap, skip: Int, count: Int, into target: inout [Double],
        at start: Int
    ) {
        guard first >= 0, skip >= 0, count >= 0, start >= 0, first + mask.count <= source.count,
            start + count + slack <= target.count
        else { return }
        source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                mask.words.withUnsafeBufferPointer { words in
                    guard let from = source.baseAddress, let to = target.baseAddress else { return }
                    _ = ck_compress_doubles(from + first, words.baseAddress, words.count, skip, count, to + start)
                }
            }
        }
    }

    /// Copies `count` values from `source[first...]` to `target[start...]`; nothing when something is out of range.
    public static func copy(
        _ source: [Double], from first: Int, count: Int, into target: inout [Double], at start: Int
    ) {
        guard first >= 0, count > 0, start >= 0, first + count <= source.count, start + count <= target.count else {
            return
        }
        source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                (to + start).update(from: from + first, count: count)
            }
        }
    }

    /// `target[i] = table[indices[i]]`; 0 where an index is out of range. `target` has room.
    public static func gather(_ table: [Double], _ indices: [UInt32], into target: inout [Double]) {
        guard target.count >= indices.count else { return }
        let isInside = maximum(indices).map { Int($0) < table.count } ?? true
        table.withUnsafeBufferPointer { table in
            indices.withUnsafeBufferPointer { indices in
                target.withUnsafeMutableBufferPointer { target in
                    for row in 0..<indices.count {
                        let index = Int(indices[row])
                        target[row] = isInside || index < table.count ? table[index] : 0
                    }
                }
            }
        }
    }
}

/// A sum and a count per cell, both as floats: counts are exact below 2^53.
public struct PairSums: Sendable {
    private let cellCount: Int
    /// Four sets of pairs, to be added up.
    private var lanes: [Double]

    public init(cellCount: Int) {
        self.cellCount = cellCount
        lanes = [Double](repeating: 0, count: 8 * cellCount)
    }

    /// Adds to each row's cell its value and its count. `values` and `counts` are as long as `cells` at least.
    /// - Returns: false, and nothing is added, when a cell is out of range.
    public mutating func add(_ cells: [UInt32], values: [Double], counts: [Double]) -> Bool {
        guard let highest = Aggregation.maximum(cells) else { return true }
        guard Int(highest) < cellCount, values.count >= cells.count, counts.count >= cells.count else { return false }
        lanes.withUnsafeMutableBufferPointer { lanes in
            cells.withUnsafeBufferPointer { cells in
                values.withUnsafeBufferPointer { values in
                    counts.withUnsafeBufferPointer { counts in
                        ck_add_pairs(
                            cells.baseAddress, values.baseAddress, counts.baseAddress, cells.count,
                            lanes.baseAddress, 2 * cellCount)
                    }
                }
            }
        }
        return true
    }

    /// The sum and the count of a cell.
    public subscript(cell: Int) -> (sum: Double, count: Int64) {
        var (sum, count) = (0.0, 0.0)
        for lane in 0..<4 {
            sum += lanes[2 * (lane * cellCount + cell)]
            count += lanes[2 * (lane * cellCount + cell) + 1]
        }
        return (sum, Int64(count))
    }
}
