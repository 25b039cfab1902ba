import LakeBytes
import LakeCore
import Synchronization

/// A call to a store.
struct StoreCall: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case mkdir, list, size, read, map, create, scratch, link, rename, remove, syncDirectory, checkWritable, lease
        case append, sync, close
    }

    var kind: Kind
    var path: String
}

/// What becomes of a call.
enum CallOutcome: Sendable {
    case works
    /// It does nothing and fails.
    case fails(LakeError)
    /// It takes effect, an append half of it, and fails.
    case failsAfterwards(LakeError)
    /// As a failed fsync: what was not synced before is gone.
    case loses(LakeError)
    /// It does nothing and says that it worked: for a proof that the proof would notice.
    case pretends
}

/// A disk that stores share, and every state it went through.
final class SharedDisk: Sendable {
    private struct State {
        var disk: Disk
        var history: [Disk] = []
        var changes = 0
        var leases: [Locked: Holders] = [:]
    }

    /// What a lock is on: the file itself, whatever it is called by then.
    enum Locked: Hashable, Sendable {
        case file(Int)
        case directory(String)
    }

    private struct Holders {
        var shared = 0
        var isAlone = false
    }

    private let state: Mutex<State>
    private let isRecording: Bool

    /// - Parameter changes: that were made before.
    init(_ disk: Disk = Disk(), changes: Int = 0, recording: Bool = false) {
        state = Mutex(State(disk: disk, history: recording ? [disk] : [], changes: changes))
        isRecording = recording
    }

    var disk: Disk { state.withLock { $0.disk } }
    /// The disk before the first change and after each.
    var history: [Disk] { state.withLock { $0.history } }
    /// How many changes there were.
    var changes: Int { state.withLock { $0.changes } }

    func change<Result: Sendable>(_ body: (inout Disk) throws(LakeError) -> Result) throws(LakeError) -> Result {
        try state.withLock { state throws(LakeError) in
            let result = try body(&state.disk)
            state.changes += 1
            if isRecording { state.history.append(state.disk) }
            return result
        }
    }

    /// Locks what is at a path, if that is free; nil where somebody else has a lock on it.
    fileprivate func lock(_ path: String, alone: Bool) throws(LakeError) -> Locked? {
        try state.withLock { state throws(LakeError) in
            guard let entry = state.disk[path] else { throw missing("open", path) }
            let locked: Locked =
                if case .file(let file) = entry { .file(file) } else { .directory(path) }
            var holders = state.leases[locked] ?? Holders()
            if holders.isAlone || alone && holders.shared > 0 { return nil }
            if alone { holders.isAlone = true } else { holders.shared += 1 }
            state.leases[locked] = holders
            return locked
        }
    }

    fileprivate func unlock(_ locked: Locked, alone: Bool) {
        state.withLock { state in
            if alone { state.leases[locked]?.isAlone = false } else { state.leases[locked]?.shared -= 1 }
        }
    }
}

/// A store in memory whose every call passes a gate: the place where faults are put in and turns are waited for.
final class MemoryStore: Store {
    let shared: SharedDisk
    private let gate: @Sendable (StoreCall) -> CallOutcome
    /// Lets others go on; false where there is nobody else.
    private let yield: @Sendable () -> Bool

    init(
        _ shared: SharedDisk, yield: @escaping @Sendable () -> Bool = { false },
        gate: @escaping @Sendable (StoreCall) -> CallOutcome = { _ in .works }
    ) {
        self.shared = shared
        self.yield = yield
        self.gate = gate
    }

    /// Nobody sleeps while it is somebody's turn.
    func pause(microseconds: UInt32) { _ = yield() }

    convenience init(_ disk: Disk) { self.init(SharedDisk(disk)) }

    /// A call that only looks.
    fileprivate func look<Result>(
        _ kind: StoreCall.Kind, _ path: String, _ body: (Disk) throws(LakeError) -> Result
    ) throws(LakeError) -> Result {
        switch gate(StoreCall(kind: kind, path: path)) {
        case .works, .pretends: return try body(shared.disk)
        case .fails(let error), .failsAfterwards(let error), .loses(let error): throw error
        }
    }

