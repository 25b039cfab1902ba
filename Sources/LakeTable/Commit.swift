import Glibc
import LakeBytes
import LakeCore

/// What a commit changes. Its shards are finished and synced files in the table's `shards/`.
public struct TableChange: Sendable {
    /// What kind of change it is.
    public var operation: Operation
    /// Shards that join the table.
    public var added: [NewShard]
    /// Ids of shards that leave the table.
    public var removed: [Int]
    /// The schema that `added` was written with, where it is wider than the table's; becomes the table's.
    public var schema: Schema?
    /// Free-form, kept in the version for `log`.
    public var details: [String: String]

    /// Adds shards; with a schema, widens the table in the same step.
    public static func append(
        _ shards: [NewShard], widening schema: Schema? = nil, details: [String: String] = [:]
    ) -> TableChange {
        TableChange(operation: .append, added: shards, removed: [], schema: schema, details: details)
    }

    /// Removes shards and adds others in one step.
    public static func replace(
        _ removed: [ShardEntry], with shards: [NewShard], widening schema: Schema? = nil,
        details: [String: String] = [:]
    ) -> TableChange {
        TableChange(
            operation: .replace, added: shards, removed: removed.map(\.id), schema: schema, details: details)
    }

    /// Declares or drops derived columns.
    public static func derive(_ schema: Schema, details: [String: String] = [:]) -> TableChange {
        TableChange(operation: .derive, added: [], removed: [], schema: schema, details: details)
    }

    /// Widens the schema alone.
    public static func widen(to schema: Schema, details: [String: String] = [:]) -> TableChange {
        TableChange(operation: .widen, added: [], removed: [], schema: schema, details: details)
    }
}

extension TableDirectory {
    /// How often a commit that lost the race is tried on the version that won.
    static let commitAttempts = 1000

    /// Makes `change` the next version of the table, durably, or leaves the table as it is.
    ///
    /// When other writers commit first the change is rebased: an append over anything, a replace while the shards it
    /// removes are still there, a schema change while nobody else changed the schema.
    /// - Parameters:
    ///   - base: the manifest that the change was made for.
    ///   - precondition: called with each manifest that the change is about to follow; throws when it must not (such as
    ///     a wave that another import has brought in meanwhile).
    /// - Returns: the manifest of the new version, which lasts through a power cut.
    /// - Throws: `LakeError`. `conflict` and `usage`: the change is not in the table, its shard files can be removed.
    ///   `io` and others: the message says so where the outcome is not known; leave the shard files alone, vacuum
    ///   collects them if no version lists them.
    public func commit(
        _ change: TableChange, over base: Manifest, precondition: ((Manifest) throws -> Void)? = nil
    ) throws -> Manifest {
        try locating(.init(table: name)) {
            try store.checkWritable(versionsPath)
            try checkShards(change)
            let transaction = randomHex()
            for attempt in 0..<TableDirectory.commitAttempts {
                // The lease keeps vacuum from taking the version that the new one points to.
                let (current, lease) = try leasedManifest(known: base)
                defer { lease.release() }
                try precondition?(current)
                let record = try nextRecord(change, base: base, current: current, transaction: transaction)
                if let digest = try publish(record) {
                    let shards = remaining(current, change) + record.added
                    return Manifest(record, digest, record.schema ?? current.schema, shards)
                }
                pause(attempt)
            }
            throw LakeError(
                .conflict, "\(TableDirectory.commitAttempts) times another writer was first", hint: "try again later")
        }
    }

    /// Writes version 1.
    func commitFirst(_ schema: Schema, details: [String: String]) throws -> Manifest {
        try locating(.init(table: name)) {
            try store.checkWritable(versionsPath)
            let nextFieldID = (schema.fields.map(\.id).max() ?? 0) + 1
            let record = VersionRecord(
                tableID: randomHex(), version: 1, parent: nil, transaction: randomHex(), operation: .create,
                timestamp: now(), details: details, nextShardID: 1, nextFieldID: nextFieldID, schema: schema)
            guard let digest = try publish(record) else {
                throw LakeError(.conflict, "there is a table '\(name)' already", hint: "append to it instead")
            }
            return Manifest(record, digest, schema, [])
        }
    }

