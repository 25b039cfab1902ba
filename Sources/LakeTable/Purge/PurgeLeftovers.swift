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
                trash += try names(in: folder).map { joinPath(folder, $0) }
            }
        }
        var unlisted: [String] = []
        let deletions = Set(states.deletions.keys).union(states.purged.map(\.rows.file))
        let shards = Set(states.shards.values.flatMap { $0.files.map(\.name) })
        for (directory, listed) in [(table.shardsPath, shards), (table.deletionsPath, deletions)] {
            unlisted += try names(in: directory)
                .filter { !listed.contains($0) && (Lake.isShardName($0) || isLeft($0)) }.map { joinPath(directory, $0) }
        }
        for directory in [table.versionsPath, table.tagsPath] {
            unlisted += try names(in: directory).filter(isLeft).map { joinPath(directory, $0) }
        }
        return (trash, unlisted)
    }

    /// Removes them; what somebody holds is waited for.
    func remove(_ report: inout Purge.Report) throws {
        let (trash, unlisted) = try found(RetainedStates(table))
        for path in trash { try remove(path, &report) }
        for bin in try names(in: table.trashPath) {
            let bin = joinPath(table.trashPath, bin)
            for folder in try names(in: bin) { try store.removeDirectory(joinPath(bin, folder)) }
            try store.removeDirectory(bin)
        }
        var free: [(path: String, lease: any StoreLease)] = []
        defer { for file in free { file.lease.release() } }
        for path in unlisted {
            guard let lease = try exclusive(path) else {
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

    private func isLeft(_ name: String) -> Bool {
        name.hasPrefix(".tmp-") || name.hasPrefix(".scratch-") || name.hasPrefix(TableDirectory.oldTagPrefix)
    }

    private func exclusive(_ path: String) throws -> (any StoreLease)? {
        for _ in 0..<20 {
            do throws(LakeError) {
                if let lease = try store.exclusiveLease(path) { return lease }
            } catch {
                guard error.code == .missing else { throw error }
                return nil
            }
            store.pause(microseconds: 50_000)
        }
        return nil
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
