import Glibc
import LakeBytes
import LakeCore
import Synchronization

/// `LocalStore` with one call that goes wrong.
final class FaultyStore: Store {
    enum Fault: String, CaseIterable, Codable, Sendable {
        /// The call does nothing and fails.
        case fails
        /// The call takes effect and then reports a failure; an append takes half effect.
        case failsAfterwards
        /// As `fails`, and so does every later call: what a dying disk looks like.
        case failsForGood
        /// As `failsAfterwards`, and so does every later call.
        case failsAfterwardsForGood
        /// The process is killed before the call.
        case kills
        /// The process is killed after the call.
        case killsAfterwards
    }

    let local = LocalStore()
    let fault: Fault
    /// The number of the call that goes wrong, from 0.
    let at: Int
    private let names = Mutex<[String]>([])

    init(_ fault: Fault = .fails, at: Int = .max) {
        self.fault = fault
        self.at = at
    }

    /// The calls so far.
    var calls: [String] { names.withLock { $0 } }

    func step<Result>(
        _ name: String, _ path: String, tearing: (() throws(LakeError) -> Void)? = nil,
        _ body: () throws(LakeError) -> Result
    ) throws(LakeError) -> Result {
        let number = names.withLock { names in
            names.append(name)
            return names.count - 1
        }
        let failure = LakeError(.io, "\(name) failed: injected fault \(number)", at: .init(file: path))
        if number < at { return try body() }
        if number > at {
            if fault == .failsForGood || fault == .failsAfterwardsForGood { throw failure }
            return try body()
        }
        switch fault {
        case .fails, .failsForGood: throw failure
        case .failsAfterwards, .failsAfterwardsForGood:
            if let tearing { try tearing() } else { _ = try body() }
            throw failure
        case .kills: kill(getpid(), SIGKILL)
        case .killsAfterwards:
            if let tearing { try tearing() } else { _ = try body() }
            kill(getpid(), SIGKILL)
        }
        throw failure
    }

    func createDirectory(_ path: String) throws(LakeError) {
        try step("mkdir", path) { () throws(LakeError) in try local.createDirectory(path) }
    }

    func list(_ path: String) throws(LakeError) -> [String] {
        try step("list", path) { () throws(LakeError) in try local.list(path) }
    }

    func size(_ path: String) throws(LakeError) -> Int? {
        try step("size", path) { () throws(LakeError) in try local.size(path) }
    }

    func read(_ path: String, limit: Int) throws(LakeError) -> [UInt8] {
        try step("read", path) { () throws(LakeError) in try local.read(path, limit: limit) }
    }

    func map(_ path: String) throws(LakeError) -> MappedFile {
        try step("map", path) { () throws(LakeError) in try local.map(path) }
    }

    func create(_ path: String) throws(LakeError) -> any StoreFile {
        try step("create", path) { () throws(LakeError) in FaultyFile(try local.create(path), self) }
    }

    func scratch(near path: String) throws(LakeError) -> any StoreFile {
        try step("scratch", path) { () throws(LakeError) in FaultyFile(try local.scratch(near: path), self) }
    }

    func link(_ existing: String, to new: String) throws(LakeError) {
        try step("link", new) { () throws(LakeError) in try local.link(existing, to: new) }
    }

    func rename(_ existing: String, to new: String) throws(LakeError) {
        try step("rename", existing) { () throws(LakeError) in try local.rename(existing, to: new) }
    }

    func remove(_ path: String) throws(LakeError) {
        try step("remove", path) { () throws(LakeError) in try local.remove(path) }
    }

    func syncDirectory(_ path: String) throws(LakeError) {
        try step("syncDirectory", path) { () throws(LakeError) in try local.syncDirectory(path) }
    }

    func checkWritable(_ path: String) throws(LakeError) {
        try step("statfs", path) { () throws(LakeError) in try local.checkWritable(path) }
    }

    func lease(_ path: String) throws(LakeError) -> any StoreLease {
        try step("lease", path) { () throws(LakeError) in try local.lease(path) }
    }

    func exclusiveLease(_ path: String) throws(LakeError) -> (any StoreLease)? {
        try step("exclusiveLease", path) { () throws(LakeError) in try local.exclusiveLease(path) }
    }

    func modified(_ path: String) throws(LakeError) -> Int64? {
        try step("modified", path) { () throws(LakeError) in try local.modified(path) }
    }

    func removeDirectory(_ path: String) throws(LakeError) {
        try step("rmdir", path) { () throws(LakeError) in try local.removeDirectory(path) }
    }
}

private final class FaultyFile: StoreFile {
    let file: any StoreFile
    let store: FaultyStore

    init(_ file: any StoreFile, _ store: FaultyStore) {
        self.file = file
        self.store = store
    }

    var path: String { file.path }
    var size: UInt64 { file.size }

    func append(_ bytes: ArraySlice<UInt8>) throws(LakeError) {
        try store.step("append", path) { () throws(LakeError) in
            try self.file.append(bytes.prefix(bytes.count / 2))
        } _: { () throws(LakeError) in
            try file.append(bytes)
        }
    }

    func read(at offset: UInt64, count: Int) throws(LakeError) -> [UInt8] {
        try store.step("read", path) { () throws(LakeError) in try file.read(at: offset, count: count) }
    }

    func map() throws(LakeError) -> MappedFile {
        try store.step("map", path) { () throws(LakeError) in try file.map() }
    }

    func sync() throws(LakeError) {
        try store.step("sync", path) { () throws(LakeError) in try file.sync() }
    }

    func close() throws(LakeError) {
        try store.step("close", path) { () throws(LakeError) in try file.close() }
    }
}
