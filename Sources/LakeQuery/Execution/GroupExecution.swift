import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// Runs a query with groups: shards are aggregated side by side, on keys where that is enough and else in runs of chunks, and
/// the partial results are merged in the order of shards and chunks, so that a float sum does not depend on threads.
struct GroupExecution: Sendable {
    /// Chunks whose rows are aggregated together; one where there may be about as many groups as rows.
    private static let chunksPerTask = 8
    /// Bytes of partial results that are merged at once, if the budget has room for so many.
    private var mergedBytes: Int { min(4 << 20, run.readAhead / 2) }
    /// Rows of the shards that are prepared together.
    private static let rowsPerRun = 8 << 20
    /// How long work on keys goes on before others are asked to help.
    private static let alone: Duration = .microseconds(200)

    private let query: PreparedQuery
    private let plan: GroupPlan
    private let run: QueryRun

    init(_ query: PreparedQuery, _ plan: GroupPlan, _ run: QueryRun) {
        self.query = query
        self.plan = plan
        self.run = run
    }

    func emit(_ emit: (Batch) throws -> Void) throws -> QueryStatistics {
        var statistics = QueryStatistics()
        let groups = try groups(&statistics)
        try withoutActuallyEscaping(emit) { emit in
            var rows = ResultRows(plan, run, emit)
            var wantsMore = true
            // Groups that are too small are counted to the end.
            for set in plan.sets where wantsMore || plan.minimumCell > 0 {
                wantsMore = try show(set, groups, wantsMore, &rows, &statistics)
            }
            try rows.finish()
            statistics.rows = rows.count
        }
        return statistics
    }

    // MARK: Results

    /// Hands on the groups of one grouping set.
    /// - Returns: whether more rows are wanted.
    private func show(
        _ set: [Int], _ finest: Groups, _ wanted: Bool, _ rows: inout ResultRows, _ statistics: inout QueryStatistics
    ) throws -> Bool {
        var groups = finest
        if set != Array(plan.terms.indices) {
            let types = plan.types
            groups = Groups(plan.aggregates, types: set.map { types[$0] }, run: run, workers: query.workers)
            try finest.forEachTable { table in
                try groups.merge([try table.encoded(run.cancellation).projected(onto: set)])
                return true
            }
        }
        // All rows together are a group even where there are none.
        if set.isEmpty { try groups.ensureWhole() }
        let results = try GroupResults(plan, set: set, groups: groups, run.cancellation)
        var wantsMore = wanted
        if results.isPlain {
            let plan = plan
            try groups.forEach {
                try results.columns($0)
            } _: { columns in
                wantsMore = try rows.add(columns, order: plan.order.count)
                return wantsMore
            }
            return wantsMore
        }
        try groups.forEach {
            try results.evaluated($0)
        } _: { table in
            guard wantsMore else {
                statistics.suppressed += results.suppressed(table)
                return true
            }
            let (more, suppressed) = try results.forEachRow(table) { try rows.add($0, order: $1) }
            statistics.suppressed += suppressed
            wantsMore = more
            return more || plan.minimumCell > 0
        }
        return wantsMore
    }

    // MARK: Groups

    /// A part of the work: the keys of a shard, or the rows of some of its chunks.
    private struct Task: Sendable {
        var aggregation: ShardAggregation
        var chunks: Range<Int>?
    }

    /// The groups by all terms.
    private func groups(_ statistics: inout QueryStatistics) throws -> Groups {
        var groups = Groups(plan.aggregates, types: plan.types, run: run, workers: query.workers)
        let shards = try query.shards(run.cancellation)
        statistics.shards = query.snapshot.shards.count
        statistics.shardsPruned = statistics.shards - shards.count
        for range in runs(of: shards) {
            let aggregations = try prepared(Array(shards[range]))
            statistics.shardsPruned += aggregations.count(where: \.isPruned)
            let tasks = aggregations.flatMap { parts(of: $0) }
            if aggregations.contains(where: \.expectsManyGroups) {
                try stream(tasks, into: &groups)
            } else {
                let alone = tasks.allSatisfy { $0.chunks == nil } ? GroupExecution.alone : .zero
                let partials = try parallelMap(count: tasks.count, workers: query.workers, alone: alone) {
                    try partial(tasks[$0])
                }
                try run.profile.timed(.merge) { try groups.merge(partials.compactMap { $0 }) }
            }
        }
        return groups
    }

    /// Shards are prepared in bounded runs, so that their key tables do not all stand in memory at once.
    private func runs(of shards: [ShardEntry]) -> [Range<Int>] {
        let least = max(4, 2 * query.workers)
        var runs: [Range<Int>] = []
        var (start, rows) = (0, 0)
        for (index, shard) in shards.enumerated() {
            if index - start >= least, rows + shard.rows > GroupExecution.rowsPerRun {
                runs.append(start..<index)
                (start, rows) = (index, 0)
            }
            rows += shard.rows
        }
        return start < shards.count ? runs + [start..<shards.count] : runs
    }

    private func prepared(_ shards: [ShardEntry]) throws -> [ShardAggregation] {
        // What is open has its key columns at hand, mostly.
        let alone = shards.allSatisfy { query.table.isOpen($0) } ? GroupExecution.alone : .zero
        return try parallelMap(count: shards.count, workers: query.workers, alone: alone) { index in
            try run.cancellation.check()
            let scan = try query.scan(shards[index])
            return try run.profile.timed(.select) {
                try ShardAggregation(
                    scan: scan, predicate: query.predicate, groups: plan.terms, aggregates: plan.aggregates,
                    profile: run.profile)
            }
        }
    }

    private func parts(of aggregation: ShardAggregation) -> [Task] {
        if aggregation.isPruned { return [] }
        guard aggregation.needsRows else { return [Task(aggregation: aggregation, chunks: nil)] }
        let chunks = aggregation.scan.reader.chunkCount
        let step = aggregation.expectsManyGroups ? 1 : GroupExecution.chunksPerTask
        return stride(from: 0, to: chunks, by: step).map { first in
            Task(aggregation: aggregation, chunks: first..<min(chunks, first + step))
        }
    }

    /// What a task comes to, with its groups spelled as keys; nil when nothing is selected.
    private func partial(_ task: Task) throws -> EncodedGroups? {
        try run.cancellation.check()
        return try run.profile.timed(.aggregate) {
            let partial = try task.chunks.map { try task.aggregation.rows(chunks: $0) } ?? task.aggregation.keys()
            return try partial.map { try EncodedGroups($0, types: plan.types, cancellation: run.cancellation) }
        }
    }

    /// Merges large partial results while others are being made.
    private func stream(_ tasks: [Task], into groups: inout Groups) throws {
        var (waiting, bytes): ([EncodedGroups], Int) = ([], 0)
        try orderedFlow(count: tasks.count, workers: query.workers, room: run.readAhead) { index, outlet in
            guard let part = try partial(tasks[index]) else { return }
            try outlet.send(part, bytes: part.byteCount)
        } consume: { part in
            waiting.append(part)
            bytes += part.byteCount
            if bytes >= mergedBytes {
                try run.profile.timed(.merge) { try groups.merge(waiting) }
                (waiting, bytes) = ([], 0)
            }
            return true
        }
        try run.profile.timed(.merge) { try groups.merge(waiting) }
    }
}
