import LakeBytes
import LakeCore

/// Turns the values of one node into segments, chunk by chunk, with memory for one chunk. Nothing is written to the shard's file but
/// in `writeSegments` and `finish`: all else may be done for several columns at once.
///
/// A column starts out dictionary-coded: codes in order of arrival are spooled and renumbered to the sorted dictionary at
/// the end. When it proves to have too many distinct values its chunks are written directly, those spooled so far first.
final class ColumnBuilder {
    /// What the builder shares with the rest of the shard.
    struct Context {
        var file: ShardFile
        var makeSpool: () -> Spool
        var trainingBytes: Int
        var smallestTraining: Int
        /// Whether bit-sliced codes and bitmaps are wanted.
        var indexes: Bool
        /// Threads that encode the chunks of a column side by side at its end.
        var workers: Int
    }

    private static let integerDictionaryLimit = 4096
    private static let smallDictionary = 4096
    private static let smallDictionaryBytes = 1 << 20
    private static let largeDictionaryBytes = 16 << 20

    let role: NodeRole
    let node: Int
    private let context: Context
    private let queue = SegmentQueue()
    private(set) var record: NodeRecord
    /// The builder of a list's elements.
    private let elements: ColumnBuilder?

    private var interner: ValueInterner?
    /// Whether there are too many values for a dictionary; it is left when segments are written.
    private var leavesDictionary = false
    private var codes: [UInt32] = []
    private var spool: Spool?
    private var spooled: [(offset: Int, count: Int)] = []

    private var integers: [Int64] = []
    private var floats: [Double] = []
    private var validity = Bitmap()
    private var text: TextBuilder?
    private var records: [DirectoryRecord] = []
    private var rows = 0

    init(node: Int, plan: NodePlan, context: Context) {
        self.node = node
        self.context = context
        role = plan.nodes[node]
        record = NodeRecord(role)
        record.isAbsent = false
        elements =
            role.role == .values && role.type.element != nil
            ? ColumnBuilder(node: node + 1, plan: plan, context: context) : nil
        if role.type.physical == .integer || role.type.physical == .bytes {
            interner = ValueInterner(type: role.type)
            spool = context.makeSpool()
        }
    }

    var elementBuilder: ColumnBuilder? { elements }

    /// Appends the values `range` of `vector`; the caller sees to it that they do not cross the end of a chunk.
    func append(_ vector: ColumnVector, _ range: Range<Int>) throws {
        rows += range.count
        if interner != nil {
            interner?.intern(vector, range, onto: &codes)
            // Long text is not kept until the chunk ends.
            if let interner, interner.byteCount > ColumnBuilder.largeDictionaryBytes { leavesDictionary = true }
        } else {
            try appendDirectly(vector, range)
        }
    }

    func endChunk() throws {
        if interner != nil {
            try spoolCodes()
            if !isDictionaryWorthwhile { leavesDictionary = true }
        } else {
            try endDirectChunk()
        }
        try elements?.endChunk()
    }

    private var isDictionaryWorthwhile: Bool {
        guard let interner else { return false }
        if role.type.physical == .integer { return interner.count <= ColumnBuilder.integerDictionaryLimit }
        if interner.count <= ColumnBuilder.smallDictionary, interner.byteCount <= ColumnBuilder.smallDictionaryBytes {
            return true
        }
        return interner.count * 4 <= rows && interner.byteCount <= ColumnBuilder.largeDictionaryBytes
            && interner.count < ShardFormat.maximumDictionaryValues
    }

    private func spoolCodes() throws {
        var bytes = ByteWriter()
        bytes.append(all: codes)
        spooled.append((spool?.count ?? 0, codes.count))
        try spool?.append(bytes.bytes)
        codes.removeAll(keepingCapacity: true)
    }

    private func spooledCodes(_ chunk: Int) throws -> [UInt32] {
        guard let spool else { return [] }
        let (offset, count) = spooled[chunk]
        let view = ByteView(try spool.read(at: offset, count: count * 4))
        var codes: [UInt32] = []
        try PlainValues.codes(view, at: 0, count: count, width: 4, into: &codes)
        return codes
    }

