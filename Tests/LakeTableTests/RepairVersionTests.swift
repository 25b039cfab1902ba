import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeTable

@Suite struct RepairVersionTests {
    private func made(_ body: (DamagedLake) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        try body(try DamagedLake(in: directory))
    }

    private func quarantined(_ lake: DamagedLake, _ folder: String) throws -> [String] {
        let path = joinPath(lake.table.path, "quarantine")
        return try LocalStore().list(path).flatMap { time -> [String] in
            let inside = joinPath(path, time, folder)
            return try LocalStore().size(inside) == nil ? [] : LocalStore().list(inside)
        }
    }

    /// Every byte of a version's file, the newest and one in the middle.
    @Test(arguments: [3, 7])
    func singleBytes(version: Int) throws {
        try made { lake in
            let path = lake.table.versionPath(version)
            let intact = try LocalStore().read(path, limit: 1 << 20)
            for place in stride(from: 0, to: intact.count, by: 5) {
                try damage(path, place..<(place + 1), mask: 1 << UInt8(place % 8))
                let items = try lake.repair().run()
                #expect(items.map(\.action) == [.mend] && items[0].name == "\(version)", "byte \(place)")
                #expect(try LocalStore().read(path, limit: 1 << 20) == intact)
            }
            try overwrite(path, intact.dropLast() + [])
            #expect(try lake.repair().run().map(\.action) == [.mend])
            try lake.expectSound()
        }
    }

    @Test(arguments: ["empty", "garbage", "cut"])
    func theNewestVersion(how: String) throws {
        try made { lake in
            let path = lake.table.versionPath(7)
            let bytes = try LocalStore().read(path, limit: 1 << 20)
            switch how {
            case "empty": try overwrite(path, [])
            case "cut": try overwrite(path, Array(bytes[..<(bytes.count / 2)]))
            default: try damage(path, 20..<200)
            }
            let before = try lake.table.snapshot(version: 6)
            let rows = try before.contentDigest()
            #expect(throws: LakeError.self) { try lake.table.manifest() }
            let preview = try lake.repair().preview()
            #expect(preview.map(\.action) == [.fallBack] && preview[0].name == "7", "\(preview)")
            #expect(throws: LakeError.self) { try lake.table.manifest() }
            #expect(try lake.repair().run() == preview)
            let newest = try lake.table.manifest()
            #expect(newest.version == 7 && newest.operation == .repair && newest.shards == before.shards)
            #expect(newest.nextShardID > before.manifest.nextShardID && newest.nextFieldID > 2)
            #expect(try quarantined(lake, "versions") == ["7.json"])
            try lake.expectSound(rows: rows)
        }
    }

    @Test func severalVersions() throws {
        try made { lake in
            let rows = try lake.table.snapshot(version: 3).contentDigest()
            let lost = Set(try lake.table.manifest().shards.dropFirst(2).map(\.file))
            try damage(lake.table.versionPath(4), 20..<200)
            try overwrite(lake.table.versionPath(6), [])
            let items = try lake.repair().run()
            #expect(items.map(\.action) == [.fallBack] && items[0].name == "4 to 7", "\(items)")
            #expect(try lake.table.versions() == [1, 2, 3, 4])
            #expect(try Set(quarantined(lake, "shards")) == lost)
            #expect(try quarantined(lake, "versions").sorted() == ["4.json", "5.json", "6.json", "7.json"])
            // Ids of shards that the lost versions gave are not given again.
            let next = try lake.table.commit(.append([lake.table.realShard(5)]), over: lake.table.manifest())
            #expect((next.shards.last?.id ?? 0) > 4)
        }
    }

    @Test func missingInTheMiddle() throws {
        try made { lake in
            let rows = try lake.table.snapshot(version: 4).contentDigest()
            try LocalStore().remove(lake.table.versionPath(5))
            let items = try lake.repair().run()
            #expect(items.map(\.action) == [.fallBack] && items[0].name == "5 to 7", "\(items)")
            #expect(try lake.table.versions() == [1, 2, 3, 4, 5])
            try lake.expectSound(rows: rows)
        }
    }

