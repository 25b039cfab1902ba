import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeTable

@Suite struct UpgradeTests {
    @Test func everythingIsCurrent() throws {
        let lake = try DamagedLake(in: try TemporaryDirectory())
        let plan = try Upgrade().plan(lake.table)
        #expect(plan.shards.isEmpty && plan.formats == [.current])
        #expect(try Upgrade().run(plan).isEmpty && lake.table.latestVersion() == 7)
    }

    @Test func olderShardsAreWrittenAnew() throws {
        let lake = try DamagedLake(in: try TemporaryDirectory())
        let upgrade = Upgrade { $0 <= .current }
        let plan = try upgrade.plan(lake.table)
        #expect(plan.shards.count == 4)
        let outcomes = try upgrade.run(plan)
        #expect(outcomes.compactMap(\.version).sorted() == [8, 9, 10, 11])
        #expect(try lake.table.record(11).operation == .upgrade)
        #expect(try lake.table.manifest().shards.allSatisfy { $0.id > 4 && $0.deletion == nil })
        try lake.expectSound()
    }

    @Test func newerOnesAreRefused() throws {
        let lake = try DamagedLake(in: try TemporaryDirectory())
        let path = try lake.shard(1)
        var bytes = try LocalStore().read(path, limit: 1 << 24)
        bytes[8] = 2
        let sum = Checksum.xxh3(bytes[..<56])
        for index in 0..<8 { bytes[56 + index] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * index)) }
        try overwrite(path, bytes)
        let error = #expect(throws: LakeError.self) { try Upgrade().plan(lake.table) }
        #expect(error?.location.file == path && error?.message.contains("format 2.0") == true)
    }
}
