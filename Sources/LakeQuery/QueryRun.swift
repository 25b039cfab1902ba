import LakeBytes

/// What one run of a query shares with everything that works on it.
struct QueryRun: Sendable {
    /// Asked between morsels and inside of long loops.
    let cancellation: Cancellation
    /// Memory for what grows with the data.
    let budget: MemoryBudget
    /// What EXPLAIN ANALYZE wants to know of it; nil when nobody asks.
    var profile: QueryProfile?

    /// Bytes of batches that may be ahead of the consumer.
    var readAhead: Int { min(64 << 20, budget.limit / 4) }
}
