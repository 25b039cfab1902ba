import Glibc
import LakeCore

/// A file as read-only memory, unmapped when the last view of it goes.
///
/// Shards never change once they have a name, which is what makes mapping them safe: a file that something else cuts
/// short while it is mapped ends the process (SIGBUS), as with every mapped file.
public final class MappedFile: ByteOwner, @unchecked Sendable {
    /// The path it was opened by.
    public let path: String
    /// Length in bytes; an empty file has none mapped.
    public let count: Int
    private let base: UnsafeRawPointer
    private let length: Int
    /// The memory of a file that is in none.
    private let held: ByteView?

    /// Maps the first `count` bytes of an open file; the descriptor may be closed afterwards.
    init(path: String, descriptor: Int32, count: Int) throws(LakeError) {
        self.path = path
        self.count = count
        // An empty file cannot be mapped: an anonymous page stands in so that `base` is always an address.
        length = max(count, 1)
        let flags = count == 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE
        let address = mmap(nil, length, PROT_READ, flags, count == 0 ? -1 : descriptor, 0)
        guard let address, address != MAP_FAILED else { throw systemFailure("mmap", path, errno) }
        base = UnsafeRawPointer(address)
        held = nil
    }

    /// A copy of bytes that are at hand, for stores that are no file system.
    public init(path: String, holding bytes: [UInt8]) {
        self.path = path
        count = bytes.count
        length = bytes.count
        let held = ByteView(bytes, source: path)
        base = held.start
        self.held = held
    }

    deinit {
        guard held == nil else { return }
        munmap(UnsafeMutableRawPointer(mutating: base), length)
    }

    /// Hands out where the bytes are, for calls to the system.
    func withAddress<Result>(_ body: (UnsafeRawPointer) -> Result) -> Result { body(base) }

    /// The file itself.
    public var source: String? { path }

    /// All bytes of the file.
    public var view: ByteView { ByteView(owner: self, base: base, count: count, absoluteOffset: 0) }
}
