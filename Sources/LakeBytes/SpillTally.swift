import Synchronization

/// What the process has put into temporary files since it began: for `EXPLAIN ANALYZE`, which takes the difference. Queries
/// that run at the same time are counted together.
public enum SpillTally {
    /// Numbers at a moment, or the difference of two.
    public struct Numbers: Sendable, Hashable {
        /// Bytes that were written.
        public var written = 0
        /// Time of writing and reading, summed over threads.
        public var nanoseconds = 0

        public static func - (a: Numbers, b: Numbers) -> Numbers {
            Numbers(written: a.written - b.written, nanoseconds: a.nanoseconds - b.nanoseconds)
        }
    }

    private static let written = Atomic<Int>(0)
    private static let nanoseconds = Atomic<Int>(0)

    /// Does what reads or writes a temporary file, and counts its time.
    /// - Parameter bytes: that it writes.
    static func counting<Result>(_ bytes: Int = 0, _ body: () throws -> Result) rethrows -> Result {
        let started = ContinuousClock.now
        defer {
            let taken = (ContinuousClock.now - started).components
            let sum = Int(taken.seconds) * 1_000_000_000 + Int(taken.attoseconds / 1_000_000_000)
            nanoseconds.wrappingAdd(sum, ordering: .relaxed)
        }
        let result = try body()
        written.wrappingAdd(bytes, ordering: .relaxed)
        return result
    }

    public static var now: Numbers {
        Numbers(
            written: written.load(ordering: .relaxed), nanoseconds: nanoseconds.load(ordering: .relaxed))
    }
}
