/// Aggregation into cells: `cells[i]` is the group of row `i`, and where values stand in a table per key, `indices[i]` is
/// the row's key. Cells are below the accumulators' count and indices below the table's; both are checked up front and a
/// call that breaks this does nothing and returns false.
extension Aggregation {
    /// `cells[i] += ids[indices[i]] * stride`.
    public static func addCells(
        _ cells: inout [UInt32], ids: [UInt32], indices: [UInt32], stride: UInt32
    ) -> Bool {
        guard cells.count == indices.count, fits(indices, ids.count) else { return false }
        ids.withUnsafeBufferPointer { ids in
            indices.withUnsafeBufferPointer { indices in
                cells.withUnsafeMutableBufferPointer { cells in
                    for row in 0..<cells.count { cells[row] &+= ids[Int(indices[row])] &* stride }
                }
            }
        }
        return true
    }

    /// `cells[i] += numbers[i] * scale`, modulo 2^32; both are as long.
    public static func addScaled(_ cells: inout [UInt32], _ numbers: [UInt32], scale: UInt32) {
        guard cells.count == numbers.count else { return }
        numbers.withUnsafeBufferPointer { numbers in
            cells.withUnsafeMutableBufferPointer { cells in
                for row in 0..<cells.count { cells[row] &+= numbers[row] &* scale }
            }
        }
    }

    /// Counts rows per cell; with `multiples`, each counts that often.
    public static func count(_ cells: [UInt32], multiples: [UInt32]?, into counts: inout [Int64]) -> Bool {
        guard fits(cells, counts.count), multiples.map({ $0.count == cells.count }) ?? true else { return false }
        counts.withUnsafeMutableBufferPointer { counts in
            if let multiples {
                for (cell, multiple) in zip(cells, multiples) { counts[Int(cell)] &+= Int64(multiple) }
            } else {
                for cell in cells { counts[Int(cell)] &+= 1 }
            }
        }
        return true
    }

    /// Adds the values of a float column that are valid to their cells, and counts them.
    public static func sum(
        _ cells: [UInt32], values: [Double], validity: Bitmap?, indices: [UInt32]?, multiples: [UInt32]?,
        sums: inout [Double], counts: inout [Int64]
    ) -> Bool {
        guard fits(cells, sums.count), fits(cells, counts.count), isTable(cells, values.count, indices, multiples)
        else {
            return false
        }
        values.withUnsafeBufferPointer { values in
            sums.withUnsafeMutableBufferPointer { sums in
                counts.withUnsafeMutableBufferPointer { counts in
                    forEach(cells, indices, validity, multiples) { cell, index, multiple in
                        sums[cell] += values[index] * Double(multiple)
                        counts[cell] &+= multiple
                    }
                }
            }
        }
        return true
    }

    /// The distance from 0 of the value that is furthest from it.
    public static func magnitude(_ values: [Int64]) -> UInt64 {
        values.withUnsafeBufferPointer { values in
            var (low, high): (Int64, Int64) = (0, 0)
            for value in values {
                low = min(low, value)
                high = max(high, value)
            }
            return max(low.magnitude, high.magnitude)
        }
    }

    /// As for floats. `overflow` is set when a sum leaves 64 bits.
    public static func sum(
        _ cells: [UInt32], values: [Int64], validity: Bitmap?, indices: [UInt32]?, multiples: [UInt32]?,
        sums: inout [Int64], counts: inout [Int64], overflow: inout Bool
    ) -> Bool {
        guard fits(cells, sums.count), fits(cells, counts.count), isTable(cells, values.count, indices, multiples)
        else {
            return false
        }
        var overflowed = false
        values.withUnsafeBufferPointer { values in
            sums.withUnsafeMutableBufferPointer { sums in
                counts.withUnsafeMutableBufferPointer { counts in
                    forEach(cells, indices, validity, multiples) { cell, index, multiple in
                        let (product, first) = values[index].multipliedReportingOverflow(by: multiple)
                        let (sum, second) = sums[cell].addingReportingOverflow(product)
                        overflowed = overflowed || first || second
                        sums[cell] = sum
                        counts[cell] &+= multiple
                    }
                }
            }
        }
        if overflowed { overflow = true }
        return true
    }

    /// Calls `body` with the cell, the index into the table and the multiple of every valid row.
    @inline(__always)
    private static func forEach(
        _ cells: [UInt32], _ indices: [UInt32]?, _ validity: Bitmap?, _ multiples: [UInt32]?,
        _ body: (Int, Int, Int64) -> Void
    ) {
        cells.withUnsafeBufferPointer { cells in
            guard let indices else {
                for row in 0..<cells.count where validity?[row] ?? true {
                    body(Int(cells[row]), row, Int64(multiples?[row] ?? 1))
                }
                return
            }
            indices.withUnsafeBufferPointer { indices in
                if validity == nil, multiples == nil {
                    for row in 0..<cells.count { body(Int(cells[row]), Int(indices[row]), 1) }
                    return
                }
                for row in 0..<cells.count {
                    let index = Int(indices[row])
                    if validity?[index] ?? true { body(Int(cells[row]), index, Int64(multiples?[row] ?? 1)) }
                }
            }
        }
    }

    private static func fits(_ cells: [UInt32], _ count: Int) -> Bool {
        maximum(cells).map { Int($0) < count } ?? true
    }

    private static func isTable(_ cells: [UInt32], _ values: Int, _ indices: [UInt32]?, _ multiples: [UInt32]?) -> Bool
    {
        if let multiples, multiples.count != cells.count { return false }
        guard let indices else { return values == cells.count }
        return indices.count == cells.count && fits(indices, values)
    }

    /// `values[positions[i]]` for ascending positions below the count.
    public static func pick(_ values: [UInt32], at positions: [Int32]) -> [UInt32] {
        guard let last = positions.last, Int(last) < values.count else { return [] }
        return values.withUnsafeBufferPointer { values in
            positions.withUnsafeBufferPointer { positions in
                [UInt32](unsafeUninitializedCapacity: positions.count) { target, count in
                    for row in 0..<positions.count { target[row] = values[Int(positions[row])] }
                    count = positions.count
                }
            }
        }
    }
}
