import LakeBytes
import LakeCore

/// One vacuum of one table. The caller has the lock on the table's directory that keeps others from it.
///
/// The order makes every step safe by itself, and whatever it is interrupted by: version files go first, the lowest numbers first,
/// then files that none of what is left lists. Nothing is touched while somebody holds a lock on it, and what is to go is locked
/// while it is looked for in versions that were committed meanwhile.
struct TableVacuum {
    /// Files that are locked at the same time.
    static let batch = 256
    /// Scratch files lose their names at once; whoever is slower is given a minute.
    static let scratchGrace: Int64 = 60_000_000

    let table: TableDirectory
    let store: any Store
    let isExecuted: Bool
    private let pins: PinnedVersions
    private let now: Int64
    /// What is older than this may go.
    private let cutoff: Int64
    private(set) var items: [Vacuum.Item] = []
    private(set) var notes: [String] = []

    init(_ table: TableDirectory, _ pins: PinnedVersions, grace: Int64, execute: Bool) throws {
        self.table = table
        self.pins = pins
        store = table.store
        isExecuted = execute
        now = microsecondsNow()
        cutoff = now - grace
    }

    mutating func run() throws {
        let base = try oldestBase()
        // What cannot be read is found before anything goes.
        var references = try VacuumReferences(table, from: base)
        try emptyTrash(references)
        if let stopped = try takeVersions(below: base) {
            references = try VacuumReferences(table, from: stopped)
        }
        try takeFiles(table.shardsPath, .shard, &references) { $0.shards }
        try takeFiles(table.deletionsPath, .deletions, &references) { $0.deletions }
        try takeFiles(table.tagsPath, .tag, &references) { _ in [] }
        try takeFiles(table.versionsPath, .version, &references) { _ in [] }
    }

    // MARK: Versions

    /// The checkpoint that everything kept can be read from: below it no version file is needed.
    private mutating func oldestBase() throws -> Int {
        let versions = try table.versions()
        guard let newest = versions.last, let first = versions.first else { return 1 }
        _ = try table.manifest()
        // The version that was the newest when the grace period began, and all since.
        var (oldest, reason) = (newest, "it is the newest")
        if try table.record(newest).timestamp > cutoff {
            do {
                oldest = try table.version(.time(cutoff))
            } catch let error as LakeError where error.code == .missing {
                oldest = first
            }
            reason = "it was the newest within the time that is kept"
        }
        if let pin = try pins.versions(of: table.name).filter({ versions.contains($0) }).min(), pin < oldest {
            (oldest, reason) = (pin, "a derived column reads it")
        }
        for version in versions where version < oldest {
            guard try VacuumReferences.isHeld(table.versionPath(version), store) else { continue }
            (oldest, reason) = (version, "somebody reads it")
        }
        let base = try self.base(of: oldest, versions)
        let which = base == newest ? "version \(newest) of '\(table.name)' stays: " : nil
        let stay = which ?? "the versions \(base) to \(newest) of '\(table.name)' stay: "
        if base > first {
            notes.append(stay + "\(oldest) is needed (\(reason))")
        } else if versions.count > 1 {
            let held = oldest > first ? ", and somebody reads it, so that it cannot be made to stand by itself" : ""
            notes.append(stay + "\(oldest) is needed (\(reason))\(held)")
        }
        return base
    }

    /// The version that a version can be read from without those below: itself, once it holds the whole table; while somebody reads
    /// it, the next one below that does.
    private func base(of oldest: Int, _ versions: [Int]) throws -> Int {
        guard let first = versions.first, oldest > first, !table.isCheckpoint(oldest) else { return oldest }
        let isFree = try !VacuumReferences.isHeld(table.versionPath(oldest), store)
        if isExecuted, isFree, try table.makeCheckpoint(oldest) { return oldest }
        if !isExecuted, isFree { return oldest }
        return versions.reversed().first { $0 < oldest && table.isCheckpoint($0) } ?? first
    }

    /// Takes the version files below a checkpoint, from one multiple of 64 to the next. Whoever reads a version holds the files that
    /// it is read from by that.
    /// - Returns: the first version that stays when that is not the checkpoint.
    private mutating func takeVersions(below base: Int) throws -> Int? {
        let interval = VersionRecord.checkpointInterval
        let going = try table.versions().filter { $0 < base }
        guard let first = going.first else { return nil }
        var (taken, bytes, stopped) = ([Int](), 0, Int?.none)
        for block in Dictionary(grouping: going, by: { $0 / interval }).sorted(by: { $0.key < $1.key }) {
            let numbers = block.value.sorted()
            guard let leases = try locked(numbers.map { table.versionPath($0) }) else {
                stopped = numbers[0]
                break
            }
            defer { for lease in leases { lease.release() } }
            // A column that was declared meanwhile held its version until it was.
            let pinned = try pins.versions(of: table.name)
            if numbers.contains(where: { pinned.contains($0) }) {
                stopped = numbers[0]
                break
            }
            for number in numbers {
                bytes += try store.size(table.versionPath(number)) ?? 0
                let isRead = number == numbers[0] || table.isCheckpoint(number)
                try move(table.versionPath(number), to: "versions")
                // Without the file that they are read from the others are known for leftovers, in whatever order they go.
                if isRead { try settle(table.versionsPath, "versions") }
            }
            try settle(table.versionsPath, "versions")
            taken += numbers
        }
        if let last = taken.last {
            let name = first == last ? "\(first)" : "\(first) to \(last)"
            items.append(
                Vacuum.Item(
                    kind: .version, table: table.name, name: name, files: taken.count, bytes: bytes,
                    reason: "older than what is kept, and no tag, reader or derived column needs it"))
        }
        return stopped
    }

