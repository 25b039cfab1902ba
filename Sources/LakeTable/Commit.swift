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
    /// By the ids of their shards, which stay: all deleted rows, those of the base among them.
    public var deletions: [Int: DeletionEntry] = [:]
    /// By the ids of their shards, which stay: further columns for their rows.
    public var companions: [Int: CompanionEntry] = [:]
    /// The schema that `added` was written with, where it is another than the table's; becomes the table's.
    public var schema: Schema?
    /// Free-form, kept in the version for `log`.
    public var details: [String: String]
    /// Of the rows of `added`, in their order, the surrogate keys that they have from the rows whose place they take;
    /// `newKey` for rows that get one of their own. Empty where all do.
    public var keptKeys: [Int64] = []
    /// The counter of surrogate keys after the change, where `companions` hold keys.
    public var nextKey: Int?
    /// Surrogate keys that the version gives to no row.
    var reservedKeys = 0
    /// Of shards of earlier versions, the rows that have to go from these too.
    var purged: [VersionRecord.PurgedRows] = []
    /// Whether the version holds the whole table, whatever its number.
    var isWhole = false

    /// In `keptKeys`, a row that gets a key of its own.
    public static let newKey: Int64 = -1

    /// Adds shards; with a schema, widens the table in the same step.
    public static func append(
        _ shards: [NewShard], widening schema: Schema? = nil, details: [String: String] = [:]
    ) -> TableChange {
        TableChange(operation: .append, added: shards, removed: [], schema: schema, details: details)
    }

    /// Removes shards and adds others in one step.
    public static func replace(
        _ removed: [ShardEntry], with shards: [NewShard], widening schema: Schema? = nil,
        operation: Operation = .replace, details: [String: String] = [:]
    ) -> TableChange {
        TableChange(
            operation: operation, added: shards, removed: removed.map(\.id), schema: schema, details: details)
    }

    /// Deletes rows, whole shards where no row of them is left, and adds shards in their place.
    /// - Parameter deletions: per shard all of its deleted rows; a shard without rows left is removed.
    public static func delete(
        _ deletions: [(shard: ShardEntry, new: DeletionEntry?)], adding shards: [NewShard] = [],
        operation: Operation = .delete, details: [String: String] = [:]
    ) -> TableChange {
        var change = TableChange(operation: operation, added: shards, removed: [], schema: nil, details: details)
        for (shard, new) in deletions {
            if let new { change.deletions[shard.id] = new } else { change.removed.append(shard.id) }
        }
        return change
    }

    /// Declares or drops derived columns.
    public static func derive(_ schema: Schema, details: [String: String] = [:]) -> TableChange {
        TableChange(operation: .derive, added: [], removed: [], schema: schema, details: details)
    }

    /// Changes the schema alone: by default it is widened.
    public static func widen(
        to schema: Schema, operation: Operation = .widen, details: [String: String] = [:]
    ) -> TableChange {
        TableChange(operation: operation, added: [], removed: [], schema: schema, details: details)
    }

    /// Adds columns, with values for the rows there are.
    /// - Parameters:
    ///   - schema: the table's with the new columns.
    ///   - companions: per shard of the table its file with their values; none where they are NULL in all rows.
    public static func addColumns(
        _ schema: Schema, _ companions: [Int: CompanionEntry], details: [String: String] = [:]
    ) -> TableChange {
        var change = TableChange.widen(to: schema, operation: .addColumn, details: details)
        change.companions = companions
        return change
    }
}

extension TableDirectory {
    /// How often a commit that lost the race is tried on the version that won.
    static let commitAttempts = 1000

    /// Makes `change` the next version of the table, durably, or leaves the table as it is.
    ///
    /// When other writers commit first the change is rebased: an append over anything, a replace or a delete while the shards
    /// that it touches are as they were, a schema change while nobody else changed the schema.
    /// - Parameters:
    ///   - base: the manifest that the change was made for.
    ///   - transaction: the commit's id for jobs that may be run twice: a change whose id a version has already is not made
    ///     again.
    ///   - precondition: called with each manifest that the change is about to follow; throws when it must not (such as
    ///     a wave that another import has brought in meanwhile).
    /// - Returns: the manifest of the new version, or of the one that has the transaction; it lasts through a power cut.
    /// - Throws: `LakeError`. `conflict` and `usage`: the change is not in the table, its shard files can be removed.
    ///   `io` and others: the message says so where the outcome is not known; leave the shard files alone, vacuum
    ///   collects them if no version lists them.
    public func commit(
        _ change: TableChange, over base: Manifest, transaction: String? = nil,
        precondition: ((Manifest) throws -> Void)? = nil
    ) throws -> Manifest {
        // What the change adds is vacuum's until a version lists it, unless it is held.
        defer { withExtendedLifetime(change) {} }
        return try locating(.init(table: name)) {
            try store.checkWritable(versionsPath)
            try checkShards(change)
            let id = transaction ?? randomHex()
            var looked = 0
            let keys = KeyAssignment(self, change)
            defer { keys.discardUnused() }
            for attempt in 0..<TableDirectory.commitAttempts {
                // The lease keeps vacuum from taking the version that the new one points to.
                let (current, lease) = try leasedManifest(known: base)
                defer { lease.release() }
                if transaction != nil, let done = try version(ofTransaction: id, after: looked) {
                    return try manifest(version: done)
                }
                looked = current.version
                try precondition?(current)
                if let reservation = keys.reservation(for: change) {
                    let next = try commit(reservation, over: current).nextKey ?? 0
                    keys.reserve(upTo: next, for: change)
                    continue
                }
                let change = try keys.complete(change, after: current)
                let record = try nextRecord(change, base: base, current: current, transaction: id)
                keys.isUsed = true
                if let digest = try publish(record) {
                    let shards = remaining(current, change) + record.added
                    return Manifest(record, digest, record.schema ?? current.schema, shards)
                }
                keys.isUsed = false
                pause(attempt)
            }
            throw LakeError(
                .conflict, "\(TableDirectory.commitAttempts) times another writer was first", hint: "try again later")
        }
    }

