import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// Runs a query without groups: chunks are selected and read side by side and handed out in order, text last.
struct RowExecution {
    /// Values of a batch, about.
    static let batchBytes = 8 << 20
    static let batchRows = 65_536

    let query: PreparedQuery
    let run: QueryRun

    init(_ query: PreparedQuery, _ run: QueryRun) {
        self.query = query
        self.run = run
    }

    func emit(_ emit: (Batch) throws -> Void) throws -> QueryStatistics {
        guard case .rows(let outputs, let order) = query.plan else { return QueryStatistics() }
        if !order.isEmpty { return try RowSorting(query, run, outputs, order).emit(emit) }
        let window = RowWindow(skip: query.statement.offset, left: query.statement.limit ?? .max)
        var statistics = QueryStatistics(shards: query.snapshot.shards.count)
        guard window.left > 0 else { return statistics }
        let end = window.skip.addingReportingOverflow(window.left)
        let scan = RowScan(
            query, predicate: query.predicate,
            window: window.skip..<(end.overflow ? .max : max(end.partialValue, window.skip)), profile: run.profile)
        statistics.shardsPruned = scan.shardsPruned
        statistics.rows =
            query.predicate == nil
            ? try stream(outputs, scan, from: 0, RowWindow(skip: 0, left: window.left), emit)
            : try streamSelected(outputs, scan, window, emit)
        return statistics
    }

    /// Finds the chunk where the window begins by counting rows, and streams from there.
    private func streamSelected(
        _ outputs: [Bound], _ scan: RowScan, _ window: RowWindow, _ emit: (Batch) throws -> Void
    ) throws -> Int {
        var (first, window) = (0, window)
        if window.skip > 0 {
            let run = run
            try orderedFlow(count: scan.steps.count, workers: query.workers, room: 1 << 20) { index, outlet in
                let count = try scan.rows(scan.steps[index], run: run)?.rows.count ?? 0
                try outlet.send((index: index, count: count), bytes: 16)
            } consume: { step in
                first = step.index
                guard step.count <= window.skip else { return false }
                window.skip -= step.count
                first += 1
                return true
            }
        }
        return try stream(outputs, scan, from: first, window, emit)
    }

    /// Hands out the selected rows from step `first` on, less the first `window.skip` of that step.
    /// - Returns: the rows handed out.
    private func stream(
        _ outputs: [Bound], _ scan: RowScan, from first: Int, _ window: RowWindow, _ emit: (Batch) throws -> Void
    ) throws -> Int {
        let run = run
        let left = Atomic<Int>(window.left)
        var handedOut = 0
        var joiner = BatchJoiner()
        try orderedFlow(
            count: scan.steps.count - first, workers: query.workers, room: run.readAhead
        ) { index, outlet in
            let step = scan.steps[first + index]
            defer { scan.finish(step) }
            guard let found = try scan.rows(step, run: run) else { return }
            // Only the first step can have rows to be passed over, and none needs more than are still wanted.
            let skipped = index == 0 ? min(window.skip, found.rows.count) : 0
            let count = min(found.rows.count - skipped, left.load(ordering: .relaxed))
            guard count > 0 else { return }
            let rows = found.rows.part(skipped..<(skipped + count))
            let reader = MorselReader(found.scan, chunk: found.chunk, keys: found.keys, rows: rows)
            let part = try RowExecution.partRows(reader, outputs)
            for start in stride(from: 0, to: count, by: part) {
                try run.cancellation.check()
                let batch = try run.profile.timed(.read) {
                    try reader.batch(outputs, start..<min(start + part, count))
                }
                try outlet.send(batch, bytes: batch.byteCount)
            }
        } consume: { batch in
            try run.cancellation.check()
            let wanted = left.load(ordering: .relaxed)
            let batch = batch.count > wanted ? batch.slicing(0..<wanted) : batch
            left.store(wanted - batch.count, ordering: .relaxed)
            handedOut += batch.count
            try joiner.add(batch, emit)
            return wanted > batch.count
        }
        try joiner.flush(emit)
        return handedOut
    }

    /// Rows of a chunk that make a batch.
    static func partRows(_ reader: MorselReader, _ outputs: [Bound]) throws -> Int {
        max(1, min(batchRows, batchBytes / max(1, try reader.bytesPerRow(outputs))))
    }
}

/// What LIMIT and OFFSET leave of a stream of rows.
struct RowWindow {
    /// Rows still to be passed over.
    var skip: Int
    /// Rows still wanted.
    var left: Int
}
