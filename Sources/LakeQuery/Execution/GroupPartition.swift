import LakeBytes
import LakeCore
import Synchronization

/// The groups whose keys' hashes begin alike.
final class GroupPartition: Sendable {
    private struct State: Sendable {
        var table: GroupTable
        var runs: [SpillFile.Run] = []
    }

    private let state: Mutex<State>

    init(_ empty: GroupTable) { state = Mutex(State(table: empty)) }

    /// - Parameter room: bytes that the groups may take in memory.
    func merge(
        _ parts: [EncodedGroups], _ number: Int, room: Int, _ spill: GroupSpill, _ cancellation: Cancellation
    ) throws {
        try state.withLock { state in
            for part in parts {
                let groups = part.groups(ofPartition: number)
                if groups.isEmpty { continue }
                try state.table.merge(part, groups, cancellation)
                if state.table.byteCount <= room { continue }
                try state.table.settle(cancellation)
                if state.table.byteCount <= room / 4 * 3 { continue }
                state.runs.append(try spill.write(try state.table.spilled()))
                state.table = state.table.emptied
            }
        }
    }

    /// A part of the groups that is handed out as a table.
    struct Piece: Sendable {
        fileprivate let partition: GroupPartition
        fileprivate let number: Int
        fileprivate let count: Int
        /// Whether it has to be read back.
        let isSpilled: Bool

        func table(
            _ empty: GroupTable, limit: Int, _ spill: GroupSpill, _ cancellation: Cancellation
        ) throws -> GroupTable {
            try partition.table(empty, number, of: count, limit: limit, spill, cancellation)
        }
    }

    /// The groups in pieces of about so many bytes, as far as hashes part them.
    func pieces(ofBytes bytes: Int) -> [Piece] {
        let runs = state.withLock { $0.runs }
        let total = runs.reduce(0) { $0 + $1.count }
        var count = 1
        while count * bytes < total { count *= 2 }
        return (0..<count).map { Piece(partition: self, number: $0, count: count, isSpilled: !runs.isEmpty) }
    }

    /// What was spilled comes first.
    private func table(
        _ empty: GroupTable, _ number: Int, of count: Int, limit: Int, _ spill: GroupSpill, _ cancellation: Cancellation
    ) throws -> GroupTable {
        let (last, runs) = state.withLock { ($0.table, $0.runs) }
        if runs.isEmpty { return last }
        var table = empty
        for run in runs {
            try cancellation.check()
            try table.merge(spilled: try spill.read(run), part: number, of: count, cancellation)
            if table.byteCount > limit / 2 {
                try table.settle(cancellation)
                try GroupPartition.check(table, limit)
            }
        }
        let rest = try last.encoded(cancellation)
        try table.merge(rest, rest.groups(ofPart: number, of: count), cancellation)
        try table.settle(cancellation)
        try GroupPartition.check(table, limit)
        return table
    }

    /// - Throws: `LakeError` (failed) for a table that is more than half of the budget; sorting its values takes the rest.
    static func check(_ table: GroupTable, _ limit: Int) throws {
        guard table.byteCount > limit / 2 else { return }
        throw LakeError(
            .failed, "the groups of this query do not fit the memory budget of \(limit >> 20)M",
            hint: "allow more with --memory, or count fewer distinct values per group")
    }
}

/// The temporary file that partitions share, made when the first of them needs it.
final class GroupSpill: Sendable {
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
