import LakeCore

/// What keeps the memory of a `ByteView` alive, and where its bytes came from.
public protocol ByteOwner: AnyObject, Sendable {
    /// The file the bytes came from, for errors.
    var source: String? { get }
}

/// A range of read-only bytes, in a mapped file or on the heap. Copying it copies no bytes; it keeps their owner alive.
///
/// Every access is checked against the bounds: bytes that are not there end in a `LakeError` (corrupt) that names the
/// file and the offset in it.
public struct ByteView: Sendable {
    private let owner: any ByteOwner
    private nonisolated(unsafe) let base: UnsafeRawPointer
    /// Length in bytes.
    public let count: Int
    /// Where in the file (or heap buffer) the first byte stands.
    public let absoluteOffset: UInt64

    init(owner: any ByteOwner, base: UnsafeRawPointer, count: Int, absoluteOffset: UInt64) {
        self.owner = owner
        self.base = base
        self.count = count
        self.absoluteOffset = absoluteOffset
    }

    /// A copy of `bytes` on the heap, 64-byte aligned. `source` and `absoluteOffset` say in errors where they came from.
    public init(_ bytes: some Collection<UInt8>, source: String? = nil, absoluteOffset: UInt64 = 0) {
        self.init(capacity: bytes.count, source: source, absoluteOffset: absoluteOffset) { buffer in
            buffer.copyBytes(from: bytes)
            return bytes.count
        }
    }

    /// Heap memory that `fill` writes, 64-byte aligned; `fill` returns how many of the `capacity` bytes it wrote. For
    /// codecs and kernels in this room.
    package init<Failure: Error>(
        capacity: Int, source: String? = nil, absoluteOffset: UInt64 = 0,
        fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let heap = HeapBytes(capacity: capacity, source: source)
        let filled = try fill(heap.buffer)
        self.init(
            owner: heap, base: UnsafeRawPointer(heap.start), count: min(max(filled, 0), capacity),
            absoluteOffset: absoluteOffset)
    }

    /// The file the bytes came from.
    public var source: String? { owner.source }

    /// `count` bytes from `offset`, sharing this view's memory.
    /// - Throws: `LakeError` (corrupt) when they are not all inside.
    public func slice(offset: Int, count: Int) throws(LakeError) -> ByteView {
        try check(offset, count)
        return ByteView(
            owner: owner, base: base + offset, count: count, absoluteOffset: absoluteOffset + UInt64(offset))
    }

    /// The little-endian integer at `offset`, which need not be aligned.
    /// - Throws: `LakeError` (corrupt) when it is not all inside.
    @inlinable
    public func load<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) throws(LakeError)
        -> T
    {
        try check(offset, MemoryLayout<T>.size)
        return unchecked(offset, type)
    }

    /// Where the bytes are, for as long as the view is there.
    var start: UnsafeRawPointer { base }

    /// A copy of the bytes.
    public var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: base, count: count)) }

    /// A copy of `count` bytes from `offset`.
    /// - Throws: `LakeError` (corrupt) when they are not all inside.
    public func bytes(offset: Int, count: Int) throws(LakeError) -> [UInt8] {
        try slice(offset: offset, count: count).bytes
    }

    /// The memory itself, valid only inside `body`: for checksums, codecs and kernels in this room.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(owner) {} }
        return try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    @usableFromInline
    func unchecked<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type) -> T {
        T(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: type))
    }

    @usableFromInline
    func check(_ offset: Int, _ length: Int) throws(LakeError) {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
            throw LakeError(
                .corrupt, "\(length) bytes at position \(offset) of \(count) are outside of what is there",
                at: .init(file: source, offset: absoluteOffset &+ UInt64(clamping: offset)),
                hint: "the bytes are truncated or a length in them is damaged")
        }
    }
}

/// Memory on the heap, aligned for vector kernels.
private final class HeapBytes: ByteOwner, @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let capacity: Int
    let source: String?

    init(capacity: Int, source: String?) {
        self.capacity = max(capacity, 0)
        self.source = source
        start = .allocate(byteCount: max(capacity, 1), alignment: 64)
    }

    deinit { start.deallocate() }

    var buffer: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: start, count: capacity) }
}

extension ByteView {
    /// The error for bytes that are here but make no sense, with the file and the offset of this view.
    public func corrupt(_ message: String, at offset: Int = 0) -> LakeError {
        LakeError(
            .corrupt, message, at: .init(file: source, offset: absoluteOffset &+ UInt64(clamping: offset)),
            hint: "run `alphalake validate` to see what else is damaged")
    }
}
