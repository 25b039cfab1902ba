import LakeBytes
import LakeCore

/// Writes a byte column as blocks of about 16 KiB: FORMAT.md, *Text*.
///
/// The first values are held back until there is enough text to train the shard's dictionary on; after that a block is
/// compressed as soon as it is full, so that a chunk never stands in memory uncompressed.
final class TextBuilder {
    private static let sampleBytes = 2048

    /// One chunk on its way: `raw` waits for the dictionary or for a block to fill.
    private final class Chunk {
        var lengths: [UInt32] = []
        var validity = Bitmap()
        var nulls = 0
        var raw: [UInt8] = []
        var rawFirst = 0
        var blocks = ByteWriter()
        var blockCount = 0
        var low: [UInt8]?
        var high: [UInt8]?
        let spool: Spool
        var isEnded = false

        init(spool: Spool) { self.spool = spool }
    }

    private let queue: SegmentQueue
    private let node: Int
    private let trainingBytes: Int
    private let smallestTraining: Int
    private let makeSpool: () -> Spool
    private var chunks: [Chunk] = []
    private var current: Chunk
    private var held = 0
    private var compressor: TextCompressor?
    private(set) var dictionaryOffset: UInt64 = 0
    private(set) var records: [DirectoryRecord] = []

    /// - Parameters:
    ///   - trainingBytes: how much text may wait for the dictionary.
    ///   - smallestTraining: how much text there must be for one.
    init(
        queue: SegmentQueue, node: Int, trainingBytes: Int, smallestTraining: Int, makeSpool: @escaping () -> Spool
    ) {
        self.queue = queue
        self.node = node
        self.trainingBytes = trainingBytes
        self.smallestTraining = smallestTraining
        self.makeSpool = makeSpool
        current = Chunk(spool: makeSpool())
        chunks = [current]
    }

    func appendNull() {
        current.lengths.append(0)
        current.validity.append(false)
        current.nulls += 1
    }

    func append(_ value: ArraySlice<UInt8>) throws {
        guard value.count <= Int(Int32.max) else {
            throw LakeError(
                .usage, "a value of \(value.count) bytes; at most 2147483647 are allowed",
                hint: "store very large values outside of the lake")
        }
        current.low = current.low.map { value.lexicographicallyPrecedes($0) ? Array(value) : $0 } ?? Array(value)
        current.high = current.high.map { $0.lexicographicallyPrecedes(value) ? Array(value) : $0 } ?? Array(value)
        if compressor != nil, !current.raw.isEmpty, current.raw.count + value.count > ShardFormat.textBlockBytes {
            try closeBlock(current, rows: current.rawFirst..<current.lengths.count)
        }
        current.lengths.append(UInt32(value.count))
        current.validity.append(true)
        current.raw.append(contentsOf: value)
        guard compressor == nil else { return }
        held += value.count
        if held >= trainingBytes { try startCompressing() }
    }

    func endChunk() throws {
        current.isEnded = true
        if compressor != nil { try write(current) }
        current = Chunk(spool: makeSpool())
        if compressor == nil { chunks.append(current) }
    }

    /// Ends the last chunk, which must have been ended with `endChunk` if it holds rows.
    func finish() throws {
        if compressor == nil { try startCompressing() }
    }

    private func startCompressing() throws {
        var dictionary: [UInt8]?
        if held >= smallestTraining {
            var sample: [UInt8] = []
            for chunk in chunks { sample.append(contentsOf: chunk.raw) }
            dictionary = TextCompressor.train(sample, sampleSize: TextBuilder.sampleBytes)
        }
        if let dictionary {
            var header = SegmentHeader(.textDictionary)
            header.node = UInt32(node)
            queue.append(header, payload: dictionary) { [unowned self] in self.dictionaryOffset = $0 }
        }
        compressor = TextCompressor(dictionary: dictionary)
        for chunk in chunks {
            try reblock(chunk)
            if chunk.isEnded { try write(chunk) }
        }
        chunks.removeAll()
        held = 0
    }

