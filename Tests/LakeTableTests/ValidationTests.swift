import LakeBytes
import LakeCore
import Synchronization
import Testing

@testable import LakeTable

@Suite struct ValidationTests {
    private func sample(_ directory: TemporaryDirectory, versions: Int = 4) throws -> TableDirectory {
        let table = try sampleTable(in: directory)
        for index in 1..<versions { try table.appendOne(rows: index) }
        return table
    }

    @Test func aSoundTableHasNoFindings() throws {
        let directory = try TemporaryDirectory()
        let table = try sample(directory, versions: 66)
        let seen = Mutex<[Int]>([])
        let shares = Mutex<[Int]>([])
        let report = try Validation(of: table, workers: 3).run { progress in
            shares.withLock { $0.append(progress.doneBytes) }
            #expect(progress.doneBytes <= progress.totalBytes)
        } checkShard: { file, entry, schema in
            #expect(file.count == entry.bytes && schema == sampleSchema)
            seen.withLock { $0.append(entry.rows) }
            return []
        }
        #expect(report.findings.isEmpty && report.versions == 66 && report.shards == 65)
        #expect(seen.withLock { $0.sorted() } == Array(1...65))
        #expect(shares.withLock { $0.max() } == report.bytes)
    }

    private func findings(_ table: TableDirectory, check: @escaping Validation.ShardCheck = { _, _, _ in [] }) throws
        -> [Finding]
    {
        try Validation(of: table).run(checkShard: check).findings
    }

    @Test func damagedShardsAreNamed() throws {
        let directory = try TemporaryDirectory()
        let table = try sample(directory)
        let paths = try table.manifest().shards.map { table.shardPath($0.file) }
        let bytes = try LocalStore().read(paths[0], limit: 1000)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            try overwrite(paths[0], damaged)
            let found = try findings(table)
            #expect(found.count == 1 && found[0].severity == .error && found[0].location.file == paths[0])
        }
        try overwrite(paths[0], Array(bytes.dropLast()))
        try LocalStore().remove(paths[1])
        let found = try findings(table)
        #expect(found.map(\.location.file) == [paths[0], paths[1]])
        #expect(found.map(\.location.table) == ["rows", "rows"])
        #expect(found[1].message == "the shard is not there")
    }

    @Test func findingsFromInsideAreKept() throws {
        let directory = try TemporaryDirectory()
        let table = try sample(directory)
        let found = try findings(table) { _, entry, _ in
            if entry.id == 2 { throw LakeError(.corrupt, "checksum", at: .init(column: "age", chunk: 3, offset: 64)) }
            return entry.id == 1 ? [Finding(.warning, at: .init(column: "x"), "odd", remedy: "none")] : []
        }
        #expect(found.map(\.message) == ["odd", "checksum"])
        #expect(found[1].location.offset == 64 && found[1].location.file?.hasSuffix(".shard") == true)
    }

    @Test func brokenChainsAreNamed() throws {
        let directory = try TemporaryDirectory()
        let table = try sample(directory)
        try overwrite(table.versionPath(2), [])
        #expect(try findings(table).filter { $0.severity == .error }.map(\.location.file) == [table.versionPath(2)])
        try LocalStore().remove(table.versionPath(2))
        let gap = try findings(table).filter { $0.severity == .error }
        #expect(gap.count == 1 && gap[0].message == "version 2 is not there")
        // A version of another table, sound in itself.
        let elsewhere = try TemporaryDirectory()
        let other = try sample(elsewhere)
        try overwrite(table.versionPath(2), LocalStore().read(other.versionPath(2), limit: 10_000))
        let foreign = try findings(table).filter { $0.severity == .error }
        #expect(foreign.count == 1 && foreign[0].message.contains("its parent is"))
        #expect(throws: LakeError.self) { try table.manifest() }
    }

    @Test func leftoversAreNotes() throws {
        let directory = try TemporaryDirectory()
        let table = try sample(directory)
        for path in [joinPath(table.versionsPath, ".tmp-x"), table.shardPath("orphan.shard")] {
            try LocalStore().create(path).close()
        }
        try LocalStore().create(joinPath(table.versionsPath, "007.json")).close()
        let found = try findings(table)
        #expect(found.map(\.severity) == [.note, .warning, .note])
        #expect(try table.manifest().version == 4)
    }
}
