import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// Sorts the rows of a query without groups: chunks are read and sorted side by side, and the sorted runs merged. With a LIMIT
/// only the rows that can still be wanted are kept, and only their outputs are read.
struct RowSorting {
    private let query: PreparedQuery
    private let run: QueryRun
    private let outputs: [Bound]
    private let order: [Bound]
    private let terms: [SortKeys.Term]

    init(_ query: PreparedQuery, _ run: QueryRun, _ outputs: [Bound], _ order: [(Bound, SortKey)]) {
        self.query = query
        self.run = run
        self.outputs = outputs
        self.order = order.map(\.0)
        terms = order.map { bound, key in
            SortKeys.Term(
                descending: key.descending, nullsFirst: key.nullsFirst, isUnsigned: bound.type == .uint64)
        }
    }

    func emit(_ emit: (Batch) throws -> Void) throws -> QueryStatistics {
        let statement = query.statement
        var statistics = QueryStatistics(shards: query.snapshot.shards.count)
        let (sum, overflow) = statement.offset.addingReportingOverflow(statement.limit ?? .max)
        let keep = overflow ? Int.max : sum
        if statement.limit == 0 {
            statistics.shardsPruned = statistics.shards
            return statistics
        }
        // Read-ahead is part of the budget.
        run.budget.take(run.readAhead)
        defer { run.budget.release(run.readAhead) }
        let pruning = keep < .max / 2 ? OrderPruning(query, order, terms) : nil
        for attempt in 0... {
            let scan = try RowScan(query, predicate: query.predicate, run: run)
            let isCertain = try pruning?.foresee(keep, scan, attempt: attempt, run) ?? true
            let (sorted, found) = try sort(scan, keep: keep, pruning)
            // A bound that was a guess may have been too near.
            guard isCertain || found >= keep else { continue }
            statistics.shardsPruned = scan.shardsPruned
            statistics.rows = try sorted.emit(skip: statement.offset, emit)
            break
        }
        return statistics
    }

    /// The rows of a scan, sorted as far as they are wanted.
    /// - Returns: also how many were found; some may have been left out again.
    private func sort(
        _ scan: RowScan, keep: Int, _ pruning: OrderPruning?
    ) throws -> (sorted: SortedRows, found: Int) {
        let isTop = keep < .max / 2
        let sorted = SortedRows(query.selected.map(\.type), keep: keep, run)
        let last = Mutex<OrderBound?>(nil)
        let run = run
        var found = 0
        let steps = pruning?.left(of: scan, run.profile) ?? scan.steps
        try orderedFlow(count: steps.count, workers: query.workers, room: run.readAhead) { index, outlet in
            let step = steps[index]
            defer { if scan.finish(step) { pruning?.finish(step.shard) } }
            guard let found = try scan.rows(step, run: run, order: pruning) else { return }
            let reader = MorselReader(found.scan, chunk: found.chunk, keys: found.keys, rows: found.rows)
            let part = try RowExecution.partRows(reader, isTop ? order : outputs + order)
            for start in stride(from: 0, to: found.rows.count, by: part) {
                try run.cancellation.check()
                let piece = start..<min(start + part, found.rows.count)
                let bound = pruning.map { $0.bound } ?? last.withLock { $0 }
                let new = try isTop ? top(keep, of: reader, piece, bound) : whole(reader, piece)
                if let new { try outlet.send(new, bytes: new.byteCount) }
            }
        } consume: { new in
            found += new.batch.count
            guard let key = try sorted.add(new) else { return true }
            pruning?.tighten(key)
            last.withLock { if $0?.isBehind(key) ?? true { $0 = OrderBound(key: key, isRow: true) } }
            return true
        }
        return (sorted, found)
    }

    /// Some rows of a chunk with all that is wanted of them.
    private func whole(_ reader: MorselReader, _ piece: Range<Int>) throws -> SortRun? {
        let batch = try run.profile.timed(.read) { try reader.batch(outputs + order, piece) }
        return try run.profile.timed(.sort) {
            let keys = SortKeys(Array(batch.columns[outputs.count...]), terms)
            let columns = Array(batch.columns[..<outputs.count])
            return SortRun(
                batch: Batch(count: batch.count, columns: columns), keys: keys,
                order: try keys.order(check: run.cancellation.check))
        }
    }

    /// The first rows by their order among some of a chunk, as far as a bound leaves them.
    private func top(
        _ keep: Int, of reader: MorselReader, _ piece: Range<Int>, _ bound: OrderBound?
    ) throws -> SortRun? {
        let columns = try run.profile.timed(.read) { try reader.batch(order, piece).columns }
        guard let (rows, keys) = try run.profile.timed(.sort, { try first(keep, columns, piece, bound) }) else {
            return nil
        }
        let batch = try run.profile.timed(.read) { try reader.rows(rows).batch(outputs, 0..<rows.count) }
        return SortRun(batch: batch, keys: keys, order: keys.order())
    }

    /// The first of the rows `piece` by their order, ascending, and their keys; nil when the bound leaves none.
    private func first(
        _ keep: Int, _ read: [ColumnVector], _ piece: Range<Int>, _ bound: OrderBound?
    ) throws -> (rows: [Int], keys: SortKeys)? {
        var columns = read
        // Most rows are told by their first term alone.
        var places = bound.map { SortKeys.rows(columns[0], terms[0], upTo: $0.key) }
        if let some = places {
            if some.isEmpty { return nil }
            if some.count < piece.count { columns = columns.map { $0.gathering(some) } } else { places = nil }
        }
        let all = SortKeys(columns, terms)
        let best = try all.order(
            limit: keep, before: bound?.key, inclusive: bound.map { !$0.isRow } ?? false,
            check: run.cancellation.check
        ).sorted()
        guard !best.isEmpty else { return nil }
        return (best.map { piece.lowerBound + (places?[Int($0)] ?? Int($0)) }, all.selecting(best))
    }
}
