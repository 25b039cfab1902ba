import LakeCore
import Synchronization

/// Finds what bytes were before one of them changed, by trying: a checksum says which try is right.
///
/// A flipped bit is what disks and memory do to data when they fail. 64 bits of checksum and more tell the one right byte from all
/// others; what is found is proved once more by the digest of the whole file.
public enum ByteSearch {
    /// A byte that was another.
    public struct Change: Sendable, Equatable {
        /// Where.
        public var index: Int
        /// What it was.
        public var byte: UInt8
    }

    /// Bytes that are summed at most for one search: some seconds.
    public static let budget = 40 << 30

    /// The masks that are tried on `count` bytes: all where that is affordable, single bits where only they are.
    private static func masks(_ count: Int) -> [UInt8] {
        guard count > 0, count < 1 << 24 else { return [] }
        if 255 * count * count <= budget { return (1...255).map { UInt8($0) } }
        return 8 * count * count <= budget ? (0..<8).map { 1 << UInt8($0) } : []
    }

    /// The one byte that has to be another for `isRight` to hold; nil when there is none, or looking for it would take too long.
    /// - Parameter isRight: called from several threads, with the bytes and one of them changed.
    public static func change(
        in bytes: [UInt8], workers: Int? = nil, isRight: @Sendable ([UInt8]) -> Bool
    ) throws -> Change? {
        let masks = masks(bytes.count)
        guard !masks.isEmpty else { return nil }
        let found = Mutex<Change?>(nil)
        let pieces = min(bytes.count, 64)
        try parallelFor(count: pieces, workers: workers, alone: .milliseconds(2)) { piece in
            try Cancellation.checkCurrent()
            guard found.withLock({ $0 == nil }) else { return }
            var tried = bytes
            for index in (bytes.count * piece / pieces)..<(bytes.count * (piece + 1) / pieces) {
                for mask in masks {
                    tried[index] ^= mask
                    if isRight(tried) {
                        let change = Change(index: index, byte: tried[index])
                        found.withLock { $0 = $0 ?? change }
                        return
                    }
                    tried[index] ^= mask
                }
            }
        }
        return found.withLock { $0 }
    }
}
