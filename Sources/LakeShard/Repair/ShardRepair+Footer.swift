import FoundationEssentials
import LakeBytes
import LakeCore

extension Schema {
    /// The payload of a shard's schema segment.
    func shardBytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return Array(try encoder.encode(self))
    }
}

extension ShardRepair {
    /// Puts a damaged schema back, where one of those that it may be is the one.
    func mendSchema() throws {
        if let first = segments.first, first.header.kind == .schema {
            guard !first.isSound else { return }
            for schema in schemas {
                let payload = try schema.shardBytes()
                guard payload.count == Int(first.header.storedLength), Checksum.xxh3(payload) == first.header.checksum
                else { continue }
                patched.put(payload, at: first.offset + SegmentHeader.size)
                segments[0].isSound = true
                steps.append("the schema, from the table's")
                return
            }
            segments[0].isSound = try isSound(
                first.offset + SegmentHeader.size, Int(first.header.storedLength), first.header.checksum)
            return
        }
        // Its header is gone as well: it is the one that fills the hole.
        guard let hole = holes.first, hole.lowerBound == 64 else { return }
        for schema in schemas {
            let segment = ShardRepair.segment(SegmentHeader(.schema), try schema.shardBytes())
            let found = FoundSegment(header: segment.header, offset: 64)
            guard found.next == hole.upperBound else { continue }
            put(segment.bytes, at: 64, upTo: found.next)
            segments.insert(found, at: 0)
            holes.removeFirst()
            steps.append("the schema, from the table's")
            return
        }
    }

    /// Makes footer and postscript what they should be.
    /// - Returns: false when they cannot be known.
    func mendFooter() throws -> Bool {
        if let (offset, payload) = try intactFooter() {
            close(offset, payload)
            return true
        }
        guard let (schema, schemaOffset) = storedSchema() else { return false }
        guard let draft = FooterDraft(schema, schemaOffset, segments) else { return false }
        segments.removeAll { $0.header.kind == .footer }
        steps.append("the footer, from the segments")
        try finish(draft)
        return true
    }

    /// The footer, if its payload is intact, and where its segment begins.
    private func intactFooter() throws -> (offset: Int, payload: [UInt8])? {
        let end = patched.count - 64
        if let last = segments.last, last.header.kind == .footer, last.isSound, last.next == end {
            segments.removeLast()
            return (last.offset, try payload(of: last))
        }
        // The postscript knows where it is and what it sums to.
        let postscript = try patched.view.slice(offset: end, count: 64)
        guard try postscript.load(at: 48) == Checksum.xxh3(postscript.slice(offset: 0, count: 48)) else { return nil }
        let (offset, length): (UInt64, UInt64) = (try postscript.load(at: 0), try postscript.load(at: 8))
        guard offset % 64 == 0, offset >= 64, length <= UInt64(end) - 64, offset <= UInt64(end) - 64 - length else {
            return nil
        }
        let payload = try patched.view.bytes(offset: Int(offset) + 64, count: Int(length))
        guard try Checksum.xxh3(payload) == postscript.load(at: 16) else { return nil }
        holes.removeAll { $0.contains(Int(offset)) && $0.upperBound == end }
        segments.removeAll { $0.offset >= Int(offset) }
        steps.append("the header of the footer")
        return (Int(offset), payload)
    }

    func payload(of segment: FoundSegment) throws -> [UInt8] {
        try patched.view.bytes(offset: segment.offset + 64, count: Int(segment.header.storedLength))
    }

    private func storedSchema() -> (schema: Schema, offset: UInt64)? {
        guard let first = segments.first(where: { $0.header.kind == .schema }), first.isSound,
            let bytes = try? payload(of: first),
            let schema = try? JSONDecoder().decode(Schema.self, from: Data(bytes))
        else { return nil }
        return (schema, UInt64(first.offset))
    }

    /// Writes the footer's segment at `offset` and the postscript at the end.
    private func close(_ offset: Int, _ payload: [UInt8]) {
        let footer = ShardRepair.segment(SegmentHeader(.footer), payload)
        let found = FoundSegment(header: footer.header, offset: offset)
        put(footer.bytes, at: offset, upTo: found.next)
        let postscript = ShardFormat.postscript(
            footerOffset: UInt64(offset), footer: payload, fileLength: UInt64(found.next + 64))
        if (try? patched.view.bytes(offset: found.next, count: 64)) != postscript {
            steps.append("the postscript")
            patched.put(postscript, at: found.next)
        }
    }

    /// Makes a file of the segments that were found, of directories where they are missing, and of a footer. What follows from the values
    /// is filled in when they can be read.
    private func finish(_ draft: FooterDraft) throws {
        var draft = draft
        let last = segments.map(\.next).max() ?? 64
        let missing = draft.nodes.indices.filter { !draft.nodes[$0].isAbsent && draft.nodes[$0].directory == 0 }
        // First anyhow, so that the values can be read.
        place(&draft, missing.map { ($0, [draft.directory(of: $0, segments)]) }, from: last)
        holes.removeAll { $0.lowerBound >= last }
        guard !missing.isEmpty, let reader = try? ShardReader(patched.view, path: path) else { return }
        // Then as a writer does it: counts, bitmaps and directory of one node after the other.
        let derived = DerivedSegments(reader)
        var parts: [(Int, [(SegmentHeader, [UInt8])])] = []
        for node in missing {
            var segments: [(SegmentHeader, [UInt8])] = []
            let record = draft.nodes[node]
            if record.isDictionaryCoded, record.role.role == .values, record.counts == 0 {
                guard let counts = try? derived.counts(node) else { return }
                segments.append(counts)
                if record.bitmaps == 0, let bitmaps = try? derived.bitmaps(node) { segments.append(bitmaps) }
            }
            guard let directory = try? derived.directory(node) else { return }
            parts.append((node, segments + [directory]))
        }
        for node in missing { draft.nodes[node].directory = 0 }
        place(&draft, parts, from: last)
        steps.append("the directories of \(missing.count) nodes, from the values")
    }

    /// Lays segments behind the others, and the footer behind them.
    private func place(
        _ draft: inout FooterDraft, _ parts: [(node: Int, segments: [(SegmentHeader, [UInt8])])], from start: Int
    ) {
        var bytes: [UInt8] = []
        for (node, segments) in parts {
            for (header, payload) in segments {
                let offset = UInt64(start + bytes.count)
                switch header.kind {
                case .counts: draft.nodes[node].counts = offset
                case .bitmaps: draft.nodes[node].bitmaps = offset
                default: draft.nodes[node].directory = offset
                }
                bytes += ShardRepair.segment(header, payload).bytes
                bytes += [UInt8](repeating: 0, count: (64 - bytes.count % 64) % 64)
            }
        }
        let footer = draft.footer.bytes
        let end = start + bytes.count
        let length = end + (64 + footer.count + 63) / 64 * 64 + 64
        if length != patched.count { patched = PatchedBytes(patched.view, count: length, source: path) }
        patched.put(bytes, at: start)
        close(end, footer)
    }
}
