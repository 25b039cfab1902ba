import LakeBytes
import LakeCore

/// A chunk of a byte column: blocks are decompressed when a value in them is asked for, so that one value costs one block.
///
/// Used by one thread at a time: it remembers the block it decompressed last.
public final class TextChunk {
    private static let reserved = 64 << 20

    private let head: TextHead
    private let dictionary: TextDictionary?
    private let location: LakeError.Location
    private var open: (rows: Range<Int>, bytes: [UInt8], offsets: [Int])?
    private let decompressor = TextDecompressor()
    /// Blocks decompressed so far, for accounting.
    public private(set) var blocksDecoded = 0

    init(_ head: TextHead, dictionary: TextDictionary?, at location: LakeError.Location) {
        self.head = head
        self.dictionary = dictionary
        self.location = location
    }

    public var count: Int { head.count }

    /// Bytes of all values together.
    public var byteCount: Int { head.byteCount }

    public func isNull(_ row: Int) -> Bool { head.validity.map { !$0[row] } ?? false }

    /// Value `row`, empty if it is NULL.
    /// - Throws: `LakeError` (corrupt) when its block is damaged or there is no such value.
    public func value(_ row: Int) throws -> ArraySlice<UInt8> {
        if let constant = head.constant { return isNull(row) ? [] : constant[...] }
        if let open, open.rows.contains(row) {
            let index = row - open.rows.lowerBound
            return open.bytes[open.offsets[index]..<open.offsets[index + 1]]
        }
        guard head.blockCount > 0 else { return [] }
        guard row >= 0, row < count else {
            throw LakeError(.corrupt, "no value \(row) among \(count)", at: location)
        }
        let block = head.block(of: row)
        let (rows, bytes, offsets) = (head.rows(of: block), try bytes(ofBlock: block), try head.offsets(of: block))
        open = (rows, bytes, offsets)
        let index = row - rows.lowerBound
        return bytes[offsets[index]..<offsets[index + 1]]
    }

    /// A block's values behind each other, verified to be as long as they should.
    private func bytes(ofBlock index: Int) throws -> [UInt8] {
        try locating(location) {
            let block = try head.stored(index)
            guard Checksum.xxh3(block.stored) == block.checksum else {
                throw block.stored.corrupt("the checksum of a text block is wrong")
            }
            blocksDecoded += 1
            ReadTally.read(block.stored.count)
            guard block.isCompressed else { return block.stored.bytes }
            return try decompressor.decompress(block.stored, rawLength: block.rawLength, dictionary: dictionary)
        }
    }

    /// Verifies the checksums of all blocks without decompressing them.
    func checkBlocks() throws {
        for index in 0..<head.blockCount {
            let block = try head.stored(index)
            guard Checksum.xxh3(block.stored) == block.checksum else {
                throw block.stored.corrupt("the checksum of a text block is wrong")
            }
        }
    }

    /// The values at `rows` (ascending for speed), or all.
    public func vector(_ rows: [Int32]? = nil) throws -> ColumnVector {
        if let constant = head.constant { return repeated(constant, rows) }
        var strings = ByteStrings()
        if let rows {
            strings.offsets.reserveCapacity(rows.count + 1)
            for row in rows { strings.append(try value(Int(row))) }
            guard let validity = head.validity else { return ColumnVector(.bytes(strings)) }
            var selected = Bitmap(count: rows.count)
            for (index, row) in rows.enumerated() where validity[Int(row)] { selected[index] = true }
            return ColumnVector(.bytes(strings), validity: selected)
        }
        strings.offsets = try head.offsets()
        // What a damaged file says of its length is not believed before its blocks have been read.
        strings.data.reserveCapacity(min(byteCount, TextChunk.reserved))
        for index in 0..<head.blockCount { strings.data.append(contentsOf: try bytes(ofBlock: index)) }
        return ColumnVector(.bytes(strings), validity: head.validity)
    }

    /// One value for all rows, kept once: 65,536 copies of a long one would not fit memory.
    private func repeated(_ value: [UInt8], _ rows: [Int32]?) -> ColumnVector {
        let dictionary = ValueDictionary(ColumnVector(.bytes(ByteStrings(offsets: [0, value.count], data: value))))
        let codes = rows.map { $0.map { UInt32(isNull(Int($0)) ? 1 : 0) } } ?? (0..<count).map { isNull($0) ? 1 : 0 }
        return ColumnVector(.codes(codes, dictionary: dictionary))
    }
}
