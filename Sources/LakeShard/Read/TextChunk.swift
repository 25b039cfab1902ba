import LakeBytes
import LakeCore

/// A chunk of a byte column: lengths decoded, blocks decompressed when a value in them is asked for.
///
/// Used by one thread at a time: it remembers the block it decompressed last.
public final class TextChunk {
    private struct Block {
        var first: Int
        var stored: ByteView
        var rawLength: Int
        var isCompressed: Bool
        var checksum: UInt64
    }

    public let count: Int
    private let validity: Bitmap?
    private let constant: [UInt8]?
    private var lengths: [UInt32] = []
    private var blocks: [Block] = []
    private let dictionary: TextDictionary?
    private let location: LakeError.Location
    private var open: (block: Int, bytes: [UInt8], offsets: [Int])?
    private let decompressor = TextDecompressor()
    /// Blocks decompressed so far, for accounting.
    public private(set) var blocksDecoded = 0

    init(_ segment: DataSegment, dictionary: TextDictionary?, column: String, chunk: Int) throws {
        count = segment.count
        validity = segment.validity
        self.dictionary = dictionary
        location = .init(file: segment.values.source, column: column, chunk: chunk)
        switch segment.header.encoding {
        case .constant:
            constant = segment.values.bytes
        case .text:
            constant = nil
            try readHead(segment)
        default:
            throw segment.values.corrupt("bytes in encoding \(segment.header.encoding)")
        }
    }

    private func readHead(_ segment: DataSegment) throws {
        let view = segment.values
        let blockCount = Int(try view.load(at: 0, as: UInt32.self))
        let width = Int(try view.load(at: 4, as: UInt32.self))
        let total: UInt64 = try view.load(at: 8)
        guard blockCount <= count, width <= 31 else {
            throw view.corrupt("text of \(count) values in \(blockCount) blocks, lengths of \(width) bits")
        }
        try BitPacking.unpack(view, at: 16, count: count, width: width, base: UInt32(0), into: &lengths)
        let recordsAt = 16 + BitPacking.byteCount(count, width: width)
        var offset = recordsAt + 24 * blockCount
        let validityBytes = segment.header.hasValidity ? (count + 63) / 64 * 8 : 0
        guard offset + validityBytes == Int(segment.header.parameter) else {
            throw view.corrupt("a text segment whose head has another length than stated")
        }
        for index in 0..<blockCount {
            let record = try view.slice(offset: recordsAt + 24 * index, count: 24)
            let stored = Int(try record.load(at: 4, as: UInt32.self))
            let flags: UInt32 = try record.load(at: 12)
            let block = Block(
                first: Int(try record.load(at: 0, as: UInt32.self)),
                stored: try view.slice(offset: offset, count: stored),
                rawLength: Int(try record.load(at: 8, as: UInt32.self)), isCompressed: flags == 1,
                checksum: try record.load(at: 16))
            let previous = blocks.last?.first ?? -1
            guard flags <= 1, block.first > previous, index > 0 || block.first == 0, block.first < count,
                block.isCompressed || block.rawLength == stored
            else { throw record.corrupt("a text block that does not fit") }
            blocks.append(block)
            offset += stored
        }
        guard offset == view.count else { throw view.corrupt("text blocks that do not fill their segment") }
        try checkLengths(view, total: total)
    }

    private func checkLengths(_ view: ByteView, total: UInt64) throws {
        var sum: UInt64 = 0
        for (index, block) in blocks.enumerated() {
            let end = index + 1 < blocks.count ? blocks[index + 1].first : count
            var length = 0
            for row in block.first..<end { length += Int(lengths[row]) }
            guard length == block.rawLength else {
                throw view.corrupt("text lengths that do not add up to their block")
            }
            sum += UInt64(length)
        }
        if blocks.isEmpty, let longest = Aggregation.maximum(lengths), longest > 0 {
            throw view.corrupt("text lengths without blocks")
        }
        guard sum == total else { throw view.corrupt("text lengths that do not add up") }
    }

    public func isNull(_ row: Int) -> Bool { validity.map { !$0[row] } ?? false }

    /// Value `row`, empty if it is NULL.
    public func value(_ row: Int) throws -> ArraySlice<UInt8> {
        if let constant { return constant[...] }
        guard lengths[row] > 0 else { return [] }
        if let open, let index = position(row, in: open.block) {
            return open.bytes[open.offsets[index]..<open.offsets[index + 1]]
        }
        let block = blockIndex(of: row)
        try decode(block)
        guard let open, let index = position(row, in: block) else { return [] }
        return open.bytes[open.offsets[index]..<open.offsets[index + 1]]
    }

    private func position(_ row: Int, in block: Int) -> Int? {
        let end = block + 1 < blocks.count ? blocks[block + 1].first : count
        return row >= blocks[block].first && row < end ? row - blocks[block].first : nil
    }

    private func blockIndex(of row: Int) -> Int {
        var (low, high) = (0, blocks.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if blocks[middle].first <= row { low = middle } else { high = middle }
        }
        return low
    }

    private func decode(_ index: Int) throws {
        let block = blocks[index]
        try locating(location) {
            guard Checksum.xxh3(block.stored) == block.checksum else {
                throw block.stored.corrupt("the checksum of a text block is wrong")
            }
            let bytes =
                block.isCompressed
                ? try decompressor.decompress(block.stored, rawLength: block.rawLength, dictionary: dictionary)
                : block.stored.bytes
            let end = index + 1 < blocks.count ? blocks[index + 1].first : count
            var offsets = [0]
            offsets.reserveCapacity(end - block.first + 1)
            var position = 0
            for row in block.first..<end {
                position += Int(lengths[row])
                offsets.append(position)
            }
            open = (index, bytes, offsets)
            blocksDecoded += 1
        }
    }

    /// The values at `rows` (ascending for speed), or all.
    public func vector(_ rows: [Int32]? = nil) throws -> ColumnVector {
        var strings = ByteStrings()
        if let rows {
            strings.offsets.reserveCapacity(rows.count + 1)
            for row in rows { strings.append(try value(Int(row))) }
            guard let validity else { return ColumnVector(.bytes(strings)) }
            var selected = Bitmap(count: rows.count)
            for (index, row) in rows.enumerated() where validity[Int(row)] { selected[index] = true }
            return ColumnVector(.bytes(strings), validity: selected)
        }
        strings.offsets.reserveCapacity(count + 1)
        for row in 0..<count { strings.append(try value(row)) }
        return ColumnVector(.bytes(strings), validity: validity)
    }
}
