import LakeBytes
import LakeCore
import Synchronization

/// `LocalStore` that remembers which bytes and names have been made to last, and can lay out what a disk would hold if
/// the power had been cut after any of its calls.
final class PowerCutStore: Store {
    private enum Event: Sendable {
        case directory(String)
        case create(String, file: Int)
        case append(file: Int, [UInt8])
        case sync(file: Int)
        case link(String, String)
        case rename(String, String)
        case remove(String)
        case syncDirectory(String)
    }

    private let local = LocalStore()
    private let root: String
    private let events = Mutex<[Event]>([])
    private let files = Atomic<Int>(0)

    init(root: String) { self.root = root }

    /// How many calls changed something so far.
    var count: Int { events.withLock { $0.count } }

    /// A file or directory under one or more names.
    private struct Disk {
        /// What each name leads to: a file's number, nil for a directory.
        var names: [String: Int?] = [:]
        var lasting: [String: Int?] = [:]
        var bytes: [Int: [UInt8]] = [:]
        var lastingBytes: [Int: Int] = [:]

        mutating func apply(_ event: Event) {
            switch event {
            case .directory(let path): names[path] = .some(nil)
            case .create(let path, let file):
                names[path] = file
                bytes[file] = []
            case .append(let file, let more): bytes[file, default: []] += more
            case .sync(let file): lastingBytes[file] = bytes[file]?.count
            case .link(let old, let new): names[new] = names[old]
            case .rename(let old, let new): names[new] = names.removeValue(forKey: old)
            case .remove(let path): names[path] = nil
            case .syncDirectory(let directory):
                lasting = lasting.filter { parentDirectory(of: $0.key) != directory }
                lasting.merge(names.filter { parentDirectory(of: $0.key) == directory }) { $1 }
            }
        }
    }

    /// Writes under `target` what is left after the first `count` calls. What was synced is there. Of the names that were
    /// not, `keeping` decides which change had reached the disk, and how many of a file's other bytes had.
    func layOut(after count: Int, at target: String, keeping: (inout Int) -> Bool) throws {
        var disk = Disk()
        for event in events.withLock({ $0.prefix(count) }) { disk.apply(event) }
        var names = disk.lasting
        for path in Set(disk.names.keys).union(disk.lasting.keys).sorted() {
            var ignored = 0
            let same = (disk.names[path] as Int??) == (disk.lasting[path] as Int??)
            if !same, keeping(&ignored) { names[path] = disk.names[path] }
        }
        try local.createDirectory(target)
        // Parents sort before what they hold; what lies in a directory that was lost is lost.
        for path in names.keys.sorted() {
            let parent = parentDirectory(of: path)
            guard parent == root || parent.count < root.count || names.keys.contains(parent) else { continue }
            let copy = target + path.dropFirst(root.count)
            guard let entry = names[path] else { continue }
            guard let file = entry else {
                try local.createDirectory(copy)
                continue
            }
            guard try local.size(parentDirectory(of: copy)) != nil else { continue }
            let all = disk.bytes[file] ?? []
            let lasting = disk.lastingBytes[file] ?? 0
            var kept = all.count - lasting
            _ = keeping(&kept)
            let made = try local.create(copy)
            try made.append(Array(all.prefix(lasting + max(0, kept))))
            try made.close()
        }
    }

    private func record(_ event: Event) { events.withLock { $0.append(event) } }

    func createDirectory(_ path: String) throws(LakeError) {
        let isNew = try local.size(path) == nil
        if isNew, parentDirectory(of: path).count > root.count { try createDirectory(parentDirectory(of: path)) }
        try local.createDirectory(path)
        if isNew { record(.directory(path)) }
    }

    func list(_ path: String) throws(LakeError) -> [String] { try local.list(path) }
    func size(_ path: String) throws(LakeError) -> Int? { try local.size(path) }
    func read(_ path: String, limit: Int) throws(LakeError) -> [UInt8] { try local.read(path, limit: limit) }
    func map(_ path: String) throws(LakeError) -> MappedFile { try local.map(path) }
    func scratch(near path: String) throws(LakeError) -> any StoreFile { try local.scratch(near: path) }
    func lease(_ path: String) throws(LakeError) -> any StoreLease { try local.lease(path) }
    func modified(_ path: String) throws(LakeError) -> Int64? { try local.modified(path) }

    func exclusiveLease(_ path: String) throws(LakeError) -> (any StoreLease)? { try local.exclusiveLease(path) }

    func removeDirectory(_ path: String) throws(LakeError) {
        try local.removeDirectory(path)
        record(.remove(path))
    }

    func create(_ path: String) throws(LakeError) -> any StoreFile {
        let file = try local.create(path)
        let number = files.wrappingAdd(1, ordering: .relaxed).newValue
        record(.create(path, file: number))
        return RecordedFile(file) { [self] bytes in
            record(bytes.map { .append(file: number, $0) } ?? .sync(file: number))
        }
    }

    func link(_ existing: String, to new: String) throws(LakeError) {
        try local.link(existing, to: new)
        record(.link(existing, new))
    }

    func rename(_ existing: String, to new: String) throws(LakeError) {
        try local.rename(existing, to: new)
        record(.rename(existing, new))
    }

    func remove(_ path: String) throws(LakeError) {
        try local.remove(path)
        record(.remove(path))
    }

    func syncDirectory(_ path: String) throws(LakeError) {
        try local.syncDirectory(path)
        record(.syncDirectory(path))
    }
}

private final class RecordedFile: StoreFile {
    let file: any StoreFile
    /// Called with the bytes of an append, or nil for a sync.
    let record: ([UInt8]?) -> Void

    init(_ file: any StoreFile, record: @escaping ([UInt8]?) -> Void) {
        self.file = file
        self.record = record
    }

    var path: String { file.path }
    var size: UInt64 { file.size }

    func append(_ bytes: ArraySlice<UInt8>) throws(LakeError) {
        try file.append(bytes)
        record(Array(bytes))
    }

    func read(at offset: UInt64, count: Int) throws(LakeError) -> [UInt8] { try file.read(at: offset, count: count) }
    func map() throws(LakeError) -> MappedFile { try file.map() }

    func sync() throws(LakeError) {
        try file.sync()
        record(nil)
    }

    func close() throws(LakeError) { try file.close() }
}
