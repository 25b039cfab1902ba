import LakeBytes
import LakeCore

/// The state of a table while versions are applied to it, one after the other: each costs what it changes, not what the
/// table holds.
struct VersionChain {
    private var last: (record: VersionRecord, digest: Digest, schema: Schema)?
    private var shards: [ShardEntry] = []
    private var files: Set<String> = []
    private var rows = 0
    private var bytes = 0

    /// The state before version 1.
    init() {}

    /// The state that a checkpoint holds; nil for other records.
    /// - Throws: `LakeError` (corrupt) when the checkpoint does not agree with what its version says it changed.
    init?(checkpoint record: VersionRecord, digest: Digest, path: String) throws(LakeError) {
        guard let state = record.checkpoint else { return nil }
        last = (record, digest, state.schema)
        add(state.shards)
        let removed = Set(record.removed)
        let agrees =
            state.shards.suffix(record.added.count).elementsEqual(record.added)
            && (record.deletions ?? []).allSatisfy { deletion in
                state.shards.contains { $0.id == deletion.shard && $0.deletion == deletion.deletion }
            }
            && (record.companions ?? []).allSatisfy { added in
                state.shards.contains { $0.id == added.shard && $0.companions.contains(added.companion) }
            }
            && !state.shards.contains { removed.contains($0.id) } && record.schema ?? state.schema == state.schema
        guard agrees else { throw VersionChain.refusal("the checkpoint is not what its version says it changed", path) }
        let summary = VersionRecord.Summary(
            rows: rows, bytes: bytes, shards: shards.count, rowsAdded: record.added.reduce(0) { $0 &+ $1.liveRows },
            rowsRemoved: record.summary.rowsRemoved, shardsAdded: record.added.count,
            shardsRemoved: record.removed.count)
        guard summary == record.summary else {
            throw VersionChain.refusal("its summary is not what its shards add up to", path)
        }
    }

    /// The table as of the version applied last; nil before version 1.
    var manifest: Manifest? {
        last.map { Manifest($0.record, $0.digest, $0.schema, shards) }
    }

    /// The schema as of the version applied last; nil before version 1.
    var schema: Schema? { last?.schema }

    /// Applies the next version.
    /// - Throws: `LakeError` (corrupt) when it does not follow from the one before.
    mutating func apply(_ record: VersionRecord, digest: Digest, path: String) throws(LakeError) {
        func refuse(_ message: String) -> LakeError { VersionChain.refusal(message, path) }
        let parent = last?.record
        let digests = ([last?.digest] + (parent?.replaces ?? [])).compactMap { $0 }
        guard record.version == (parent?.version ?? 0) + 1,
            record.parent.map({ digests.contains($0) }) ?? (parent == nil)
        else {
            throw refuse("its parent is \(record.parent?.hex ?? "none"), which is not the digest of the version before")
        }
        guard parent == nil || parent?.tableID == record.tableID else { throw refuse("it belongs to another table") }
        guard parent?.transaction != record.transaction else {
            throw refuse("it has the transaction of the version before")
        }
        guard record.nextShardID >= parent?.nextShardID ?? 1, record.nextFieldID >= parent?.nextFieldID ?? 1 else {
            throw refuse("its counters of ids are below those of the version before")
        }
        guard record.nextKey ?? -1 >= parent?.nextKey ?? -1 else {
            throw refuse("its counter of surrogate keys is below that of the version before")
        }
        guard record.timestamp >= parent?.timestamp ?? 0 else { throw refuse("it is older than the version before") }
        // What a purge has changed in a version does not follow from those before it, nor what is behind it from that.
        if record.replaces != nil || parent?.replaces != nil,
            let alone = try VersionChain(checkpoint: record, digest: digest, path: path)
        {
            self = alone
            return
        }
        guard let schema = record.schema ?? last?.schema else { throw refuse("it has no schema") }
        if let narrower = last?.schema, schema != narrower {
            let isRestore = record.operation == .restore
            do throws(LakeError) {
                try narrower.checkWidening(to: schema, allowing: isRestore ? [.required, .grouped] : .required)
            } catch {
                throw refuse("its schema does not follow from the one before: \(error.message)")
            }
            let known = Set(narrower.fields.map(\.id))
            let next = parent?.nextFieldID ?? 1
            for field in schema.fields where !known.contains(field.id) && field.id < next && !isRestore {
                throw refuse("its new column '\(field.name)' has the id \(field.id), which was given before")
            }
        }
        let before = (rows: rows, bytes: bytes)
        if !record.removed.isEmpty {
            guard remove(Set(record.removed)) == record.removed.count else {
                throw refuse("it removes a shard that the version before does not have")
            }
        }
        for deletion in record.deletions ?? [] {
            if let fault = delete(deletion) { throw refuse(fault) }
        }
        for added in record.companions ?? [] {
            if let fault = accompany(added, firstField: parent?.nextFieldID ?? 1) { throw refuse(fault) }
        }
        if let parent, let column = last?.schema.unfilledColumn(of: schema, shards, from: parent.nextFieldID) {
            throw refuse("its new column '\(column)' does not allow NULL, and there are shards without it")
        }
        if let first = record.added.first, first.id < parent?.nextShardID ?? 1 {
            throw refuse("it gives the id \(first.id) a second time")
        }
        let removedRows = before.rows &- rows
        guard add(record.added) else { throw refuse("it adds a file that the table has already") }
        last = (record, digest, schema)
        if let state = record.checkpoint, state.schema != schema || state.shards != shards {
            throw refuse("the checkpoint is not what the versions before it add up to")
        }
        let summary = VersionRecord.Summary(
            rows: rows, bytes: bytes, shards: shards.count, rowsAdded: rows &- before.rows &+ removedRows,
            rowsRemoved: removedRows, shardsAdded: record.added.count, shardsRemoved: record.removed.count)
        guard summary == record.summary else { throw refuse("its summary is not what its shards add up to") }
    }

