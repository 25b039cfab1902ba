import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// Runs a query with groups: shards are aggregated side by side, on keys where that is enough and else in runs of chunks, and
/// the partial results are merged in the order of shards and chunks, so that a float sum does not depend on threads.
struct GroupExecution {
    private static let chunksPerTask = 8
    static let batchRows = 8192

    let query: PreparedQuery
    let run: QueryRun

    init(_ query: PreparedQuery, _ run: QueryRun) {
        self.query = query
        self.run = run
    }

    func run(_ emit: (Batch) throws -> Void) throws -> QueryStatistics {
        guard case .groups(let terms, let aggregates, let outputs, let having, let order) = query.plan else {
            return QueryStatistics()
        }
        var groups = Groups(termCount: terms.count, aggregates: aggregates)
        var statistics = QueryStatistics()
        let shards = query.snapshot.shards
        // Shards are prepared in bounded runs, so that their key tables do not all stand in memory at once.
        let run = max(4, 2 * query.workers)
        for first in stride(from: 0, to: shards.count, by: run) {
            let part = shards[first..<min(shards.count, first + run)]
            try merge(Array(part), terms, aggregates, into: &groups, &statistics)
        }
        groups.ensureOne()
        let results = try aggregates.indices.map { index in
            let sums = try groups.accumulators[index].results()
            return aggregates[index].function == .share ? shares(sums, aggregates[index], groups) : sums
        }
        var rows: [(values: [Scalar], order: [Scalar])] = []
        for group in 0..<groups.count {
            let leaf: (Bound) throws -> Scalar = { part in
                switch part {
                case .group(let term, _): groups.value(term, of: group)
                case .aggregate(let index, _): results[index][group]
                default: .null
                }
            }
            if let having, try having.evaluate(leaf) != .bool(true) { continue }
            rows.append((try outputs.map { try $0.evaluate(leaf) }, try order.map { try $0.0.evaluate(leaf) }))
        }
        let sorted = RowOrder(order.map(\.1)).sorted(rows.map { ($0.order, $0.values) })
        let statement = query.statement
        let wanted = sorted.dropFirst(statement.offset).prefix(statement.limit ?? .max)
        statistics.rows = wanted.count
        for start in stride(from: wanted.startIndex, to: wanted.endIndex, by: GroupExecution.batchRows) {
            let part = wanted[start..<min(wanted.endIndex, start + GroupExecution.batchRows)]
            let columns = query.selected.indices.map { column in
                ColumnVector.of(part.map { $0[column] }, query.selected[column].type)
            }
            try emit(Batch(count: part.count, columns: columns))
        }
        return statistics
    }

    /// Each group's part of the sum over all groups that agree in the terms of the parent.
    private func shares(_ sums: [Scalar], _ aggregate: BoundAggregate, _ groups: Groups) -> [Scalar] {
        let terms = aggregate.within ?? Array(0..<max(0, groups.termCount - 1))
        let parents = (0..<groups.count).map { group in terms.map { groups.value($0, of: group) } }
        var totals: [[Scalar]: Double] = [:]
        for (parent, sum) in zip(parents, sums) { totals[parent, default: 0] += sum.number ?? 0 }
        return zip(parents, sums).map { parent, sum in
            guard let part = sum.number, let total = totals[parent], total != 0 else { return .null }
            return .float(part / total)
        }
    }

    private func merge(
        _ shards: [ShardEntry], _ terms: [Bound], _ aggregates: [BoundAggregate], into groups: inout Groups,
        _ statistics: inout QueryStatistics
    ) throws {
        let (query, cancellation, profile) = (query, run.cancellation, run.profile)
        let prepared = try parallelMap(count: shards.count, workers: query.workers) { index in
            try cancellation.check()
            let scan = try query.scan(shards[index])
            let aggregation = try profile.timed(.select) {
                try ShardAggregation(
                    scan: scan, predicate: query.predicate, groups: terms, aggregates: aggregates, profile: profile)
            }
            return (aggregation, try profile.timed(.aggregate) { try aggregation.keys() }, scan.reader.chunkCount)
        }
        var tasks: [(shard: Int, chunks: Range<Int>)] = []
        for (shard, (aggregation, _, chunks)) in prepared.enumerated() where aggregation.needsRows {
            for first in stride(from: 0, to: chunks, by: GroupExecution.chunksPerTask) {
                tasks.append((shard, first..<min(chunks, first + GroupExecution.chunksPerTask)))
            }
        }
        let work = tasks
        let partials = try parallelMap(count: work.count, workers: query.workers) { index in
            try cancellation.check()
            let (shard, chunks) = work[index]
            return (shard, try profile.timed(.aggregate) { try prepared[shard].0.rows(chunks: chunks) })
        }
        statistics.shards += shards.count
        statistics.shardsPruned += prepared.count { !$0.0.needsRows && $0.1 == nil }
        profile.timed(.merge) {
            for (_, partial, _) in prepared { if let partial { groups.merge(partial) } }
            for (_, partial) in partials { if let partial { groups.merge(partial) } }
        }
    }
}
