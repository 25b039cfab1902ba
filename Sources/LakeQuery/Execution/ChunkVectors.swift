import LakeBytes
import LakeShard

/// The values of fields for the selected rows of one chunk, each read once however many expressions ask for it.
///
/// Used by one thread.
final class ChunkVectors {
    private let scan: ShardScan
    private let chunk: Int
    private let keys: ChunkKeys
    /// The selected rows, ascending; nil for all of the chunk.
    private let positions: [Int32]?
    private var known: [Int: ColumnVector] = [:]

    init(_ scan: ShardScan, chunk: Int, keys: ChunkKeys, at positions: [Int32]?) {
        self.scan = scan
        self.chunk = chunk
        self.keys = keys
        self.positions = positions
    }

    /// Fields of the selected rows.
    func vectors(_ fields: Set<Int>) throws -> [Int: ColumnVector] {
        for field in fields where known[field] == nil { known[field] = try read(field) }
        return fields.reduce(into: [:]) { $0[$1] = known[$1] }
    }

    private func read(_ field: Int) throws -> ColumnVector {
        guard let positions else { return try scan.rows(field, chunk: chunk) }
        return try scan.rows(field, chunk: chunk, at: positions) { try keys.codes($0, at: positions) }
    }
}