    /// What a call changes, and what it changes when it goes wrong in the middle.
    fileprivate struct Change<Result> {
        var whole: (inout Disk) throws(LakeError) -> Result
        var part: ((inout Disk) -> Void)?

        init(_ whole: @escaping (inout Disk) throws(LakeError) -> Result, part: ((inout Disk) -> Void)? = nil) {
            self.whole = whole
            self.part = part
        }
    }

    /// A call that changes the disk.
    fileprivate func change<Result: Sendable>(
        _ kind: StoreCall.Kind, _ path: String, _ change: Change<Result>
    ) throws(LakeError) -> Result {
        switch gate(StoreCall(kind: kind, path: path)) {
        case .works: return try shared.change(change.whole)
        case .pretends:
            var copy = shared.disk
            return try change.whole(&copy)
        case .fails(let error): throw error
        case .failsAfterwards(let error):
            if let part = change.part {
                try shared.change { disk throws(LakeError) in part(&disk) }
            } else {
                _ = try shared.change(change.whole)
            }
            throw error
        case .loses(let error):
            if let part = change.part { try shared.change { disk throws(LakeError) in part(&disk) } }
            throw error
        }
    }

    private func change<Result: Sendable>(
        _ kind: StoreCall.Kind, _ path: String, _ body: @escaping (inout Disk) throws(LakeError) -> Result
    ) throws(LakeError) -> Result { try change(kind, path, Change(body)) }

    func createDirectory(_ path: String) throws(LakeError) {
        try change(.mkdir, path) { disk throws(LakeError) in
            var absent: [String] = []
            var next = path
            while disk[next] == nil {
                absent.append(next)
                next = parentDirectory(of: next)
            }
            guard disk[next] == .directory else { throw taken(path) }
            for path in absent.reversed() { disk.set(path, .directory) }
        }
    }

    func list(_ path: String) throws(LakeError) -> [String] {
        try look(.list, path) { disk throws(LakeError) in
            guard disk[path] == .directory else { throw missing("opendir", path) }
            return disk.list(path)
        }
    }

    func size(_ path: String) throws(LakeError) -> Int? {
        try look(.size, path) { disk throws(LakeError) in disk[path].map { _ in disk.bytes(path)?.count ?? 0 } }
    }

    /// All files are as old as can be.
    func modified(_ path: String) throws(LakeError) -> Int64? {
        try look(.size, path) { disk throws(LakeError) in disk.bytes(path).map { _ in 0 } }
    }

    func read(_ path: String, limit: Int) throws(LakeError) -> [UInt8] {
        try look(.read, path) { disk throws(LakeError) in
            guard let bytes = disk.bytes(path) else { throw missing("open", path) }
            guard bytes.count <= limit else { throw LakeError(.corrupt, "too long", at: .init(file: path)) }
            return bytes
        }
    }

    func map(_ path: String) throws(LakeError) -> MappedFile {
        try look(.map, path) { disk throws(LakeError) in
            guard let bytes = disk.bytes(path) else { throw missing("open", path) }
            return MappedFile(path: path, holding: bytes)
        }
    }

    func create(_ path: String) throws(LakeError) -> any StoreFile {
        let file = try change(.create, path) { disk throws(LakeError) in
            guard disk[parentDirectory(of: path)] == .directory else { throw missing("create", path) }
            guard disk[path] == nil else { throw taken(path) }
            let file = disk.newFile()
            disk.set(path, .file(file))
            return file
        }
        return MemoryFile(path, file, self)
    }

    func scratch(near path: String) throws(LakeError) -> any StoreFile {
        MemoryFile(path, try change(.scratch, path) { disk throws(LakeError) in disk.newFile() }, self)
    }

    func link(_ existing: String, to new: String) throws(LakeError) {
        try change(.link, new) { disk throws(LakeError) in
            guard let file = disk[existing] else { throw missing("link", existing) }
            guard disk[new] == nil else { throw taken(new) }
            disk.set(new, file)
        }
    }

    func rename(_ existing: String, to new: String) throws(LakeError) {
        try change(.rename, existing) { disk throws(LakeError) in
            guard let file = disk[existing] else { throw missing("rename", existing) }
            guard disk[parentDirectory(of: new)] == .directory else { throw missing("rename", new) }
            // Two names of one file stay both.
            if disk[new] == file { return }
            disk.set(existing, nil)
            disk.set(new, file)
        }
    }

