import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// What is to be scanned for a query, in the order of the table: chunks that may hold rows of it, each with what its shard
/// knows of the selection.
final class RowScan: Sendable {
    /// A piece of work: a chunk's rows, or getting a shard ready before others ask for its chunks.
    struct Step: Sendable {
        var shard: Int
        /// Nil to get the shard ready.
        var chunk: Int?
        /// Rows of the chunk that the query's window and bounds leave, counted within it.
        var rows: Range<Int>
    }

    /// A shard and the rows of it that are selected.
    struct Prepared: Sendable {
        var scan: ShardScan
        var selection: RowSelection
    }

    private final class Slot: Sendable {
        struct State {
            var prepared: Prepared?
            /// Chunks still to be worked on.
            var left = 0
            /// Whether rows of it were looked at.
            var isUsed = false
        }
        let state = Mutex(State())
    }

    let query: PreparedQuery
    let predicate: Predicate?
    let steps: [Step]
    private let run: QueryRun?
    private var profile: QueryProfile? { run?.profile }
    /// Shards of which no row was looked at so far.
    var shardsPruned: Int { slots.count { !$0.state.withLock { $0.isUsed } } }
    private let slots: [Slot]

    /// - Parameter window: of all rows, when none is deleted and the predicate lets all pass: what is not in it is not scanned.
    init(
        _ query: PreparedQuery, predicate: Predicate?, window: Range<Int>? = nil, run: QueryRun? = nil
    ) throws {
        self.query = query
        self.run = run
        self.predicate = predicate
        let left = try predicate?.shards(of: query.table, run?.cancellation)
        let bounds = predicate?.bounds ?? window.map { RowRanges([$0]) } ?? .all
        var steps: [[Step]] = []
        var first = 0
        let slots = query.snapshot.shards.map { _ in Slot() }
        for (shard, entry) in query.snapshot.shards.enumerated() {
            let isOut = left.map { !$0.contains(shard) } ?? false
            let chunks = isOut ? [] : RowScan.chunks(of: shard, first..<(first + entry.rows), bounds)
            if !chunks.isEmpty { steps.append(chunks) }
            slots[shard].state.withLock { $0.left = chunks.count }
            first += entry.rows
        }
        self.slots = slots
        // A shard is got ready while the chunks of the one before are worked on.
        var ordered: [Step] = []
        for index in steps.indices {
            if index + 1 < steps.count {
                ordered.append(Step(shard: steps[index + 1][0].shard, chunk: nil, rows: 0..<0))
            }
            ordered += steps[index]
        }
        self.steps = ordered
    }

    private static func chunks(of shard: Int, _ rows: Range<Int>, _ bounds: RowRanges) -> [Step] {
        stride(from: rows.lowerBound, to: rows.upperBound, by: ShardFormat.chunkRows).compactMap { start in
            let own = start..<min(start + ShardFormat.chunkRows, rows.upperBound)
            let inside = bounds.overlapping(own)
            guard let low = inside.first?.lowerBound, let high = inside.last?.upperBound else { return nil }
            let part = (max(low, own.lowerBound) - start)..<(min(high, own.upperBound) - start)
            return Step(shard: shard, chunk: (start - rows.lowerBound) / ShardFormat.chunkRows, rows: part)
        }
    }

    /// A shard, opened.
    func scan(_ shard: Int) throws -> ShardScan {
        try query.scan(query.snapshot.shards[shard])
    }

    /// A shard with its selection, made by the first who asks.
    func prepared(_ shard: Int) throws -> Prepared {
        try slots[shard].state.withLock { state in
            if let prepared = state.prepared { return prepared }
            let scan = try scan(shard)
            let selection = try profile.timed(.select) {
                try RowSelection(ShardCondition(predicate, scan: scan), scan: scan, profile: profile)
            }
            let prepared = Prepared(scan: scan, selection: selection)
            state.prepared = prepared
            return prepared
        }
    }

    /// Says that one chunk of a shard is done; after the last one the shard's selection is given up.
    /// - Returns: whether it was the last.
    @discardableResult
    func finish(_ step: Step) -> Bool {
        guard step.chunk != nil else { return false }
        return slots[step.shard].state.withLock { state in
            state.left -= 1
            if state.left == 0 { state.prepared = nil }
            return state.left == 0
        }
    }

    /// The shards that have chunks to be scanned, in order.
    var shards: [Int] {
        var shards: [Int] = []
        for step in steps where step.chunk != nil && shards.last != step.shard { shards.append(step.shard) }
        return shards
    }

    /// The selected rows of a step; nil when there are none.
    /// - Parameter order: of which only the first rows are wanted: what stands behind them is left out as far as it is cheap.
    func rows(
        _ step: Step, run: QueryRun, order: OrderPruning? = nil
    ) throws -> (scan: ShardScan, chunk: Int, keys: ChunkKeys, rows: ChunkRows)? {
        try run.cancellation.check()
        if let order, order.excludes(step.shard) {
            if step.chunk != nil { profile?.pruned(.order) }
            return nil
        }
        let prepared = try prepared(step.shard)
        guard let chunk = step.chunk, !prepared.selection.isEmpty else { return nil }
        let keys = ChunkKeys(prepared.scan.reader, chunk: chunk)
        switch try order?.limit(step.shard, chunk, prepared) {
        case nil, .everything: break
        case .nothing:
            profile?.pruned(.order)
            return nil
        case .keys(let limit):
            let rows = try prepared.selection.rows(ofChunk: chunk, keys: keys, limit: limit)
            if rows != nil { use(step.shard) }
            return rows.map { (prepared.scan, chunk, keys, .positions($0.positions)) }
        }
        use(step.shard)
        if prepared.selection.isEverything {
            profile?.selected(step.rows.count)
            return (prepared.scan, chunk, keys, .range(step.rows))
        }
        if let numbers = prepared.selection.rowNumbers {
            return rows(numbers, of: prepared.scan, chunk).map { (prepared.scan, chunk, keys, $0) }
        }
        guard let rows = try prepared.selection.rows(ofChunk: chunk, keys: keys) else { return nil }
        if rows.population == rows.count { return (prepared.scan, chunk, keys, .range(0..<rows.count)) }
        return (prepared.scan, chunk, keys, .positions(rows.positions))
    }

    private func use(_ shard: Int) { slots[shard].state.withLock { $0.isUsed = true } }

    /// The rows of a chunk that have one of the numbers; nil when there are none.
    private func rows(_ numbers: RowRanges, of scan: ShardScan, _ chunk: Int) -> ChunkRows? {
        let own = scan.rowNumbers(ofChunk: chunk)
        let inside = numbers.overlapping(own).map { $0.clamped(to: own) }
        guard let first = inside.first, let last = inside.last else { return nil }
        profile?.selected(inside.reduce(0) { $0 + $1.count })
        if inside.count == 1 {
            return .range((first.lowerBound - own.lowerBound)..<(last.upperBound - own.lowerBound))
        }
        return .positions(inside.flatMap { range in range.map { Int32($0 - own.lowerBound) } })
    }
}