    /// The version that a transaction made, among those above `first` that are there; nil when there is none.
    public func version(ofTransaction id: String, after first: Int = 0) throws -> Int? {
        let lease = try leaseOldestVersion()
        defer { lease.release() }
        return try versions().reversed().prefix { $0 > first }.first { try read($0).record.transaction == id }
    }

    /// The id of a transaction that a job calls by a name of its own.
    public static func transaction(named name: String) -> String { Digest(of: Array(name.utf8)).hex }

    /// Writes version 1.
    func commitFirst(_ schema: Schema, details: [String: String]) throws -> Manifest {
        try locating(.init(table: name)) {
            try store.checkWritable(versionsPath)
            let nextFieldID = (schema.fields.map(\.id).max() ?? 0) + 1
            var record = VersionRecord(
                tableID: randomHex(), version: 1, parent: nil, transaction: randomHex(), operation: .create,
                timestamp: microsecondsNow(), details: details, nextShardID: 1, nextFieldID: nextFieldID, schema: schema
            )
            if schema.surrogateKey != nil { record.nextKey = 0 }
            record.requiredFeatures = VersionRecord.features([], nextKey: record.nextKey)
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
            if let deletion = shard.deletion { try checkThere(deletion) }
        }
        for companion in change.added.flatMap(\.companions) + change.companions.values {
            let path = shardPath(companion.file)
            guard try store.size(path) == companion.bytes else {
                throw LakeError(.missing, "the columns to be committed are not there", at: .init(file: path))
            }
        }
        if !change.added.isEmpty || !change.companions.isEmpty { try store.syncDirectory(shardsPath) }
        for deletion in change.deletions.values + change.purged.map(\.rows) {
            try checkThere(deletion)
        }
        if !change.deletions.isEmpty || !change.purged.isEmpty || change.added.contains(where: { $0.deletion != nil }) {
            try store.syncDirectory(deletionsPath)
            try store.syncDirectory(path)
        }
    }

    private func checkThere(_ deletion: DeletionEntry) throws {
        let path = deletionPath(deletion.file)
        guard try store.size(path) == deletion.bytes else {
            throw LakeError(.missing, "the deletions to be committed are not there", at: .init(file: path))
        }
    }

    /// The record that makes `change` follow `current`.
    private func nextRecord(
        _ change: TableChange, base: Manifest, current: Manifest, transaction: String
    ) throws -> VersionRecord {
        guard current.tableID == base.tableID else {
            throw LakeError(.conflict, "the table was made anew meanwhile", hint: "open it again")
        }
        let schema = try rebasedSchema(change, base: base, current: current)
        try checkTouched(change, base: base, current: current)
        let staying = remaining(current, change)
        let stayingFiles = staying.flatMap(\.files).map(\.name)
        let newFiles = change.added.flatMap { shard in [shard.file] + shard.companions.map(\.file) }
        guard Set(stayingFiles + newFiles).count == stayingFiles.count + newFiles.count else {
            throw LakeError(
                .conflict,
                "a shard that is to be added is in the table already: another writer brought it back meanwhile",
                hint: "open the table again and repeat the operation")
        }
        var record = VersionRecord(
            tableID: current.tableID, version: current.version + 1, parent: current.digest, transaction: transaction,
            operation: change.operation, timestamp: max(microsecondsNow(), current.timestamp), details: change.details,
            nextShardID: current.nextShardID + change.added.count,
            nextFieldID: max(current.nextFieldID, ((schema?.fields.map(\.id).max()) ?? 0) + 1), schema: schema)
        record.nextKey = KeyAssignment.counter(after: current, change, record.schema ?? current.schema)
        record.added = zip(current.nextShardID..., change.added).map { ShardEntry(id: $0, $1) }
        record.removed = change.removed.sorted()
        if !change.deletions.isEmpty {
            record.deletions = change.deletions.sorted { $0.key < $1.key }
                .map { VersionRecord.ShardDeletion(shard: $0.key, deletion: $0.value) }
        }
        if !change.companions.isEmpty {
            record.companions = change.companions.sorted { $0.key < $1.key }
                .map { VersionRecord.AddedCompanion(shard: $0.key, companion: $0.value.released) }
        }
        if let schema, let column = current.schema.unfilledColumn(of: schema, staying, from: current.nextFieldID) {
            throw LakeError(
                .usage, "the new column must allow NULL: the rows there are have no value", at: .init(column: column))
        }
        let shards = staying + record.added
        record.summary = VersionRecord.Summary(of: record, shards, after: current)
        if !change.purged.isEmpty { record.purged = change.purged }
        if VersionRecord.isCheckpoint(record.version) || change.isWhole {
            record.checkpoint = VersionRecord.State(schema: schema ?? current.schema, shards: shards)
        }
        record.requiredFeatures = VersionRecord.features(
            record.added + (record.checkpoint?.shards ?? []), deletions: record.deletions,
            companions: record.companions, nextKey: record.nextKey)
        return record
    }

