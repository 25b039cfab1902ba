import LakeBytes
import LakeCore
import LakeShard

/// One repair of one table. The caller has the lock on the table's directory that keeps vacuum and other repairs from it.
///
/// First the versions, which say what there should be; then tags, deletions and shards. Every step leaves the table in a state that
/// can be repaired again: new files are synced before they take a name, what they replace has a second name by then, and a version is the
/// last thing that is made.
final class TableRepair {
    let table: TableDirectory
    let store: any Store
    let options: Repair.Options
    let isExecuted: Bool
    let workers: Int?
    let progress: @Sendable (Validation.Progress) -> Void
    let quarantine: Quarantine
    private(set) var items: [Repair.Item] = []

    /// What the versions say once they are mended.
    var versions = VersionFiles()
    /// The tags that can be read.
    var tags: [String: Tag] = [:]
    /// The newest version once all are mended; nil when there is none.
    var newest: Manifest?
    /// Files that earlier repairs took out of the table.
    var known: [String: Int] = [:]
    /// What the new version changes.
    var change = TableChange(operation: .repair, added: [], removed: [], schema: nil, details: ["command": "repair"])
    /// Files that the new version says are lost.
    var lost: [String] = []

    init(
        _ table: TableDirectory, _ options: Repair.Options, execute: Bool, workers: Int?,
        _ progress: @escaping @Sendable (Validation.Progress) -> Void
    ) {
        self.table = table
        self.options = options
        self.workers = workers
        self.progress = progress
        store = table.store
        isExecuted = execute
        quarantine = Quarantine(of: table.path, table.store)
    }

    func run() throws {
        try readTags()
        try mendVersions()
        guard newest != nil else { return }
        try mendTags()
        known = try KnownLosses(table).versions
        // Vacuum is kept away by the caller, writers may go on.
        try mendFiles()
        try commit()
    }

    func add(
        _ kind: Repair.Item.Kind, _ name: String, _ damage: String, _ action: Repair.Item.Action, _ remedy: String,
        rowsLost: Int = 0
    ) {
        items.append(
            Repair.Item(
                kind: kind, table: table.name, name: name, damage: damage, action: action, remedy: remedy,
                rowsLost: rowsLost))
    }

    /// Makes the version that says what left the table and what came in its place.
    private func commit() throws {
        guard !change.removed.isEmpty || !change.added.isEmpty || !lost.isEmpty else { return }
        guard isExecuted, let base = newest else { return }
        change.removed.sort()
        if !lost.isEmpty { change.details[KnownLosses.detail] = lost.sorted().joined(separator: ",") }
        let rows = items.reduce(0) { $0 + $1.rowsLost }
        if rows > 0 { change.details["rows lost"] = String(rows) }
        _ = try table.commit(change, over: base)
    }

    /// A file as memory; nil when it is not there. That a device cannot be read is no reason to take something for lost.
    func mapped(_ path: String) throws -> MappedFile? {
        do throws(LakeError) { return try store.map(path) } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
    }

    /// What `body` returns; nil where it finds damage, or something missing. Everything else ends the repair.
    func unlessDamaged<Value>(_ body: () throws -> Value) throws -> Value? {
        do { return try body() } catch let error as LakeError where [.corrupt, .missing].contains(error.code) {
            return nil
        }
    }
}

/// The versions of a table as far as they can be read.
struct VersionFiles {
    private(set) var records: [Int: (record: VersionRecord, digest: Digest)] = [:]

    mutating func insert(_ record: VersionRecord, _ digest: Digest) { records[record.version] = (record, digest) }
    mutating func remove(from first: Int) { records = records.filter { $0.key < first } }

    /// Takes a version for granted that a tag holds and that cannot be read itself.
    mutating func insert(_ tag: Tag) {
        guard records[tag.version] == nil else { return }
        let shards = tag.state.shards
        var record = VersionRecord(
            tableID: tag.tableID, version: tag.version, parent: nil, transaction: tag.transaction,
            operation: tag.operation, timestamp: tag.timestamp, details: [:], nextShardID: tag.nextShardID,
            nextFieldID: tag.nextFieldID, schema: nil)
        record.nextKey = tag.nextKey
        record.checkpoint = tag.state
        record.summary.rows = shards.reduce(0) { $0 &+ $1.liveRows }
        record.summary.bytes = shards.reduce(0) { $0 &+ $1.storedBytes }
        record.summary.shards = shards.count
        records[tag.version] = (record, tag.versionDigest)
    }

    /// The whole of a version; nil when it cannot be known.
    func manifest(_ number: Int) -> Manifest? {
        var first = number
        while let found = records[first], found.record.checkpoint == nil, first > 1 { first -= 1 }
        guard number > 0, let base = records[first], base.record.checkpoint != nil || first == 1 else { return nil }
        do {
            var chain = VersionChain()
            if let start = try VersionChain(checkpoint: base.record, digest: base.digest, path: "") {
                chain = start
            } else {
                try chain.apply(base.record, digest: base.digest, path: "")
            }
            for version in (first + 1)..<max(number + 1, first + 1) {
                guard let next = records[version] else { return nil }
                try chain.apply(next.record, digest: next.digest, path: "")
            }
            return chain.manifest
        } catch {
            return nil
        }
    }
}
