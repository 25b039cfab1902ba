import LakeBytes
import LakeCore

/// The running state of one aggregate over numbered cells.
///
/// States of parts are merged in a fixed order, so that sums of floats come out the same however many threads there are.
struct Accumulator: Sendable {
    let aggregate: BoundAggregate
    let state: BoundAggregate.State
    /// Values that were not NULL; rows for `count(*)`; nothing where only distinct values count.
    var counts: [Int64] = []
    var wholes = WholeSums()
    var moments = Moments()
    var extremes: Extremes
    var values: ValueCounts

    init(_ aggregate: BoundAggregate, cells: Int) {
        self.aggregate = aggregate
        state = aggregate.state
        extremes = Extremes(aggregate)
        values = ValueCounts(aggregate)
        grow(to: cells)
    }

    mutating func grow(to cells: Int) {
        let more = cells - counts.count
        guard more > 0 else { return }
        counts += [Int64](repeating: 0, count: more)
        switch state {
        case .counts, .values: break
        case .wholes: wholes.grow(by: more)
        case .sums: moments.grow(by: more, squares: false)
        case .squares, .moments: moments.grow(by: more, squares: true)
        case .extremes: extremes.grow(by: more)
        }
    }

    /// Takes in values: row `i` belongs to `cells[i]` and reads `input` at `indices[i]` (at `i` without indices).
    /// - Parameter multiples: how many rows each stands for.
    mutating func add(
        _ input: AggregateInput?, cells: [UInt32], indices: [UInt32]?, multiples: [UInt32]?
    ) throws {
        guard let input else {
            guard Aggregation.count(cells, multiples: multiples, into: &counts) else { throw Accumulator.corrupt }
            return
        }
        let rows = AggregatedRows(cells: cells, indices: indices, multiples: multiples)
        guard rows.fit(cells: counts.count, values: input.count) else { throw Accumulator.corrupt }
        switch state {
        case .counts: rows.forEach(input) { cell, _, multiple in counts[cell] &+= multiple }
        case .wholes: try wholes.add(input, rows, counts: &counts)
        case .sums: try moments.addSums(input, rows, counts: &counts)
        case .squares: try moments.addSquares(input, rows, type: aggregate.input, counts: &counts)
        case .moments: moments.addMoments(input, rows, type: aggregate.input, counts: &counts)
        case .extremes: extremes.add(input, rows, counts: &counts)
        case .values:
            let place = aggregate.place
            do { try values.add(input, rows, counts: &counts) } catch { throw place.showing(error) }
        }
    }

    /// Takes in what has been summed up elsewhere: a count, or a sum of floats.
    mutating func add(sum: Double, count: Int64, to cell: Int) {
        counts[cell] &+= count
        if state == .sums { moments.add(sum, to: cell) }
    }

    static let corrupt = LakeError(.corrupt, "key codes that are out of range")

    /// Sorts the values that were taken in, where there are such: parts are merged into many tables.
    /// - Throws: `LakeError` (cancelled).
    mutating func settle(_ cancellation: Cancellation? = nil) throws {
        if state == .values { try values.settle(cells: counts.count, cancellation) }
    }

    /// Adds cells of another accumulator of the same aggregate to cells of this, in their order.
    /// - Throws: `LakeError` (cancelled).
    mutating func merge(
        _ other: Accumulator, from sources: [Int], into targets: [Int], cancellation: Cancellation? = nil
    ) throws {
        switch state {
        case .counts: break
        case .wholes: wholes.merge(other.wholes, from: sources, into: targets)
        case .sums: moments.mergeSums(other.moments, from: sources, into: targets)
        case .squares: moments.mergeSquares(other.moments, from: sources, into: targets)
        // The others look at the counts of a target between its sources.
        case .moments:
            return moments.mergeMoments(
                other.moments, from: sources, into: targets, counts: &counts, other: other.counts)
        case .extremes:
            return extremes.merge(
                other.extremes, from: sources, into: targets, counts: &counts, other: other.counts)
        case .values:
            try values.merge(
                other.values, cells: other.counts.count, from: sources, into: targets, cancellation)
            if aggregate.distinct { return }
        }
        for (source, target) in zip(sources, targets) { counts[target] &+= other.counts[source] }
    }

