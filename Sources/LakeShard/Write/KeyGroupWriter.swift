import LakeBytes
import LakeCore

/// Writes a key group into a shard that is being closed: its key table, row counts, parents and the rows' codes.
struct KeyGroupWriter {
    let builder: KeyGroupBuilder
    let plan: NodePlan
    let context: ColumnBuilder.Context

    /// - Parameter parentPositions: per earlier group, where each of its keys is stored.
    /// - Returns: where each key of this group is stored.
    func write(
        _ record: inout GroupRecord, _ records: inout [NodeRecord], parentPositions: [[UInt32]]
    ) throws -> [UInt32] {
        let group = builder.group
        let order = builder.order(parentPositions: builder.parent.map { parentPositions[$0] } ?? [])
        var positions = [UInt32](repeating: 0, count: order.count)
        for (position, key) in order.enumerated() { positions[key] = UInt32(position) }
        var codes = builder.codes
        var rowsPerKey = [UInt32](repeating: 0, count: order.count)
        for row in codes.indices {
            codes[row] = positions[Int(codes[row])]
            rowsPerKey[Int(codes[row])] += 1
        }
        record.isAbsent = false
        record.keyCount = order.count

        for (position, node) in plan.groupNodes[group].enumerated() {
            let numbers = builder.numbers[position]
            let dictionary = ValueDictionary(builder.interners[position].values)
            let column = ColumnBuilder(node: node, plan: plan, context: context)
            for start in stride(from: 0, to: order.count, by: ShardFormat.chunkRows) {
                let chunk = order[start..<min(order.count, start + ShardFormat.chunkRows)].map { numbers[$0] }
                try column.append(ColumnVector(.codes(chunk, dictionary: dictionary)), 0..<chunk.count)
                try column.endChunk()
                try column.writeSegments()
            }
            try column.end(rowsPerKey: rowsPerKey)
            try column.finish()
            records[node] = column.record
        }
        records[record.countNode] = try write(record.countNode, chunked(rowsPerKey))

        if let parent = builder.parent {
            let parentOfKey = order.map { parentPositions[parent][Int(builder.parents[$0])] }
            var firsts = [UInt32](repeating: 0, count: parentPositions[parent].count + 1)
            for parent in parentOfKey { firsts[Int(parent) + 1] += 1 }
            for index in firsts.indices.dropFirst() { firsts[index] += firsts[index - 1] }
            var header = SegmentHeader(.parentFirsts)
            header.node = UInt32(record.codeNode)
            var writer = ByteWriter()
            writer.append(all: firsts)
            record.parentFirsts = try context.file.appendCompressed(header, writer.bytes)
            for row in codes.indices { codes[row] -= firsts[Int(parentOfKey[Int(codes[row])])] }
            records[record.codeNode] = try write(record.codeNode, chunked(codes))
        } else if let finder = SequenceFinder(codes, keyCount: order.count) {
            var header = SegmentHeader(.sequences)
            header.node = UInt32(record.codeNode)
            record.sequences = try context.file.appendCompressed(header, finder.payload)
            records[record.codeNode] = try write(record.codeNode, finder.chunks)
        } else {
            records[record.codeNode] = try write(record.codeNode, chunked(codes))
        }
        return positions
    }

    private func chunked(_ codes: [UInt32]) -> [EncodedChunk] {
        stride(from: 0, to: codes.count, by: ShardFormat.chunkRows).map { start in
            IntegerEncoder.encode(keyCodes: Array(codes[start..<min(codes.count, start + ShardFormat.chunkRows)]))
        }
    }

    private func write(_ node: Int, _ chunks: [EncodedChunk]) throws -> NodeRecord {
        var record = NodeRecord(plan.nodes[node])
        record.isAbsent = false
        var directory = ByteWriter()
        for (chunk, encoded) in chunks.enumerated() {
            let (header, payload) = try encoded.segment(node: node, chunk: chunk)
            let offset = try context.file.append(header, payload: payload)
            encoded.record(header, offset: offset, storedLength: payload.count).write(to: &directory)
        }
        var header = SegmentHeader(.directory)
        header.node = UInt32(node)
        header.count = UInt32(chunks.count)
        record.directory = try context.file.append(header, payload: directory.bytes)
        return record
    }
}
