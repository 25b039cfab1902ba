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
    /// Steps that one thread works on in a row, and bytes of small batches that it hands over together: a hand-over costs
    /// about what some rows of a chunk do.
    private static let packedSteps = 8
    private static let packedBytes = 256 << 10

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
        guard window.left > 0 else {
            statistics.shardsPruned = statistics.shards
            return statistics
        }
        let end = window.skip.addingReportingOverflow(window.left)
        let isPlain = query.predicate == nil && !query.snapshot.hasDeletions
        let scan = try RowScan(
            query, predicate: query.predicate,
            window: isPlain ? window.skip..<(end.overflow ? .max : max(end.partialValue, window.skip)) : nil, run: run)
        statistics.rows =
            isPlain
            ? try stream(outputs, scan, from: 0, RowWindow(skip: 0, left: window.left), emit)
            : try streamSelected(outputs, scan, window, emit)
        statistics.shardsPruned = scan.shardsPruned
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
        let steps = scan.steps[first...]
        let packs = stride(from: first, to: scan.steps.count, by: RowExecution.packedSteps).map {
            $0..<min($0 + RowExecution.packedSteps, scan.steps.count)
        }
        try orderedFlow(count: packs.count, workers: query.workers, room: run.readAhead) { index, outlet in
            var pack = BatchPack()
            // What the packs before leave at most; later on this one's own rows are taken off it too.
            let wanted = left.load(ordering: .relaxed)
            for number in packs[index] where pack.rows < wanted {
                let step = steps[number]
                defer { scan.finish(step) }
                guard let found = try scan.rows(step, run: run) else { continue }
                // Only the first step can have rows to be passed over, and none needs more than are still wanted.
                let skipped = number == first ? min(window.skip, found.rows.count) : 0
                let count = min(found.rows.count - skipped, wanted - pack.rows)
                guard count > 0 else { continue }
                let rows = found.rows.part(skipped..<(skipped + count))
                let reader = MorselReader(found.scan, chunk: found.chunk, keys: found.keys, rows: rows)
                let part = try RowExecution.partRows(reader, outputs)
                for start in stride(from: 0, to: count, by: part) {
                    try add(reader, outputs, start..<min(start + part, count), to: &pack, outlet)
                }
            }
            try pack.send(to: outlet, atLeast: 1)
        } consume: { batches in
            for batch in batches {
                try run.cancellation.check()
                let wanted = left.load(ordering: .relaxed)
                let batch = batch.count > wanted ? batch.slicing(0..<wanted) : batch
                left.store(wanted - batch.count, ordering: .relaxed)
                handedOut += batch.count
                try joiner.add(batch, emit)
                if wanted <= batch.count { return false }
            }
            return true
        }
        try joiner.flush(emit)
        return handedOut
    }

    /// Reads rows and sends them on; where they turn out to be large, a part of them at a time.
    private func add(
        _ reader: MorselReader, _ outputs: [Bound], _ rows: Range<Int>, to pack: inout BatchPack,
        _ outlet: FlowOutlet<[Batch]>
    ) throws {
        try run.cancellation.check()
        do {
            pack.add(
                try run.profile.timed(.read) { try reader.batch(outputs, rows, textLimit: RowExecution.batchBytes) })
        } catch is TextTooWide {
            let middle = rows.lowerBound + rows.count / 2
            try add(reader, outputs, rows.lowerBound..<middle, to: &pack, outlet)
            return try add(reader, outputs, middle..<rows.upperBound, to: &pack, outlet)
        }
        try pack.send(to: outlet, atLeast: RowExecution.packedBytes)
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

/// Batches that are handed over together.
private struct BatchPack {
    private(set) var rows = 0
    private var batches: [Batch] = []
    private var bytes = 0

    mutating func add(_ batch: Batch) {
        batches.append(batch)
        rows += batch.count
        bytes += batch.byteCount
    }

    /// Hands over what there is when it comes to so many bytes.
    mutating func send(to outlet: FlowOutlet<[Batch]>, atLeast least: Int) throws {
        guard bytes >= least else { return }
        try outlet.send(batches, bytes: bytes)
        (batches, bytes) = ([], 0)
    }
}