    /// What `count` comes to; nil for other aggregates.
    /// - Throws: `LakeError` (cancelled).
    func wholeCounts(_ cancellation: Cancellation) throws -> [Int64]? {
        guard aggregate.function == .count else { return nil }
        return state == .values ? try values.distinctCounts(cells: counts.count, cancellation) : counts
    }

    /// The results of all cells: NULL over no values, but 0 for counts. Shares are sums still.
    /// - Throws: `LakeError` (failed) for sums of integers that leave 64 bits, (cancelled).
    func results(_ cancellation: Cancellation? = nil) throws -> [Scalar] {
        let cells = counts.indices
        switch (aggregate.function, state) {
        case (_, .values):
            return try aggregate.place.showing {
                try values.results(aggregate, cells: counts.count, cancellation)
            }
        case (.count, _): return counts.map { .integer($0) }
        case (_, .extremes): return cells.map { counts[$0] == 0 ? .null : extremes[$0] }
        case (.share, .counts): return counts.map { .float(Double($0)) }
        case (.sum, .wholes):
            return try aggregate.place.showing { try cells.map { counts[$0] == 0 ? .null : try wholes.scalar($0) } }
        case (.avg, .wholes):
            return cells.map { counts[$0] == 0 ? .null : .float(Double(wholes[$0]) / Double(counts[$0])) }
        case (_, .wholes): return cells.map { counts[$0] == 0 ? .null : .float(Double(wholes[$0])) }
        case (.avg, _): return cells.map { counts[$0] == 0 ? .null : .float(moments.sums[$0] / Double(counts[$0])) }
        case (.ess, _): return cells.map { counts[$0] == 0 ? .null : moments.effectiveSize($0) }
        case (let function, .moments): return cells.map { moments.spread(function, $0, count: counts[$0]) }
        default: return cells.map { counts[$0] == 0 ? .null : .float(moments.sums[$0]) }
        }
    }
}

/// Rows that are taken in: their cells, where each reads its value, and how many rows each stands for.
struct AggregatedRows {
    var cells: [UInt32]
    var indices: [UInt32]?
    var multiples: [UInt32]?

    /// Whether all cells are below `cells`, and all indices below `values`.
    func fit(cells count: Int, values: Int) -> Bool {
        if let highest = Aggregation.maximum(cells), Int(highest) >= count { return false }
        if let multiples, multiples.count != cells.count { return false }
        guard let indices else { return values == cells.count }
        return indices.count == cells.count && Aggregation.maximum(indices).map { Int($0) < values } ?? true
    }

    /// Rows that all rows together stand for.
    var total: UInt64 { multiples?.reduce(0) { $0 &+ UInt64($1) } ?? UInt64(cells.count) }

    /// Calls `body` with the cell, the place of the value and the multiple of every row whose value is not NULL.
    @inline(__always)
    func forEach(_ input: AggregateInput, _ body: (Int, Int, Int64) throws -> Void) rethrows {
        switch input {
        case .integers(_, let validity), .floats(_, let validity):
            guard let validity else { return try forEach(where: { _ in true }, body) }
            try forEach(where: { validity[$0] }, body)
        case .codes(let codes, let dictionary):
            let null = dictionary.count
            try forEach(where: { Int(codes[$0]) < null }, body)
        case .scalars(let values): try forEach(where: { !values[$0].isNull }, body)
        case .several(let inputs): try forEach(inputs[0], body)
        }
    }

    @inline(__always)
    private func forEach(where isKnown: (Int) -> Bool, _ body: (Int, Int, Int64) throws -> Void) rethrows {
        for row in cells.indices {
            let place = indices.map { Int($0[row]) } ?? row
            if isKnown(place) { try body(Int(cells[row]), place, multiples.map { Int64($0[row]) } ?? 1) }
        }
    }
}
