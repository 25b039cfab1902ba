import LakeBytes
import LakeCore

/// The keys of a chunk's rows, each group's decoded at most once.
///
/// Used by one thread at a time, but may be handed from one to another: hence unchecked.
public final class ChunkKeys: @unchecked Sendable {
    private let reader: ShardReader
    private let chunk: Int
    private var decoded: [[UInt32]?]

    public init(_ reader: ShardReader, chunk: Int) {
        self.reader = reader
        self.chunk = chunk
        decoded = [[UInt32]?](repeating: nil, count: reader.groups.count)
    }

    /// The key of each row in `group`.
    public func codes(_ group: Int) throws -> [UInt32] {
        if let codes = decoded[group] { return codes }
        let parent = try reader.groups[group].record.parent.map { try self.codes($0) }
        var codes: [UInt32] = []
        try reader.groups[group].codes(chunk: chunk, parentCodes: parent, into: &codes)
        decoded[group] = codes
        return codes
    }

    /// The keys of the rows at `positions`, ascending, or of all rows. Few rows are looked up without decoding the chunk
    /// where the encoding allows.
    public func codes(_ group: Int, at positions: [Int32]?) throws -> [UInt32] {
        guard let positions else { return try codes(group) }
        if decoded[group] == nil, positions.count * 8 < reader.rows(ofChunk: chunk) {
            let parent = try reader.groups[group].record.parent.map { try self.codes($0, at: positions) }
            if let codes = try reader.groups[group].codes(chunk: chunk, at: positions, parentCodes: parent) {
                return codes
            }
        }
        return Aggregation.pick(try codes(group), at: positions)
    }

    /// The rows whose key in `group` is in `keys`.
    public func rows(_ group: Int, in keys: Bitmap) throws -> Bitmap {
        if decoded[group] == nil, let rows = try reader.groups[group].rows(withKeys: keys, chunk: chunk) { return rows }
        return Aggregation.rows(try codes(group), in: keys)
    }

    /// The rows among `known` whose key in `group` is in `keys`.
    public func rows(_ group: Int, in keys: Bitmap, within known: Bitmap) throws -> Bitmap {
        let positions = known.positions
        let rows = Aggregation.rows(try codes(group, at: positions), in: keys)
        return Bitmap.scattering(rows, to: positions, count: known.count)
    }
}
