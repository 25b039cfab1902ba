import LakeBytes
import LakeCore

/// A file, or a directory of files, that appears under its name as a whole when all of it has been written, or not at
/// all.
///
/// Until then it stands beside the target under a name of its own. What a run left there that was killed, the next one
/// that writes into the same place removes: it knows by a lock that its writer is gone.
final class StagedOutput {
    private static let prefix = ".alphalake-export-"
    private static let suffix = ".partial"

    private let target: String
    private let isDirectory: Bool
    private let overwrites: Bool
    private let store: any Store
    private let staged: String
    private var lease: (any StoreLease)?
    private var isPending = true

    /// - Parameter overwrites: whether the output may take the place of another one.
    /// - Throws: `LakeError`: usage when something stands there that it may not take the place of, missing when there
    ///   is no directory to write into.
    init(_ target: String, isDirectory: Bool, overwrites: Bool, store: any Store) throws {
        self.target = target
        self.isDirectory = isDirectory
        self.overwrites = overwrites
        self.store = store
        let parent = parentDirectory(of: target)
        let number = String(UInt64.random(in: .min ... .max), radix: 36)
        staged = joinPath(parent, StagedOutput.prefix + number + StagedOutput.suffix)
        guard try store.size(parent) != nil else {
            throw LakeError(
                .missing, "no directory to write into", at: .init(file: parent),
                hint: "make it first, or check the path")
        }
        _ = try checkTarget()
        StagedOutput.sweep(parent, store)
        if isDirectory {
            try store.createDirectory(staged)
            lease = try store.lease(staged)
        }
    }

    deinit { discard() }

    /// A new file of the output.
    /// - Parameter name: in the directory; there is only one file otherwise.
    func create(_ name: String) throws -> any StoreFile {
        let file = try store.create(isDirectory ? joinPath(staged, name) : staged)
        if !isDirectory { lease = try store.lease(staged) }
        return file
    }

    /// Gives the output its name. All files have been synced and closed.
    func publish() throws {
        let replaced = try checkTarget()
        let parent = parentDirectory(of: target)
        guard isDirectory else {
            try store.rename(staged, to: target)
            isPending = false
            try store.syncDirectory(parent)
            return
        }
        try store.syncDirectory(staged)
        let old = staged + "-replaced"
        if replaced { try store.rename(target, to: old) }
        do {
            try store.rename(staged, to: target)
        } catch {
            if replaced { try? store.rename(old, to: target) }
            throw error
        }
        isPending = false
        try store.syncDirectory(parent)
        if replaced { StagedOutput.remove(old, store) }
    }

    /// Removes what has been written, unless it has its name.
    func discard() {
        if isPending { StagedOutput.remove(staged, store) }
        isPending = false
        lease?.release()
    }

    /// Whether a directory with files stands under the name.
    /// - Throws: `LakeError` (usage) when something else does, or that may not be replaced.
    private func checkTarget() throws -> Bool {
        guard try store.size(target) != nil else { return false }
        guard try ExportTarget.isDirectory(target, store) == isDirectory else {
            throw LakeError(
                .usage, isDirectory ? "this is a file, not a directory" : "this is a directory, not a file",
                at: .init(file: target), hint: "choose another name")
        }
        let names = isDirectory ? try store.list(target) : []
        if isDirectory, names.isEmpty { return false }
        guard overwrites else {
            throw LakeError(
                .usage, isDirectory ? "the directory is not empty" : "there is a file of this name already",
                at: .init(file: target), hint: "--overwrite replaces it")
        }
        if let other = names.first(where: { !StagedOutput.isPart($0) }) {
            throw LakeError(
                .usage, "the directory holds '\(other)', which no export has put there", at: .init(file: target),
                hint: "choose another directory: replacing this one would remove it")
        }
        return isDirectory
    }

    private static func isPart(_ name: String) -> Bool {
        name == ExportManifest.name || name.hasPrefix("part-") && name.hasSuffix(".jsonl")
    }

    private static func sweep(_ parent: String, _ store: any Store) {
        for name in (try? store.names(in: parent)) ?? [] where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
            let path = joinPath(parent, name)
            guard let lease = (try? store.exclusiveLease(path)) ?? nil else { continue }
            remove(path, store)
            lease.release()
        }
    }

    private static func remove(_ path: String, _ store: any Store) {
        guard (try? ExportTarget.isDirectory(path, store)) ?? false else {
            try? store.remove(path)
            return
        }
        for name in (try? store.names(in: path)) ?? [] { try? store.remove(joinPath(path, name)) }
        try? store.removeDirectory(path)
    }
}
