import LakeBytes
import LakeCore

/// Files of a table that may hold deleted rows and that no version or tag lists.
struct PurgeLeftovers {
    private let table: TableDirectory
    private let store: any Store

    init(_ table: TableDirectory) {
        self.table = table
        store = table.store
    }

    /// The paths of what is in the trash, and of other files that nothing lists.
    func found(_ states: RetainedStates) throws -> (trash: [String], unlisted: [String]) {
        var trash: [String] = []
        for bin in try names(in: table.trashPath) {
            let bin = joinPath(table.trashPath, bin)
            for folder in try names(in: bin) {
                let folder = joinPath(bin, folder)
                trash += try files(in: folder)
            }
        }
        var unlisted: [String] = []
        let deletions = Set(states.deletions.keys).union(states.purged.map(\.rows.file))
        let shards = Set(states.shards.values.flatMap { $0.files.map(\.name) })
        for (directory, listed) in [(table.shardsPath, shards), (table.deletionsPath, deletions)] {
            unlisted += try files(in: directory) { !listed.contains($0) && (Lake.isShardName($0) || isLeft($0)) }
        }
        for directory in [table.versionsPath, table.tagsPath] {
            unlisted += try files(in: directory, where: isLeft)
        }
        return (trash, unlisted)
    }

    /// Removes them; what somebody holds is waited for.
    func remove(_ report: inout Purge.Report) throws {
        let (trash, unlisted) = try found(RetainedStates(table))
        for path in trash { try remove(path, &report) }
        for bin in try names(in: table.trashPath) {
            let bin = joinPath(table.trashPath, bin)
            for folder in try names(in: bin) { try removeEmpty(joinPath(bin, folder), &report) }
            try removeEmpty(bin, &report)
        }
        var free: [(path: String, lease: any StoreLease)] = []
        defer { for file in free { file.lease.release() } }
        for path in unlisted {
            guard let lease = try patientLease(path, store) else {
                if try store.size(path) == nil { continue }
                report.waiting.append("somebody reads or writes '\(path)'")
                continue
            }
            free.append((path, lease))
        }
        // Whoever held one of them may have committed it before it was locked, and nobody can from here on.
        let still = Set(try found(RetainedStates(table)).unlisted)
        for file in free where still.contains(file.path) { try remove(file.path, &report) }
        for directory in [table.shardsPath, table.deletionsPath, table.versionsPath, table.tagsPath, table.trashPath] {
            if try store.size(directory) != nil { try store.syncDirectory(directory) }
        }
        let quarantine = joinPath(table.path, "quarantine")
        if try !names(in: quarantine).isEmpty {
            report.waiting.append("'\(quarantine)' holds damaged files, which cannot be searched: remove it")
        }
    }

    private func names(in directory: String) throws -> [String] {
        guard try store.size(directory) != nil, try store.modified(directory) == nil else { return [] }
        return try store.list(directory)
    }

    /// The paths of files in a directory; what is a directory itself is none of alphalake's.
    private func files(in directory: String, where isWanted: (String) -> Bool = { _ in true }) throws -> [String] {
        try names(in: directory).filter(isWanted).map { joinPath(directory, $0) }
            .filter { try store.modified($0) != nil }
    }

    /// Removes a directory of the trash.
    private func removeEmpty(_ path: String, _ report: inout Purge.Report) throws {
        guard try store.modified(path) == nil else { return try remove(path, &report) }
        guard try store.list(path).isEmpty else {
            report.waiting.append("'\(path)' holds what alphalake did not put there: remove it")
            return
        }
        try store.removeDirectory(path)
    }

    private func isLeft(_ name: String) -> Bool {
        name.hasPrefix(".tmp-") || name.hasPrefix(".scratch-") || name.hasPrefix(TableDirectory.oldTagPrefix)
    }

    private func remove(_ path: String, _ report: inout Purge.Report) throws {
        let bytes = try store.size(path) ?? 0
        do throws(LakeError) {
            try store.remove(path)
        } catch {
            guard error.code == .missing else { throw error }
            return
        }
        report.files += 1
        report.bytes += bytes
    }
}
