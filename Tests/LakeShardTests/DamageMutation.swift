import LakeBytes
import LakeCore
import LakeShard

/// Damages a shard and makes all checksums right again, so that the damage reaches the parsers.
struct ShardMutation {
    private let segments: [ShardSegment]
    private(set) var bytes: [UInt8]
    private var random: SplitMix64
    /// Per node and chunk, where in the file its directory record is.
    private let records: [Int: [Int]]
    /// What has been done, for reports.
    private(set) var log: [String] = []

    init(_ target: DamageTarget, seed: UInt64) {
        segments = target.segments
        bytes = target.bytes
        random = SplitMix64(seed: seed)
        var records: [Int: [Int]] = [:]
        for segment in target.segments where segment.kind == .directory {
            guard let node = segment.node else { continue }
            records[node] = stride(from: 0, to: segment.storedBytes, by: 64).map { Int(segment.offset) + 64 + $0 }
        }
        self.records = records
    }

    mutating func run() {
        for _ in 0...below(3) { mutateOnce() }
        mend()
    }

    private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(max(limit, 1))) }

    private mutating func mutateOnce() {
        if below(12) == 0 { return mutatePostscript() }
        let segment = segments[below(4) == 0 ? segments.count - 1 : below(segments.count)]
        switch below(10) {
        case 0, 1, 2: mutateHeader(segment)
        case 3, 4, 5: mutateRaw(segment)
        default: mutateRange(Int(segment.offset) + 64, segment.storedBytes, "\(segment.kind) at \(segment.offset)")
        }
    }

    private mutating func mutatePostscript() {
        mutateRange(bytes.count - 64, 48, "postscript")
    }

    /// A number that is likely to be one too far.
    private mutating func hostile(_ old: UInt64, width: Int) -> UInt64 {
        let limit: UInt64 = width == 8 ? .max : (1 << UInt64(8 * width)) - 1
        switch below(9) {
        case 0: return limit
        case 1: return 0
        case 2: return old &+ 1 & limit
        case 3: return old &- 1 & limit
        case 4: return (limit >> 1) &+ UInt64(below(2))
        case 5: return old ^ 1 << UInt64(below(8 * width))
        case 6: return UInt64(below(300))
        case 7: return [64, 65, 63, 4096, 65_535, 65_536, 65_537, 1 << 20, 1 << 31, 1 << 32][below(10)] & limit
        default: return random.next() & limit
        }
    }

    private func number(at offset: Int, width: Int) -> UInt64 {
        (0..<width).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }

    private mutating func put(_ value: UInt64, at offset: Int, width: Int) {
        for index in 0..<width { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }

    /// Changes a number somewhere in a range, the front being likelier.
    private mutating func mutateRange(_ start: Int, _ count: Int, _ what: String) {
        guard count > 0 else { return }
        let width = min([1, 2, 4, 4, 8][below(5)], count)
        let span = below(3) == 0 ? min(count, 64) : count
        let offset = start + below(max(1, (span - width) / width + 1)) * width
        guard offset + width <= start + count else { return }
        let value = hostile(number(at: offset, width: width), width: width)
        log.append("\(what): \(width) bytes at +\(offset - start) = \(value)")
        put(value, at: offset, width: width)
    }

    /// Changes a field of a segment's header and mostly its copy in the directory with it.
    private mutating func mutateHeader(_ segment: ShardSegment) {
        let fields: [(at: Int, width: Int, record: Int?)] = [
            (5, 1, 28), (6, 1, 29), (7, 1, nil), (16, 4, 16), (20, 4, 20), (24, 8, 8), (32, 8, nil), (40, 8, nil),
            (8, 4, nil), (12, 4, nil),
        ]
        let (at, width, recordAt) = fields[below(fields.count)]
        let start = Int(segment.offset)
        var value = hostile(number(at: start + at, width: width), width: width)
        if at == 5 { value = UInt64(below(10)) }
        if at == 6 { value = UInt64(below(4)) }
        if at == 7 { value = UInt64(below(3)) }
        log.append("\(segment.kind) at \(start): header +\(at) = \(value)")
        put(value, at: start + at, width: width)
        if at == 24, below(2) == 0 { put(value, at: start + 32, width: 8) }
        guard let recordAt, below(8) > 0, let node = segment.node, let chunk = segment.chunk,
            let record = records[node], chunk < record.count
        else { return }
        put(value, at: record[chunk] + recordAt, width: width)
    }

    /// Changes the payload behind a segment's codec where the compressed result still fits.
    private mutating func mutateRaw(_ segment: ShardSegment) {
        let start = Int(segment.offset) + 64
        guard segment.codec != .none, segment.storedBytes > 0, let end = bytes.indices.last,
            start + segment.storedBytes <= end
        else { return mutateRange(start, segment.storedBytes, "\(segment.kind) at \(segment.offset)") }
        let stored = ByteView(bytes[start..<(start + segment.storedBytes)])
        guard var raw = try? segment.codec.decompress(stored, rawLength: segment.rawBytes).bytes else { return }
        let outer = bytes
        bytes = raw
        mutateRange(0, raw.count, "raw \(segment.kind) at \(segment.offset)")
        (raw, bytes) = (bytes, outer)
        let level: Int32 = below(2) == 0 ? 3 : 19
        guard let packed = try? segment.codec.compress(raw, level: level), packed.count <= segment.fileBytes - 64
        else { return }
        bytes.replaceSubrange(start..<(start + packed.count), with: packed)
        put(UInt64(packed.count), at: Int(segment.offset) + 24, width: 8)
        guard let node = segment.node, let chunk = segment.chunk, let record = records[node], chunk < record.count
        else { return }
        put(UInt64(packed.count), at: record[chunk] + 8, width: 8)
    }

    /// Makes every checksum what it must be for the bytes as they are now.
    private mutating func mend() {
        for segment in segments {
            let start = Int(segment.offset)
            let stored = number(at: start + 24, width: 8)
            if stored <= UInt64(bytes.count - start - 64) {
                var summed = Int(stored)
                if segment.kind == .data, bytes[start + 5] == Encoding.text.rawValue {
                    mendBlocks(start, Int(stored))
                    summed = Int(min(number(at: start + 40, width: 8), stored))
                }
                put(Checksum.xxh3(bytes[(start + 64)..<(start + 64 + summed)]), at: start + 48, width: 8)
            }
            put(Checksum.xxh3(bytes[start..<(start + 56)]), at: start + 56, width: 8)
            if segment.kind == .footer {
                let end = bytes.count - 64
                put(number(at: start + 48, width: 8), at: end + 16, width: 8)
                put(Checksum.xxh3(bytes[end..<(end + 48)]), at: end + 48, width: 8)
            }
        }
        put(Checksum.xxh3(bytes[0..<56]), at: 56, width: 8)
    }

    /// The checksums of a text segment's blocks, as far as its records make sense.
    private mutating func mendBlocks(_ start: Int, _ stored: Int) {
        let head = Int(clamping: number(at: start + 40, width: 8))
        let count = Int(number(at: start + 16, width: 4))
        let bitmap = bytes[start + 7] == 1 ? (count + 63) / 64 * 8 : 0
        guard head <= stored, bitmap + 16 <= head else { return }
        let blocks = Int(number(at: start + 64 + bitmap, width: 4))
        var block = start + 64 + head
        for index in 0..<blocks {
            let record = start + 64 + head - 24 * (blocks - index)
            guard record >= start + 64 + bitmap + 16 else { return }
            let length = Int(number(at: record + 4, width: 4))
            guard block + length <= start + 64 + stored else { return }
            put(Checksum.xxh3(bytes[block..<(block + length)]), at: record + 16, width: 8)
            block += length
        }
    }
}
