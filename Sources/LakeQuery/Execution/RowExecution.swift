import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// Runs a query without groups: chunks are selected and read side by side and handed out in order, text last.
struct RowExecution {
    /// Rows that ORDER BY may hold without a LIMIT.
    private static let sortLimit = 5_000_000

    let query: PreparedQuery

    init(_ query: PreparedQuery) { self.query = query }

    func run(_ emit: (Batch) throws -> Void) throws -> QueryStatistics {
        guard case .rows(let outputs, let order) = query.plan else { return QueryStatistics() }
        if !order.isEmpty { return try runSorted(outputs, order, emit) }
        var window = RowWindow(skip: query.statement.offset, left: query.statement.limit ?? .max)
        var statistics = QueryStatistics()
        var handedOut = 0
        try forEachBatch(outputs, &statistics, &window) { batch in
            handedOut += batch.count
            try emit(batch)
        }
        statistics.rows = handedOut
        return statistics
    }

    private func runSorted(
        _ outputs: [Bound], _ order: [(Bound, SortKey)], _ emit: (Batch) throws -> Void
    ) throws -> QueryStatistics {
        let sorting = RowOrder(order.map(\.1))
        let statement = query.statement
        let (wanted, overflow) = statement.offset.addingReportingOverflow(statement.limit ?? .max)
        var rows: [(order: [Scalar], row: [ColumnVector])] = []
        var statistics = QueryStatistics()
        let keep = overflow ? Int.max : wanted
        var worst: [Scalar]?
        var window = RowWindow(skip: 0, left: keep == 0 ? 0 : .max)
        try forEachBatch(outputs + order.map(\.0), &statistics, &window) { batch in
            let keys = order.indices.map { batch.columns[outputs.count + $0] }
            for row in 0..<batch.count {
                let values = zip(keys, order).map { vector, key in vector.scalar(row, key.0.type ?? .int64) }
                // Once there are enough rows, most of the others come after the last that is kept.
                if let worst, sorting.compare(values, worst) >= 0 { continue }
                rows.append((values, batch.columns.prefix(outputs.count).map { $0.gathering([row]) }))
                if keep < .max / 2, rows.count >= 2 * max(keep, 512) {
                    rows = sorted(rows, sorting, keep)
                    worst = rows.last?.order
                }
            }
            guard rows.count <= max(RowExecution.sortLimit, keep < .max / 2 ? 2 * keep : 0) else {
                throw LakeError(
                    .failed, "ORDER BY over more than \(RowExecution.sortLimit) rows needs a LIMIT",
                    hint: "add LIMIT, or sort the exported rows elsewhere")
            }
        }
        let result = sorted(rows, sorting, keep).dropFirst(statement.offset)
        statistics.rows = result.count
        for start in stride(from: result.startIndex, to: result.endIndex, by: GroupExecution.batchRows) {
            let part = result[start..<min(result.endIndex, start + GroupExecution.batchRows)]
            let columns = outputs.indices.map { column in ColumnVector.joining(part.map { $0.row[column] }) }
            try emit(Batch(count: part.count, columns: columns))
        }
        return statistics
    }

    private func sorted(
        _ rows: [(order: [Scalar], row: [ColumnVector])], _ sorting: RowOrder, _ keep: Int
    ) -> [(order: [Scalar], row: [ColumnVector])] {
        Array(sorting.sorted(rows.map { ($0.order, $0) }).prefix(keep))
    }