    /// A tag of a version that is lost has all of it.
    @Test(arguments: [5, 7], [false, true])
    func aTagHoldsTheState(version: Int, isGone: Bool) throws {
        try made { lake in
            let rows = try lake.table.snapshot(version: version).contentDigest()
            try lake.table.makeTag("kept", at: .number(version), message: "m")
            for lost in 5...7 {
                let path = lake.table.versionPath(lost)
                if isGone { try LocalStore().remove(path) } else { try damage(path, 20..<300) }
            }
            let preview = try lake.repair().preview()
            #expect(preview.map(\.action) == [.fallBack, .rewrite], "\(preview)")
            #expect(try lake.repair().run() == preview)
            #expect(try lake.table.versions() == [1, 2, 3, 4, 5])
            let tag = try lake.table.tag("kept")
            #expect(tag.version == 5 && tag.message == "m")
            #expect(try lake.table.snapshot(at: .tag("kept")).contentDigest() == rows)
            try lake.expectSound(rows: rows)
        }
    }

    /// What comes after a tagged version follows from it.
    @Test func versionsAfterATag() throws {
        try made { lake in
            try lake.table.makeTag("kept", at: .number(5))
            try damage(lake.table.versionPath(4), 20..<300)
            try damage(lake.table.versionPath(5), 20..<300)
            let items = try lake.repair().run()
            #expect(items.first?.remedy.contains("no row is lost") == true, "\(items)")
            #expect(try lake.table.versions() == [1, 2, 3, 4, 5])
            try lake.expectSound()
        }
    }

    @Test func noVersionAtAll() throws {
        try made { lake in
            for version in 1...7 { try overwrite(lake.table.versionPath(version), []) }
            #expect(try lake.repair { $0.dropDamaged = true }.run().map(\.action) == [.none])
            #expect(try lake.table.versions().count == 7)
        }
    }

