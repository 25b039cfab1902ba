import Synchronization

/// What the process has read of its shards since it began: for `EXPLAIN ANALYZE`, which takes the difference. Queries that
/// run at the same time are counted together.
public enum ReadTally {
    /// Numbers at a moment, or the difference of two.
    public struct Numbers: Sendable, Hashable {
        /// Segments and text blocks that were looked at, those in memory already among them.
        public var segments = 0
        /// Their bytes as stored.
        public var stored = 0
        /// Bytes that came out of a codec.
        public var decompressed = 0

        public static func - (a: Numbers, b: Numbers) -> Numbers {
            Numbers(
                segments: a.segments - b.segments, stored: a.stored - b.stored,
                decompressed: a.decompressed - b.decompressed)
        }
    }

    private static let segments = Atomic<Int>(0)
    private static let stored = Atomic<Int>(0)
    private static let decompressed = Atomic<Int>(0)

    /// Counts a segment or block of `bytes` as stored.
    public static func read(_ bytes: Int) {
        segments.wrappingAdd(1, ordering: .relaxed)
        stored.wrappingAdd(bytes, ordering: .relaxed)
    }

    /// Counts what came out of a codec.
    static func decompressed(_ bytes: Int) { decompressed.wrappingAdd(bytes, ordering: .relaxed) }

    public static var now: Numbers {
        Numbers(
            segments: segments.load(ordering: .relaxed), stored: stored.load(ordering: .relaxed),
            decompressed: decompressed.load(ordering: .relaxed))
    }
}