    /// Hands out the selected rows inside of the window, chunk by chunk and in order. What the window passes over is counted
    /// but not read.
    private func forEachBatch(
        _ outputs: [Bound], _ statistics: inout QueryStatistics, _ window: inout RowWindow,
        _ body: (Batch) throws -> Void
    ) throws {
        let query = query
        for shard in query.snapshot.shards where window.left > 0 {
            statistics.shards += 1
            if query.predicate == nil, window.passes(over: shard.rows) { continue }
            let scan = try query.scan(shard)
            let selection = try RowSelection(ShardCondition(query.predicate, scan: scan), scan: scan)
            if selection.isEmpty {
                statistics.shardsPruned += 1
                continue
            }
            var next = 0
            while next < scan.reader.chunkCount, window.left > 0 {
                if selection.isEverything, window.passes(over: scan.reader.rows(ofChunk: next)) {
                    next += 1
                    continue
                }
                let chunks = next..<min(scan.reader.chunkCount, next + 2 * query.workers)
                next = chunks.upperBound
                let tasks = try tasks(chunks, scan, selection, &window)
                let batches = try parallelMap(count: tasks.count, workers: query.workers) { index in
                    try RowExecution.batch(
                        outputs, scan, tasks[index].chunk, tasks[index].keys, at: tasks[index].positions)
                }
                for batch in batches { try body(batch) }
            }
        }
    }

    private struct Task: Sendable {
        var chunk: Int
        var keys: ChunkKeys
        var positions: [Int32]
    }

    /// The rows of some chunks that are selected and inside of the window.
    private func tasks(
        _ chunks: Range<Int>, _ scan: ShardScan, _ selection: RowSelection, _ window: inout RowWindow
    ) throws -> [Task] {
        if selection.isEverything {
            return chunks.map { chunk in
                let range = window.take(scan.reader.rows(ofChunk: chunk))
                return Task(
                    chunk: chunk, keys: ChunkKeys(scan.reader, chunk: chunk), positions: range.map { Int32($0) })
            }.filter { !$0.positions.isEmpty }
        }
        let selected = try parallelMap(count: chunks.count, workers: query.workers) { index in
            let keys = ChunkKeys(scan.reader, chunk: chunks.lowerBound + index)
            let rows = try selection.rows(ofChunk: chunks.lowerBound + index, keys: keys)
            return Task(chunk: chunks.lowerBound + index, keys: keys, positions: rows?.positions ?? [])
        }
        return selected.compactMap { task in
            let range = window.take(task.positions.count)
            return range.isEmpty
                ? nil : Task(chunk: task.chunk, keys: task.keys, positions: Array(task.positions[range]))
        }
    }

    /// The outputs for some rows of a chunk.
    private static func batch(
        _ outputs: [Bound], _ scan: ShardScan, _ chunk: Int, _ keys: ChunkKeys, at positions: [Int32]
    ) throws -> Batch {
        var keyCodes: [Int: [UInt32]] = [:]
        var vectors: [Int: ColumnVector] = [:]
        func vector(_ field: Int) throws -> ColumnVector {
            if let vector = vectors[field] { return vector }
            let vector = try scan.rows(field, chunk: chunk, at: positions) { group in
                if let codes = keyCodes[group] { return codes }
                let picked = try keys.codes(group, at: positions)
                keyCodes[group] = picked
                return picked
            }
            vectors[field] = vector
            return vector
        }
        let columns = try outputs.map { output -> ColumnVector in
            if case .field(let field, _) = output { return try vector(field) }
            var inputs: [Int: ColumnVector] = [:]
            for field in output.fields { inputs[field] = try vector(field) }
            return try output.vector(over: FieldVectors(inputs, count: positions.count))
        }
        return Batch(count: positions.count, columns: columns)
    }
}

/// What LIMIT and OFFSET leave of a stream of rows.
struct RowWindow {
    /// Rows still to be passed over.
    fileprivate var skip: Int
    /// Rows still wanted.
    fileprivate var left: Int

    /// Passes over `count` rows if all of them lie before the window.
    mutating func passes(over count: Int) -> Bool {
        guard count <= skip else { return false }
        skip -= count
        return true
    }

    /// The part of the next `count` rows that is inside of the window.
    mutating func take(_ count: Int) -> Range<Int> {
        let start = min(skip, count)
        let end = start + min(left, count - start)
        skip -= start
        left -= end - start
        return start..<end
    }
}
