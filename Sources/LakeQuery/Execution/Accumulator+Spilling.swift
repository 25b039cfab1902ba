import LakeBytes
import LakeCore

extension Accumulator {
    /// Bytes that the states take in memory.
    var byteCount: Int {
        8 * counts.count + wholes.byteCount + moments.byteCount + extremes.byteCount + values.byteCount
    }

    func write(to writer: inout ArrayWriter) throws {
        writer.append(counts)
        switch state {
        case .counts: break
        case .wholes: wholes.write(to: &writer)
        case .sums, .squares, .moments: moments.write(to: &writer)
        case .extremes: extremes.write(to: &writer)
        case .values: try values.write(to: &writer, cells: counts.count)
        }
    }

    /// - Throws: `LakeError` (corrupt) when the bytes are not those of so many cells.
    init(_ aggregate: BoundAggregate, cells: Int, from reader: inout ArrayReader) throws {
        self.init(aggregate, cells: 0)
        counts = try reader.integers(cells)
        switch state {
        case .counts: break
        case .wholes: try wholes.read(from: &reader, cells: cells)
        case .sums: try moments.read(from: &reader, cells: cells, squares: false)
        case .squares, .moments: try moments.read(from: &reader, cells: cells, squares: true)
        case .extremes: try extremes.read(from: &reader, cells: cells)
        case .values: try values.read(from: &reader, cells: cells)
        }
    }
}
