import LakeBytes
import LakeCore
import LakeShard

extension Explanation {
    /// The steps, followed by what a run of the query did.
    static func analysis(_ query: PreparedQuery, cancellation: Cancellation) throws -> [ExplainedStep] {
        var steps = try Explanation(query).steps
        let profile = QueryProfile()
        let before = ReadTally.now
        let started = ContinuousClock.now
        var (rows, bytes) = (0, 0)
        let statistics = try query.run(cancellation: cancellation, profile: profile) { batch in
            rows += batch.count
            bytes += batch.columns.reduce(0) { $0 + $1.byteCount }
        }
        let taken = (ContinuousClock.now - started).components
        let read = ReadTally.now - before
        steps.append(
            ExplainedStep("ran: shards", "worked on", shards: statistics.shards - statistics.shardsPruned))
        for reason in QueryProfile.Pruning.allCases where profile.pruned(by: reason) > 0 {
            steps.append(ExplainedStep("ran: pruned", Explanation.name(reason), chunks: profile.pruned(by: reason)))
        }
        steps.append(
            ExplainedStep(
                "ran: select", "rows that pass, chunk by chunk", chunks: profile.chunks, rows: profile.rows,
                milliseconds: profile.milliseconds(.select)))
        if case .groups = query.plan {
            steps.append(
                ExplainedStep("ran: aggregate", "rows into groups", milliseconds: profile.milliseconds(.aggregate)))
            steps.append(
                ExplainedStep(
                    "ran: merge", "groups of all shards together", milliseconds: profile.milliseconds(.merge)))
        } else {
            steps.append(
                ExplainedStep(
                    "ran: read", "values of the rows that passed", rows: profile.rows,
                    milliseconds: query.statement.orderBy.isEmpty ? profile.milliseconds(.read) : nil))
        }
        steps.append(ExplainedStep("ran: stored", "\(read.segments) segments and text blocks", bytes: read.stored))
        steps.append(ExplainedStep("ran: decoded", "decompressed", bytes: read.decompressed))
        steps.append(
            ExplainedStep(
                "ran: emit", "time of all", rows: rows, bytes: bytes,
                milliseconds: Double(taken.seconds) * 1000 + Double(taken.attoseconds) / 1e15))
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
