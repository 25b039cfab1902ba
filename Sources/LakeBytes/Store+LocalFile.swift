import Glibc
import LakeCore
import Synchronization

/// A file of `LocalStore`, closed at the latest when the object goes.
final class LocalFile: StoreFile {
    let path: String
    private(set) var size: UInt64
    private var descriptor: Int32

    /// Opens a regular file.
    init(_ path: String, _ call: String, _ flags: Int32) throws(LakeError) {
        self.path = path
        let opened = retrying { Int(open(path, flags | O_CLOEXEC, 0o666)) }
        guard opened.result >= 0 else { throw systemFailure(call, path, opened.number) }
        var status = stat()
        let number = fstat(Int32(opened.result), &status) == 0 ? 0 : errno
        guard number == 0, status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(Int32(opened.result))
            if number != 0 { throw systemFailure("fstat", path, number) }
            if status.st_mode & S_IFMT == S_IFDIR { throw systemFailure(call, path, EISDIR) }
            throw LakeError(.io, "not a regular file", at: .init(file: path), hint: "copy it to a file first")
        }
        descriptor = Int32(opened.result)
        size = UInt64(status.st_size)
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    func append(_ bytes: ArraySlice<UInt8>) throws(LakeError) {
        var done = 0
        while done < bytes.count {
            let (file, at) = (descriptor, size)
            let outcome = bytes.withUnsafeBytes { buffer in
                retrying { pwrite(file, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(at)) }
            }
            guard outcome.result > 0 else {
                // A write of nothing that is no error would loop for ever.
                throw systemFailure("write", path, outcome.result == 0 ? ENOSPC : outcome.number)
            }
            done += outcome.result
            size += UInt64(outcome.result)
        }
    }

    func read(at offset: UInt64, count: Int) throws(LakeError) -> [UInt8] {
        guard count >= 0, offset <= size, UInt64(count) <= size - offset else {
            throw shortFile(offset, count, size)
        }
        var number: Int32 = 0
        let file = descriptor
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let position = off_t(offset) + off_t(filled)
                let outcome = retrying {
                    pread(file, buffer.baseAddress.map { $0 + filled }, count - filled, position)
                }
                number = outcome.number
                if outcome.result <= 0 { return }
                filled += outcome.result
            }
        }
        guard number == 0 else { throw systemFailure("read", path, number) }
        guard bytes.count == count else { throw shortFile(offset, count, offset + UInt64(bytes.count)) }
        return bytes
    }

    func map() throws(LakeError) -> MappedFile {
        guard let length = Int(exactly: size) else { throw systemFailure("mmap", path, EFBIG) }
        return try MappedFile(path: path, descriptor: descriptor, count: length)
    }

    func sync() throws(LakeError) {
        // After a failed fsync the kernel may have dropped the dirty pages: a second try would lie, so there is none.
        let file = descriptor
        let outcome = retrying { Int(fsync(file)) }
        guard outcome.result == 0 else { throw systemFailure("fsync", path, outcome.number) }
    }

    func close() throws(LakeError) {
        guard descriptor >= 0 else { return }
        let closing = descriptor
        descriptor = -1
        // On Linux the descriptor is gone even when a signal interrupts the call.
        if Glibc.close(closing) != 0, errno != EINTR { throw systemFailure("close", path, errno) }
    }

    private func shortFile(_ offset: UInt64, _ count: Int, _ end: UInt64) -> LakeError {
        LakeError(
            .corrupt, "\(count) bytes were expected at offset \(offset), the file ends at \(end)",
            at: .init(file: path, offset: offset), hint: "the file was truncated")
    }
}

/// A `flock` held by its own descriptor; the kernel drops it with the process.
final class LocalLease: StoreLease {
    let path: String
    private let descriptor: Atomic<Int32>

    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = Atomic(descriptor)
    }

    deinit { release() }

    func release() {
        let held = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
        if held >= 0 { Glibc.close(held) }
    }
}
