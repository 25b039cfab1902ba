import LakeBytes
import LakeCore
import LakeShard
import Synchronization

/// Chunks of columns that are looked up in, decoded as a whole and kept: a code is not had without the codes around it, and to
/// decode 65,536 of them for a row costs more than the row. Long text is not among them, whose blocks are small.
final class LookupChunks: Sendable {
    private struct Key: Hashable {
        var field: Int
        var shard: Int
        var chunk: Int
    }

    /// Bytes of all chunks beyond which all are forgotten, and of one beyond which it is not kept.
    private static let limit = 128 << 20
    private static let most = 4 << 20

    private let kept = Mutex<(vectors: [Key: ColumnVector], bytes: Int, refused: Set<Int>)>(([:], 0, []))

    /// A column of a chunk; nil for one that is not kept.
    func vector(_ field: Int, shard: Int, chunk: Int, of scan: ShardScan) throws -> ColumnVector? {
        let key = Key(field: field, shard: shard, chunk: chunk)
        let known = kept.withLock { ($0.vectors[key], $0.refused.contains(field)) }
        if let vector = known.0 { return vector }
        if known.1 { return nil }
        let type = scan.schema.fields[field].type
        if type.physical == .bytes, try !scan.isDictionaryCoded(field) { return refuse(field) }
        if case .fixedList = type { return refuse(field) }
        let vector = try scan.rows(field, chunk: chunk)
        let bytes = vector.byteCount
        guard bytes <= LookupChunks.most else { return refuse(field) }
        kept.withLock { kept in
            if kept.bytes + bytes > LookupChunks.limit { (kept.vectors, kept.bytes) = ([:], 0) }
            if kept.vectors.updateValue(vector, forKey: key) == nil { kept.bytes += bytes }
        }
        return vector
    }

    private func refuse(_ field: Int) -> ColumnVector? {
        kept.withLock { _ = $0.refused.insert(field) }
        return nil
    }
}
