import CLz4
import CZstd
import LakeCore

/// How a segment's payload is compressed: FORMAT.md, *Codec*.
public enum Codec: UInt8, Sendable, CaseIterable {
    case none = 0
    case lz4 = 1
    case zstd = 2
}

extension Codec {
    /// Compresses `raw` block by block, with the table of blocks in front. `none` returns the bytes as they are.
    /// - Throws: `LakeError` (failed) when the library refuses, which it does only for lack of memory.
    public func compress(_ raw: [UInt8], blockSize: Int = 65_536, level: Int32 = 3) throws -> [UInt8] {
        guard self != .none else { return raw }
        let blocks = (raw.count + blockSize - 1) / blockSize
        var ends: [UInt32] = []
        var body: [UInt8] = []
        for block in 0..<blocks {
            let range = block * blockSize..<min(raw.count, (block + 1) * blockSize)
            body.append(contentsOf: try raw[range].withUnsafeBytes { try compressBlock($0, level: level) })
            ends.append(UInt32(body.count))
        }
        var writer = ByteWriter()
        writer.append(UInt32(blockSize))
        writer.append(UInt32(blocks))
        writer.append(all: ends)
        writer.append(body)
        return writer.bytes
    }

    private func compressBlock(_ source: UnsafeRawBufferPointer, level: Int32) throws -> [UInt8] {
        switch self {
        case .none: return Array(source)
        case .lz4:
            let bound = Int(LZ4_compressBound(Int32(source.count)))
            return try [UInt8](unsafeUninitializedCapacity: bound) { target, count in
                let size = target.withMemoryRebound(to: CChar.self) { target in
                    LZ4_compress_default(
                        source.bindMemory(to: CChar.self).baseAddress, target.baseAddress, Int32(source.count),
                        Int32(bound))
                }
                guard size > 0 else { throw LakeError(.failed, "lz4 could not compress a block") }
                count = Int(size)
            }
        case .zstd:
            let bound = ZSTD_compressBound(source.count)
            return try [UInt8](unsafeUninitializedCapacity: bound) { target, count in
                let size = ZSTD_compress(target.baseAddress, bound, source.baseAddress, source.count, level)
                guard ZSTD_isError(size) == 0 else { throw LakeError(.failed, "zstd could not compress a block") }
                count = size
            }
        }
    }

    /// Undoes `compress`.
    /// - Parameter rawLength: the length that the bytes must come to.
    /// - Throws: `LakeError` (corrupt) when table, blocks and length do not agree.
    public func decompress(_ stored: ByteView, rawLength: Int) throws -> ByteView {
        guard self != .none else {
            guard stored.count == rawLength else { throw stored.corrupt("raw length is not the stored length") }
            return stored
        }
        let table = try BlockTable(stored, rawLength: rawLength)
        // What the best block of all could hold, so that a lying length allocates nothing.
        guard rawLength >> (self == .lz4 ? 8 : 15) <= stored.count else {
            throw stored.corrupt("\(stored.count) bytes of \(self) cannot hold \(rawLength)")
        }
        ReadTally.decompressed(rawLength)
        return try ByteView(capacity: rawLength, source: stored.source, absoluteOffset: stored.absoluteOffset) { raw in
            for block in 0..<table.count {
                let target = UnsafeMutableRawBufferPointer(rebasing: raw[table.rawRange(block)])
                try decompressBlock(table.block(block), into: target)
            }
            return rawLength
        }
    }

    private func decompressBlock(_ stored: ByteView, into target: UnsafeMutableRawBufferPointer) throws {
        // lz4 counts in 32 bits, and nothing that decompresses to a block is much longer than it.
        guard stored.count <= 1 << 24 else { throw stored.corrupt("a \(self) block of \(stored.count) bytes") }
        let size = stored.withUnsafeBytes { source -> Int in
            switch self {
            case .none: return -1
            case .lz4:
                return Int(
                    LZ4_decompress_safe(
                        source.bindMemory(to: CChar.self).baseAddress, target.bindMemory(to: CChar.self).baseAddress,
                        Int32(source.count), Int32(target.count)))
            case .zstd:
                return ThreadDecompressor.decompress(source, into: target) ?? -1
            }
        }
        guard size == target.count else {
            throw stored.corrupt("a \(self) block does not decompress to its \(target.count) bytes")
        }
    }
}

/// The table in front of compressed blocks.
struct BlockTable {
    private let stored: ByteView
    private let blockSize: Int
    private let rawLength: Int
    let count: Int

    init(_ stored: ByteView, rawLength: Int) throws {
        self.stored = stored
        self.rawLength = rawLength
        let size: UInt32 = try stored.load(at: 0)
        let blocks: UInt32 = try stored.load(at: 4)
        guard size >= 64, size <= 1 << 20 else { throw stored.corrupt("codec block size \(size) is out of range") }
        blockSize = Int(size)
        count = Int(blocks)
        // Checked before anything is allocated: neither zstd nor lz4 expands a block's worth of bytes from nothing.
        guard rawLength >= 0, rawLength < 1 << 32, count == (rawLength + blockSize - 1) / blockSize,
            stored.count >= 8 + 4 * count, rawLength == 0 || stored.count > 8 + 4 * count
        else { throw stored.corrupt("codec block table does not fit a raw length of \(rawLength)") }
    }

    func rawRange(_ block: Int) -> Range<Int> {
        block * blockSize..<min(rawLength, (block + 1) * blockSize)
    }

    func block(_ block: Int) throws -> ByteView {
        let start: UInt32 = block == 0 ? 0 : try stored.load(at: 8 + 4 * (block - 1))
        let end: UInt32 = try stored.load(at: 8 + 4 * block)
        guard start < end, block + 1 < count || 8 + 4 * count + Int(end) == stored.count else {
            throw stored.corrupt("codec block table does not ascend to its end")
        }
        return try stored.slice(offset: 8 + 4 * count + Int(start), count: Int(end - start))
    }
}