    private func leaveDictionary() throws {
        leavesDictionary = false
        guard let interner else { return }
        self.interner = nil
        let dictionary = ValueDictionary(interner.values)
        for chunk in spooled.indices {
            let codes = try spooledCodes(chunk)
            try appendDirectly(ColumnVector(.codes(codes, dictionary: dictionary)), 0..<codes.count)
            try endDirectChunk()
            // A chunk at a time: all of them may be a shard's worth.
            try queue.write(to: context.file)
        }
        try spool?.close()
        spool = nil
        spooled = []
        if !codes.isEmpty {
            try appendDirectly(ColumnVector(.codes(codes, dictionary: dictionary)), 0..<codes.count)
        }
        codes = []
    }

    private func appendDirectly(_ vector: ColumnVector, _ range: Range<Int>) throws {
        switch vector.values {
        case .codes(let codes, let dictionary):
            try appendDecoded(codes, dictionary, range)
            return
        case .integers(let values): integers.append(contentsOf: values[range])
        case .floats(let values): floats.append(contentsOf: values[range])
        case .bytes(let values):
            let text = textBuilder
            for index in range {
                if vector.isNull(index) { text.appendNull() } else { try text.append(values[index]) }
            }
            return
        case .lists(let offsets, let child):
            for index in range { integers.append(Int64(offsets[index + 1] - offsets[index])) }
            try elements?.append(child.vector, offsets[range.lowerBound]..<offsets[range.upperBound])
        }
        for index in range { validity.append(!vector.isNull(index)) }
    }

    private func appendDecoded(_ codes: [UInt32], _ dictionary: ValueDictionary, _ range: Range<Int>) throws {
        for index in range {
            let code = Int(codes[index])
            let isNull = code >= dictionary.count
            switch dictionary.values.values {
            case .bytes(let values):
                if isNull { textBuilder.appendNull() } else { try textBuilder.append(values[code]) }
                continue
            case .integers(let values): integers.append(isNull ? 0 : values[code])
            case .floats(let values): floats.append(isNull ? 0 : values[code])
            case .codes, .lists: break
            }
            validity.append(!isNull)
        }
    }

    private var textBuilder: TextBuilder {
        if let text { return text }
        let builder = TextBuilder(
            queue: queue, node: node, trainingBytes: context.trainingBytes,
            smallestTraining: context.smallestTraining, makeSpool: context.makeSpool)
        text = builder
        return builder
    }

    private func endDirectChunk() throws {
        if role.type.physical == .bytes {
            try textBuilder.endChunk()
            return
        }
        let chunk: EncodedChunk
        if role.type.physical == .float {
            chunk = FloatEncoder.encode(floats, validity: validity, type: role.type)
            floats.removeAll(keepingCapacity: true)
        } else {
            let isList = role.type.physical == .list
            var encoded = IntegerEncoder.encode(integers, validity: isList ? nil : validity, type: role.type)
            if isList {
                let nulls = validity.count - validity.population
                encoded.nullCount = nulls
                encoded.validity = nulls > 0 ? validity : nil
                encoded.statistics = Statistics()
            }
            chunk = encoded
            integers.removeAll(keepingCapacity: true)
        }
        validity = Bitmap()
        _ = enqueue(chunk, try chunk.segment(node: node, chunk: records.count))
    }

    private func enqueue(_ chunk: EncodedChunk, _ segment: (header: SegmentHeader, payload: [UInt8])) -> Int {
        let (header, payload) = segment
        let place = records.count
        records.append(chunk.record(header, offset: 0, storedLength: payload.count))
        queue.append(header, payload: payload) { [unowned self] in self.records[place].offset = $0 }
        return payload.count
    }

    /// Writes the segments that are made, and those of all chunks so far where the column has no dictionary any more.
    func writeSegments() throws {
        if leavesDictionary { try leaveDictionary() }
        try queue.write(to: context.file)
        try elements?.writeSegments()
    }

    /// Makes what is left: the codes, dictionary, counts and bitmaps. Every chunk has been ended.
    /// - Parameter rowsPerKey: for a node of a key domain, how many rows have each key.
    func end(rowsPerKey: [UInt32]?) throws {
        if interner != nil { try endCodes(rowsPerKey: rowsPerKey) }
        try text?.finish()
        try elements?.end(rowsPerKey: nil)
    }

