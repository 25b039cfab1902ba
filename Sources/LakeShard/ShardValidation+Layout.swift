import LakeBytes
import LakeCore

extension ShardValidation {
    /// Walks over the segments: header, segments one behind the other, zeros between them, the postscript.
    /// - Throws: `LakeError` (corrupt) where no segment begins that should.
    func checkLayout(_ log: FindingLog) throws -> [ShardSegment] {
        let file = reader.file
        let postscript = file.count - 64
        for range in [32..<56, (postscript + 44)..<(postscript + 48)] { try checkZero(range, "a reserved byte", log) }
        guard try file.load(at: 16, as: UInt64.self) == file.load(at: postscript + 32, as: UInt64.self),
            try file.bytes(offset: 8, count: 4) == file.bytes(offset: postscript + 40, count: 4)
        else { throw file.corrupt("header and postscript name different versions or features", at: postscript) }
        let segments = try reader.segments()
        for segment in segments {
            let end = Int(segment.offset) + SegmentHeader.size + segment.storedBytes
            try checkZero(end..<(Int(segment.offset) + segment.fileBytes), "a byte between two segments", log)
        }
        if segments.first?.kind != .schema { log.note("the first segment is not the schema", at: .init(offset: 64)) }
        checkReferences(segments, log)
        try checkFooterZeros(log)
        return segments
    }

    private func checkZero(_ range: Range<Int>, _ what: String, _ log: FindingLog) throws {
        if let place = try reader.file.firstNonZero(range) {
            log.note("\(what) is not zero", at: .init(offset: UInt64(place)))
        }
    }

    /// Notes segments that nothing points to.
    private func checkReferences(_ segments: [ShardSegment], _ log: FindingLog) {
        var known: Set<UInt64> = []
        for node in reader.nodes where !node.record.isAbsent {
            let record = node.record
            known.formUnion([
                record.directory, record.dictionary, record.textDictionary, record.counts, record.bitmaps,
            ])
            // A directory that cannot be read is found where the nodes are checked.
            if let directory = try? node.directory() { known.formUnion(directory.map(\.offset)) }
        }
        for group in reader.groups { known.formUnion([group.record.parentFirsts, group.record.sequences]) }
        for segment in segments where segment.kind != .schema && segment.kind != .footer {
            if !known.contains(segment.offset) {
                log.note(
                    "nothing points to this \(segment.kind) segment", at: .init(offset: segment.offset),
                    severity: .warning)
            }
        }
    }

    private func checkFooterZeros(_ log: FindingLog) throws {
        let start = try reader.file.load(at: reader.file.count - 64, as: UInt64.self)
        let footer = Int(start) + SegmentHeader.size
        func number(_ at: Int) throws -> Int { Int(try reader.file.load(at: footer + at, as: UInt32.self)) }
        var ranges = [56..<64]
        // The tables, where their number and their offset stand, the size of a record and what is reserved in it.
        for (countAt, offsetAt, size, reserved) in [
            (16, 32, 64, 18..<20), (20, 36, 48, 40..<48), (24, 40, 16, 15..<16),
        ] {
            let start = try number(offsetAt)
            for index in 0..<(try number(countAt)) {
                let record = start + size * index
                ranges.append((record + reserved.lowerBound)..<(record + reserved.upperBound))
            }
        }
        for range in ranges {
            try checkZero(
                (footer + range.lowerBound)..<(footer + range.upperBound), "a reserved byte of the footer", log)
        }
    }

    /// The checksums of all payloads, those of text blocks among them.
    func checkPayloads(_ segments: [ShardSegment], _ log: FindingLog, _ meter: Meter) {
        forEach(segments.count) { index in
            let segment = segments[index]
            let node = segment.node.flatMap { $0 < reader.nodes.count ? reader.nodes[$0] : nil }
            log.attempt(node?.column, chunk: segment.chunk, offset: segment.offset) {
                // Nothing but a data segment in encoding text has parts with checksums of their own.
                let payload = try SegmentPayload(
                    reader.file, at: segment.offset, kind: segment.kind, node: segment.node, chunk: segment.chunk)
                if segment.kind == .data, segment.encoding == .text, let node {
                    try node.checkTextBlocks(payload, chunk: segment.chunk ?? 0)
                }
            }
            meter.advance(segment.storedBytes)
        }
    }
}

extension NodeReader {
    /// The checksums of a chunk's text blocks.
    func checkTextBlocks(_ payload: SegmentPayload, chunk: Int) throws {
        let directory = try directory()
        guard chunk < directory.count else { throw payload.stored.corrupt("a text segment of no chunk") }
        let segment = try DataSegment(payload, expecting: directory[chunk], isCode: isDictionaryCoded)
        try TextChunk(TextHead(segment), dictionary: nil, at: .init(file: file.source)).checkBlocks()
    }
}