    /// Cuts the text that waited into blocks.
    private func reblock(_ chunk: Chunk) throws {
        let waiting = chunk.raw
        var start = 0
        var first = chunk.rawFirst
        var end = 0
        for row in chunk.rawFirst..<chunk.lengths.count {
            let length = Int(chunk.lengths[row])
            if end > start, end - start + length > ShardFormat.textBlockBytes {
                try appendBlock(chunk, waiting[start..<end], first: first)
                (start, first) = (end, row)
            }
            end += length
        }
        chunk.raw = Array(waiting[start...])
        chunk.rawFirst = first
    }

    private func closeBlock(_ chunk: Chunk, rows: Range<Int>) throws {
        try appendBlock(chunk, chunk.raw[...], first: rows.lowerBound)
        chunk.raw.removeAll(keepingCapacity: true)
        chunk.rawFirst = rows.upperBound
    }

    private func appendBlock(_ chunk: Chunk, _ raw: ArraySlice<UInt8>, first: Int) throws {
        let frame = compressor?.compress(raw)
        let stored = frame ?? Array(raw)
        // The first block starts at row 0 even when empty values stand before it.
        chunk.blocks.append(UInt32(chunk.blockCount == 0 ? 0 : first))
        chunk.blocks.append(UInt32(stored.count))
        chunk.blocks.append(UInt32(raw.count))
        chunk.blocks.append(UInt32(frame == nil ? 0 : 1))
        chunk.blocks.append(Checksum.xxh3(stored))
        chunk.blockCount += 1
        try chunk.spool.append(stored)
    }

    private func write(_ chunk: Chunk) throws {
        if !chunk.raw.isEmpty { try closeBlock(chunk, rows: chunk.rawFirst..<chunk.lengths.count) }
        let count = chunk.lengths.count
        if let low = chunk.low, low == chunk.high, chunk.nulls == 0 {
            try writeConstant(chunk, low)
            return
        }
        var header = SegmentHeader(.data)
        header.node = UInt32(node)
        header.chunk = UInt32(records.count)
        header.count = UInt32(count)
        header.nullCount = UInt32(chunk.nulls)
        var record = DirectoryRecord()
        record.count = count
        record.nullCount = chunk.nulls
        if let low = chunk.low, let high = chunk.high { record.statistics = Statistics(bytes: low, high) }
        header.encoding = chunk.nulls == count ? .constant : .text
        header.hasValidity = chunk.nulls > 0 && chunk.nulls < count
        record.encoding = header.encoding
        let (place, spool) = (records.count, chunk.spool)
        guard chunk.nulls < count else {
            records.append(record)
            queue.append(header, payload: []) { [unowned self] in self.records[place].offset = $0 }
            return try spool.close()
        }
        let head = head(of: chunk)
        record.storedLength = UInt64(head.count + spool.count)
        records.append(record)
        queue.append(header, head: head, blocks: spool) { [unowned self] in
            self.records[place].offset = $0
            try spool.close()
        }
    }

    private func head(of chunk: Chunk) -> [UInt8] {
        let width = BitPacking.width(of: UInt64(chunk.lengths.max() ?? 0))
        var head = ByteWriter()
        if chunk.nulls > 0 { head.append(all: chunk.validity.words) }
        head.append(UInt32(chunk.blockCount))
        head.append(UInt32(width))
        head.append(chunk.lengths.reduce(UInt64(0)) { $0 + UInt64($1) })
        BitPacking.pack(chunk.lengths, base: 0, width: width, into: &head)
        head.append(chunk.blocks.bytes)
        return head.bytes
    }

    private func writeConstant(_ chunk: Chunk, _ value: [UInt8]) throws {
        let constant = EncodedChunk(
            encoding: .constant, payload: value, count: chunk.lengths.count, statistics: Statistics(bytes: value, value)
        )
        var (header, _) = try constant.segment(node: node, chunk: records.count)
        header.codec = .none
        let place = records.count
        records.append(constant.record(header, offset: 0, storedLength: value.count))
        queue.append(header, payload: value) { [unowned self] in self.records[place].offset = $0 }
        try chunk.spool.close()
    }
}
