import CZstd
import Glibc

/// The zstd context of the calling thread, made when first needed and freed with the thread: making one for each block
/// would cost more than small blocks do.
enum ThreadDecompressor {
    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        let outcome = pthread_key_create(&key) { context in
            if let context { ZSTD_freeDCtx(OpaquePointer(context)) }
        }
        return outcome == 0 ? key : nil
    }()

    /// Decompresses a frame into `target`.
    /// - Returns: the bytes written; nil when it is no frame, or longer than the target.
    static func decompress(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        let size: Int
        if let context {
            size = ZSTD_decompressDCtx(context, target.baseAddress, target.count, source.baseAddress, source.count)
        } else {
            size = ZSTD_decompress(target.baseAddress, target.count, source.baseAddress, source.count)
        }
        return ZSTD_isError(size) == 0 ? size : nil
    }

    private static var context: OpaquePointer? {
        guard let key else { return nil }
        if let known = pthread_getspecific(key) { return OpaquePointer(known) }
        guard let made = ZSTD_createDCtx() else { return nil }
        pthread_setspecific(key, UnsafeRawPointer(made))
        return made
    }
}
