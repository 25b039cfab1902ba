import CRoaring
import LakeCore

/// A set of row positions as it lies in a file: the portable Roaring serialisation, read in place one container (one
/// chunk of 65,536 rows) at a time. Specification: RoaringFormatSpec.
public struct RoaringView: Sendable {
    private let bytes: ByteView
    private let size: Int
    private let runFlags: Int?
    private let descriptions: Int
    private let containers: Int

    private static let cookieWithRuns: UInt32 = 12347
    private static let cookieWithoutRuns: UInt32 = 12346

    /// - Throws: `LakeError` (corrupt) when the header is not Roaring's or reaches past the bytes.
    public init(_ bytes: ByteView) throws {
        self.bytes = bytes
        guard bytes.count > 0 else {
            (size, runFlags, descriptions, containers) = (0, nil, 0, 0)
            return
        }
        let cookie: UInt32 = try bytes.load(at: 0)
        if cookie & 0xFFFF == RoaringView.cookieWithRuns {
            size = Int(cookie >> 16) + 1
            runFlags = 4
            descriptions = 4 + (size + 7) / 8
            containers = descriptions + 4 * size + (size >= 4 ? 4 * size : 0)
        } else {
            guard cookie == RoaringView.cookieWithoutRuns else { throw bytes.corrupt("not a Roaring bitmap") }
            let count: UInt32 = try bytes.load(at: 4)
            guard count <= 64 else { throw bytes.corrupt("a Roaring bitmap of \(count) containers") }
            size = Int(count)
            runFlags = nil
            descriptions = 8
            containers = 8 + 8 * size
        }
        guard size <= 64, containers <= bytes.count else { throw bytes.corrupt("a Roaring bitmap that is cut short") }
    }

    /// The rows of chunk `chunk` that are in the set, as a bitmap of `count` bits; nil when there are none.
    /// - Throws: `LakeError` (corrupt) for containers that are out of order, overlap the end or hold rows past `count`.
    public func rows(ofChunk chunk: Int, count: Int) throws -> Bitmap? {
        var offset = containers
        var last = -1
        for index in 0..<size {
            let key: UInt16 = try bytes.load(at: descriptions + 4 * index)
            guard Int(key) > last else { throw bytes.corrupt("Roaring containers that do not ascend") }
            last = Int(key)
            let lessOne: UInt16 = try bytes.load(at: descriptions + 4 * index + 2)
            let isRun = try isRunContainer(index)
            let length: Int
            if isRun {
                let runs: UInt16 = try bytes.load(at: offset)
                length = 2 + 4 * Int(runs)
            } else {
                length = lessOne < 4096 ? 2 * (Int(lessOne) + 1) : 8192
            }
            let container = try bytes.slice(offset: offset, count: length)
            if Int(key) == chunk {
                return try expand(container, isRun: isRun, cardinality: Int(lessOne) + 1, count: count)
            }
            offset += length
        }
        return nil
    }

    private func isRunContainer(_ index: Int) throws -> Bool {
        guard let runFlags else { return false }
        let flags: UInt8 = try bytes.load(at: runFlags + index / 8)
        return flags >> UInt8(index % 8) & 1 == 1
    }

    private func expand(_ container: ByteView, isRun: Bool, cardinality: Int, count: Int) throws -> Bitmap {
        var result = Bitmap(count: count)
        if isRun {
            var last = -1
            for at in stride(from: 2, to: container.count, by: 4) {
                let start: UInt16 = try container.load(at: at)
                let lessOne: UInt16 = try container.load(at: at + 2)
                let end = Int(start) + Int(lessOne) + 1
                guard Int(start) > last, end <= count else {
                    throw container.corrupt("a Roaring run past the last row or out of order")
                }
                last = end - 1
                result.fill(Int(start)..<end)
            }
        } else if cardinality <= 4096 {
            for at in stride(from: 0, to: container.count, by: 2) {
                let position: UInt16 = try container.load(at: at)
                guard Int(position) < count else { throw container.corrupt("a Roaring position past the last row") }
                result[Int(position)] = true
            }
        } else {
            var words: [UInt64] = []
            words.reserveCapacity(1024)
            for at in stride(from: 0, to: 8192, by: 8) { words.append(try container.load(at: at)) }
            let whole = Bitmap(words: words, count: 65_536)
            result = whole.slice(0..<count)
            guard result.population == whole.population else {
                throw container.corrupt("a Roaring bitmap with rows past the last")
            }
        }
        guard result.population == cardinality else {
            throw container.corrupt("a Roaring container whose cardinality is not the one stated")
        }
        return result
    }
}

/// Collects ascending row positions and serialises them.
public final class RoaringBuilder {
    private let bitmap: UnsafeMutablePointer<roaring_bitmap_t>?

    public init() { bitmap = roaring_bitmap_create() }

    deinit { roaring_bitmap_free(bitmap) }

    public func add(_ positions: [UInt32]) {
        positions.withUnsafeBufferPointer { roaring_bitmap_add_many(bitmap, $0.count, $0.baseAddress) }
    }

    /// The portable serialisation, containers in their smallest form.
    public func serialized() -> [UInt8] {
        roaring_bitmap_run_optimize(bitmap)
        let size = roaring_bitmap_portable_size_in_bytes(bitmap)
        return [UInt8](unsafeUninitializedCapacity: size) { target, count in
            count = target.withMemoryRebound(to: CChar.self) {
                roaring_bitmap_portable_serialize(bitmap, $0.baseAddress)
            }
        }
    }
}
