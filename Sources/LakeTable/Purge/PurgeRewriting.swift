import LakeBytes
import LakeCore

/// Puts versions and tags that list purged shards in their own place, with the shards that were written anew.
final class PurgeRewriting {
    /// What a version's details are called that may quote deleted rows: conditions, and what columns were computed from.
    private static let telling = ["where", "as", "default"]
    private static let untold = "(purged)"
    /// How long somebody who reads a version is waited for.
    private static let patience = 20

    private let table: TableDirectory
    private let purged: [String: PurgedShard]
    /// By shard and old file of deletions, the new one.
    private var deletions: [String: (entry: DeletionEntry?, rows: Int)] = [:]
    /// By version or tag, rows that it has afterwards.
    private var expected: [String: Int] = [:]

    init(_ table: TableDirectory, _ purged: [PurgedShard]) {
        self.table = table
        self.purged = Dictionary(purged.map { ($0.old.file, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether a version says what was deleted.
    static func tells(_ record: VersionRecord) -> Bool {
        telling.contains { record.details[$0].map { $0 != untold } ?? false }
    }

    /// A shard of the newest version as the next one has it; nil when no row is left.
    func newShard(for entry: ShardEntry) throws -> NewShard? {
        guard let shard = purged[entry.file], let mapped = try map(entry), var new = shard.new else { return nil }
        new.deletion = mapped.deletion
        new.companions = mapped.companions
        return new
    }

    /// A shard as a version lists it afterwards; nil when no row is left.
    private func map(_ entry: ShardEntry) throws -> ShardEntry? {
        guard let shard = purged[entry.file] else { return entry }
        let key = entry.file + "/" + (entry.deletion?.file ?? "")
        if deletions[key] == nil {
            let vector = shard.deletions(try table.deletions(of: entry))
            let isPart = vector.count > 0 && vector.count < vector.rows
            deletions[key] = (isPart ? try table.write(vector) : nil, vector.count)
            // A version or tag is going to list it.
            if isPart { try table.store.syncDirectory(table.deletionsPath) }
        }
        let known = deletions[key]
        return shard.entry(for: entry, deletion: known?.entry, deleted: known?.rows ?? 0)
    }

    /// Rewrites the versions below that of the purge, the newest first, and the tags.
    func run(below version: Int, _ marks: PurgeMarks, _ report: inout Purge.Report) throws {
        let states = try RetainedStates(table)
        for state in states.affected(marks).reversed() where state.record.version < version {
            guard try rewrite(state) else {
                report.waiting.append(
                    "somebody reads version \(state.record.version): it and those before it are as they were")
                break
            }
            report.versions += 1
        }
        let numbers = Set(try table.versions())
        for tag in states.tags {
            let shards = try shards(of: tag, isThere: numbers.contains(tag.version), marks)
            guard shards != tag.state.shards else { continue }
            guard try rewrite(tag, shards) else {
                report.waiting.append("somebody reads the tag '\(tag.name)': it is as it was")
                continue
            }
            report.tags += 1
        }
    }

    private func rewrite(_ state: RetainedStates.Version) throws -> Bool {
        let shards = try state.shards.compactMap { try map($0) }
        let added = try state.record.added.compactMap { try map($0) }
        let left = Dictionary(shards.map { ($0.id, $0.deletion) }, uniquingKeysWith: { first, _ in first })
        expected[String(state.record.version)] = try rowsLeft(state.shards)
        return try patiently {
            try table.rewrite(state.record.version, digest: state.digest) { record in
                record.checkpoint = VersionRecord.State(schema: state.schema, shards: shards)
                record.added = added
                let changes = (record.deletions ?? []).compactMap { change in
                    (left[change.shard] ?? nil).map { VersionRecord.ShardDeletion(shard: change.shard, deletion: $0) }
                }
                record.deletions = changes.isEmpty ? nil : changes
                let further = (record.companions ?? []).compactMap { companion(of: $0, in: shards) }
                record.companions = further.isEmpty ? nil : further
                for name in PurgeRewriting.telling where record.details[name] != nil {
                    record.details[name] = PurgeRewriting.untold
                }
                record.summary.rows = shards.reduce(0) { $0 + $1.liveRows }
                record.summary.bytes = shards.reduce(0) { $0 + $1.storedBytes }
                record.summary.shards = shards.count
                record.summary.rowsAdded = added.reduce(0) { $0 + $1.liveRows }
                record.summary.shardsAdded = added.count
            }
        }
    }

    /// Further columns of a shard as a version lists them afterwards; nil when no row of it is left.
    private func companion(
        of added: VersionRecord.AddedCompanion, in shards: [ShardEntry]
    ) -> VersionRecord.AddedCompanion? {
        let wanted = purged.values.lazy.compactMap { $0.companions[added.companion.file] }.first ?? added.companion
        let isThere = shards.contains { $0.id == added.shard && $0.companions.contains(wanted) }
        return isThere ? VersionRecord.AddedCompanion(shard: added.shard, companion: wanted.released) : nil
    }

    /// What a tag lists afterwards: what its version does where that is there, whichever purge wrote that anew.
    private func shards(of tag: Tag, isThere: Bool, _ marks: PurgeMarks) throws -> [ShardEntry] {
        if isThere {
            let version = try table.manifest(version: tag.version)
            let isDone = version.shards.allSatisfy { marks.rows[$0.file] == nil }
            if isDone, version.transaction == tag.transaction { return version.shards }
        }
        return try tag.state.shards.compactMap { try map($0) }
    }

    private func rewrite(_ tag: Tag, _ shards: [ShardEntry]) throws -> Bool {
        var new = tag
        new.state.shards = shards
        new.requiredFeatures = VersionRecord.features(new.state.shards, nextKey: new.nextKey)
        expected[key(tag)] = try rowsLeft(tag.state.shards)
        do {
            return try patiently { try table.rewrite(new) }
        } catch let error as LakeError where error.code == .missing {
            // Deleted meanwhile: what its file is called now is a leftover.
            return true
        }
    }

    /// A tag that was moved meanwhile is another one.
    private func key(_ tag: Tag) -> String { "\(tag.name).json of \(tag.versionDigest)" }

    /// Tries for a while to do what readers are in the way of.
    private func patiently(_ body: () throws -> Bool) throws -> Bool {
        for _ in 0..<PurgeRewriting.patience {
            if try body() { return true }
            table.store.pause(microseconds: 50_000)
        }
        return false
    }

    /// Rows that some shards have without those that are purged and those that are deleted.
    private func rowsLeft(_ shards: [ShardEntry]) throws -> Int {
        try shards.reduce(0) { sum, entry in
            guard let shard = purged[entry.file] else { return sum + entry.liveRows }
            var going = shard.gone
            if let vector = try table.deletions(of: entry) { going.subtract(vector.deleted) }
            return sum + entry.liveRows - going.population
        }
    }

    /// Compares what the versions and tags have with what they should have.
    /// - Returns: what was found, in words.
    /// - Throws: `LakeError` (failed) for one that has other rows.
    func check(_ states: RetainedStates) throws -> String {
        var held = states.versions.map { (String($0.record.version), $0.shards) }
        held += states.tags.map { (key($0), $0.state.shards) }
        for (name, shards) in held {
            let rows = shards.reduce(0) { $0 + $1.liveRows }
            if let wanted = expected[name], wanted != rows {
                throw LakeError(
                    .failed, "'\(name)' has \(rows) rows after the purge, it should have \(wanted)",
                    hint: "report this as a fault of alphalake")
            }
        }
        return
            "\(expected.count) rewritten versions and tags have all their other rows; \(purged.count) new shards were read "
            + "back row by row, with their dictionaries, statistics and indexes"
    }
}
