import LakeCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file or pipe that is read from front to back: input from users, not a file of the lake.
public final class ByteInput {
    /// The path as given; `-` for standard input.
    public let path: String
    /// Bytes in the file, nil when it is a pipe, a terminal or standard input: what can be read only once.
    public let size: Int?
    private let descriptor: Int32

    /// Opens `path`; `-` is standard input.
    /// - Throws: `LakeError` (missing, io) when it cannot be opened, (usage) when it is a directory.
    public init(path: String) throws(LakeError) {
        self.path = path
        descriptor = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code: LakeError.Code = errno == ENOENT || errno == ENOTDIR ? .missing : .io
            throw LakeError(code, "cannot open: " + ByteInput.reason(errno), at: .init(file: path))
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            size = nil
            return
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            size = nil
            throw LakeError(.usage, "is a directory", at: .init(file: path), hint: "name the files in it")
        }
        // Standard input may be a file, but is not ours to read from its beginning again.
        size = status.st_mode & S_IFMT == S_IFREG && path != "-" ? Int(status.st_size) : nil
    }

    deinit {
        close(descriptor)
    }

    /// Reads up to `limit` bytes into `buffer` from `position` on. The buffer must reach that far.
    /// - Returns: how many bytes came, 0 only at the end.
    /// - Throws: `LakeError` (io) when the operating system refuses.
    public func read(into buffer: inout [UInt8], at position: Int, limit: Int) throws(LakeError) -> Int {
        let room = min(limit, buffer.count - position)
        guard room > 0 else { return 0 }
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                Glibc.read(descriptor, bytes.baseAddress.map { $0 + position }, room)
            }
            if count >= 0 { return count }
            if errno == EINTR { continue }
            throw LakeError(.io, "cannot read: " + ByteInput.reason(errno), at: .init(file: path))
        }
    }

    private static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