    /// The only locks on some files; nil when somebody has one of them.
    private func locked(_ paths: [String]) throws -> [any StoreLease]? {
        var leases: [any StoreLease] = []
        for path in paths {
            guard let lease = try store.exclusiveLease(path) else {
                for lease in leases { lease.release() }
                return nil
            }
            leases.append(lease)
        }
        return leases
    }

    // MARK: Files

    /// Takes the files of a directory that are old enough and that nothing lists, and what interrupted writers left in it.
    private mutating func takeFiles(
        _ directory: String, _ kind: Vacuum.Item.Kind, _ references: inout VacuumReferences,
        listed: (VacuumReferences) -> Set<String>
    ) throws {
        guard try store.size(directory) != nil else { return }
        var candidates: [(name: String, kind: Vacuum.Item.Kind, bytes: Int)] = []
        for name in try store.list(directory) {
            guard let what = self.kind(name, in: kind), !listed(references).contains(name) else { continue }
            let path = joinPath(directory, name)
            let limit = name.hasPrefix(".scratch-") ? min(cutoff, now - TableVacuum.scratchGrace) : cutoff
            guard let changed = try store.modified(path), changed <= limit, let bytes = try store.size(path) else {
                continue
            }
            candidates.append((name, what, bytes))
        }
        for start in stride(from: 0, to: candidates.count, by: TableVacuum.batch) {
            var leases: [any StoreLease] = []
            defer { for lease in leases { lease.release() } }
            var free: [(name: String, kind: Vacuum.Item.Kind, bytes: Int)] = []
            for candidate in candidates[start..<min(candidates.count, start + TableVacuum.batch)] {
                guard let lease = try exclusive(joinPath(directory, candidate.name)) else { continue }
                leases.append(lease)
                free.append(candidate)
            }
            // Whoever held one of them may have committed it before it was locked, and nobody can from here on.
            try references.refresh()
            let going = free.filter { !listed(references).contains($0.name) }
            for file in going {
                try move(joinPath(directory, file.name), to: baseName(directory))
                items.append(
                    Vacuum.Item(
                        kind: file.kind, table: table.name, name: file.name, files: 1, bytes: file.bytes,
                        reason: TableVacuum.reason(file.kind)))
            }
            if !going.isEmpty { try settle(directory, baseName(directory)) }
        }
    }

    /// What a name stands for in the directory of a kind of files; nil for what is none of vacuum's.
    private func kind(_ name: String, in kind: Vacuum.Item.Kind) -> Vacuum.Item.Kind? {
        if name.hasPrefix(".tmp-") || name.hasPrefix(".scratch-") { return .leftover }
        switch kind {
        case .shard, .deletions: return Lake.isShardName(name) ? kind : nil
        case .tag: return name.hasPrefix(TableDirectory.oldTagPrefix) ? kind : nil
        default: return nil
        }
    }

    private static func reason(_ kind: Vacuum.Item.Kind) -> String {
        switch kind {
        case .leftover: "a writer that was interrupted left it"
        case .tag: "the tag was moved or deleted, and nobody reads it"
        default: "no version or tag lists it"
        }
    }

    /// The only lock on a file; nil when somebody has one or the file is gone.
    private func exclusive(_ path: String) throws -> (any StoreLease)? {
        do throws(LakeError) {
            return try store.exclusiveLease(path)
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
    }

    // MARK: Trash

    private var trashPath: String { table.trashPath }
    private var bin: String { joinPath(trashPath, CalendarText.timestamp(now)) }

    /// Moves a file of the table to where it can be brought back from.
    private func move(_ path: String, to folder: String) throws {
        guard isExecuted else { return }
        let target = joinPath(bin, folder)
        if try store.size(target) == nil {
            try store.createDirectory(target)
            for directory in [bin, trashPath, table.path] { try store.syncDirectory(directory) }
        }
        try store.rename(path, to: joinPath(target, baseName(path)))
    }

    /// Makes moves from a directory last.
    private func settle(_ directory: String, _ folder: String) throws {
        guard isExecuted else { return }
        try store.syncDirectory(joinPath(bin, folder))
        try store.syncDirectory(directory)
    }

    /// Removes what has been in the trash for the whole of the grace period.
    private mutating func emptyTrash(_ references: VacuumReferences) throws {
        guard try store.size(trashPath) != nil else { return }
        for name in try store.list(trashPath) {
            guard let moved = CalendarText.micros(parsing: name), moved <= cutoff else { continue }
            let bin = joinPath(trashPath, name)
            guard try store.modified(bin) == nil else { continue }
            var (files, bytes) = (0, 0)
            for folder in try store.list(bin) where try store.modified(joinPath(bin, folder)) == nil {
                let (inside, place) = (joinPath(bin, folder), joinPath(table.path, folder))
                let listed = references.shards.union(references.deletions)
                for file in try store.list(inside) where try store.modified(joinPath(inside, file)) != nil {
                    if listed.contains(file), try store.size(joinPath(place, file)) == nil {
                        notes.append(
                            "'\(joinPath(inside, file))' stays: it is listed, and lacks in '\(place)'; move it back")
                        continue
                    }
                    guard let lease = try exclusive(joinPath(inside, file)) else { continue }
                    defer { lease.release() }
                    bytes += try store.size(joinPath(inside, file)) ?? 0
                    files += 1
                    if isExecuted { try store.remove(joinPath(inside, file)) }
                }
                if isExecuted, try store.list(inside).isEmpty { try store.removeDirectory(inside) }
            }
            if isExecuted, try store.list(bin).isEmpty {
                try store.removeDirectory(bin)
                try store.syncDirectory(trashPath)
            }
            items.append(
                Vacuum.Item(
                    kind: .trash, table: table.name, name: name, files: files, bytes: bytes,
                    reason: "it has been in the trash for as long as things are kept"))
        }
    }
}
