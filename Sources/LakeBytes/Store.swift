import Glibc
import LakeCore

/// Every file-system call the lake makes, so that tests can make any of them fail.
///
/// `LocalStore` is the real one. Paths are plain strings handed to the operating system as they are. Every failure is a
/// `LakeError`: `missing` when the file is not there, `conflict` when a name is taken, `io` otherwise, each naming the
/// call, the path, the system's own words and what to do.
public protocol Store: Sendable {
    /// Makes a directory and those above it that are absent; one that exists already is fine.
    func createDirectory(_ path: String) throws(LakeError)

    /// The names in a directory, ascending by bytes, without `.` and `..`.
    func list(_ path: String) throws(LakeError) -> [String]

    /// The names in a directory in any order, which costs less where there are thousands.
    func names(in path: String) throws(LakeError) -> [String]

    /// What tells later whether names have come into or gone from a directory; nil where that cannot be told: on file systems
    /// of the network, and when the last change was so recently that another may bear the same time.
    func stamp(ofDirectory path: String) throws(LakeError) -> DirectoryStamp?

    /// The size of a regular file in bytes, 0 for a directory; nil when there is nothing at `path`.
    func size(_ path: String) throws(LakeError) -> Int?

    /// All bytes of a small file.
    /// - Throws: also `corrupt` when the file holds more than `limit` bytes.
    func read(_ path: String, limit: Int) throws(LakeError) -> [UInt8]

    /// The file as read-only memory.
    func map(_ path: String) throws(LakeError) -> MappedFile

    /// A new, empty file for appending.
    /// - Throws: also `conflict` when something has that name already.
    func create(_ path: String) throws(LakeError) -> any StoreFile

    /// A new file without a name in the directory of `path`: its space is given back when it is closed or the process
    /// ends, however it ends.
    func scratch(near path: String) throws(LakeError) -> any StoreFile

    /// Gives the file `existing` the second name `new`, in one step that at most one of several callers wins.
    /// - Throws: also `conflict` when `new` exists.
    func link(_ existing: String, to new: String) throws(LakeError)

    /// Moves a file in one step, over `new` if that exists.
    func rename(_ existing: String, to new: String) throws(LakeError)

    /// Removes a file; one that is not there is `missing`.
    func remove(_ path: String) throws(LakeError)

    /// Makes the names in a directory last through a power cut.
    func syncDirectory(_ path: String) throws(LakeError)

    /// Refuses file systems on which a race between writers has no sure winner: those of the network.
    /// - Throws: `LakeError` (io) naming the file system.
    func checkWritable(_ path: String) throws(LakeError)

    /// When a regular file's bytes last changed, in microseconds since 1970-01-01T00:00:00Z; nil when there is none at `path`.
    func modified(_ path: String) throws(LakeError) -> Int64?

    /// Removes an empty directory.
    func removeDirectory(_ path: String) throws(LakeError)

    /// Holds a shared lock on a file until the lease is released or the process ends. Works on read-only media.
    func lease(_ path: String) throws(LakeError) -> any StoreLease

    /// Holds the only lock on a file or directory, as `lease` does; nil at once where somebody else has one.
    func exclusiveLease(_ path: String) throws(LakeError) -> (any StoreLease)?

    /// Lets others go on before something is tried again that one of them was in the way of.
    func pause(microseconds: UInt32)
}

extension Store {
    /// As `list` has them.
    public func names(in path: String) throws(LakeError) -> [String] { try list(path) }

    /// Refuses nothing.
    public func checkWritable(_ path: String) throws(LakeError) {}

    /// Sleeps.
    public func pause(microseconds: UInt32) { usleep(microseconds) }
}

/// An open file that grows at its end. Used by one thread at a time.
public protocol StoreFile: AnyObject {
    /// Where it was created.
    var path: String { get }

    /// Bytes appended so far.
    var size: UInt64 { get }

    /// Writes all of `bytes` at the end.
    func append(_ bytes: ArraySlice<UInt8>) throws(LakeError)

    /// `count` bytes from position `offset`, all of them.
    /// - Throws: `LakeError` (corrupt) when the file ends before.
    func read(at offset: UInt64, count: Int) throws(LakeError) -> [UInt8]

    /// What has been appended so far, as read-only memory.
    func map() throws(LakeError) -> MappedFile

    /// Makes the bytes last through a power cut.
    func sync() throws(LakeError)

    /// Closes the file; later calls fail. Closing twice is fine.
    func close() throws(LakeError)
}

extension StoreFile {
    /// Writes all of `bytes` at the end.
    public func append(_ bytes: [UInt8]) throws(LakeError) { try append(bytes[...]) }
}

/// A lock on a file, held while this object lives.
public protocol StoreLease: AnyObject, Sendable {
    var path: String { get }

    /// Gives the lock back early; releasing twice is fine.
    func release()
}

/// `parent` and `name` with one slash between them.
public func joinPath(_ parent: String, _ names: String...) -> String {
    var path = parent
    for name in names { path += path.hasSuffix("/") || path.isEmpty ? name : "/" + name }
    return path
}

/// The directory a path lies in: everything before the last slash, `.` when there is none.
public func parentDirectory(of path: String) -> String {
    var bytes = Array(path.utf8)
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
}
