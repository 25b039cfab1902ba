import LakeBytes
import LakeCore

/// Where a repair keeps what it replaces: `quarantine/TIME/` in the directory of the table (or of the lake), with a `README.txt` that
/// says where each file came from and why. Nobody but people removes anything there.
final class Quarantine {
    private let directory: String
    private let store: any Store
    private let bin: String
    private var readme: (any StoreFile)?
    private var folders: Set<String> = []

    /// The quarantine of a repair that begins now; its directory is made when first used.
    init(of directory: String, _ store: any Store) {
        self.directory = directory
        self.store = store
        bin = joinPath(Quarantine.path(directory), CalendarText.timestamp(microsecondsNow()))
    }

    static func path(_ directory: String) -> String { joinPath(directory, "quarantine") }

    /// Keeps a file by a second name and lets the first be.
    func keep(_ path: String, in folder: String, because reason: String) throws {
        guard try store.size(path) != nil else { return }
        let target = joinPath(try open(folder), baseName(path))
        guard try store.size(target) == nil else { return }
        try note("a copy of", path, reason)
        try store.link(path, to: target)
        try store.syncDirectory(joinPath(bin, folder))
    }

    /// Takes a file away.
    func move(_ path: String, in folder: String, because reason: String) throws {
        let target = joinPath(try open(folder), baseName(path))
        try note("moved from", path, reason)
        try store.rename(path, to: target)
        try store.syncDirectory(joinPath(bin, folder))
        try store.syncDirectory(parentDirectory(of: path))
    }

    /// Puts other bytes in the place of a file, in one step, and keeps the file.
    func replace(_ path: String, by bytes: ByteView, in folder: String, because reason: String) throws {
        let temporary = joinPath(parentDirectory(of: path), ".tmp-" + randomHex())
        do {
            let file = try store.create(temporary)
            for start in stride(from: 0, to: bytes.count, by: 4 << 20) {
                try file.append(try bytes.bytes(offset: start, count: min(4 << 20, bytes.count - start)))
            }
            try file.sync()
            try file.close()
            try keep(path, in: folder, because: reason)
            try store.rename(temporary, to: path)
        } catch {
            try? store.remove(temporary)
            throw error
        }
        try store.syncDirectory(parentDirectory(of: path))
    }

    /// The directory of some kind of files, made to last.
    private func open(_ folder: String) throws -> String {
        let path = joinPath(bin, folder)
        guard folders.insert(folder).inserted else { return path }
        try store.createDirectory(path)
        for directory in [bin, Quarantine.path(directory), directory] { try store.syncDirectory(directory) }
        return path
    }

    private func note(_ what: String, _ path: String, _ reason: String) throws {
        if readme == nil {
            readme = try store.create(joinPath(bin, "README.txt"))
            try store.syncDirectory(bin)
            try readme?.append(
                Array(
                    "What `alphalake repair` replaced or took away. Files can be put back where they came from.\n".utf8)
            )
        }
        let place = baseName(parentDirectory(of: path))
        let line = "\(CalendarText.timestamp(microsecondsNow()))  \(what) \(place)/\(baseName(path)): \(reason)\n"
        try readme?.append(Array(line.utf8))
        try readme?.sync()
    }

    /// Files of a name in some folder of all quarantines and of the trash.
    static func copies(of name: String, in folder: String, _ directory: String, _ store: any Store) throws -> [String] {
        var found: [String] = []
        for place in [joinPath(directory, "trash"), path(directory)] where try store.size(place) != nil {
            for time in try store.list(place) {
                let path = joinPath(place, time, folder, name)
                if try store.modified(path) != nil { found.append(path) }
            }
        }
        return found
    }
}
