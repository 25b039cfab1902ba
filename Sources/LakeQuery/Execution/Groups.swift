import LakeBytes
import LakeCore
import Synchronization

/// The groups of a whole query, put together from partial results in a fixed order.
///
/// Few groups are one table. More are split by the hash of their keys into partitions that are merged side by side, and a
/// partition that outgrows its part of the memory budget is written to a temporary file; in the end one partition after
/// the other is put together. What a partition does depends only on what it is given and in which order, so that results,
/// sums of floats among them, do not depend on the number of threads.
struct Groups {
    /// Groups of the one table at most.
    private static let unpartitioned = 1 << 15

    private let aggregates: [BoundAggregate]
    private let run: QueryRun
    private let workers: Int
    private let spill = GroupSpill()
    /// The one table, until there are partitions.
    private var table: GroupTable
    private var partitions: [GroupPartition] = []

    init(_ aggregates: [BoundAggregate], run: QueryRun, workers: Int) {
        self.aggregates = aggregates
        self.run = run
        self.workers = workers
        table = GroupTable(aggregates)
    }

    /// Takes partial results in, in their order.
    /// - Throws: `LakeError` (io) when a temporary file cannot be written, (cancelled).
    mutating func merge(_ parts: [EncodedGroups]) throws {
        var rest = parts[...]
        while partitions.isEmpty, let part = rest.popFirst() {
            try run.cancellation.check()
            table.merge(part, 0..<part.count)
            if table.count > Groups.unpartitioned || table.byteCount > run.budget.limit / 4 { try split() }
        }
        try spread(Array(rest))
    }

    private mutating func split() throws {
        partitions = (0..<EncodedGroups.partitions).map { _ in GroupPartition(aggregates) }
        let whole = table.encoded
        table = GroupTable(aggregates)
        try spread([whole])
    }

    private func spread(_ parts: [EncodedGroups]) throws {
        guard !parts.isEmpty else { return }
        let (partitions, spill, cancellation) = (partitions, spill, run.cancellation)
        let room = run.budget.limit / 2 / EncodedGroups.partitions
        try parallelFor(count: partitions.count, workers: workers) { number in
            try cancellation.check()
            try partitions[number].merge(parts, number, room: room, spill)
        }
    }

    /// Adds a group that has no rows, if it is not there.
    mutating func ensure(_ key: [UInt8]) {
        if partitions.isEmpty { table.ensure(key) }
    }

    /// Hands all groups out, a table at a time; the same every time it is called.
    /// - Parameter body: false when no more are wanted.
    /// - Throws: `LakeError` (failed) when a partition does not fit the memory budget.
    func forEachTable(_ body: (GroupTable) throws -> Bool) throws {
        if partitions.isEmpty {
            _ = try body(table)
            return
        }
        for partition in partitions {
            try run.cancellation.check()
            if try !body(try partition.whole(aggregates, limit: run.budget.limit, spill)) { return }
        }
    }
}

/// The groups whose keys' hashes begin alike.
private final class GroupPartition: Sendable {
    private struct State: Sendable {
        var table: GroupTable
        var runs: [SpillFile.Run] = []
    }

    private let state: Mutex<State>

    init(_ aggregates: [BoundAggregate]) { state = Mutex(State(table: GroupTable(aggregates))) }

    /// - Parameter room: bytes that the groups may take in memory.
    func merge(_ parts: [EncodedGroups], _ number: Int, room: Int, _ spill: GroupSpill) throws {
        try state.withLock { state in
            for part in parts {
                let groups = part.groups(ofPartition: number)
                if groups.isEmpty { continue }
                state.table.merge(part, groups)
                if state.table.byteCount > room {
                    state.runs.append(try spill.write(state.table.spilled))
                    state.table = state.table.emptied
                }
            }
        }
    }

    /// All groups of the partition, what was spilled first.
    func whole(_ aggregates: [BoundAggregate], limit: Int, _ spill: GroupSpill) throws -> GroupTable {
        let (last, runs) = state.withLock { ($0.table, $0.runs) }
        if runs.isEmpty { return last }
        var table = GroupTable(aggregates)
        for run in runs {
            try table.merge(spilled: try spill.read(run))
            guard table.byteCount <= limit else {
                throw LakeError(
                    .failed, "the groups of this query do not fit the memory budget of \(limit >> 20)M",
                    hint: "allow more with --memory, or count fewer distinct values per group")
            }
        }
        table.merge(last.encoded, 0..<last.count)
        return table
    }
}

/// The temporary file that partitions share, made when the first of them needs it.
private final class GroupSpill: Sendable {
    private let file = Mutex<SpillFile?>(nil)

    func write(_ bytes: [UInt8]) throws -> SpillFile.Run {
        try file.withLock { file in
            if file == nil { file = try SpillFile() }
            guard let file else { throw LakeError(.io, "no temporary file") }
            try file.append(bytes)
            return try file.endRun()
        }
    }

    func read(_ run: SpillFile.Run) throws -> [UInt8] {
        try file.withLock { file in try file?.read(run, at: 0, count: run.count) ?? [] }
    }
}
