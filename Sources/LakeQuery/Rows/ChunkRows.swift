/// Rows of one chunk, ascending.
enum ChunkRows: Sendable {
    case range(Range<Int>)
    case positions([Int32])

    var count: Int {
        switch self {
        case .range(let range): range.count
        case .positions(let positions): positions.count
        }
    }

    /// The rows `part`, counted within these.
    func part(_ part: Range<Int>) -> ChunkRows {
        switch self {
        case .range(let range):
            .range((range.lowerBound + part.lowerBound)..<(range.lowerBound + part.upperBound))
        case .positions(let positions):
            part == positions.indices ? self : .positions(Array(positions[part]))
        }
    }

    /// Whether the row at a position is among them.
    func contains(_ position: Int32) -> Bool {
        switch self {
        case .range(let range): return range.contains(Int(position))
        case .positions(let positions):
            var (low, high) = (0, positions.count)
            while low < high {
                let middle = (low + high) / 2
                if positions[middle] < position { low = middle + 1 } else { high = middle }
            }
            return low < positions.count && positions[low] == position
        }
    }

    /// The positions of the rows in the chunk.
    var positions: [Int32] {
        switch self {
        case .range(let range): range.map { Int32($0) }
        case .positions(let positions): positions
        }
    }
}
