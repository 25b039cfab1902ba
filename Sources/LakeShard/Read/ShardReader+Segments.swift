import LakeBytes
import LakeCore

/// One segment as it stands in a shard's file.
public struct ShardSegment: Sendable {
    /// Where its header begins.
    public var offset: UInt64
    public var kind: SegmentKind
    public var encoding: Encoding
    public var codec: Codec
    /// The node it belongs to, nil for the schema and the footer.
    public var node: Int?
    /// Nil for what is not one chunk's.
    public var chunk: Int?
    /// Values in it, NULLs included.
    public var count: Int
    /// Bytes of its payload in the file.
    public var storedBytes: Int
    /// Bytes of its payload once the codec is undone.
    public var rawBytes: Int

    /// Bytes it takes of the file: header, payload and padding.
    public var fileBytes: Int { (SegmentHeader.size + storedBytes + 63) / 64 * 64 }

    init(_ header: SegmentHeader, at offset: Int) {
        self.offset = UInt64(offset)
        kind = header.kind
        encoding = header.encoding
        codec = header.codec
        node = header.node == ShardFormat.none ? nil : Int(header.node)
        chunk = header.chunk == ShardFormat.none ? nil : Int(header.chunk)
        count = Int(header.count)
        storedBytes = Int(header.storedLength)
        rawBytes = Int(header.rawLength)
    }
}

extension ShardReader {
    /// All segments in the order of the file, by their headers alone: payloads are not touched.
    /// - Throws: `LakeError` (corrupt) with the offset where no segment begins that should.
    public func segments() throws -> [ShardSegment] {
        var segments: [ShardSegment] = []
        var offset = 64
        while offset < file.count - 64 {
            let segment = ShardSegment(try SegmentHeader(file, at: offset), at: offset)
            segments.append(segment)
            offset += segment.fileBytes
        }
        guard offset == file.count - 64, segments.last?.kind == .footer else {
            throw file.corrupt("segments that do not end with the footer", at: offset)
        }
        return segments
    }
}
