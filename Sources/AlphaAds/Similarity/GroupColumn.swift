/// One group's values over the ads of an axis, while they are read.
final class GroupColumn {
    private var column = SettledColumn()

    init(capacity: Int) {
        column.values.reserveCapacity(capacity)
        column.reached.reserveCapacity((capacity + 63) / 64)
    }

    /// Appends element `offset` of each row of `cells`, which has `width` of them, for the rows `kept`.
    func append(_ cells: [UInt32], _ kept: ArraySlice<Int>, width: Int, offset: Int) {
        column.append(cells, kept, width: width, offset: offset)
    }

    /// Replaces values by their codes, in place: an axis may hold a few hundred megabytes.
    func settle() { column.settle() }

    /// What there is, shared without copying.
    var contents: SettledColumn { column }
}

/// One group's values over the ads of an axis.
struct SettledColumn: Sendable {
    /// Millionths of a normalised share, or ranks; once settled their numbers among the distinct values, in order.
    /// Anything for an ad that did not reach the group.
    fileprivate(set) var values: [UInt32] = []
    /// A bit per ad: whether it reached the group.
    fileprivate(set) var reached: [UInt64] = []
    /// How many codes there are; 0 before.
    fileprivate(set) var distinct = 0

    fileprivate mutating func append(_ cells: [UInt32], _ kept: ArraySlice<Int>, width: Int, offset: Int) {
        let start = values.count
        reached.append(contentsOf: repeatElement(0, count: (start + kept.count + 63) / 64 - reached.count))
        values.append(contentsOf: repeatElement(BehaviourColumns.absent, count: kept.count))
        var index = start
        for row in kept {
            let value = cells[row * width + offset]
            values[index] = value
            if value != BehaviourColumns.absent { reached[index >> 6] |= 1 << UInt64(index & 63) }
            index += 1
        }
    }

    /// There are fewer codes than values, so that what is counted per code stays small.
    fileprivate mutating func settle() {
        var codes = [UInt32](repeating: 0, count: Int(BehaviourColumns.greatest) + 1)
        for word in reached.indices {
            var bits = reached[word]
            while bits != 0 {
                codes[Int(values[word << 6 | bits.trailingZeroBitCount])] = 1
                bits &= bits &- 1
            }
        }
        var next: UInt32 = 0
        for value in codes.indices where codes[value] != 0 {
            codes[value] = next
            next += 1
        }
        for word in reached.indices {
            var bits = reached[word]
            while bits != 0 {
                let index = word << 6 | bits.trailingZeroBitCount
                values[index] = codes[Int(values[index])]
                bits &= bits &- 1
            }
        }
        distinct = Int(next)
    }
}
