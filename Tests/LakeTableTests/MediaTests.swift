import Glibc
import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

/// A small file system in memory, unmounted with the object. Nil where mounting is not allowed.
private final class SmallDisk {
    let path: String
    /// Goes after the file system that is mounted in it.
    private let directory: TemporaryDirectory

    init?(in directory: TemporaryDirectory, kilobytes: Int) {
        self.directory = directory
        path = directory.file("disk")
        mkdir(path, 0o777)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else { return nil }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    func makeReadOnly() -> Bool {
        mount(nil, path, nil, UInt(MS_REMOUNT | MS_RDONLY), nil) == 0
    }
}

private let canMount: Bool = {
    guard let directory = try? TemporaryDirectory() else { return false }
    return SmallDisk(in: directory, kilobytes: 64) != nil
}()

@Suite(.enabled(if: canMount, "mounting a file system needs the rights of the administrator"))
struct MediaTests {
    @Test func aFullDiskLeavesTheLastVersion() throws {
        let directory = try TemporaryDirectory()
        let disk = try #require(SmallDisk(in: directory, kilobytes: 64))
        let table = try Lake.create(at: joinPath(disk.path, "lake")).createTable("rows", schema: sampleSchema)
        var last = try table.manifest()
        var failure: LakeError?
        while failure == nil, last.version < 1000 {
            do {
                last = try table.appendOne()
            } catch let error as LakeError {
                failure = error
            }
        }
        #expect(failure?.code == .io && failure?.message.contains("No space left on device") == true)
        #expect(failure?.hint?.contains("the disk is full") == true)
        #expect(last.version > 1)
        #expect(try table.manifest() == last)
        #expect(try Validation(of: table).run().isSound)
        #expect(try table.snapshot().manifest == last)
        // Space that comes back is usable again.
        let orphan = Set(try LocalStore().list(table.shardsPath)).subtracting(last.shards.map(\.file))
        for file in orphan { try LocalStore().remove(table.shardPath(file)) }
        #expect(try LocalStore().list(table.versionsPath).allSatisfy { !$0.hasPrefix(".tmp-") })
    }

    @Test func readOnlyMediaAreReadAndWritesRefused() throws {
        let directory = try TemporaryDirectory()
        let disk = try #require(SmallDisk(in: directory, kilobytes: 1024))
        let lakePath = joinPath(disk.path, "lake")
        let table = try Lake.create(at: lakePath).createTable("rows", schema: sampleSchema)
        let manifest = try table.appendOne()
        let shard = try table.fakeShard()
        try #require(disk.makeReadOnly())
        let snapshot = try Lake.open(at: lakePath).table("rows").snapshot()
        #expect(snapshot.manifest == manifest)
        #expect(try snapshot.map(snapshot.shards[0]).count == snapshot.shards[0].bytes)
        #expect(try Validation(of: table).run().isSound)
        let refused = #expect(throws: LakeError.self) { try table.commit(.append([shard]), over: manifest) }
        #expect(refused?.code == .io && refused?.hint?.contains("read-only") == true)
        #expect(throws: LakeError.self) { try Lake.create(at: joinPath(disk.path, "other")) }
        #expect(throws: LakeError.self) { try Lake.open(at: lakePath).createTable("more", schema: sampleSchema) }
    }

    /// As a user without rights: the administrator may write everywhere.
    @Test func directoriesWithoutPermissionAreNamed() async throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        try table.appendOne()
        chmod(directory.path, 0o755)
        let lake = directory.file("lake")
        await #expect(processExitsWith: .success) { [lake = lake as String] in
            try #require(setgid(65_534) == 0 && setuid(65_534) == 0)
            let table = try Lake.open(at: lake).table("rows")
            #expect(try table.snapshot().manifest.rows == 10)
            let refused = #expect(throws: LakeError.self) {
                try table.commit(
                    .widen(to: Schema(fields: sampleSchema.fields + [Field(id: 3, name: "c", type: .bool)])),
                    over: table.manifest())
            }
            #expect(refused?.message == "create failed: Permission denied")
            #expect(refused?.code == .io && refused?.location.table == "rows" && refused?.hint != nil)
        }
        chmod(table.versionsPath, 0)
        await #expect(processExitsWith: .success) { [lake = lake as String] in
            try #require(setgid(65_534) == 0 && setuid(65_534) == 0)
            let refused = #expect(throws: LakeError.self) { try Lake.open(at: lake).table("rows").manifest() }
            #expect(refused?.code == .io && refused?.message.contains("Permission denied") == true)
        }
        chmod(table.versionsPath, 0o755)
    }
}
