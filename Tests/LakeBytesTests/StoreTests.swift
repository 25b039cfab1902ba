import Glibc
import LakeCore
import Testing

@testable import LakeBytes

/// A new directory that goes with the object.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/alphalake-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LakeError(.io, "no temporary directory") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { TemporaryDirectory.remove(path) }

    func file(_ name: String) -> String { joinPath(path, name) }

    private static func remove(_ path: String) {
        for name in (try? LocalStore().list(path)) ?? [] {
            let child = joinPath(path, name)
            if unlink(child) != 0 { remove(child) }
        }
        rmdir(path)
    }
}

@Suite struct StoreTests {
    let store = LocalStore()

    @Test func createdFileHoldsWhatWasAppended() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a")
        let file = try store.create(path)
        try file.append([1, 2, 3])
        try file.append([9, 4, 5, 9][1...2])
        #expect(file.size == 5)
        #expect(try file.read(at: 1, count: 3) == [2, 3, 4])
        #expect(try file.map().view.bytes == [1, 2, 3, 4, 5])
        try file.sync()
        try file.close()
        try file.close()
        #expect(try store.read(path, limit: 5) == [1, 2, 3, 4, 5])
        #expect(try store.size(path) == 5)
        #expect(throws: LakeError.self) { try file.append([1]) }
    }

    @Test func failuresSayWhatAndWhere() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a")
        try store.create(path).close()
        let taken = #expect(throws: LakeError.self) { try store.create(path) }
        #expect(taken?.code == .conflict && taken?.location.file == path && taken?.hint != nil)
        let missing = #expect(throws: LakeError.self) { try store.map(directory.file("b")) }
        #expect(missing?.code == .missing)
        #expect(missing?.message == "open failed: No such file or directory")
        let large = #expect(throws: LakeError.self) {
            let file = try store.create(directory.file("c"))
            try file.append([1, 2])
            _ = try store.read(directory.file("c"), limit: 1)
        }
        #expect(large?.code == .corrupt)
        #expect(throws: LakeError.self) { try store.map(directory.path) }
        #expect(try store.size(directory.file("none")) == nil)
        #expect(systemFailure("write", "x", ENOSPC).hint?.contains("disk is full") == true)
    }

    @Test func linkIsWonOnce() throws {
        let directory = try TemporaryDirectory()
        for name in ["a", "b"] { try store.create(directory.file(name)).close() }
        try store.link(directory.file("a"), to: directory.file("x"))
        let lost = #expect(throws: LakeError.self) { try store.link(directory.file("b"), to: directory.file("x")) }
        #expect(lost?.code == .conflict)
        try store.rename(directory.file("b"), to: directory.file("a"))
        try store.remove(directory.file("x"))
        #expect(try store.list(directory.path) == ["a"])
        try store.syncDirectory(directory.path)
    }

    @Test func directoriesAreMadeWithTheirParents() throws {
        let directory = try TemporaryDirectory()
        try store.createDirectory(directory.file("p/q/r"))
        try store.createDirectory(directory.file("p/q/r"))
        try store.create(directory.file("f")).close()
        #expect(throws: LakeError.self) { try store.createDirectory(directory.file("f")) }
        #expect(throws: LakeError.self) { try store.createDirectory(directory.file("f/g")) }
        #expect(try store.list(directory.path) == ["f", "p"])
    }

    @Test func scratchLeavesNoName() throws {
        let directory = try TemporaryDirectory()
        let scratch = try store.scratch(near: directory.file("target"))
        try scratch.append([UInt8](repeating: 7, count: 100_000))
        #expect(try store.list(directory.path).isEmpty)
        #expect(try scratch.map().view.slice(offset: 99_999, count: 1).bytes == [7])
        #expect(try scratch.read(at: 0, count: 2) == [7, 7])
        #expect(throws: LakeError.self) { try scratch.read(at: 99_999, count: 2) }
    }

    @Test func leasesAreSharedAndBlockExclusiveLocks() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("v")
        try store.create(path).close()
        let first = try store.lease(path)
        let second = try store.lease(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        first.release()
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        second.release()
        second.release()
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    }

    /// The kernel writes what fits under the limit and reports that; the rest is tried again and refused.
    @Test func shortWritesAreContinued() async throws {
        let directory = try TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.file("f") as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let file = try LocalStore().create(path)
            let error = #expect(throws: LakeError.self) { try file.append([UInt8](repeating: 1, count: 3000)) }
            #expect(error?.message == "write failed: File too large" && error?.hint?.contains("ulimit -f") == true)
            #expect(file.size == 1000)
        }
        #expect(try store.size(directory.file("f")) == 1000)
    }

    @Test func pathsJoinAndSplit() {
        #expect(joinPath("a", "b", "c") == "a/b/c")
        #expect(joinPath("/", "b") == "/b")
        #expect(parentDirectory(of: "/a/b/") == "/a")
        #expect(parentDirectory(of: "/a") == "/")
        #expect(parentDirectory(of: "a") == ".")
    }
}
