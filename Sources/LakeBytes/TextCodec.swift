import CZstd
import LakeCore

/// Compresses text blocks with one zstd dictionary per column and shard. Not for use by two threads at once.
public final class TextCompressor {
    private let context: OpaquePointer?
    private let prepared: OpaquePointer?
    private let level: Int32

    public init(dictionary: [UInt8]?, level: Int32 = 3) {
        self.level = level
        context = ZSTD_createCCtx()
        prepared = dictionary.flatMap { bytes in
            bytes.withUnsafeBytes { ZSTD_createCDict($0.baseAddress, $0.count, level) }
        }
    }

    deinit {
        ZSTD_freeCDict(prepared)
        ZSTD_freeCCtx(context)
    }

    /// One zstd frame of `raw`, nil when it would not be smaller.
    public func compress(_ raw: ArraySlice<UInt8>) -> [UInt8]? {
        guard let context, !raw.isEmpty else { return nil }
        let bound = ZSTD_compressBound(raw.count)
        let frame = [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            let size = raw.withUnsafeBytes { source in
                prepared.map {
                    ZSTD_compress_usingCDict(context, target.baseAddress, bound, source.baseAddress, source.count, $0)
                } ?? ZSTD_compressCCtx(context, target.baseAddress, bound, source.baseAddress, source.count, level)
            }
            count = ZSTD_isError(size) == 0 ? size : 0
        }
        return frame.isEmpty || frame.count >= raw.count ? nil : frame
    }

    /// A dictionary of at most `capacity` bytes trained on samples of `text`, nil when training finds nothing to gain.
    public static func train(_ text: [UInt8], sampleSize: Int, capacity: Int = 65_536) -> [UInt8]? {
        var sizes = [Int](repeating: sampleSize, count: text.count / sampleSize)
        guard sizes.count >= 16 else { return nil }
        let dictionary = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
            let size = text.withUnsafeBytes {
                ZDICT_trainFromBuffer(target.baseAddress, capacity, $0.baseAddress, &sizes, UInt32(sizes.count))
            }
            count = ZDICT_isError(size) == 0 ? size : 0
        }
        return dictionary.isEmpty ? nil : dictionary
    }
}

/// A prepared zstd dictionary for reading; shared by all readers of a column.
public final class TextDictionary: @unchecked Sendable {
    // A ZSTD_DDict is immutable once made, so threads may share it.
    fileprivate let prepared: OpaquePointer?

    /// - Throws: `LakeError` (corrupt) when zstd does not take the bytes for a dictionary.
    public init(_ bytes: ByteView) throws {
        prepared = bytes.withUnsafeBytes { ZSTD_createDDict($0.baseAddress, $0.count) }
        guard prepared != nil else { throw bytes.corrupt("a text dictionary that zstd does not take") }
    }

    deinit { ZSTD_freeDDict(prepared) }
}

/// Decompresses text blocks. Not for use by two threads at once.
public final class TextDecompressor {
    private let context: OpaquePointer?

    public init() { context = ZSTD_createDCtx() }

    deinit { ZSTD_freeDCtx(context) }

    /// The `rawLength` bytes of a zstd frame.
    /// - Throws: `LakeError` (corrupt) when it is no frame or has another length.
    public func decompress(_ stored: ByteView, rawLength: Int, dictionary: TextDictionary?) throws -> [UInt8] {
        // A zstd block holds at most 128 KiB and takes at least 3 bytes, which bounds what a lying length can allocate.
        guard rawLength >= 0, rawLength <= stored.count << 16 else {
            throw stored.corrupt("a text block of \(stored.count) bytes cannot hold \(rawLength)")
        }
        ReadTally.decompressed(rawLength)
        return try [UInt8](unsafeUninitializedCapacity: max(rawLength, 1)) { target, count in
            let size = stored.withUnsafeBytes { source in
                ZSTD_decompress_usingDDict(
                    context, target.baseAddress, rawLength, source.baseAddress, source.count, dictionary?.prepared)
            }
            guard ZSTD_isError(size) == 0, size == rawLength else {
                throw stored.corrupt("a text block does not decompress to its \(rawLength) bytes")
            }
            count = rawLength
        }
    }
}
