import Glibc
import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct SnapshotTests {
    @Test func aSnapshotDoesNotChange() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        try table.appendOne(rows: 1)
        let snapshot = try table.snapshot()
        _ = try table.commit(.replace(snapshot.shards, with: [table.fakeShard(rows: 9)]), over: table.manifest())
        #expect(snapshot.manifest.rows == 1 && snapshot.schema == sampleSchema)
        #expect(try snapshot.map(snapshot.shards[0]).count == snapshot.shards[0].bytes)
        #expect(try table.snapshot().manifest.rows == 9)
        #expect(try table.snapshot(version: 2).manifest == snapshot.manifest)
        #expect(throws: LakeError.self) { try table.snapshot(version: 4) }
    }

    @Test func aSnapshotLocksItsVersion() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let descriptor = open(table.versionPath(1), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var snapshot: Snapshot? = try table.snapshot()
        #expect(snapshot?.manifest.version == 1)
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        snapshot = nil
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    }

    @Test func missingAndCutShardsAreNamed() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let entry = try table.appendOne().shards[0]
        let path = table.shardPath(entry.file)
        try overwrite(path, Array(LocalStore().read(path, limit: 1000).dropLast()))
        #expect(#expect(throws: LakeError.self) { try table.snapshot().map(entry) }?.code == .corrupt)
        try LocalStore().remove(path)
        let missing = #expect(throws: LakeError.self) { try table.snapshot().map(entry) }
        #expect(missing?.code == .missing && missing?.location.file == path && missing?.location.table == "rows")
    }
}
