import LakeBytes
import LakeCore

/// Takes deleted rows out of every file of a table: of the shards of all versions and tags, their dictionaries and statistics among
/// them, of what versions say of the deletion, of the trash and of what interrupted writers left (FORMAT.md, Purge).
///
/// All versions and tags stay, without these rows. The newest version is followed by one of the purge, as any other change would;
/// the earlier ones are rewritten, the newest first, so that each can be read at any time. Cut short, a purge goes on when it is
/// run again.
public struct Purge: Sendable {
    /// How often the rows are looked for anew because another writer touched their shards.
    private static let attempts = 20

    /// What a purge did.
    public struct Report: Sendable {
        /// Rows that are in no file any more; one that was in several shard files counts in each.
        public var rows = 0
        /// Shards that were written anew, or left out as a whole.
        public var shards = 0
        /// The versions that the purge made: none when there was nothing to take out of any, more than one when it had to look again.
        public var made: [Int] = []
        /// Versions that were rewritten.
        public var versions = 0
        /// Tags that were rewritten.
        public var tags = 0
        /// Files that were removed: shards and deletions that nothing lists, leftovers, the trash.
        public var files = 0
        /// How many bytes they had.
        public var bytes = 0
        /// What keeps the purge from its end, in words; empty when it is complete.
        public var waiting: [String] = []
        /// What cannot be known, in words.
        public var notes: [String] = []
        /// What was looked at afterwards, in words.
        public var proof: [String] = []
    }

    private let table: TableDirectory
    private let workers: Int

    /// A purge of one table, which has yet to run.
    public init(_ table: TableDirectory, workers: Int? = nil) {
        self.table = table
        self.workers = workers ?? defaultWorkers
    }

    /// What would go, of which nothing has happened.
    /// - Parameter wanted: by the file of their shard, rows that go whether they are deleted or not: those of earlier versions.
    /// - Throws: as `run`.
    public func preview(wanted: [String: Bitmap] = [:]) throws -> Report {
        try locating(.init(table: table.name)) {
            let lease = try table.leaseOldestVersion()
            defer { lease.release() }
            let states = try RetainedStates(table)
            let marks = try PurgeMarks(table, states, wanted: wanted, keepsNewest: false, workers: workers)
            var report = Report()
            report.rows = marks.count
            report.shards = marks.rows.count
            report.versions = states.affected(marks).count
            report.tags = states.tags.count { $0.state.shards.contains { marks.rows[$0.file] != nil } }
            let (trash, unlisted) = try PurgeLeftovers(table).found(states)
            report.files = trash.count + unlisted.count
            report.bytes = try (trash + unlisted).reduce(0) { try $0 + (table.store.size($1) ?? 0) }
            return report
        }
    }

    /// Takes the rows out, and looks for them afterwards.
    /// - Parameter details: kept in the version for `log`.
    /// - Throws: `LakeError`: conflict when a vacuum or another purge is at work, or writers are always first; corrupt when a version, a
    ///   tag or a shard cannot be read.
    public func run(wanted: [String: Bitmap] = [:], details: [String: String] = [:]) throws -> Report {
        try locating(.init(table: table.name)) {
            try table.store.checkWritable(table.path)
            guard let lease = try table.exclusiveLease() else {
                throw LakeError(.conflict, "a vacuum or another purge is at work", hint: "try again later")
            }
            defer { lease.release() }
            var report = Report()
            for attempt in 1... {
                do {
                    try attemptRun(wanted, details, &report)
                    return report
                } catch let error as LakeError where error.code == .conflict {
                    guard attempt < Purge.attempts else { throw error }
                }
            }
            throw LakeError(.conflict, "another writer was always first")
        }
    }

    /// - Parameter report: what earlier attempts did, to which this one adds.
    private func attemptRun(_ wanted: [String: Bitmap], _ details: [String: String], _ report: inout Report) throws {
        (report.waiting, report.proof) = ([], [])
        let before = try RetainedStates(table)
        let marks = try PurgeMarks(table, before, wanted: wanted, workers: workers)
        var rewriting: PurgeRewriting?
        if !before.affected(marks).isEmpty {
            let purged = try write(marks, before)
            let rewrite = PurgeRewriting(table, purged)
            let version = try commit(purged, rewrite, over: before.newest, details).version
            report.made.append(version)
            report.rows += marks.count
            report.shards += marks.rows.count
            try rewrite.run(below: version, marks, &report)
            // What of them is not listed by now is a leftover.
            for shard in purged { shard.release() }
            rewriting = rewrite
        }
        if marks.kept > 0 {
            report.waiting.append(
                "rows that earlier versions have so (\(marks.kept)) are rows of the newest version, where the condition does not find "
                    + "them: delete them there by another one first")
        }
        try PurgeLeftovers(table).remove(&report)
        report.notes = before.blindTags.map {
            "the tag '\($0)' is of a version that is gone: rows that were deleted after it, by versions that are gone too, may be in it; "
                + "--where finds them"
        }
        try prove(marks, rewriting, &report)
    }

