import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// Leaves out what stands behind the first rows of an order without reading it: whole shards, chunks, and the rows of keys
/// whose values come too late.
///
/// Before the scan it finds a bound that the wanted rows surely reach, or likely, when a condition leaves open how many rows
/// of a key are selected. What the scan finds then draws the bound nearer. Shared by all workers.
final class OrderPruning: Sendable {
    /// What is left of a chunk.
    enum Limit {
        case everything
        case nothing
        case keys(KeyLimit)
    }

    /// A shard in the order of the query.
    private enum ShardOrder {
        case keys(KeyOrder)
        case chunks(ChunkOrder)
        case unknown
    }

    private final class Slot: Sendable {
        struct State {
            var order: ShardOrder?
            /// A rank that no row of the shard stands before.
            var least: UInt64 = 0
            /// What was left for a bound, by the number of the bound.
            var limit: (number: Int, keys: Bitmap)?
        }
        let state = Mutex(State())
    }

    private struct Bounds {
        var bound: OrderBound?
        /// The rank of the bound's first term.
        var rank = UInt64.max
        /// Goes up with every change.
        var number = 0
    }

    /// How many times as many rows as are wanted a guess looks for, one attempt after the other.
    private static let guesses = [4, 64]

    private let order: [Bound]
    private let terms: [SortKeys.Term]
    private let isText: Bool
    private let slots: [Slot]
    private let bounds = Mutex(Bounds())

    /// - Returns: nil when a condition or a term may fail: rows that are left out could hide an error at one time and show it
    ///   at another.
    init?(_ query: PreparedQuery, _ order: [Bound], _ terms: [SortKeys.Term]) {
        guard query.predicate.map({ !$0.canFail }) ?? true, !order.contains(where: \.canFail) else { return nil }
        self.order = order
        self.terms = terms
        isText = order[0].type?.physical == .bytes
        slots = query.snapshot.shards.map { _ in Slot() }
    }

    /// The bound that rows have to keep.
    var bound: OrderBound? { bounds.withLock { $0.bound } }

    private func set(_ bound: OrderBound?) {
        let rank = bound.map { $0.key.firstRank(0, terms[0], isText: isText) } ?? .max
        bounds.withLock { $0 = Bounds(bound: bound, rank: rank, number: $0.number + 1) }
    }

    /// Draws the bound nearer: later rows must stand before the key.
    func tighten(_ key: SortKeys) {
        let rank = key.firstRank(0, terms[0], isText: isText)
        bounds.withLock { bounds in
            if let bound = bounds.bound, !bound.isBehind(key) { return }
            bounds = Bounds(bound: OrderBound(key: key, isRow: true), rank: rank, number: bounds.number + 1)
        }
    }

    // MARK: Before the scan

    /// Finds a bound from what the shards know of their keys and chunks.
    /// - Parameters:
    ///   - keep: rows that are wanted.
    ///   - attempt: from 0; guesses become more careful with it.
    /// - Returns: whether so many rows surely keep the bound; else the scan has to be repeated when it finds fewer.
    func foresee(_ keep: Int, _ scan: RowScan, attempt: Int, _ run: QueryRun) throws -> Bool {
        set(nil)
        guard attempt < OrderPruning.guesses.count else { return true }
        let (few, overflow) = keep.multipliedReportingOverflow(by: OrderPruning.guesses[attempt])
        guard !overflow else { return true }
        var certain = FirstKeys(wanted: keep)
        var likely = FirstKeys(wanted: few)
        // Those with the first values come first: what they reach often leaves nothing of the others.
        let shards = try scan.shards.map { shard -> (number: Int, least: UInt64) in
            try run.cancellation.check()
            return (shard, try ChunkOrder.leastRank(try scan.scan(shard), order[0], terms[0]) ?? 0)
        }.sorted { ($0.least, $0.number) < ($1.least, $1.number) }
        // What one shard alone reaches is far enough for all.
        let farthest = Mutex(UInt64.max)
        try orderedFlow(count: shards.count, workers: scan.query.workers, room: run.readAhead) { index, outlet in
            try run.cancellation.check()
            let found = try run.profile.timed(.select) { try first(shards[index], scan, (keep, few), farthest) }
            if let found { try outlet.send(found, bytes: found.keys.byteCount) }
        } consume: { found in
            if found.isCertain { certain.add(found.keys, found.rows) }
            likely.add(found.keys, found.rows)
            return true
        }
        certain.compact()
        likely.compact()
        // A certain bound beats a guess that is further away.
        if let sure = certain.bound {
            guard let guess = likely.bound, guess.key.compareStarts(0, sure.key, 0) < 0 else {
                set(sure)
                return true
            }
            set(guess)
            return false
        }
        set(likely.bound)
        return likely.bound == nil
    }

