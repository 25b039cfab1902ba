import LakeBytes
import LakeCore

extension ShardRepair {
    /// Makes segments anew that follow from the values: directories first, from which the values are read.
    func mendDerived(_ reader: ShardReader) throws {
        var reader = reader
        let damaged = try mendDirectories(reader)
        if !damaged.isEmpty {
            // What the reader has kept of the old ones is of no use.
            guard let again = try? ShardReader(patched.view, path: path) else { return }
            reader = again
        }
        let derived = DerivedSegments(reader)
        for group in reader.groups.indices where !reader.groups[group].isAbsent {
            let node = reader.groups[group].codeNode.number
            mend(.parentFirsts, node, at: reader.groups[group].record.parentFirsts) {
                try derived.parentFirsts(group)
            }
        }
        for node in damaged {
            mend(.directory, node, at: reader.nodes[node].record.directory) { try derived.directory(node) }
        }
        for group in reader.groups.indices where !reader.groups[group].isAbsent {
            let counts = reader.groups[group].countNode
            for (chunk, record) in ((try? counts.directory()) ?? []).enumerated() {
                mend(.data, counts.number, at: record.offset) { try derived.rowCounts(group, chunk: chunk) }
            }
        }
        for node in reader.nodes where !node.record.isAbsent {
            mend(.counts, node.number, at: node.record.counts) { try derived.counts(node.number) }
            mend(.bitmaps, node.number, at: node.record.bitmaps) { try derived.allBitmaps(node.number) }
        }
    }

    /// Puts directories without statistics where they are damaged, so that the values can be read.
    /// - Returns: the nodes whose directories they are.
    private func mendDirectories(_ reader: ShardReader) throws -> [Int] {
        var nodes: [Int] = []
        for node in reader.nodes where !node.record.isAbsent {
            guard let place = place(.directory, node.number, at: node.record.directory) else { continue }
            let data = segments.filter { $0.header.kind == .data && $0.node == node.number }
                .sorted { $0.header.chunk < $1.header.chunk }
            guard data.count == node.chunkCount, data.indices.allSatisfy({ data[$0].header.chunk == UInt32($0) }) else {
                continue
            }
            let (header, payload) = DerivedSegments.directory(node.number, data.map { DirectoryRecord($0) })
            let segment = ShardRepair.segment(header, payload)
            guard segment.bytes.count <= place.count else { continue }
            put(segment.bytes, at: place.lowerBound, upTo: place.upperBound)
            nodes.append(node.number)
        }
        return nodes
    }

    /// Where a damaged segment stands: from its header to the next segment; nil when it is intact or there is none.
    private func place(_ kind: SegmentKind, _ node: Int, at offset: UInt64) -> Range<Int>? {
        guard offset != 0 else { return nil }
        if let segment = segments.first(where: { $0.offset == Int(clamping: offset) }) {
            guard !segment.isSound, segment.header.kind == kind, segment.node == node else { return nil }
            return segment.offset..<segment.next
        }
        // Its header is gone: it ends where the next one begins that anything is known of.
        return holes.first { $0.contains(Int(clamping: offset)) }.map { Int(offset)..<$0.upperBound }
    }

    /// Replaces a damaged segment by one that was made anew; does nothing for an intact one.
    private func mend(
        _ kind: SegmentKind, _ node: Int, at offset: UInt64, _ make: () throws -> (SegmentHeader, [UInt8])?
    ) {
        guard let place = place(kind, node, at: offset), let (header, payload) = (try? make()) ?? nil else { return }
        let segment = ShardRepair.segment(header, payload)
        let found = FoundSegment(header: segment.header, offset: place.lowerBound)
        if let index = segments.firstIndex(where: { $0.offset == place.lowerBound }), kind != .directory,
            segments[index].header != segment.header
        {
            // Another writer's, who compresses otherwise: a byte of it may be all that is wrong.
            let old = segments[index]
            let length = Int(old.header.storedLength)
            if (try? isSound(old.offset + SegmentHeader.size, length, old.header.checksum)) == true {
                segments[index].isSound = true
                return
            }
        }
        // One of another length is another writer's: the rows are whole all the same, and are written anew.
        if found.next <= place.upperBound {
            put(segment.bytes, at: place.lowerBound, upTo: found.next)
        }
        steps.append(ShardRepair.name(kind, node: node, chunk: header.chunk) + ", from the values")
        if let index = segments.firstIndex(where: { $0.offset == place.lowerBound }) {
            segments[index].isSound = true
        } else {
            segments.append(found)
            holes = holes.flatMap { hole -> [Range<Int>] in
                guard hole.contains(place.lowerBound) else { return [hole] }
                return [hole.lowerBound..<place.lowerBound, min(found.next, hole.upperBound)..<hole.upperBound]
                    .filter { !$0.isEmpty }
            }
        }
    }
}
