/// Bytes that stay where they are for as long as this object lives, so that others can be told their address: the storage
/// of an array, borrowed without a copy.
///
/// An array's storage does not move while a reference to it is held and nobody writes; this object holds one and hands the
/// array to nobody.
public final class HeldBytes: @unchecked Sendable {
    /// Where the bytes begin, aligned to 16 bytes at least; never null, also when there are none.
    public let address: UnsafeRawPointer
    /// Length in bytes.
    public let count: Int
    /// The array.
    private let owner: Any

    /// The storage of `values` as it lies in memory: on little-endian machines, what Arrow wants.
    public init<Element: BitwiseCopyable>(_ values: [Element]) {
        owner = values
        let (start, count) = values.withUnsafeBytes { ($0.baseAddress, $0.count) }
        // An empty array need not have storage.
        address = count == 0 ? HeldBytes.nowhere : start ?? HeldBytes.nowhere
        self.count = count
    }

    private nonisolated(unsafe) static let nowhere: UnsafeRawPointer = {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
        return UnsafeRawPointer(memory)
    }()
}

extension ByteWriter {
    /// Appends held bytes as they are.
    public mutating func append(_ held: HeldBytes) {
        append(UnsafeRawBufferPointer(start: held.address, count: held.count))
    }
}
