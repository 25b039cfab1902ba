import LakeBytes
import LakeCore

/// The groups of a whole query, put together from partial results in a fixed order.
///
/// Few groups are one table. More are split by the hash of their keys into partitions that are merged side by side, and a
/// partition that outgrows its part of the memory budget is written to a temporary file; in the end one partition after
/// the other is put together. What a partition does depends only on what it is given and in which order, so that results,
/// sums of floats among them, do not depend on the number of threads.
struct Groups {
    /// Groups of the one table at most.
    private static let unpartitioned = 1 << 15
    /// Bytes of the one table at most, where there is more than one group: values that are kept are sorted side by side.
    private static let mostBytes = 8 << 20

    private let aggregates: [BoundAggregate]
    private let run: QueryRun
    private let workers: Int
    private let spill = GroupSpill()
    private let empty: GroupTable
    /// The one table, until there are partitions.
    private var table: GroupTable
    private var partitions: [GroupPartition] = []

    /// - Parameter types: of the terms.
    init(_ aggregates: [BoundAggregate], types: [DataType], run: QueryRun, workers: Int) {
        self.aggregates = aggregates
        self.run = run
        self.workers = workers
        empty = GroupTable(aggregates, types: types)
        table = empty
    }

    /// Takes partial results in, in their order.
    /// - Throws: `LakeError` (io) when a temporary file cannot be written, (cancelled), (failed) when one group alone does
    ///   not fit the memory budget.
    mutating func merge(_ parts: [EncodedGroups]) throws {
        var rest = parts[...]
        while partitions.isEmpty, let part = rest.popFirst() {
            try table.merge(part, Array(0..<part.count), run.cancellation)
            if table.count > Groups.unpartitioned
                || table.count > 1 && table.byteCount > min(Groups.mostBytes, room / 4)
            {
                try split()
            } else if table.byteCount > room / 2 {
                // Partitions cannot part the values of one group.
                try table.settle(run.cancellation)
                try GroupPartition.check(table, run.budget.limit)
            }
        }
        try spread(Array(rest))
    }

    /// Bytes that groups may take in memory; partial results on their way to them take the rest.
    private var room: Int { run.budget.limit - 2 * run.readAhead }

    private mutating func split() throws {
        partitions = (0..<EncodedGroups.partitions).map { _ in GroupPartition(empty) }
        let whole = try table.encoded(run.cancellation)
        table = empty
        try spread([whole])
    }

    private func spread(_ parts: [EncodedGroups]) throws {
        guard !parts.isEmpty else { return }
        let (partitions, spill, cancellation) = (partitions, spill, run.cancellation)
        let room = room / EncodedGroups.partitions
        try parallelFor(count: partitions.count, workers: workers) { number in
            try partitions[number].merge(parts, number, room: room, spill, cancellation)
        }
    }

    /// Adds the group of all rows, if it is not there.
    mutating func ensureWhole() throws {
        if partitions.isEmpty { try table.ensureWhole() }
    }

    /// Hands all groups out, a table at a time; the same every time it is called.
    /// - Parameter body: false when no more are wanted.
    /// - Throws: `LakeError` (failed) when a partition does not fit the memory budget.
    func forEachTable(_ body: (GroupTable) throws -> Bool) throws {
        try forEach {
            ($0, 0)
        } _: {
            try body($0)
        }
    }

    /// Makes something of all groups, a table at a time and side by side, and hands it out in order.
    /// - Parameters:
    ///   - make: gives also the bytes that it made.
    ///   - body: false when no more are wanted.
    func forEach<Made: Sendable>(
        _ make: @Sendable (GroupTable) throws -> (made: Made, bytes: Int), _ body: (Made) throws -> Bool
    ) throws {
        if partitions.isEmpty {
            _ = try body(try make(table).made)
            return
        }
        let limit = run.budget.limit
        let (spill, cancellation, empty) = (spill, run.cancellation, empty)
        let pieces = partitions.flatMap { $0.pieces(ofBytes: limit / 8) }
        // What was spilled is put together one piece at a time: how many fit beside each other is not known.
        let workers = pieces.contains(where: \.isSpilled) ? 1 : workers
        try orderedFlow(count: pieces.count, workers: workers, room: run.readAhead) { index, outlet in
            try cancellation.check()
            let table = try pieces[index].table(empty, limit: limit, spill, cancellation)
            let (made, bytes) = try make(table)
            try outlet.send(made, bytes: bytes)
        } consume: {
            try body($0)
        }
    }
}
