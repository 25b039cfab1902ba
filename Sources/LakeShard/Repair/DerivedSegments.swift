import LakeBytes
import LakeCore

/// Segments of a shard that follow from its values, made anew as a writer makes them.
struct DerivedSegments {
    private let reader: ShardReader

    /// - Parameter reader: whose directories need have no statistics.
    init(_ reader: ShardReader) { self.reader = reader }

    static func directory(_ node: Int, _ records: [DirectoryRecord]) -> (SegmentHeader, [UInt8]) {
        var header = SegmentHeader(.directory)
        header.node = UInt32(node)
        header.count = UInt32(records.count)
        var writer = ByteWriter()
        for record in records { record.write(to: &writer) }
        return (header, writer.bytes)
    }

    /// A node's directory, with the statistics of its values.
    func directory(_ number: Int) throws -> (SegmentHeader, [UInt8]) {
        let node = reader.nodes[number]
        var records = try node.directory()
        for chunk in records.indices {
            try Cancellation.checkCurrent()
            records[chunk].statistics = try statistics(node, chunk)
        }
        return DerivedSegments.directory(number, records)
    }

    private func statistics(_ node: NodeReader, _ chunk: Int) throws -> Statistics {
        var codes: [UInt32] = []
        switch node.record.role.role {
        case .keyCodes:
            // Bounds of sequences are those of the keys, all others' those of the codes as stored.
            if try node.segment(chunk).header.encoding == .sequences {
                try reader.groups[node.record.role.subject].codes(chunk: chunk, into: &codes)
            } else {
                try node.codes(chunk: chunk, into: &codes)
            }
            return Statistics(codes: codes, nullCode: .max)
        case .rowCounts:
            try node.codes(chunk: chunk, into: &codes)
            return Statistics(codes: codes, nullCode: .max)
        case .values, .elements:
            if node.isDictionaryCoded {
                try node.codes(chunk: chunk, into: &codes)
                return Statistics(codes: codes, nullCode: node.nullCode)
            }
            let elements = node.type.physical == .list ? try reader.elements(ofField: node.record.role.subject) : nil
            return Statistics(of: try node.vector(chunk: chunk, elements: elements), node.type)
        }
    }

    private func codes(_ node: NodeReader, _ chunk: Int) throws -> [UInt32] {
        var codes: [UInt32] = []
        try node.codes(chunk: chunk, into: &codes)
        return codes
    }

    /// A node's counts.
    func counts(_ number: Int) throws -> (SegmentHeader, [UInt8]) {
        let node = reader.nodes[number]
        var index = IndexBuilder(valueCount: Int(node.nullCode), isRowDomain: node.record.role.group == nil)
        let perKey = try node.record.role.group.map { try rowsPerKey($0) }
        var position = 0
        for chunk in 0..<node.chunkCount {
            let codes = try codes(node, chunk)
            index.add(codes, rowsPerKey: perKey.map { $0[position..<min($0.count, position + codes.count)] })
            position += codes.count
        }
        var header = SegmentHeader(.counts)
        header.node = UInt32(number)
        return try ShardFile.compressed(header, index.countsPayload)
    }

    /// A node's bitmaps, unless a writer would do without.
    func bitmaps(_ number: Int) throws -> (SegmentHeader, [UInt8])? {
        let segment = try allBitmaps(number)
        let node = reader.nodes[number]
        guard node.record.role.group == nil else { return nil }
        var index = IndexBuilder(valueCount: Int(node.nullCode), isRowDomain: true)
        for chunk in 0..<node.chunkCount { index.add(try codes(node, chunk), rowsPerKey: nil) }
        let stored = try node.directory().reduce(0) { $0 + Int($1.storedLength) }
        return index.wantsBitmaps && segment.1.count <= stored ? segment : nil
    }

    /// A node's bitmaps.
    func allBitmaps(_ number: Int) throws -> (SegmentHeader, [UInt8]) {
        let node = reader.nodes[number]
        let builder = BitmapsBuilder(valueCount: Int(node.nullCode))
        for chunk in 0..<node.chunkCount { builder.add(try codes(node, chunk), chunk: chunk) }
        var header = SegmentHeader(.bitmaps)
        header.node = UInt32(number)
        return (header, builder.payload)
    }

    /// How many rows have each key of a group, by counting.
    private func rowsPerKey(_ number: Int) throws -> [UInt32] {
        let group = reader.groups[number]
        var counted = [UInt32](repeating: 0, count: group.keyCount)
        var codes: [UInt32] = []
        for chunk in 0..<reader.chunkCount {
            try group.codes(chunk: chunk, into: &codes)
            for code in codes { counted[Int(code)] += 1 }
        }
        return counted
    }

    /// A chunk of a group's row counts.
    func rowCounts(_ number: Int, chunk: Int) throws -> (SegmentHeader, [UInt8]) {
        let counts = try rowsPerKey(number)
        let start = chunk * ShardFormat.chunkRows
        let part = Array(counts[min(start, counts.count)..<min(counts.count, start + ShardFormat.chunkRows)])
        return try IntegerEncoder.encode(keyCodes: part)
            .segment(node: reader.groups[number].countNode.number, chunk: chunk)
    }

    /// The first keys of the parents of a nested group: as many keys stand behind each as the largest code within it says.
    func parentFirsts(_ number: Int) throws -> (SegmentHeader, [UInt8])? {
        let group = reader.groups[number]
        guard let parent = group.parent else { return nil }
        var sizes = [UInt32](repeating: 0, count: parent.keyCount)
        var parents: [UInt32] = []
        for chunk in 0..<reader.chunkCount {
            try parent.codes(chunk: chunk, into: &parents)
            for (key, local) in zip(parents, try codes(group.codeNode, chunk)) {
                sizes[Int(key)] = max(sizes[Int(key)], local &+ 1)
            }
        }
        var firsts: [UInt32] = [0]
        for size in sizes { firsts.append(firsts[firsts.count - 1] &+ size) }
        guard firsts.last == UInt32(group.keyCount) else { return nil }
        var header = SegmentHeader(.parentFirsts)
        header.node = UInt32(group.codeNode.number)
        var writer = ByteWriter()
        writer.append(all: firsts)
        return try ShardFile.compressed(header, writer.bytes)
    }
}

extension Statistics {
    /// Of codes; `nullCode` and what is above it stand for NULL.
    fileprivate init(codes: [UInt32], nullCode: UInt32) {
        self.init()
        let valid = codes.lazy.filter { $0 < nullCode }
        if let low = valid.min(), let high = valid.max() { self.init(integers: Int64(low), Int64(high)) }
    }

    /// Of a chunk of values that are not coded.
    fileprivate init(of vector: ColumnVector, _ type: DataType) {
        self.init()
        let valid = (0..<vector.count).lazy.filter { !vector.isNull($0) }
        switch vector.values {
        case .integers(let values):
            let flip: Int64 = type == .uint64 ? .min : 0
            let flipped = valid.map { values[$0] ^ flip }
            if let low = flipped.min(), let high = flipped.max() { self.init(integers: low ^ flip, high ^ flip) }
        case .floats(let values): self.init(floats: valid.map { values[$0] })
        case .bytes(let strings):
            guard let first = valid.first else { return }
            var (low, high) = (strings[first], strings[first])
            for row in valid {
                let value = strings[row]
                if value.lexicographicallyPrecedes(low) { low = value }
                if high.lexicographicallyPrecedes(value) { high = value }
            }
            self.init(bytes: Array(low), Array(high))
        case .codes, .lists: return
        }
    }
}