    func remove(_ path: String) throws(LakeError) {
        try change(.remove, path) { disk throws(LakeError) in
            guard disk[path] != nil else { throw missing("unlink", path) }
            disk.set(path, nil)
        }
    }

    func removeDirectory(_ path: String) throws(LakeError) {
        try change(.remove, path) { disk throws(LakeError) in
            guard disk[path] == .directory, disk.list(path).isEmpty else { throw missing("rmdir", path) }
            disk.set(path, nil)
        }
    }

    func syncDirectory(_ path: String) throws(LakeError) {
        try change(.syncDirectory, path) { disk throws(LakeError) in
            guard disk[path] == .directory else { throw missing("open", path) }
            disk.syncDirectory(path)
        }
    }

    func checkWritable(_ path: String) throws(LakeError) {
        try look(.checkWritable, path) { _ throws(LakeError) in () }
    }

    /// Waits, as `flock` does, while somebody has the only lock.
    func lease(_ path: String) throws(LakeError) -> any StoreLease {
        try look(.lease, path) { _ throws(LakeError) in () }
        while true {
            if let locked = try shared.lock(path, alone: false) {
                return MemoryLease(path, locked, alone: false, shared)
            }
            guard yield() else { throw LakeError(.failed, "a lock that is waited for for ever", at: .init(file: path)) }
        }
    }

    func exclusiveLease(_ path: String) throws(LakeError) -> (any StoreLease)? {
        try look(.lease, path) { _ throws(LakeError) in () }
        return try shared.lock(path, alone: true).map { MemoryLease(path, $0, alone: true, shared) }
    }
}

private func missing(_ call: String, _ path: String) -> LakeError {
    LakeError(.missing, "\(call) failed: no such file", at: .init(file: path))
}

private func taken(_ path: String) -> LakeError {
    LakeError(.conflict, "create failed: there is one", at: .init(file: path))
}

private final class MemoryLease: StoreLease {
    let path: String
    private let locked: SharedDisk.Locked
    private let alone: Bool
    private let shared: SharedDisk
    private let isHeld = Atomic<Bool>(true)

    init(_ path: String, _ locked: SharedDisk.Locked, alone: Bool, _ shared: SharedDisk) {
        self.path = path
        self.locked = locked
        self.alone = alone
        self.shared = shared
    }

    deinit { release() }

    func release() {
        if isHeld.exchange(false, ordering: .acquiringAndReleasing) { shared.unlock(locked, alone: alone) }
    }
}

private final class MemoryFile: StoreFile {
    let path: String
    private let file: Int
    private let store: MemoryStore

    init(_ path: String, _ file: Int, _ store: MemoryStore) {
        self.path = path
        self.file = file
        self.store = store
    }

    var size: UInt64 { UInt64(store.shared.disk.files[file].bytes.count) }

    func append(_ bytes: ArraySlice<UInt8>) throws(LakeError) {
        let file = file
        try store.change(
            .append, path,
            MemoryStore.Change({ disk throws(LakeError) in disk.append(bytes, to: file) }) {
                $0.append(bytes.prefix(bytes.count / 2), to: file)
            })
    }

    func read(at offset: UInt64, count: Int) throws(LakeError) -> [UInt8] {
        let (file, path) = (file, path)
        return try store.look(.read, path) { disk throws(LakeError) in
            let bytes = disk.files[file].bytes
            guard count >= 0, offset <= bytes.count, count <= bytes.count - Int(offset) else {
                throw LakeError(.corrupt, "the file ends before", at: .init(file: path))
            }
            return Array(bytes[Int(offset)..<(Int(offset) + count)])
        }
    }

    func map() throws(LakeError) -> MappedFile {
        let (file, path) = (file, path)
        return try store.look(.map, path) { disk throws(LakeError) in
            MappedFile(path: path, holding: disk.files[file].bytes)
        }
    }

    func sync() throws(LakeError) {
        let file = file
        try store.change(
            .sync, path,
            MemoryStore.Change({ disk throws(LakeError) in disk.sync(file: file) }) { $0.loseUnsynced(file: file) })
    }

    func close() throws(LakeError) { try store.look(.close, path) { _ throws(LakeError) in () } }
}
