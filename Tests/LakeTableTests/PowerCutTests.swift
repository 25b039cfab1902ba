import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct PowerCutTests {
    /// The power is cut after every call of: make a lake, make a table, append twice, replace. For each cut the disk is laid
    /// out with only what was synced, with all names but no unsynced byte, and at random.
    @Test func whatWasToldLastsAndNothingIsHalfThere() throws {
        let directory = try TemporaryDirectory()
        let root = directory.file("before")
        try LocalStore().createDirectory(root)
        let store = PowerCutStore(root: root)
        // After this many calls this many versions were acknowledged; 0 is the lake without the table.
        var told: [(calls: Int, versions: Int)] = []
        let lake = try Lake.create(at: joinPath(root, "a/b/lake"), store: store)
        told.append((store.count, 0))
        let table = try lake.createTable("rows", schema: sampleSchema)
        told.append((store.count, 1))
        for version in 2...3 {
            try table.appendOne()
            told.append((store.count, version))
        }
        let base = try table.manifest()
        _ = try table.commit(.replace(base.shards, with: [table.fakeShard(rows: 20)]), over: base)
        told.append((store.count, 4))

        var seed: UInt64 = 1
        for calls in 0...store.count {
            for style in 0..<12 {
                let target = directory.file("after-\(calls)-\(style)")
                try store.layOut(after: calls, at: target) { bytes in
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    switch style {
                    case 0:
                        bytes = 0
                        return false
                    case 1:
                        bytes = 0
                        return true
                    default:
                        bytes = bytes == 0 ? 0 : Int(seed >> 33) % (bytes + 1)
                        return seed >> 62 & 1 == 0
                    }
                }
                let promised = told.last { $0.calls <= calls }?.versions
                try check(joinPath(target, "a/b/lake"), promised, "after call \(calls), style \(style)")
                TemporaryDirectory.remove(target)
            }
        }
    }

    private func check(_ path: String, _ promised: Int?, _ comment: Comment) throws {
        guard let promised else {
            // Not acknowledged: whatever is there is no lake, or a whole one.
            if try LocalStore().size(joinPath(path, "alphalake.json")) != nil { _ = try Lake.open(at: path) }
            return
        }
        let lake = try Lake.open(at: path)
        guard try lake.hasTable("rows") else {
            #expect(promised == 0, comment)
            return
        }
        let table = try lake.table("rows")
        let version = try table.latestVersion()
        #expect(version >= promised && version <= promised + 1, comment)
        #expect(try table.manifest().rows == [0, 0, 10, 20, 20][version], comment)
        let report = try Validation(of: table).run()
        #expect(report.isSound, "\(comment): \(report.findings)")
    }
}
