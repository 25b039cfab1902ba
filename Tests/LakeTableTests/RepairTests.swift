import Glibc
import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeTable

@Suite struct RepairTests {
    private func made(_ body: (DamagedLake) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        try body(try DamagedLake(in: directory))
    }

    private func size(_ path: String) throws -> Int { try LocalStore().size(path) ?? 0 }

    @Test func aSoundTableIsLeftAlone() throws {
        try made { lake in
            #expect(try lake.repair().preview().isEmpty && lake.repair().run().isEmpty)
            #expect(try LocalStore().size(joinPath(lake.table.path, "quarantine")) == nil)
            try lake.expectSound()
        }
    }

    /// Parts of a shard that are made again byte for byte.
    @Test(arguments: SegmentKind.allCases)
    func everyKindOfSegment(kind: SegmentKind) throws {
        try made { lake in
            let path = try lake.shard(1)
            let intact = try LocalStore().read(path, limit: 1 << 24)
            let found = try ShardReader(path: path, store: LocalStore()).segments().filter { $0.kind == kind }
            for segment in found {
                let follows = ![.data, .dictionary, .textDictionary].contains(kind)
                let start = Int(segment.offset)
                try damage(path, follows ? start..<(start + segment.fileBytes) : (start + 70)..<(start + 71))
                #expect(try !lake.findings().isEmpty)
                let preview = try lake.repair().preview()
                #expect(preview.map(\.action) == [.mend] && preview[0].kind == .shard, "\(preview)")
                #expect(try LocalStore().read(path, limit: 1 << 24) != intact)
                #expect(try lake.repair().run() == preview)
                #expect(try LocalStore().read(path, limit: 1 << 24) == intact)
            }
            #expect(try lake.table.latestVersion() == 7)
            try lake.expectSound()
        }
    }

    @Test func headerFooterPostscriptAndTruncation() throws {
        try made { lake in
            let path = try lake.shard(2)
            let count = try size(path)
            for range in [0..<64, (count - 64)..<count, (count - 300)..<count] {
                try damage(path, range)
                #expect(try lake.repair().run().map(\.action) == [.mend])
            }
            let bytes = try LocalStore().read(path, limit: 1 << 24)
            for kept in [count - 1, count - 64, count - 200] {
                try overwrite(path, Array(bytes[..<kept]))
                #expect(try lake.repair().run().map(\.action) == [.mend])
            }
            try lake.expectSound()
            let readme = try LocalStore().list(joinPath(lake.table.path, "quarantine"))
            #expect(readme.count == 6)
        }
    }

    /// Shards that cannot be read leave the table only where that is asked for.
    @Test(arguments: ["missing", "empty", "data", "short"])
    func whatCannotBeMended(how: String) throws {
        try made { lake in
            let path = try lake.shard(1)
            var rest = ContentDigest()
            for index in [0, 2, 3] {
                let snapshot = try lake.table.snapshot()
                rest = rest + (try ShardRows(snapshot.shards[index], of: snapshot).digest())
            }
            switch how {
            case "missing": try LocalStore().remove(path)
            case "empty": try overwrite(path, [])
            case "short": try overwrite(path, Array(LocalStore().read(path, limit: 1 << 24)[..<200]))
            default:
                let data = try ShardReader(path: path, store: LocalStore()).segments().filter { $0.kind == .data }
                for segment in data { try damage(path, (Int(segment.offset) + 64)..<(Int(segment.offset) + 90)) }
            }
            let preview = try lake.repair().preview()
            #expect(preview.map(\.action) == [.none] && preview[0].remedy.contains("--drop-damaged"), "\(preview)")
            #expect(try lake.repair().run() == preview && lake.table.latestVersion() == 7)
            let dropped = try lake.repair { $0.dropDamaged = true }.run()
            #expect(dropped.map(\.action) == [.drop] && dropped[0].rowsLost == 400)
            let record = try lake.table.record(8)
            #expect(record.operation == .repair && record.details["rows lost"] == "400")
            #expect(try (LocalStore().size(path) == nil) == (how == "missing"))
            try lake.expectSound(rows: rest)
            let notes = try Validation(of: lake.table).run().findings
            #expect(notes.contains { $0.message.contains("version 8, a repair, took it out of the table") })
        }
    }

    @Test func copiesAreTaken() throws {
        try made { lake in
            let path = try lake.shard(1)
            let trash = joinPath(lake.table.path, "trash", "2026-01-01T00:00:00Z", "shards")
            try LocalStore().createDirectory(trash)
            try LocalStore().rename(path, to: joinPath(trash, baseName(path)))
            #expect(try lake.repair().run().map(\.action) == [.mend])
            try lake.expectSound()
        }
    }