    /// - Throws: `LakeError` (conflict) when another writer removed a shard that the change touches, deleted rows of it, or gave
    ///   one that leaves further columns. Further columns themselves are for all rows of a shard, deleted ones among them.
    private func checkTouched(_ change: TableChange, base: Manifest, current: Manifest) throws {
        let touched = change.removed + change.deletions.keys.sorted() + change.companions.keys.sorted()
        guard !touched.isEmpty else { return }
        func entries(_ manifest: Manifest) -> [Int: ShardEntry] {
            Dictionary(manifest.shards.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let (before, now) = (entries(base), entries(current))
        for shard in touched {
            let what: String
            if let entry = now[shard] {
                let isSame = entry.deletion == before[shard]?.deletion && entry.file == before[shard]?.file
                let hasColumns = entry.companions == before[shard]?.companions || change.deletions[shard] != nil
                if change.companions[shard] != nil || isSame && hasColumns { continue }
                what = "was changed"
            } else {
                what = "was removed"
            }
            throw LakeError(
                .conflict, "shard \(shard), which the change touches, \(what) by another writer meanwhile",
                hint: "open the table again and repeat the operation")
        }
    }

    /// The shards of `current` that stay.
    private func remaining(_ current: Manifest, _ change: TableChange) -> [ShardEntry] {
        guard !change.removed.isEmpty || !change.deletions.isEmpty || !change.companions.isEmpty else {
            return current.shards
        }
        let removed = Set(change.removed)
        return current.shards.compactMap { shard in
            if removed.contains(shard.id) { return nil }
            var shard = shard
            if let deletion = change.deletions[shard.id] { shard.deletion = deletion.released }
            if let companion = change.companions[shard.id] { shard.companions.append(companion.released) }
            return shard
        }
    }

    /// The schema that the new version has to state, nil when it is the current one.
    private func rebasedSchema(_ change: TableChange, base: Manifest, current: Manifest) throws -> Schema? {
        guard let wanted = change.schema, wanted != current.schema else {
            do throws(LakeError) { try base.schema.checkWidening(to: current.schema) } catch {
                throw LakeError(
                    .conflict, "another writer changed the schema meanwhile: \(error.message)", at: error.location,
                    hint: "open the table again and repeat the operation")
            }
            return nil
        }
        guard current.schema == base.schema, change.companions.isEmpty || current.nextFieldID == base.nextFieldID else {
            throw LakeError(
                .conflict, "another writer changed the schema meanwhile",
                hint: "open the table again and repeat the operation")
        }
        let isRestore = change.operation == .restore
        try current.schema.checkWidening(to: wanted, allowing: isRestore ? [.required, .grouped] : .required)
        let kept = Set(wanted.fields.map(\.id))
        if change.operation != .dropColumn, let gone = current.schema.fields.first(where: { !kept.contains($0.id) }) {
            throw LakeError(
                .usage, "column '\(gone.name)' is missing", at: .init(column: gone.name),
                hint: "only a change that drops columns can do without")
        }
        let known = Set(current.schema.fields.map(\.id))
        for field in wanted.fields where !known.contains(field.id) && field.id < current.nextFieldID && !isRestore {
            throw LakeError(
                .usage, "the new column '\(field.name)' has the id \(field.id), which was in use before",
                at: .init(column: field.name), hint: "ids of new columns begin at \(current.nextFieldID)")
        }
        return wanted
    }

    /// Waits a little, longer each time, so that writers that collide spread out.
    private func pause(_ attempt: Int) {
        store.pause(microseconds: .random(in: 0...UInt32(min(attempt + 1, 50) * 500)))
    }
}

extension VersionRecord.Summary {
    /// The summary of a version that leaves `shards`, after `parent`.
    fileprivate init(of record: VersionRecord, _ shards: [ShardEntry], after parent: Manifest) {
        let rows = shards.reduce(0) { $0 &+ $1.liveRows }
        let rowsAdded = record.added.reduce(0) { $0 &+ $1.liveRows }
        self.init(
            rows: rows, bytes: shards.reduce(0) { $0 &+ $1.storedBytes }, shards: shards.count, rowsAdded: rowsAdded,
            rowsRemoved: parent.rows &+ rowsAdded &- rows, shardsAdded: record.added.count,
            shardsRemoved: record.removed.count)
    }
}
