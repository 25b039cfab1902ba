import LakeBytes
import LakeCore

/// The values of a chunk as they go into a data segment, before the codec.
struct EncodedChunk {
    var encoding: Encoding
    var parameter: UInt64 = 0
    /// The encoding's payload, without the validity bitmap.
    var payload: [UInt8]
    var count: Int
    var nullCount = 0
    /// Given when some but not all values are NULL.
    var validity: Bitmap?
    var statistics = Statistics()
    /// The same values laid out for a codec, when that differs from `payload`.
    var bytewise: (parameter: UInt64, payload: [UInt8])?

    /// What comes out smallest, and what of it is worth undoing: a codec is kept if it saves at least a tenth, lz4 instead of
    /// zstd if it is within a tenth of it (it decodes several times faster).
    func segment(node: Int, chunk: Int) throws -> (header: SegmentHeader, payload: [UInt8]) {
        var header = SegmentHeader(.data)
        header.node = UInt32(node)
        header.chunk = UInt32(chunk)
        header.count = UInt32(count)
        header.nullCount = UInt32(nullCount)
        header.hasValidity = validity != nil
        header.encoding = encoding
        header.parameter = parameter
        var prefix = ByteWriter()
        if let validity { prefix.append(all: validity.words) }
        let plain = prefix.bytes + payload
        var best = plain
        guard plain.count >= 256 else { return (header, plain) }
        var candidates = [(encoding, parameter, plain)]
        if let bytewise { candidates.append((.plain, bytewise.parameter, prefix.bytes + bytewise.payload)) }
        for (encoding, parameter, raw) in candidates {
            let zstd = try Codec.zstd.compress(raw)
            guard zstd.count * 10 <= best.count * 9 else { continue }
            let lz4 = try Codec.lz4.compress(raw)
            header.codec = lz4.count * 10 <= zstd.count * 11 ? .lz4 : .zstd
            best = header.codec == .lz4 ? lz4 : zstd
            header.encoding = encoding
            header.parameter = parameter
            header.rawLength = UInt64(raw.count)
        }
        return (header, best)
    }

    /// The directory's record for the segment at `offset`.
    func record(_ header: SegmentHeader, offset: UInt64, storedLength: Int) -> DirectoryRecord {
        var record = DirectoryRecord()
        record.offset = offset
        record.storedLength = UInt64(storedLength)
        record.count = count
        record.nullCount = nullCount
        record.statistics = statistics
        record.encoding = header.encoding
        record.codec = header.codec
        return record
    }
}