    private static func refusal(_ message: String, _ path: String) -> LakeError {
        LakeError(
            .corrupt, message, at: .init(file: path),
            hint: "'alphalake validate' names everything that is damaged; restore this file from a copy")
    }

    /// Appends shards; false when one of their files is there already.
    @discardableResult
    private mutating func add(_ entries: [ShardEntry]) -> Bool {
        shards += entries
        var isNew = true
        for entry in entries {
            rows &+= entry.liveRows
            bytes &+= entry.storedBytes
            for file in entry.files where !files.insert(file.name).inserted { isNew = false }
        }
        return isNew
    }

    /// Gives a shard further columns; what is wrong with that.
    /// - Parameter firstField: the lowest id that new fields can have.
    private mutating func accompany(_ added: VersionRecord.AddedCompanion, firstField: Int) -> String? {
        let place = shards.partitioningIndex { $0.id >= added.shard }
        guard place < shards.count, shards[place].id == added.shard else {
            return "it adds columns to shard \(added.shard), which the version before does not have"
        }
        if let id = added.companion.fields.first(where: { $0 < firstField }) {
            return "a companion of shard \(added.shard) has a field of the id \(id), which was given before"
        }
        guard files.insert(added.companion.file).inserted else { return "it adds a file that the table has already" }
        shards[place].companions.append(added.companion)
        if let fault = shards[place].fault { return fault }
        bytes &+= added.companion.bytes
        return nil
    }

    /// Deletes rows of a shard; what is wrong with that.
    private mutating func delete(_ change: VersionRecord.ShardDeletion) -> String? {
        let place = shards.partitioningIndex { $0.id >= change.shard }
        guard place < shards.count, shards[place].id == change.shard else {
            return "it deletes rows of shard \(change.shard), which the version before does not have"
        }
        let before = shards[place].liveRows
        shards[place].deletion = change.deletion
        guard shards[place].liveRows < before else { return "it brings rows of shard \(change.shard) back" }
        if let fault = shards[place].fault { return fault }
        rows &-= before &- shards[place].liveRows
        return nil
    }

    /// Takes shards away; how many were there.
    private mutating func remove(_ ids: Set<Int>) -> Int {
        let count = shards.count
        shards.removeAll { entry in
            guard ids.contains(entry.id) else { return false }
            rows &-= entry.liveRows
            bytes &-= entry.storedBytes
            for file in entry.files { files.remove(file.name) }
            return true
        }
        return count - shards.count
    }
}

extension [ShardEntry] {
    /// The first place from which on a condition holds for all.
    fileprivate func partitioningIndex(where holds: (ShardEntry) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
