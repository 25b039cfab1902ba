import LakeCore
import Synchronization

/// The memory that a query may fill with what grows with its data: rows to be sorted, groups, batches on their way. What
/// does not fit is written to a `SpillFile`.
public final class MemoryBudget: Sendable {
    /// Below this, nothing could be sorted in runs of a useful length.
    public static let minimum = 16 << 20
    /// What a query gets when nothing else is said: 1 GiB.
    public static let standard = 1 << 30

    /// Bytes in all.
    public let limit: Int
    private let used = Atomic<Int>(0)

    /// - Throws: `LakeError` (usage) when `limit` is below `minimum`.
    public init(limit: Int = MemoryBudget.standard) throws(LakeError) {
        guard limit >= MemoryBudget.minimum else {
            throw LakeError(
                .usage, "a memory budget of \(limit) bytes is too small",
                hint: "give queries at least \(MemoryBudget.minimum >> 20)M; the default is 1G")
        }
        self.limit = limit
    }

    /// Bytes that nobody has reserved.
    public var left: Int { max(0, limit - used.load(ordering: .relaxed)) }

    /// Reserves `count` bytes if there is room for them.
    public func reserve(_ count: Int) -> Bool {
        if used.add(count, ordering: .relaxed).newValue <= limit { return true }
        release(count)
        return false
    }

    /// Counts `count` bytes that are needed whether there is room for them or not.
    public func take(_ count: Int) { used.add(count, ordering: .relaxed) }

    /// Gives back what `reserve` or `take` counted.
    public func release(_ count: Int) { used.subtract(count, ordering: .relaxed) }
}