    @Test func rowsOfIntactChunksAreSalvaged() throws {
        try made { lake in
            let table = lake.table
            _ = try table.commit(.append([table.realShard(7, rows: 150_000)]), over: table.manifest())
            let path = try lake.shard(4)
            let reader = try ShardReader(path: path, store: LocalStore())
            let segment = try #require(
                try reader.segments().first { $0.kind == .data && $0.chunk == 1 && $0.storedBytes > 16 })
            try damage(path, (Int(segment.offset) + 64)..<(Int(segment.offset) + 64 + segment.storedBytes))
            let refused = try lake.repair().run()
            #expect(
                refused.map(\.action) == [.none] && refused[0].remedy.contains("--salvage keeps 84464"), "\(refused)")
            let items = try lake.repair {
                $0.dropDamaged = true
                $0.salvage = true
            }.run()
            #expect(items.map(\.action) == [.rewrite] && items[0].rowsLost == 65_536)
            #expect(try table.manifest().rows == 1590 + 150_000 - 65_536)
            try lake.expectSound(rows: try lake.digest())
        }
    }

    /// Statistics that are wrong under right checksums: the rows are written anew.
    @Test func rowsAreWrittenAnew() throws {
        try made { lake in
            let path = try lake.shard(0)
            var bytes = try LocalStore().read(path, limit: 1 << 24)
            let reader = try ShardReader(path: path, store: LocalStore())
            let directory = try #require(try reader.segments().first { $0.kind == .directory })
            let start = Int(directory.offset)
            bytes[start + 64 + 48] ^= 1
            for (at, range) in [(48, (start + 64)..<(start + 64 + directory.storedBytes)), (56, start..<(start + 56))] {
                let sum = Checksum.xxh3(bytes[range])
                for index in 0..<8 { bytes[start + at + index] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * index)) }
            }
            try overwrite(path, bytes)
            let items = try lake.repair().run()
            #expect(items.map(\.action) == [.rewrite] && items[0].rowsLost == 0, "\(items)")
            #expect(try lake.table.record(8).operation == .repair)
            try lake.expectSound()
        }
    }

    @Test func theMarker() throws {
        try made { lake in
            let path = joinPath(lake.path, "alphalake.json")
            for bytes in [[], Array("{}".utf8)] {
                try overwrite(path, bytes)
                #expect(throws: LakeError.self) { try Lake.open(at: lake.path) }
                #expect(try lake.repair().preview().map(\.kind) == [.lake])
                #expect(try lake.repair().run().map(\.action) == [.mend])
            }
            try LocalStore().remove(path)
            #expect(try lake.repair().run().map(\.action) == [.mend])
            try lake.expectSound()
            let missing = #expect(throws: LakeError.self) { try Repair(lakeAt: lake.path + "x") }
            #expect(missing?.code == .missing)
        }
    }

    @Test func onlyOneAtATime() throws {
        try made { lake in
            let lease = try #require(try LocalStore().exclusiveLease(lake.table.path))
            #expect(#expect(throws: LakeError.self) { try lake.repair().run() }?.code == .conflict)
            lease.release()
            #expect(try lake.repair().run().isEmpty)
        }
    }

    // MARK: Deletions

    @Test func deletions() throws {
        try made { lake in
            let shard = try lake.table.manifest().shards[0]
            let path = lake.table.deletionPath(try #require(shard.deletion?.file))
            let count = try size(path)
            for place in 0..<count {
                try damage(path, place..<(place + 1))
                #expect(try lake.repair().run().map(\.action) == [.mend], "byte \(place)")
            }
            for range in [0..<24, (count - 16)..<count] {
                try damage(path, range)
                #expect(try lake.repair().run().map(\.action) == [.mend], "\(range)")
            }
            try lake.expectSound()
        }
    }

    @Test(arguments: [true, false])
    func deletionsThatAreLost(isMissing: Bool) throws {
        try made { lake in
            let shard = try lake.table.manifest().shards[0]
            let path = lake.table.deletionPath(try #require(shard.deletion?.file))
            if isMissing { try LocalStore().remove(path) } else { try damage(path, 0..<60) }
            let refused = try lake.repair { $0.dropDamaged = true }.run()
            #expect(refused.map(\.action) == [.none] && refused[0].remedy.contains("--revive-deleted"), "\(refused)")
            let items = try lake.repair { $0.reviveDeleted = true }.run()
            #expect(items.map(\.action) == [.rewrite] && items[0].remedy.contains("6 deleted rows"), "\(items)")
            #expect(try lake.table.manifest().rows == 1596)
            try lake.expectSound(rows: try lake.table.snapshot(version: 6).contentDigest())
        }
    }
}
