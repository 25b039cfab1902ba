import LakeBytes
import LakeCore

extension ShardRepair {
    /// What follows from other segments.
    private static let derivedKinds: Set<SegmentKind> = [
        .schema, .directory, .counts, .bitmaps, .parentFirsts, .footer,
    ]

    /// Goes from segment to segment, over what is no segment any more.
    func walk() throws {
        let end = patched.count - 64
        var offset = 64
        while offset < end {
            guard let header = try header(at: offset) else {
                var next = offset + 64
                while next < end, (try? SegmentHeader(patched.view, at: next)) == nil { next += 64 }
                holes.append(offset..<next)
                offset = next
                continue
            }
            let segment = FoundSegment(header: header, offset: offset)
            if try patched.view.firstNonZero(segment.end..<segment.next) != nil {
                put([], at: segment.end, upTo: segment.next)
                steps.append("the padding at \(segment.end)")
            }
            segments.append(segment)
            offset = segment.next
        }
    }

    /// The header of a segment, with one byte of it mended where that makes one.
    private func header(at offset: Int) throws -> SegmentHeader? {
        if let header = try? SegmentHeader(patched.view, at: offset) { return header }
        let bytes = try patched.view.bytes(offset: offset, count: SegmentHeader.size)
        let change = try ByteSearch.change(in: bytes, workers: 1) { tried in
            tried[0] == 0x41 && tried[1] == 0x4C && tried[2] == 0x53 && tried[3] == 0x47
                && Checksum.xxh3(tried[..<56])
                    == (0..<8).reduce(UInt64(0)) { $0 | UInt64(tried[56 + $1]) << UInt64(8 * $1) }
        }
        guard let change else { return nil }
        patched.put([change.byte], at: offset + change.index)
        guard let header = try? SegmentHeader(patched.view, at: offset) else {
            patched.put([bytes[change.index]], at: offset + change.index)
            return nil
        }
        steps.append("the byte at \(offset + change.index), in the header of a segment")
        return header
    }

    /// Finds the payloads that do not have their checksums, and mends single bytes of them.
    func mendPayloads() throws {
        for index in segments.indices {
            try Cancellation.checkCurrent()
            let segment = segments[index]
            if ShardRepair.derivedKinds.contains(segment.header.kind) {
                // Made anew from others, which takes less time than a search.
                segments[index].isSound = try Checksum.xxh3(payload(of: segment)) == segment.header.checksum
                continue
            }
            guard segment.header.kind == .data, segment.header.encoding == .text else {
                segments[index].isSound = try isSound(
                    segment.offset + SegmentHeader.size, Int(segment.header.storedLength), segment.header.checksum)
                continue
            }
            segments[index].isSound = (try? isTextSound(segment)) ?? false
        }
    }

    /// Whether a range has a checksum, if need be after a byte of it was mended.
    func isSound(_ offset: Int, _ count: Int, _ checksum: UInt64) throws -> Bool {
        let range = try patched.view.slice(offset: offset, count: count)
        if Checksum.xxh3(range) == checksum { return true }
        guard searches > 0 else { return false }
        searches -= 1
        guard
            let change = try ByteSearch.change(
                in: range.bytes, workers: workers, isRight: { Checksum.xxh3($0) == checksum })
        else { return false }
        patched.put([change.byte], at: offset + change.index)
        steps.append("the byte at \(offset + change.index), found by the checksum of its segment")
        return true
    }

    private func isTextSound(_ segment: FoundSegment) throws -> Bool {
        let header = segment.header
        let start = segment.offset + SegmentHeader.size
        guard header.parameter <= header.storedLength,
            try isSound(start, Int(header.parameter), header.checksum)
        else { return false }
        let view = try patched.view.slice(offset: start, count: Int(header.storedLength))
        let lead = header.hasValidity ? (Int(header.count) + 63) / 64 * 8 : 0
        let (blocks, width): (UInt32, UInt32) = (try view.load(at: lead), try view.load(at: lead + 4))
        guard width <= 31 else { return false }
        let records = lead + 16 + BitPacking.byteCount(Int(header.count), width: Int(width))
        guard records + 24 * Int(blocks) == Int(header.parameter) else { return false }
        var at = Int(header.parameter)
        var isSound = true
        for block in 0..<Int(blocks) {
            let length = Int(try view.load(at: records + 24 * block + 4, as: UInt32.self))
            guard length <= view.count - at else { return false }
            let checksum: UInt64 = try view.load(at: records + 24 * block + 16)
            if try !self.isSound(start + at, length, checksum) { isSound = false }
            at += length
        }
        return isSound && at == view.count
    }
}