    /// Writes what `end` has made, and the directory.
    func finish() throws {
        try queue.write(to: context.file)
        if let text {
            records = text.records
            record.textDictionary = text.dictionaryOffset
        }
        var directory = ByteWriter()
        for record in records { record.write(to: &directory) }
        var header = SegmentHeader(.directory)
        header.node = UInt32(node)
        header.count = UInt32(records.count)
        record.directory = try context.file.append(header, payload: directory.bytes)
        try elements?.finish()
    }

    private func endCodes(rowsPerKey: [UInt32]?) throws {
        guard let interner else { return }
        let order = interner.sorted
        var positions = [UInt32](repeating: 0, count: interner.count)
        for (position, number) in order.enumerated() { positions[number] = UInt32(position) }
        let renumbered = positions
        record.isDictionaryCoded = true
        record.dictionaryCount = interner.count
        var header = SegmentHeader(.dictionary)
        header.node = UInt32(node)
        header.count = UInt32(interner.count)
        try enqueue(compressed: header, interner.dictionaryPayload(order)) { [unowned self] in
            self.record.dictionary = $0
        }

        var index = IndexBuilder(valueCount: interner.count, isRowDomain: role.group == nil && role.role == .values)
        let arrived = try spooled.indices.map { try spooledCodes($0) }
        try spool?.close()
        let null = UInt32(interner.count)
        let chunks = try parallelMap(count: arrived.count, workers: context.workers) { chunk in
            arrived[chunk].map { Int($0) < renumbered.count ? renumbered[Int($0)] : null }
        }
        var position = 0
        for codes in chunks {
            index.add(codes, rowsPerKey: rowsPerKey.map { $0[position..<(position + codes.count)] })
            position += codes.count
        }
        let wantsBitmaps = context.indexes && index.wantsBitmaps
        let sliced = context.indexes && index.isRowDomain && !wantsBitmaps
        let segments = try parallelMap(count: chunks.count, workers: context.workers) { [node] chunk in
            let encoded = IntegerEncoder.encode(codes: chunks[chunk], dictionaryCount: Int(null), sliced: sliced)
            return (encoded, try encoded.segment(node: node, chunk: chunk))
        }
        var stored = 0
        for (encoded, segment) in segments { stored += enqueue(encoded, segment) }
        let bitmaps = wantsBitmaps ? BitmapsBuilder(valueCount: interner.count) : nil
        if let bitmaps { for (chunk, codes) in chunks.enumerated() { bitmaps.add(codes, chunk: chunk) } }
        if role.role == .values { try endIndex(index, bitmaps, stored: stored) }
    }

    private func endIndex(_ index: IndexBuilder, _ bitmaps: BitmapsBuilder?, stored: Int) throws {
        var header = SegmentHeader(.counts)
        header.node = UInt32(node)
        try enqueue(compressed: header, index.countsPayload) { [unowned self] in self.record.counts = $0 }
        // An index never outweighs the column that it serves.
        if let payload = bitmaps?.payload, payload.count <= stored {
            var header = SegmentHeader(.bitmaps)
            header.node = UInt32(node)
            queue.append(header, payload: payload) { [unowned self] in self.record.bitmaps = $0 }
        }
    }

    private func enqueue(
        compressed header: SegmentHeader, _ payload: [UInt8], _ placed: @escaping (UInt64) -> Void
    ) throws {
        let (header, payload) = try ShardFile.compressed(header, payload)
        queue.append(header, payload: payload, placed)
    }
}

extension ShardFile {
    /// Writes a segment with zstd where that saves a tenth.
    func appendCompressed(_ header: SegmentHeader, _ payload: [UInt8]) throws -> UInt64 {
        let (header, payload) = try ShardFile.compressed(header, payload)
        return try append(header, payload: payload)
    }

    /// A segment with zstd where that saves a tenth.
    static func compressed(_ header: SegmentHeader, _ payload: [UInt8]) throws -> (SegmentHeader, [UInt8]) {
        guard payload.count >= 128 else { return (header, payload) }
        let compressed = try Codec.zstd.compress(payload)
        guard compressed.count * 10 <= payload.count * 9 else { return (header, payload) }
        var header = header
        header.codec = .zstd
        header.rawLength = UInt64(payload.count)
        return (header, compressed)
    }
}