    /// Writes the shards anew.
    private func write(_ marks: PurgeMarks, _ states: RetainedStates) throws -> [PurgedShard] {
        let shards = states.shards
        let going = marks.rows.sorted { $0.key < $1.key }
        let written = try parallelMap(count: going.count, workers: workers) { index in
            guard let shard = shards[going[index].key] else { throw LakeError(.failed, "a shard that nothing lists") }
            return try PurgedShard(shard, without: going[index].value, in: table)
        }
        // Earlier versions are going to list them, even where the newest does not.
        try table.store.syncDirectory(table.shardsPath)
        return written
    }

    /// Makes the version of the purge, and removes what was written when that cannot be.
    private func commit(
        _ purged: [PurgedShard], _ rewrite: PurgeRewriting, over newest: Manifest, _ details: [String: String]
    ) throws -> Manifest {
        do {
            let files = Set(purged.map(\.old.file))
            let leaving = newest.shards.filter { files.contains($0.file) }
            let coming = try leaving.compactMap { try rewrite.newShard(for: $0) }
            let (rowsBefore, rowsAfter) = (
                leaving.reduce(0) { $0 + $1.liveRows }, coming.reduce(0) { $0 + $1.rows - ($1.deletion?.rows ?? 0) }
            )
            guard rowsBefore == rowsAfter else {
                throw LakeError(
                    .failed, "the newest version would have \(rowsAfter) rows in the place of \(rowsBefore)",
                    hint: "nothing was changed; report this as a fault of alphalake")
            }
            var change = TableChange.replace(leaving, with: coming, operation: .purge, details: details)
            change.isWhole = true
            change.purged = try purged.map { shard in
                var vector = DeletionVector(rows: shard.old.rows)
                vector.delete(shard.gone)
                return VersionRecord.PurgedRows(file: shard.old.file, rows: try table.write(vector))
            }
            let before = Set(newest.shards.map(\.file))
            return try table.commit(change, over: newest) { current in
                // The rows of a shard that comes back are in the newest version then, and must not go.
                guard current.shards.contains(where: { files.contains($0.file) && !before.contains($0.file) }) else {
                    return
                }
                throw LakeError(.conflict, "another writer brought rows back meanwhile", hint: "run it again")
            }
        } catch let error as LakeError where error.code == .conflict || error.code == .usage {
            for shard in purged { shard.discard(in: table) }
            throw error
        }
    }

    /// Looks for the rows in everything that is left.
    private func prove(_ marks: PurgeMarks, _ rewriting: PurgeRewriting?, _ report: inout Report) throws {
        let after = try RetainedStates(table)
        let (hits, searched) = try marks.search(after)
        let files = after.shards.count
        guard report.waiting.isEmpty else {
            if hits > 0 { report.proof.append("\(hits) purged rows are left; see above what they wait for") }
            return
        }
        guard hits == 0 else {
            // Somebody tagged a version before it was rewritten: the next attempt finds the tag.
            throw LakeError(
                .conflict, "\(hits) purged rows are in shards yet",
                hint: "run 'alphalake purge' again, and report this as a fault of alphalake if it says the same")
        }
        report.proof.append(
            marks.isEmpty
                ? "no version or tag knows of a deleted row that the newest version does not have"
                : "searched all shards (\(files)) and rows (\(searched)), deleted ones too: no purged row is there")
        if let rewriting { try report.proof.append(rewriting.check(after)) }
        let (trash, unlisted) = try PurgeLeftovers(table).found(after)
        guard trash.isEmpty, unlisted.isEmpty else {
            report.waiting += (trash + unlisted).map { "'\($0)' came meanwhile" }
            return
        }
        report.proof.append("no file of the table is there that no version or tag lists, and the trash is empty")
    }
}

extension RetainedStates {
    /// The versions that list marked shards, or say what was deleted, and those between them.
    func affected(_ marks: PurgeMarks) -> ArraySlice<Version> {
        let first = versions.firstIndex { version in
            version.shards.contains { marks.rows[$0.file] != nil } || PurgeRewriting.tells(version.record)
        }
        let hasTag = tags.contains { $0.state.shards.contains { marks.rows[$0.file] != nil } }
        guard let first else { return hasTag ? versions.suffix(1) : [] }
        return versions[first...]
    }
}
