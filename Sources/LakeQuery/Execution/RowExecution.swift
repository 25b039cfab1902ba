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
        var skip = query.statement.offset
        var left = query.statement.limit ?? .max
        var statistics = QueryStatistics()
        var handedOut = 0
        try forEachBatch(outputs, &statistics, isDone: { left == 0 }, limit: { skip.addingReportingOverflow(left) }) {
            batch in
            let range =
                min(
                    skip, batch.count)..<min(
                    batch.count, skip.addingReportingOverflow(left).overflow ? .max : skip + left)
            skip -= range.lowerBound
            left -= range.count
            guard !range.isEmpty else { return }
            handedOut += range.count
            if range.count == batch.count {
                try emit(batch)
            } else {
                try emit(Batch(count: range.count, columns: batch.columns.map { $0.gathering(Array(range)) }))
            }
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
        try forEachBatch(outputs + order.map(\.0), &statistics, isDone: { keep == 0 }, limit: { (.max, false) }) {
            batch in
            let keys = order.indices.map { batch.columns[outputs.count + $0] }
            for row in 0..<batch.count {
                let values = zip(keys, order).map { vector, key in vector.scalar(row, key.0.type ?? .int64) }
                rows.append((values, batch.columns.prefix(outputs.count).map { $0.gathering([row]) }))
                if rows.count >= 2 * max(keep, 4096), keep < .max / 2 { rows = sorted(rows, sorting, keep) }
            }
            guard rows.count <= max(RowExecution.sortLimit, keep == .max ? 0 : 2 * keep) else {
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

    /// Hands out the selected rows chunk by chunk, in order, until `isDone`.
    private func forEachBatch(
        _ outputs: [Bound], _ statistics: inout QueryStatistics, isDone: () -> Bool,
        limit: () -> (partialValue: Int, overflow: Bool), _ body: (Batch) throws -> Void
    ) throws {
        let query = query
        for shard in query.snapshot.shards {
            if isDone() { return }
            statistics.shards += 1
            let scan = ShardScan(reader: try query.reader(shard), schema: query.schema)
            let selection = try RowSelection(query.predicate, scan: scan)
            if selection.isEmpty {
                statistics.shardsPruned += 1
                continue
            }
            let step = 2 * query.workers
            for first in stride(from: 0, to: scan.reader.chunkCount, by: step) {
                if isDone() { return }
                let (most, overflow) = limit()
                let chunks = first..<min(scan.reader.chunkCount, first + step)
                let batches = try parallelMap(count: chunks.count, workers: query.workers) { index in
                    try RowExecution.batch(
                        outputs, scan, selection, chunks.lowerBound + index, most: overflow ? .max : most)
                }
                for batch in batches where batch.count > 0 && !isDone() { try body(batch) }
            }
        }
    }

    /// The outputs for the first `most` selected rows of a chunk.
    private static func batch(
        _ outputs: [Bound], _ scan: ShardScan, _ selection: RowSelection, _ chunk: Int, most: Int
    ) throws -> Batch {
        let keys = ChunkKeys(scan.reader, chunk: chunk)
        guard let rows = try selection.rows(ofChunk: chunk, keys: keys) else { return Batch(count: 0, columns: []) }
        let positions = Array(rows.positions.prefix(most))
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
            let scalars = try positions.indices.map { row in
                try output.evaluate { part in
                    guard case .field(let field, let type) = part, let vector = inputs[field] else { return .null }
                    return vector.scalar(row, type)
                }
            }
            return .of(scalars, output.type ?? .int64)
        }
        return Batch(count: positions.count, columns: columns)
    }
}
