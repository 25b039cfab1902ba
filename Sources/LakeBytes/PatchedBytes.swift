import LakeCore

/// A copy of some bytes that is mended in place. Its views show what it holds, later changes among it; for one thread at a time.
public final class PatchedBytes: ByteOwner, @unchecked Sendable {
    /// The file that the bytes came from, for errors.
    public let source: String?
    /// Length in bytes.
    public let count: Int
    private let start: UnsafeMutableRawPointer

    /// The first `count` bytes of `view`, and zeros where it has fewer.
    public init(_ view: ByteView, count: Int, source: String?) {
        self.source = source
        self.count = max(0, count)
        start = .allocate(byteCount: max(self.count, 1), alignment: 64)
        let (length, target) = (self.count, start)
        view.withUnsafeBytes { bytes in
            let shared = min(bytes.count, length)
            if let from = bytes.baseAddress { target.copyMemory(from: from, byteCount: shared) }
            (target + shared).initializeMemory(as: UInt8.self, repeating: 0, count: length - shared)
        }
    }

    deinit { start.deallocate() }

    /// All bytes.
    public var view: ByteView {
        ByteView(owner: self, base: UnsafeRawPointer(start), count: count, absoluteOffset: 0)
    }

    /// Puts bytes in the place of others; what would reach past the end is left out.
    public func put(_ bytes: [UInt8], at offset: Int) {
        for (index, byte) in bytes.enumerated() where offset >= 0 && offset + index < count {
            start.storeBytes(of: byte, toByteOffset: offset + index, as: UInt8.self)
        }
    }
}
