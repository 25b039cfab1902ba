import LakeBytes
import LakeCore
import LakeShard

extension Explanation {
    /// The steps, followed by what a run of the query did.
    static func analysis(_ query: PreparedQuery, cancellation: Cancellation) throws -> [ExplainedStep] {
        let profile = QueryProfile()
        let (readBefore, spilledBefore) = (ReadTally.now, SpillTally.now)
        let started = ContinuousClock.now
        var (rows, bytes) = (0, 0)
        let statistics = try query.run(cancellation: cancellation, profile: profile) { batch in
            rows += batch.count
            bytes += batch.columns.reduce(0) { $0 + $1.byteCount }
        }
        let taken = (ContinuousClock.now - started).components
        let (read, spilled) = (ReadTally.now - readBefore, SpillTally.now - spilledBefore)
        // Only now: planning reads what the run would then find in memory.
        var steps = try Explanation(query, cancellation).steps
        steps.append(
            ExplainedStep("ran: shards", "worked on", shards: statistics.shards - statistics.shardsPruned))
        for reason in QueryProfile.Pruning.allCases where profile.pruned(by: reason) > 0 {
            steps.append(ExplainedStep("ran: pruned", name(reason), chunks: profile.pruned(by: reason)))
        }
        steps += work(query, profile)
        if spilled.written > 0 {
            steps.append(
                ExplainedStep(
                    "ran: spill", "temporary files, in the time of the steps above", bytes: spilled.written,
                    milliseconds: Double(spilled.nanoseconds) / 1e6))
        }
        steps.append(ExplainedStep("ran: stored", "\(read.segments) segments and text blocks", bytes: read.stored))
        steps.append(ExplainedStep("ran: decoded", "decompressed", bytes: read.decompressed))
        steps.append(
            ExplainedStep(
                "ran: total", "rows of the result, and the time that passed", rows: rows, bytes: bytes,
                milliseconds: Double(taken.seconds) * 1000 + Double(taken.attoseconds) / 1e15))
        return steps
    }

    /// What took time, in the order of the work.
    private static func work(_ query: PreparedQuery, _ profile: QueryProfile) -> [ExplainedStep] {
        func step(_ step: QueryProfile.Step, _ what: String, chunks: Int? = nil, rows: Int? = nil) -> ExplainedStep {
            ExplainedStep(
                "ran: \(step)", what, chunks: chunks, rows: rows, milliseconds: profile.milliseconds(step))
        }
        var steps: [ExplainedStep] = []
        if query.sample != nil { steps.append(step(.sample, "rows drawn of those that pass")) }
        steps.append(step(.select, "rows that pass, chunk by chunk", chunks: profile.chunks, rows: profile.rows))
        if case .groups = query.plan {
            steps.append(step(.aggregate, "rows into groups"))
            steps.append(step(.merge, "groups of all shards together"))
        } else {
            steps.append(step(.read, "values of the rows that passed", rows: profile.rows))
        }
        if !query.statement.orderBy.isEmpty { steps.append(step(.sort, "by ORDER BY")) }
        return steps
    }

    private static func name(_ reason: QueryProfile.Pruning) -> String {
        switch reason {
        case .keys: "no selected key between the chunk's least and greatest"
        case .counts: "the index counts none of the values"
        case .statistics: "outside of the chunk's minimum and maximum"
        case .order: "every row behind the last that the order leaves"
        }
    }
}
