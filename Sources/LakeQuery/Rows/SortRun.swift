import LakeBytes
import LakeCore
import LakeShard

/// Rows with their keys, to be read in the order of the keys.
struct SortRun: Sendable {
    var batch: Batch
    var keys: SortKeys
    /// The rows in the order of their keys; nil when they stand in it.
    var order: [Int32]?

    /// Bytes in memory.
    var byteCount: Int { batch.byteCount + keys.byteCount + 4 * (order?.count ?? 0) }

    /// The row that is number `index` in the order.
    func row(_ index: Int) -> Int { order.map { Int($0[index]) } ?? index }
}

/// A sorted run on disk: blocks of rows, each one a run of its own.
struct SpilledRun {
    var file: SpillFile
    var run: SpillFile.Run
    /// Where each block ends in the run.
    var ends: [Int]

    func block(_ index: Int, _ unions: [DictionaryUnion]) throws -> SortRun {
        let start = index == 0 ? 0 : ends[index - 1]
        let bytes = ByteView(try file.read(run, at: start, count: ends[index] - start), source: "temporary file")
        return try SpilledRows.read(bytes, unions)
    }
}

/// Where a merge stands in a run.
final class RunCursor {
    private(set) var run: SortRun
    private let spilled: SpilledRun?
    private let unions: [DictionaryUnion]
    private var block = 0
    private var index = 0
    /// The row of `run` that comes next.
    private(set) var row: Int
    /// Goes up when `run` becomes another block.
    private(set) var generation = 0

    init(_ run: SortRun) {
        self.run = run
        (spilled, unions) = (nil, [])
        row = run.row(0)
    }

    init(_ spilled: SpilledRun, _ unions: [DictionaryUnion]) throws {
        self.spilled = spilled
        self.unions = unions
        run = try spilled.block(0, unions)
        row = run.row(0)
    }

    /// The beginning of the next row's key.
    var prefix: UInt64 { run.keys.prefix(row) }

    /// Goes on to the next row; false when there is none.
    func advance() throws -> Bool {
        index += 1
        if index == run.batch.count {
            block += 1
            guard let spilled, block < spilled.ends.count else { return false }
            run = try spilled.block(block, unions)
            index = 0
            generation += 1
        }
        row = run.row(index)
        return true
    }
}

/// Runs side by side: the next row of all of them, those with equal keys in the order of the runs.
struct RunMerge {
    let cursors: [RunCursor]
    /// A heap of cursors by their next rows; the beginnings of the keys decide most comparisons.
    private var heap: [(prefix: UInt64, cursor: Int)]

    /// - Parameter cursors: none of them of an empty run.
    init(_ cursors: [RunCursor]) {
        self.cursors = cursors
        heap = cursors.indices.map { (cursors[$0].prefix, $0) }
        for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(place) }
    }

    /// The number of the run with the next row; nil at the end.
    var next: Int? { heap.first?.cursor }

    mutating func advance() throws {
        guard let first = heap.first?.cursor else { return }
        if try cursors[first].advance() {
            heap[0].prefix = cursors[first].prefix
        } else {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
        }
        sink(0)
    }

    private func isBefore(_ a: (prefix: UInt64, cursor: Int), _ b: (prefix: UInt64, cursor: Int)) -> Bool {
        if a.prefix != b.prefix { return a.prefix < b.prefix }
        let (x, y) = (cursors[a.cursor], cursors[b.cursor])
        let order = x.run.keys.compare(x.row, y.run.keys, y.row)
        return order == 0 ? a.cursor < b.cursor : order < 0
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var first = place
            let child = 2 * place + 1
            if child < heap.count, isBefore(heap[child], heap[first]) { first = child }
            if child + 1 < heap.count, isBefore(heap[child + 1], heap[first]) { first = child + 1 }
            if first == place { return }
            heap.swapAt(place, first)
            place = first
        }
    }
}
