import LakeBytes
import LakeCore
import LakeShard

/// Rows on their way to be sorted: runs in memory as far as the budget allows, and on disk beyond it.
final class SortedRows {
    /// Runs on disk are merged into one when there are so many.
    private static let mostSpilled = 64
    static let batchRows = 16_384

    private let types: [DataType]
    private let unions: [DictionaryUnion]
    private let keep: Int
    private let run: QueryRun
    private var runs: [SortRun] = []
    private var rows = 0
    private var bytes = 0
    private var spilled: [SpilledRun] = []

    /// - Parameters:
    ///   - types: of the columns that are carried along.
    ///   - keep: rows from the front that are wanted.
    init(_ types: [DataType], keep: Int, _ run: QueryRun) {
        self.types = types
        self.keep = keep
        self.run = run
        unions = types.map { DictionaryUnion($0) }
    }

    deinit { run.budget.release(bytes) }

    /// Takes a run, whose rows come after those of earlier runs where keys are equal.
    /// - Returns: a key that every further row must stand before to be wanted.
    func add(_ new: SortRun) throws -> SortKeys? {
        guard new.batch.count > 0 else { return nil }
        if !run.budget.reserve(new.byteCount) {
            if !runs.isEmpty { try spill() }
            run.budget.take(new.byteCount)
        }
        bytes += new.byteCount
        runs.append(new)
        rows += new.batch.count
        guard keep < .max / 2 else { return nil }
        if rows > max(2 * keep, SortedRows.batchRows) { return try compact() }
        return new.batch.count >= keep ? new.keys.selecting([Int32(new.row(keep - 1))]) : nil
    }

    /// Leaves only what is wanted of the runs in memory.
    private func compact() throws -> SortKeys? {
        var parts: [SortRun] = []
        try merge(runs.map { RunCursor($0) }, limit: keep) { batch, keys in
            parts.append(SortRun(batch: batch, keys: keys, order: nil))
        }
        give()
        for part in parts { run.budget.take(part.byteCount) }
        bytes = parts.reduce(0) { $0 + $1.byteCount }
        rows = parts.reduce(0) { $0 + $1.batch.count }
        runs = parts
        guard rows == keep, let last = parts.last else { return nil }
        return last.keys.selecting([Int32(last.batch.count - 1)])
    }

    private func give() {
        runs = []
        run.budget.release(bytes)
        (rows, bytes) = (0, 0)
    }

    // MARK: On disk

    /// Writes the runs in memory to disk as one.
    private func spill() throws {
        if spilled.count >= SortedRows.mostSpilled {
            let all = try spilled.map { try RunCursor($0, unions) }
            spilled = [try written(all, to: try SpillFile())]
        }
        let file = try spilled.last?.file ?? SpillFile()
        spilled.append(try written(runs.map { RunCursor($0) }, to: file))
        give()
    }

    private func written(_ cursors: [RunCursor], to file: SpillFile) throws -> SpilledRun {
        var ends: [Int] = []
        try merge(cursors, limit: keep, bytes: max(1 << 14, min(1 << 20, run.budget.limit >> 8))) { batch, keys in
            let block = run.profile.timed(.sort) { SpilledRows.write(batch, keys, unions) }
            try file.append(block)
            ends.append((ends.last ?? 0) + block.count)
        }
        return SpilledRun(file: file, run: try file.endRun(), ends: ends)
    }

    // MARK: Out

    /// Hands out all rows in order, from number `skip` on and not beyond `keep`.
    /// - Returns: the rows handed out.
    func emit(skip: Int, _ emit: (Batch) throws -> Void) throws -> Int {
        var (skip, handedOut) = (skip, 0)
        let onDisk = try spilled.map { try RunCursor($0, unions) }
        try merge(onDisk + runs.map { RunCursor($0) }, limit: keep, withKeys: false) { batch, _ in
            let passed = min(skip, batch.count)
            skip -= passed
            guard passed < batch.count else { return }
            handedOut += batch.count - passed
            try emit(batch.slicing(passed..<batch.count))
        }
        return handedOut
    }

    /// Merges runs into batches of bounded rows and bytes.
    /// - Parameter withKeys: whether `body` needs the rows' keys; else it gets none.
    private func merge(
        _ cursors: [RunCursor], limit: Int, bytes limitBytes: Int = RowExecution.batchBytes, withKeys: Bool = true,
        _ body: (Batch, SortKeys) throws -> Void
    ) throws {
        var merge = RunMerge(cursors)
        var left = limit
        while left > 0, merge.next != nil {
            try run.cancellation.check()
            let (batch, keys) = try run.profile.timed(.sort) { try next(&merge, most: left, limitBytes, withKeys) }
            left -= batch.count
            try body(batch, keys)
        }
    }

    /// The next rows of a merge.
    private func next(
        _ merge: inout RunMerge, most: Int, _ limitBytes: Int, _ withKeys: Bool
    ) throws -> (Batch, SortKeys) {
        var picks: [ColumnAssembly.Pick] = []
        picks.reserveCapacity(min(most, SortedRows.batchRows))
        var sources: [SortRun] = []
        // Per cursor the number of its block among `sources`, and which block that was.
        var places = [(source: Int32, generation: Int)](repeating: (-1, -1), count: merge.cursors.count)
        var keys = SortKeys()
        var bytes = 0
        while picks.count < min(most, SortedRows.batchRows), bytes < limitBytes, let number = merge.next {
            let cursor = merge.cursors[number]
            if places[number].generation != cursor.generation {
                places[number] = (Int32(sources.count), cursor.generation)
                sources.append(cursor.run)
            }
            let row = cursor.row
            picks.append(.init(source: places[number].source, row: Int32(row)))
            if withKeys {
                let key = cursor.run.keys.key(row)
                keys.append(key)
                bytes += key.count
            }
            bytes += isVarying ? cursor.run.batch.bytes(ofRow: row) : 8 * types.count
            try merge.advance()
        }
        let columns = types.indices.map { column in
            ColumnAssembly(types[column], union: unions[column]).column(
                sources.map { $0.batch.columns[column] }, picks)
        }
        return (Batch(count: picks.count, columns: columns), keys)
    }

    /// Whether rows differ in what they take.
    private var isVarying: Bool { types.contains { $0.physical == .bytes || $0.physical == .list } }
}

extension Batch {
    /// Bytes of one row's values.
    fileprivate func bytes(ofRow row: Int) -> Int {
        columns.reduce(0) { sum, column in
            switch column.values {
            case .bytes(let strings): sum + 8 + strings.offsets[row + 1] - strings.offsets[row]
            case .lists(let offsets, _): sum + 8 + 8 * (offsets[row + 1] - offsets[row])
            default: sum + 8
            }
        }
    }
}