    private func checkShards(_ change: TableChange) throws {
        for shard in change.added {
            if let fault = ShardEntry(id: 1, shard).fault { throw LakeError(.usage, fault) }
            let path = shardPath(shard.file)
            guard let size = try store.size(path) else {
                throw LakeError(.missing, "the shard to be added is not there", at: .init(file: path))
            }
            guard size == shard.bytes else {
                throw LakeError(.corrupt, "\(size) bytes on disk, \(shard.bytes) were written", at: .init(file: path))
            }
        }
        if !change.added.isEmpty { try store.syncDirectory(shardsPath) }
    }

    private func leasedManifest(known base: Manifest) throws -> (Manifest, any StoreLease) {
        let (number, lease) = try leaseVersion(nil)
        if number == base.version, try read(number).digest == base.digest { return (base, lease) }
        return (try manifest(version: number), lease)
    }

    /// The record that makes `change` follow `current`.
    private func nextRecord(
        _ change: TableChange, base: Manifest, current: Manifest, transaction: String
    ) throws -> VersionRecord {
        guard current.tableID == base.tableID else {
            throw LakeError(.conflict, "the table was made anew meanwhile", hint: "open it again")
        }
        let schema = try rebasedSchema(change, base: base, current: current)
        let present = Set(current.shards.map(\.id))
        if let gone = change.removed.first(where: { !present.contains($0) }) {
            throw LakeError(
                .conflict, "shard \(gone), which was to be replaced, was removed by another writer meanwhile",
                hint: "open the table again and repeat the operation")
        }
        let files = Set(current.shards.map(\.file) + change.added.map(\.file))
        guard files.count == current.shards.count + change.added.count else {
            throw LakeError(.usage, "a shard that is to be added is in the table already")
        }
        var record = VersionRecord(
            tableID: current.tableID, version: current.version + 1, parent: current.digest, transaction: transaction,
            operation: change.operation, timestamp: max(now(), current.timestamp), details: change.details,
            nextShardID: current.nextShardID + change.added.count,
            nextFieldID: max(current.nextFieldID, ((schema?.fields.map(\.id).max()) ?? 0) + 1), schema: schema)
        record.added = zip(current.nextShardID..., change.added).map { ShardEntry(id: $0, $1) }
        record.removed = change.removed.sorted()
        let shards = remaining(current, change) + record.added
        record.summary = VersionRecord.Summary(of: record, shards, after: current)
        if VersionRecord.isCheckpoint(record.version) {
            record.checkpoint = VersionRecord.State(schema: schema ?? current.schema, shards: shards)
        }
        return record
    }

    /// The shards of `current` that stay.
    private func remaining(_ current: Manifest, _ change: TableChange) -> [ShardEntry] {
        guard !change.removed.isEmpty else { return current.shards }
        let removed = Set(change.removed)
        return current.shards.filter { !removed.contains($0.id) }
    }

    /// The schema that the new version has to state, nil when it is the current one.
    private func rebasedSchema(_ change: TableChange, base: Manifest, current: Manifest) throws -> Schema? {
        guard let wanted = change.schema, wanted != current.schema else {
            if current.schema != base.schema { try base.schema.checkWidening(to: current.schema) }
            return nil
        }
        guard current.schema == base.schema else {
            throw LakeError(
                .conflict, "another writer changed the schema meanwhile",
                hint: "open the table again and repeat the operation")
        }
        try current.schema.checkWidening(to: wanted)
        let known = Set(current.schema.fields.map(\.id))
        for field in wanted.fields where !known.contains(field.id) && field.id < current.nextFieldID {
            throw LakeError(
                .usage, "the new column '\(field.name)' has the id \(field.id), which was in use before",
                at: .init(column: field.name), hint: "ids of new columns begin at \(current.nextFieldID)")
        }
        return wanted
    }

    /// Waits a little, longer each time, so that writers that collide spread out.
    private func pause(_ attempt: Int) {
        usleep(UInt32.random(in: 0...UInt32(min(attempt + 1, 50) * 500)))
    }

    private func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return max(0, Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

extension VersionRecord.Summary {
    /// The summary of a version that leaves `shards`, after `parent`.
    fileprivate init(of record: VersionRecord, _ shards: [ShardEntry], after parent: Manifest) {
        let rows = shards.reduce(0) { $0 &+ $1.rows }
        let rowsAdded = record.added.reduce(0) { $0 &+ $1.rows }
        self.init(
            rows: rows, bytes: shards.reduce(0) { $0 &+ $1.bytes }, shards: shards.count, rowsAdded: rowsAdded,
            rowsRemoved: parent.rows &+ rowsAdded &- rows, shardsAdded: record.added.count,
            shardsRemoved: record.removed.count)
    }
}
