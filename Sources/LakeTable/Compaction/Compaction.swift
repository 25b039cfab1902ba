import LakeBytes
import LakeCore
import LakeShard
import Synchronization

/// Writes shards anew: small ones together, deleted rows left out, dictionaries, keys and indexes made for what is there.
///
/// Each group of a plan is a commit of its own, so that a compaction that is cut short has done what it has done, and running it
/// again goes on. It works beside writers: what is appended meanwhile stays as it is, and a group that another writer has touched
/// is left alone. Nothing is committed whose rows, read back, are not those that were there before.
public struct Compaction: Sendable {
    /// How far a compaction is, in rows.
    public struct Progress: Sendable {
        /// Rows written.
        public var doneRows: Int
        /// Rows of the whole plan.
        public var totalRows: Int
    }

    /// What became of a group.
    public struct Outcome: Sendable {
        /// The group.
        public var group: CompactionPlan.Group
        /// The version with its new shards; nil when another writer touched them.
        public var version: Int?
        /// The new shards, or those that would have been.
        public var shards: [NewShard]
        /// What its rows are.
        public var digest: ContentDigest
    }

    /// Writes the rows of a group's shards in some order; by default in that of the table.
    public typealias Source = @Sendable (CompactionPlan.Group, TableWriter) throws -> Void

    private let plan: CompactionPlan
    private let workers: Int
    private let memory: Int
    private let options: ShardOptions
    private let source: Source?
    private let operation: Operation

    /// Less than this is not worth a group beside others.
    private static let groupBytes = 256 << 20

    /// - Parameters:
    ///   - workers: threads, for groups at once or the columns of one.
    ///   - memory: bytes that all writers together should do with (`ShardOptions.memory`); fewer groups are worked on at once where
    ///     that is little.
    ///   - source: writes the rows of a group, where their order is to change.
    ///   - operation: what the versions are called.
    public init(
        _ plan: CompactionPlan, workers: Int? = nil, memory: Int = 1 << 30, options: ShardOptions = ShardOptions(),
        source: Source? = nil,
        operation: Operation = .compact
    ) {
        self.plan = plan
        self.workers = workers ?? defaultWorkers
        self.memory = memory
        self.options = options
        self.source = source
        self.operation = operation
    }

    /// Carries the plan out.
    /// - Parameter details: kept in the versions for `log`.
    /// - Returns: what became of each group, in the plan's order.
    /// - Throws: `LakeError`, what is wrong with a group's shards among them; groups that were committed before stay so.
    public func run(
        details: [String: String] = [:], progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) throws -> [Outcome] {
        let total = plan.groups.reduce(0) { $0 + $1.rows }
        let done = Mutex(0)
        let atOnce = max(1, min(workers, plan.groups.count, memory / Compaction.groupBytes))
        return try parallelMap(count: plan.groups.count, workers: atOnce) { index in
            try run(plan.groups[index], atOnce, details) { rows in
                let sum = done.withLock { sum in
                    sum += rows
                    return sum
                }
                progress(Progress(doneRows: sum, totalRows: total))
            }
        }
    }

    private func run(
        _ group: CompactionPlan.Group, _ atOnce: Int, _ details: [String: String], _ wrote: (_ rows: Int) -> Void
    ) throws -> Outcome {
        let table = plan.snapshot.table
        // Threads and memory that other groups leave.
        let workers = max(1, self.workers / atOnce)
        var options = options
        options.workers = workers
        options.memory = memory / atOnce
        let writer = TableWriter(
            table: table, schema: plan.snapshot.schema, options: options, tags: group.shards.first?.tags ?? [:])
        var isCommitted = false
        defer { if !isCommitted { writer.abandon() } }
        let before = try parallelMap(count: group.shards.count, workers: workers) { index in
            try ShardRows(group.shards[index], of: plan.snapshot).digest()
        }.reduce(ContentDigest(), +)
        if let source {
            try source(group, writer)
            wrote(group.rows)
        } else {
            for shard in group.shards {
                let rows = try ShardRows(shard, of: plan.snapshot)
                try writer.append(rows)
                wrote(rows.count)
            }
        }
        let shards = try writer.finish()
        try check(shards, before, workers)
        let change = TableChange.replace(group.shards, with: shards, operation: operation, details: details)
        do {
            let manifest = try table.commit(change, over: plan.snapshot.manifest)
            isCommitted = true
            return Outcome(group: group, version: manifest.version, shards: shards, digest: before)
        } catch let error as LakeError where error.code == .conflict {
            return Outcome(group: group, version: nil, shards: shards, digest: before)
        } catch let error as LakeError where error.code == .io {
            // Whether it is in the table is not known: vacuum tells.
            isCommitted = true
            throw error
        }
    }

    /// - Throws: `LakeError` (failed) when the rows that were written are not those that were read.
    private func check(_ shards: [NewShard], _ before: ContentDigest, _ workers: Int) throws {
        let table = plan.snapshot.table
        var after = ContentDigest()
        for shard in shards {
            let path = table.shardPath(shard.file)
            let reader = try ShardReader(path: path, store: table.store)
            after = after + (try ShardRows(reader, schema: plan.snapshot.schema, deleted: nil).digest(workers: workers))
        }
        guard after == before else {
            throw LakeError(
                .failed, "\(after.rows) rows were written that are not the \(before.rows) that were read",
                at: .init(table: table.name),
                hint: "the table is as it was; run 'alphalake validate', and report this as a fault of alphalake")
        }
    }
}