    @Test func belowACheckpoint() throws {
        try made { lake in
            for _ in 8...66 { _ = try lake.table.commit(.widen(to: sampleSchema), over: lake.table.manifest()) }
            try damage(lake.table.versionPath(9), 20..<200)
            let refused = try lake.repair().run()
            #expect(
                refused.map(\.action) == [.none] && refused[0].remedy.contains("versions 9 to 63 cannot be opened"),
                "\(refused)")
            #expect(try lake.repair { $0.dropDamaged = true }.run().map(\.action) == [.drop])
            #expect(try lake.table.versions() == [64, 65, 66])
            #expect(try quarantined(lake, "versions").count == 63)
            try lake.expectSound()
        }
    }

    @Test func newerFormatsAreNoDamage() throws {
        try made { lake in
            var record = try lake.table.record(7)
            record.requiredFeatures.append("from the future")
            try overwrite(lake.table.versionPath(7), SealedJSON.seal(record).bytes)
            let error = #expect(throws: LakeError.self) { try lake.repair().run() }
            #expect(error?.message.contains("from the future") == true)
        }
    }

    // MARK: Tags

    @Test func tags() throws {
        try made { lake in
            try lake.table.makeTag("t", at: .number(6), message: "as submitted")
            let path = lake.table.tagPath("t")
            let intact = try LocalStore().read(path, limit: 1 << 20)
            for place in stride(from: 0, to: intact.count, by: 11) {
                try damage(path, place..<(place + 1), mask: 1 << UInt8(place % 8))
                #expect(try lake.repair().run().map(\.action) == [.mend], "byte \(place)")
                #expect(try LocalStore().read(path, limit: 1 << 20) == intact)
            }
            // Many bytes, but not those that say which version it was.
            let state = try #require(SealedRepair.find("\"state\":", in: intact))
            try damage(path, state..<(state + 40))
            let preview = try lake.repair().preview()
            #expect(preview.map(\.action) == [.rewrite] && preview[0].kind == .tag)
            #expect(try lake.repair().run() == preview)
            #expect(try LocalStore().read(path, limit: 1 << 20) == intact)
            try overwrite(path, [])
            #expect(try lake.repair().run().map(\.action) == [.drop])
            #expect(try lake.table.tags().isEmpty && quarantined(lake, "tags").contains("t.json"))
            try lake.expectSound()
        }
    }

    // MARK: Power cuts and failures

    private static let damages: [@Sendable (DamagedLake, any Store) throws -> Void] = [
        { lake, store in try change(lake.table.versionPath(7), store) { $0[100] ^= 0xFF } },
        { lake, store in try change(lake.table.versionPath(6), store) { $0 = [] } },
        { lake, store in try change(lake.shard(2), store) { $0[$0.count - 40] ^= 0xFF } },
        { lake, store in try change(lake.shard(2), store) { $0 = [] } },
        { lake, store in try change(lake.table.tagPath("t"), store) { $0[60] ^= 0xFF } },
    ]

    private static func change(_ path: String, _ store: any Store, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = try store.read(path, limit: 1 << 24)
        body(&bytes)
        try store.remove(path)
        let file = try store.create(path)
        try file.append(bytes)
        try file.sync()
        try file.close()
        try store.syncDirectory(parentDirectory(of: path))
    }

    private func options() -> Repair.Options {
        var options = Repair.Options()
        options.dropDamaged = true
        return options
    }

    /// Whichever call fails, a second repair ends where the first would have.
    @Test(arguments: [1, 3], [FaultyStore.Fault.fails, .failsAfterwardsForGood])
    func everyCallMayFail(number: Int, fault: FaultyStore.Fault) throws {
        func outcome(_ store: FaultyStore) throws -> ContentDigest {
            let lake = try DamagedLake(in: try TemporaryDirectory())
            try lake.table.makeTag("t", at: .number(4))
            try RepairVersionTests.damages[number](lake, LocalStore())
            do {
                _ = try Repair(lakeAt: lake.path, options: options(), workers: 1, store: store).run()
            } catch let error as LakeError {
                #expect(error.message.contains("injected fault"), "\(error)")
            }
            _ = try lake.repair { $0.dropDamaged = true }.run()
            #expect(try lake.findings().isEmpty)
            return try lake.digest()
        }
        let good = FaultyStore()
        let expected = try outcome(good)
        for call in stride(from: 0, to: good.calls.count, by: 3) {
            #expect(try outcome(FaultyStore(fault, at: call)) == expected, "call \(call), \(good.calls[call])")
        }
    }

    /// Wherever the power is cut, a second repair ends where the first would have.
    @Test(arguments: 0..<5)
    func powerCuts(number: Int) throws {
        let directory = try TemporaryDirectory()
        let root = directory.file("before")
        try LocalStore().createDirectory(root)
        let store = PowerCutStore(root: root)
        let table = try Lake.create(at: joinPath(root, "lake"), store: store).createTable("rows", schema: sampleSchema)
        for shard in 0..<5 { _ = try table.commit(.append([try table.realShard(shard)]), over: table.manifest()) }
        _ = try table.commit(.widen(to: sampleSchema), over: table.manifest())
        try table.makeTag("t", at: .number(4))
        let lake = DamagedLake(
            directory: directory, path: joinPath(root, "lake"), table: table, content: ContentDigest())
        try RepairVersionTests.damages[number](lake, store)
        let start = store.count
        _ = try Repair(lakeAt: lake.path, options: options(), workers: 1, store: store).run()
        let expected = try lake.digest()
        #expect(store.count > start)
        for calls in start...store.count {
            for keeps in [false, true] {
                let target = directory.file("after-\(calls)-\(keeps)")
                try store.layOut(after: calls, at: target) { bytes in
                    bytes = 0
                    return keeps
                }
                let path = joinPath(target, "lake")
                let copy = DamagedLake(
                    directory: directory, path: path, table: try Lake.open(at: path).table("rows"), content: expected)
                _ = try Repair(lakeAt: path, options: options(), workers: 1).run()
                #expect(try copy.findings().isEmpty, "call \(calls), \(keeps)")
                #expect(try copy.digest() == expected, "call \(calls), \(keeps)")
            }
        }
    }
}

extension DamagedLake {
    init(directory: TemporaryDirectory, path: String, table: TableDirectory, content: ContentDigest) {
        self.directory = directory
        self.path = path
        self.table = table
        self.content = content
    }
}