    /// What a shard says of the first rows.
    private func first(
        _ shard: (number: Int, least: UInt64), _ scan: RowScan, _ wanted: (certain: Int, likely: Int),
        _ farthest: borrowing Mutex<UInt64>
    ) throws -> (keys: SortKeys, rows: [Double], isCertain: Bool)? {
        let slot = slots[shard.number]
        slot.state.withLock { $0.least = shard.least }
        if shard.least > farthest.withLock({ $0 }) { return nil }
        let prepared = try scan.prepared(shard.number)
        guard !prepared.selection.isEmpty else {
            slot.state.withLock { $0.least = .max }
            return nil
        }
        switch try shardOrder(prepared) {
        case .keys(let keys):
            slot.state.withLock { $0.least = keys.least }
            var last = farthest.withLock { $0 }
            let (found, rows) = keys.first(keys.share == nil ? wanted.certain : wanted.likely, upTo: &last)
            farthest.withLock { $0 = min($0, last) }
            return (found, rows, keys.share == nil)
        case .chunks(let chunks):
            let (found, rows) = chunks.extents
            return (found, rows, chunks.share == nil)
        case .unknown: return nil
        }
    }

    private func shardOrder(_ prepared: RowScan.Prepared) throws -> ShardOrder {
        if let keys = try KeyOrder(prepared, order, terms) { return .keys(keys) }
        if let chunks = try ChunkOrder(prepared, order, terms) { return .chunks(chunks) }
        return .unknown
    }

    // MARK: In the scan

    /// The steps of a scan that the bound leaves something of.
    func left(of scan: RowScan, _ profile: QueryProfile?) -> [RowScan.Step] {
        scan.steps.filter { step in
            guard excludes(step.shard) else { return true }
            if step.chunk != nil { profile?.pruned(.order) }
            if scan.finish(step) { finish(step.shard) }
            return false
        }
    }

    /// Whether the bound rules a whole shard out.
    func excludes(_ shard: Int) -> Bool {
        let least = slots[shard].state.withLock { $0.least }
        return least > bounds.withLock { $0.rank } || least == .max
    }

    /// What the bound leaves of a chunk.
    func limit(_ shard: Int, _ chunk: Int, _ prepared: RowScan.Prepared) throws -> Limit {
        let (bound, number) = bounds.withLock { ($0.bound, $0.number) }
        guard let bound else { return .everything }
        return try slots[shard].state.withLock { slot in
            let order = try slot.order ?? shardOrder(prepared)
            slot.order = order
            switch order {
            case .unknown: return .everything
            case .chunks(let chunks): return chunks.excludes(chunk, bound) ? .nothing : .everything
            case .keys(let order):
                let keys = slot.limit.flatMap { $0.number == number ? $0.keys : nil } ?? order.keys(upTo: bound)
                slot.limit = (number, keys)
                let left = keys.population
                if left == 0 { return .nothing }
                // With most keys left, looking them up costs more than reading the rows of the others.
                if left * 2 > keys.count { return .everything }
                return .keys(KeyLimit(group: order.group, keys: keys, isWhole: order.share == nil))
            }
        }
    }

    /// Gives up what is known of a shard whose chunks are all done.
    func finish(_ shard: Int) {
        slots[shard].state.withLock {
            $0.order = nil
            $0.limit = nil
        }
    }
}

extension Predicate {
    /// Whether there are values for which it is an error.
    fileprivate var canFail: Bool {
        switch self {
        case .leaf(let leaf, _): leaf.canFail
        case .rows: false
        case .all(let terms), .any(let terms): terms.contains(where: \.canFail)
        }
    }
}
