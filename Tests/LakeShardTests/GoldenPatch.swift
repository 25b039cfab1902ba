import LakeBytes
import LakeCore
import LakeShard

/// Changes a finished shard into another valid one: for what FORMAT.md allows and this writer never finds worthwhile.
struct GoldenPatch {
    private(set) var bytes: [UInt8]
    private let reader: ShardReader
    private let segments: [ShardSegment]

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        reader = try ShardReader(ByteView(bytes), path: "golden")
        segments = try reader.segments()
    }

    private mutating func put(_ value: UInt64, at offset: Int, width: Int) {
        for index in 0..<width { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }

    private mutating func sumHeader(_ offset: Int, payload: Int) {
        put(Checksum.xxh3(bytes[(offset + 64)..<(offset + 64 + payload)]), at: offset + 48, width: 8)
        put(Checksum.xxh3(bytes[offset..<(offset + 56)]), at: offset + 56, width: 8)
    }

    /// Compresses the first chunk of a field, whose segment must go on taking as many multiples of 64 bytes.
    mutating func recode(field: Int, _ codec: Codec) throws {
        guard let node = try reader.node(ofField: field, group: nil)?.number,
            let data = segments.first(where: { $0.kind == .data && $0.node == node && $0.chunk == 0 }),
            let directory = segments.first(where: { $0.kind == .directory && $0.node == node })
        else { throw LakeError(.failed, "field \(field) has no segment to recode") }
        let start = Int(data.offset)
        let room = (start + 64)..<(start + data.fileBytes)
        let packed = try codec.compress(Array(bytes[room].prefix(data.storedBytes)))
        guard data.codec == .none, packed.count <= room.count, packed.count > room.count - 64 else {
            throw LakeError(.failed, "\(data.storedBytes) bytes become \(packed.count) in a room of \(room.count)")
        }
        bytes.replaceSubrange(room, with: packed + [UInt8](repeating: 0, count: room.count - packed.count))
        put(UInt64(codec.rawValue), at: start + 6, width: 1)
        put(UInt64(packed.count), at: start + 24, width: 8)
        put(UInt64(data.storedBytes), at: start + 32, width: 8)
        sumHeader(start, payload: packed.count)
        let record = Int(directory.offset) + 64
        put(UInt64(packed.count), at: record + 8, width: 8)
        put(UInt64(codec.rawValue), at: record + 29, width: 1)
        sumHeader(Int(directory.offset), payload: directory.storedBytes)
    }

    /// Adds the bitmap index of a dictionary-coded field.
    mutating func addBitmaps(field: Int) throws {
        guard let node = try reader.node(ofField: field, group: nil), node.isDictionaryCoded, let footer = segments.last
        else {
            throw LakeError(.failed, "field \(field) cannot have bitmaps")
        }
        let builders = (0...node.nullCode).map { _ in RoaringBuilder() }
        for chunk in 0..<reader.chunkCount {
            var codes: [UInt32] = []
            try node.codes(chunk: chunk, into: &codes)
            for (row, code) in codes.enumerated() { builders[Int(code)].add([UInt32(65_536 * chunk + row)]) }
        }
        let totals = try node.counts()?.totals(codeCount: builders.count) ?? []
        let present = Set(totals.indices.filter { totals[$0] > 0 })
        let bitmaps = builders.indices.map { present.contains($0) ? builders[$0].serialized() : [] }
        var payload = ByteWriter()
        payload.append(UInt32(bitmaps.count))
        payload.append(UInt32(0))
        var offset = UInt64(16 + 8 * bitmaps.count)
        payload.append(offset)
        for bitmap in bitmaps {
            offset += UInt64(bitmap.count)
            payload.append(offset)
        }
        for bitmap in bitmaps { payload.append(bitmap) }
        let at = Int(footer.offset)
        var segment = [UInt8](repeating: 0, count: 64) + payload.bytes
        segment += [UInt8](repeating: 0, count: (64 - segment.count % 64) % 64)
        bytes.insert(contentsOf: segment, at: at)
        bytes.replaceSubrange(at..<(at + 4), with: Array("ALSG".utf8))
        put(UInt64(SegmentKind.bitmaps.rawValue), at: at + 4, width: 1)
        put(UInt64(node.number), at: at + 8, width: 4)
        put(UInt64(UInt32.max), at: at + 12, width: 4)
        put(UInt64(payload.count), at: at + 24, width: 8)
        put(UInt64(payload.count), at: at + 32, width: 8)
        sumHeader(at, payload: payload.count)
        let start = at + segment.count
        put(UInt64(at), at: start + 64 + 64 + 64 * node.number + 56, width: 8)
        sumHeader(start, payload: footer.storedBytes)
        let end = bytes.count - 64
        put(UInt64(start), at: end, width: 8)
        put(Checksum.xxh3(bytes[(start + 64)..<(start + 64 + footer.storedBytes)]), at: end + 16, width: 8)
        put(UInt64(bytes.count), at: end + 24, width: 8)
        put(Checksum.xxh3(bytes[end..<(end + 48)]), at: end + 48, width: 8)
    }
}
