import Glibc
import LakeCore

/// The file system of this machine.
public struct LocalStore: Store {
    /// The one file system there is; holds no state.
    public init() {}

    public func createDirectory(_ path: String) throws(LakeError) {
        if mkdir(path, 0o777) == 0 { return }
        var number = errno
        if number == ENOENT, parentDirectory(of: path) != path {
            try createDirectory(parentDirectory(of: path))
            if mkdir(path, 0o777) == 0 { return }
            number = errno
        }
        if number == EEXIST {
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        }
        throw systemFailure("mkdir", path, number)
    }

    public func list(_ path: String) throws(LakeError) -> [String] {
        try names(in: path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    public func names(in path: String) throws(LakeError) -> [String] {
        guard let directory = opendir(path) else { throw systemFailure("opendir", path, errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw systemFailure("readdir", path, errno) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    public func size(_ path: String) throws(LakeError) -> Int? {
        var status = stat()
        if stat(path, &status) == 0 { return status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0 }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw systemFailure("stat", path, errno)
    }

    public func read(_ path: String, limit: Int) throws(LakeError) -> [UInt8] {
        let file = try LocalFile(path, "open", O_RDONLY)
        guard file.size <= UInt64(limit) else {
            throw LakeError(
                .corrupt, "\(file.size) bytes, more than the \(limit) that this kind of file may have",
                at: .init(file: path), hint: "the file was written by something else or is damaged")
        }
        return try file.read(at: 0, count: Int(file.size))
    }

    public func map(_ path: String) throws(LakeError) -> MappedFile {
        try LocalFile(path, "open", O_RDONLY).map()
    }

    public func create(_ path: String) throws(LakeError) -> any StoreFile {
        try LocalFile(path, "create", O_RDWR | O_CREAT | O_EXCL)
    }

    public func scratch(near path: String) throws(LakeError) -> any StoreFile {
        let parent = parentDirectory(of: path)
        let name = joinPath(parent, ".scratch-\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 36))")
        let file = try LocalFile(name, "create", O_RDWR | O_CREAT | O_EXCL)
        guard unlink(name) == 0 else { throw systemFailure("unlink", name, errno) }
        return file
    }

    public func link(_ existing: String, to new: String) throws(LakeError) {
        guard Glibc.link(existing, new) == 0 else {
            var failure = systemFailure("link", new, errno)
            if errno == EPERM {
                failure.hint = "writing needs a local Linux file system (ext4, xfs, btrfs, tmpfs) that has hard links"
            }
            throw failure
        }
    }

    public func rename(_ existing: String, to new: String) throws(LakeError) {
        guard Glibc.rename(existing, new) == 0 else { throw systemFailure("rename", existing, errno) }
    }

    public func remove(_ path: String) throws(LakeError) {
        guard unlink(path) == 0 else { throw systemFailure("unlink", path, errno) }
    }

    public func syncDirectory(_ path: String) throws(LakeError) {
        let descriptor = retrying { Int(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) }
        guard descriptor.result >= 0 else { throw systemFailure("open", path, descriptor.number) }
        defer { Glibc.close(Int32(descriptor.result)) }
        let outcome = retrying { Int(fsync(Int32(descriptor.result))) }
        guard outcome.result == 0 else { throw systemFailure("fsync", path, outcome.number) }
    }

    public func modified(_ path: String) throws(LakeError) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw systemFailure("stat", path, errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_mtim.tv_sec) &* 1_000_000 &+ Int64(status.st_mtim.tv_nsec) / 1000
    }

    public func removeDirectory(_ path: String) throws(LakeError) {
        guard rmdir(path) == 0 else { throw systemFailure("rmdir", path, errno) }
    }

    public func lease(_ path: String) throws(LakeError) -> any StoreLease {
        let (lease, number) = try lock(path, LOCK_SH)
        guard let lease else { throw systemFailure("flock", path, number) }
        return lease
    }

    public func exclusiveLease(_ path: String) throws(LakeError) -> (any StoreLease)? {
        let (lease, number) = try lock(path, LOCK_EX | LOCK_NB)
        guard lease != nil || number == EWOULDBLOCK else { throw systemFailure("flock", path, number) }
        return lease
    }

    /// Opens a file and locks it; nil and the reason when it cannot be locked. Another file may be put in its place between the
    /// two: then that one is locked.
    private func lock(_ path: String, _ operation: Int32) throws(LakeError) -> (LocalLease?, Int32) {
        while true {
            let descriptor = retrying { Int(open(path, O_RDONLY | O_CLOEXEC)) }
            guard descriptor.result >= 0 else { throw systemFailure("open", path, descriptor.number) }
            let outcome = retrying { Int(flock(Int32(descriptor.result), operation)) }
            guard outcome.result == 0 else {
                Glibc.close(Int32(descriptor.result))
                return (nil, outcome.number)
            }
            let lease = LocalLease(path: path, descriptor: Int32(descriptor.result))
            var (locked, named) = (Glibc.stat(), Glibc.stat())
            let isKnown = fstat(Int32(descriptor.result), &locked) == 0 && stat(path, &named) == 0
            if !isKnown || (locked.st_dev, locked.st_ino) == (named.st_dev, named.st_ino) { return (lease, 0) }
            lease.release()
        }
    }
}
