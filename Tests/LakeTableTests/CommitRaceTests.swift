import Glibc
import LakeBytes
import LakeCore
import Synchronization
import Testing

@testable import LakeTable

@Suite struct CommitRaceTests {
    @Test func threadsLoseNoCommit() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let versions = Mutex<[Int]>([])
        try parallelFor(count: 8, workers: 8) { writer in
            for _ in 0..<10 {
                let manifest = try table.appendOne(rows: writer + 1)
                versions.withLock { $0.append(manifest.version) }
            }
        }
        #expect(versions.withLock { $0.sorted() } == Array(2...81))
        let manifest = try table.manifest()
        #expect(manifest.version == 81 && manifest.rows == 10 * (1...8).reduce(0, +))
        #expect(manifest.shards.map(\.id) == Array(1...80))
        #expect(try Validation(of: table).run().findings.isEmpty)
    }

    @Test func processesLoseNoCommit() async throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let lake = directory.file("lake")
        await withTaskGroup(of: Void.self) { group in
            for writer in 1...4 {
                group.addTask {
                    await #expect(processExitsWith: .success) { [lake = lake as String, writer = writer as Int] in
                        let table = try Lake.open(at: lake).table("rows")
                        for _ in 0..<20 { try table.appendOne(rows: writer) }
                    }
                }
            }
        }
        let manifest = try table.manifest()
        #expect(manifest.version == 81 && manifest.rows == 20 * 10)
        #expect(try Validation(of: table).run().findings.isEmpty)
    }

    @Test func ofReplacesOfOneShardOneWins() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let base = try table.appendOne()
        let wins = Atomic<Int>(0)
        try parallelFor(count: 6, workers: 6) { writer in
            let shard = try table.fakeShard(rows: writer + 1)
            do {
                _ = try table.commit(.replace(base.shards, with: [shard]), over: base)
                wins.wrappingAdd(1, ordering: .relaxed)
            } catch let error as LakeError {
                #expect(error.code == .conflict)
            }
        }
        #expect(wins.load(ordering: .relaxed) == 1)
        #expect(try table.manifest().shards.count == 1)
    }

    @Test func ofTablesOfOneNameOneIsMade() throws {
        let directory = try TemporaryDirectory()
        let lake = try Lake.create(at: directory.file("lake"))
        let wins = Atomic<Int>(0)
        try parallelFor(count: 6, workers: 6) { _ in
            do {
                try lake.createTable("rows", schema: sampleSchema)
                wins.wrappingAdd(1, ordering: .relaxed)
            } catch let error as LakeError {
                #expect(error.code == .conflict)
            }
        }
        #expect(wins.load(ordering: .relaxed) == 1)
        #expect(try lake.table("rows").latestVersion() == 1)
    }

    /// Writers are killed at random moments; what they acknowledged is there, and nothing is half there.
    @Test func killedWritersLeaveWholeVersions() async throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let lake = directory.file("lake")
        let acknowledgements = directory.file("acknowledgements")
        try LocalStore().create(acknowledgements).close()
        var acknowledged = 0
        for round in 0..<10 {
            await #expect(processExitsWith: .signal(9)) {
                [lake = lake as String, acknowledgements = acknowledgements as String, round = round as Int] in
                let table = try Lake.open(at: lake).table("rows")
                let file = open(acknowledgements, O_WRONLY | O_APPEND)
                let commits = Atomic<Int>(0)
                try parallelFor(count: 2, workers: 2) { job in
                    if job == 1 {
                        while commits.load(ordering: .relaxed) < 1 + round % 3 { usleep(50) }
                        usleep(UInt32(round * 371))
                        kill(getpid(), SIGKILL)
                    }
                    while true {
                        try table.appendOne(rows: 1)
                        write(file, "+", 1)
                        commits.wrappingAdd(1, ordering: .relaxed)
                    }
                }
            }
            acknowledged = try LocalStore().size(acknowledgements) ?? 0
            let manifest = try table.manifest()
            #expect(manifest.rows >= acknowledged && manifest.rows <= acknowledged + round + 1)
            #expect(try Validation(of: table).run().isSound)
        }
        #expect(acknowledged >= 10)
    }
}
