import LakeBytes
import LakeCore

/// What a text segment says in front of its blocks: read and checked once, then shared by all who read the chunk.
final class TextHead: Sendable {
    let count: Int
    let validity: Bitmap?
    /// The one value of a constant chunk.
    let constant: [UInt8]?
    /// Bytes of all values together; of a constant, which is held once, its own.
    let byteCount: Int
    private let view: ByteView
    /// Bits of a length.
    private let width: Int
    private let recordsAt: Int
    /// Per block its first value, and the number of values at the end.
    private let firsts: [UInt32]
    /// Per block where it begins in `view`, and the end of the last.
    private let starts: [UInt32]

    /// A block's stored bytes and how to undo them.
    struct Block {
        var stored: ByteView
        var rawLength: Int
        var isCompressed: Bool
        var checksum: UInt64
    }

    /// - Throws: `LakeError` (corrupt) when lengths, blocks and segment do not fit each other.
    init(_ segment: DataSegment) throws {
        count = segment.count
        validity = segment.validity
        view = segment.values
        switch segment.header.encoding {
        case .constant:
            constant = segment.values.bytes
            byteCount = segment.values.count
            (width, recordsAt, firsts, starts) = (0, 0, [UInt32(count)], [0])
            return
        case .text: constant = nil
        default: throw segment.values.corrupt("bytes in encoding \(segment.header.encoding)")
        }
        byteCount = Int(clamping: try view.load(at: 8, as: UInt64.self))
        let blockCount = Int(try view.load(at: 0, as: UInt32.self))
        width = Int(try view.load(at: 4, as: UInt32.self))
        guard blockCount <= count, width <= 31 else {
            throw view.corrupt("text of \(count) values in \(blockCount) blocks, lengths of \(width) bits")
        }
        recordsAt = 16 + BitPacking.byteCount(count, width: width)
        let validityBytes = segment.header.hasValidity ? (count + 63) / 64 * 8 : 0
        let blocksAt = recordsAt + 24 * blockCount
        guard blocksAt + validityBytes == Int(segment.header.parameter) else {
            throw view.corrupt("a text segment whose head has another length than stated")
        }
        var (firsts, starts): ([UInt32], [UInt32]) = ([], [])
        var offset = blocksAt
        for block in 0..<blockCount {
            let record = try view.slice(offset: recordsAt + 24 * block, count: 24)
            let first: UInt32 = try record.load(at: 0)
            let stored = Int(try record.load(at: 4, as: UInt32.self))
            let flags: UInt32 = try record.load(at: 12)
            guard flags <= 1, firsts.last.map({ $0 < first }) ?? (first == 0), Int(first) < count,
                try flags == 1 || record.load(at: 8) == UInt32(stored), stored <= view.count - offset
            else { throw record.corrupt("a text block that does not fit") }
            firsts.append(first)
            starts.append(UInt32(offset))
            offset += stored
        }
        guard offset == view.count else { throw view.corrupt("text blocks that do not fill their segment") }
        self.firsts = firsts + [UInt32(count)]
        self.starts = starts + [UInt32(offset)]
        try checkLengths()
    }

    private func checkLengths() throws {
        var lengths: [UInt32] = []
        try BitPacking.unpack(view, at: 16, count: count, width: width, base: UInt32(0), into: &lengths)
        var sum: UInt64 = 0
        for block in 0..<blockCount {
            var length = 0
            for row in rows(of: block) { length += Int(lengths[row]) }
            guard length == Int(try view.load(at: recordsAt + 24 * block + 8, as: UInt32.self)) else {
                throw view.corrupt("text lengths that do not add up to their block")
            }
            sum += UInt64(length)
        }
        if blockCount == 0, let longest = Aggregation.maximum(lengths), longest > 0 {
            throw view.corrupt("text lengths without blocks")
        }
        guard try sum == view.load(at: 8) else { throw view.corrupt("text lengths that do not add up") }
    }

    var blockCount: Int { firsts.count - 1 }

    /// The values of a block.
    func rows(of block: Int) -> Range<Int> { Int(firsts[block])..<Int(firsts[block + 1]) }

    /// The block that value `row` is in; there is one if any value is not empty.
    func block(of row: Int) -> Int {
        var (low, high) = (0, blockCount)
        while high - low > 1 {
            let middle = (low + high) / 2
            if firsts[middle] <= UInt32(row) { low = middle } else { high = middle }
        }
        return low
    }

    /// Where the values of a block begin in its raw bytes, and their end.
    func offsets(of block: Int) throws -> [Int] {
        var offsets = [0]
        let rows = rows(of: block)
        offsets.reserveCapacity(rows.count + 1)
        var end = 0
        for row in rows {
            end += Int(try BitPacking.value(view, at: 16, index: row, width: width))
            offsets.append(end)
        }
        return offsets
    }

    /// Where the values of the chunk begin when its blocks stand behind each other, and their end.
    func offsets() throws -> [Int] {
        var lengths: [UInt32] = []
        try BitPacking.unpack(view, at: 16, count: count, width: width, base: UInt32(0), into: &lengths)
        var offsets = [0]
        offsets.reserveCapacity(count + 1)
        var end = 0
        for length in lengths {
            end += Int(length)
            offsets.append(end)
        }
        return offsets
    }

    func stored(_ block: Int) throws -> Block {
        let record = try view.slice(offset: recordsAt + 24 * block, count: 24)
        return Block(
            stored: try view.slice(offset: Int(starts[block]), count: Int(starts[block + 1] - starts[block])),
            rawLength: Int(try record.load(at: 8, as: UInt32.self)),
            isCompressed: try record.load(at: 12, as: UInt32.self) == 1, checksum: try record.load(at: 16))
    }
}
