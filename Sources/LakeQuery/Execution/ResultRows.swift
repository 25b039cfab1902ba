import LakeBytes
import LakeCore
import LakeShard

/// Takes the rows of a grouped result one by one and hands them out as the query wants them: each once, in order, the
/// window of LIMIT and OFFSET, in batches.
struct ResultRows {
    private static let batchRows = 8192

    private let plan: GroupPlan
    private let run: QueryRun
    private let emit: (Batch) throws -> Void
    /// Of the outputs, and behind them of the terms of ORDER BY.
    private let types: [DataType]
    private let terms: [SortKeys.Term]
    /// Rows from the front that are wanted.
    private let keep: Int
    private let sorted: SortedRows?
    /// A key that every further row must stand before.
    private var bound: SortKeys?
    private var seen = ByteInterner()
    private let codec: GroupKeys
    private var skip: Int
    private var left: Int
    private var waiting: [[Scalar]] = []
    private(set) var count = 0

    init(_ plan: GroupPlan, _ run: QueryRun, _ emit: @escaping (Batch) throws -> Void) {
        self.plan = plan
        self.run = run
        self.emit = emit
        let outputs = plan.outputs.map { $0.type ?? .int64 }
        types = outputs + plan.order.map { $0.0.type ?? .int64 }
        terms = plan.order.map { bound, key in
            SortKeys.Term(
                descending: key.descending, nullsFirst: key.nullsFirst, isUnsigned: bound.type == .uint64)
        }
        let (sum, overflow) = plan.offset.addingReportingOverflow(plan.limit ?? .max)
        keep = overflow ? .max : sum
        sorted = plan.order.isEmpty ? nil : SortedRows(outputs, keep: keep, run)
        codec = GroupKeys(types: outputs)
        (skip, left) = plan.order.isEmpty ? (plan.offset, plan.limit ?? .max) : (0, keep == 0 ? 0 : .max)
    }

    /// - Parameters:
    ///   - row: the outputs.
    ///   - order: the values of ORDER BY.
    /// - Returns: whether more are wanted.
    /// - Throws: `LakeError`; what the batches' taker throws.
    mutating func add(_ row: [Scalar], order: [Scalar]) throws -> Bool {
        guard left > 0 else { return false }
        if plan.isDistinct, try isKnown(row) { return true }
        guard skip == 0 else {
            skip -= 1
            return true
        }
        left -= 1
        waiting.append(order.isEmpty ? row : row + order)
        if waiting.count == ResultRows.batchRows { try flush() }
        return left > 0
    }

    /// Takes rows in as columns: the outputs, and behind them the values of ORDER BY.
    /// - Parameter order: how many the latter are.
    /// - Returns: whether more are wanted.
    /// - Throws: `LakeError`; what the batches' taker throws.
    mutating func add(_ columns: [ColumnVector], order: Int) throws -> Bool {
        try flush()
        let total = columns.first?.count ?? 0
        var start = min(skip, total)
        skip -= start
        while start < total, left > 0 {
            let count = min(total - start, left, ResultRows.batchRows)
            try take(columns.map { $0.slicing(start..<(start + count)) }, count: count)
            left -= count
            start += count
        }
        return left > 0
    }

    private mutating func isKnown(_ row: [Scalar]) throws -> Bool {
        var key: [UInt8] = []
        for (column, value) in row.enumerated() { codec.append(value, term: column, to: &key) }
        let known = seen.count
        if seen.intern(key) < UInt32(known) { return true }
        guard seen.byteCount <= run.budget.limit else {
            throw LakeError(
                .failed, "the distinct rows of this result do not fit the memory budget of \(run.budget.limit >> 20)M",
                hint: "allow more with --memory, or leave DISTINCT out")
        }
        return false
    }

    private mutating func flush() throws {
        guard !waiting.isEmpty else { return }
        let columns = types.indices.map { column in ColumnVector.of(waiting.map { $0[column] }, types[column]) }
        let count = waiting.count
        waiting.removeAll(keepingCapacity: true)
        try take(columns, count: count)
    }

    private mutating func take(_ columns: [ColumnVector], count rows: Int) throws {
        try run.cancellation.check()
        let batch = Batch(count: rows, columns: Array(columns[..<plan.outputs.count]))
        guard let sorted else {
            count += batch.count
            try emit(batch)
            return
        }
        let keys = run.profile.timed(.sort) { SortKeys(Array(columns[plan.outputs.count...]), terms) }
        guard keep < .max / 2 else {
            _ = try sorted.add(SortRun(batch: batch, keys: keys, order: run.profile.timed(.sort) { keys.order() }))
            return
        }
        let best = run.profile.timed(.sort) { keys.order(limit: keep, before: bound).sorted() }
        let places = best.map { Int($0) }
        let kept = keys.selecting(best)
        let rows = Batch(count: best.count, columns: batch.columns.map { $0.gathering(places) })
        if let nearer = try sorted.add(SortRun(batch: rows, keys: kept, order: kept.order())) {
            if bound.map({ nearer.compare(0, $0, 0) < 0 }) ?? true { bound = nearer }
        }
    }

    /// Hands out what is left.
    mutating func finish() throws {
        try flush()
        if let sorted { count = try sorted.emit(skip: plan.offset, emit) }
    }
}
