import Glibc
import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeTable

@Suite struct VacuumTests {
    /// A table of `versions` versions; every one replaces the shard of the one before.
    private func replaced(_ directory: TemporaryDirectory, versions: Int, store: any Store = LocalStore()) throws
        -> TableDirectory
    {
        let table = try sampleTable(in: directory, store: store)
        for version in 2...versions {
            let base = try table.manifest()
            _ = try table.commit(.replace(base.shards, with: [table.fakeShard(rows: version)]), over: base)
        }
        return table
    }

    private func run(_ table: TableDirectory, grace: Int64 = 0) throws -> Vacuum.Report {
        // A process that another test starts has the lock too for a moment, until it becomes another program.
        for _ in 0..<50 {
            do {
                return try Vacuum(table.lake, tables: [table.name], grace: grace).run()
            } catch let error as LakeError where error.code == .conflict {
                usleep(10_000)
            }
        }
        return try Vacuum(table.lake, tables: [table.name], grace: grace).run()
    }

    private func shards(_ table: TableDirectory) throws -> Int { try LocalStore().list(table.shardsPath).count }

    private func check(_ table: TableDirectory, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let report = try Validation(of: table).run()
        #expect(report.isSound, "\(report.findings)", sourceLocation: sourceLocation)
        for version in try table.versions() {
            let snapshot = try table.snapshot(version: version)
            for shard in snapshot.shards { _ = try snapshot.map(shard) }
        }
        for tag in try table.tags() {
            let snapshot = try table.snapshot(at: .tag(tag))
            for shard in snapshot.shards { _ = try snapshot.map(shard) }
        }
    }

    @Test func theNewestVersionStandsByItself() throws {
        let directory = try TemporaryDirectory()
        let table = try replaced(directory, versions: 140)
        let before = try table.manifest()
        let preview = try Vacuum(table.lake, grace: 0).preview()
        #expect(try table.versions().count == 140 && shards(table) == 139)
        let report = try run(table)
        #expect(preview.items == report.items && preview.notes == report.notes)
        #expect(report.items.count == 139 && report.items.allSatisfy { $0.kind == .shard || $0.name == "1 to 139" })
        #expect(report.items[0].kind == .version && report.items[0].files == 139)
        let after = try table.manifest()
        #expect(try table.versions() == [140] && shards(table) == 1 && after.shards == before.shards)
        #expect(try table.record(140).replaces == [before.digest] && after.digest != before.digest)
        // Whoever made the next version for the file that was there before, and everybody after that.
        let next = try table.commit(.append([table.fakeShard()]), over: before)
        #expect(try next.version == 141 && table.manifest() == next)
        try check(table)
        // The next one takes what is in the trash, and nothing else.
        let second = try run(table)
        #expect(second.items.map(\.kind) == [.trash, .version] && second.bytesRemoved == report.bytesMoved)
        _ = try run(table)
        #expect(try LocalStore().list(joinPath(table.path, "trash")).isEmpty && run(table).items.isEmpty)
        try check(table)
    }

    @Test func youngThingsStay() throws {
        let directory = try TemporaryDirectory()
        let table = try replaced(directory, versions: 70)
        _ = try table.fakeShard()
        let report = try run(table, grace: 3_600_000_000)
        #expect(report.items.isEmpty && report.notes.count == 1)
        #expect(try table.versions().count == 70)
        // The trash is kept as long.
        _ = try run(table)
        let trash = try LocalStore().list(joinPath(table.path, "trash"))
        #expect(try run(table, grace: 3_600_000_000).items.isEmpty)
        #expect(try LocalStore().list(joinPath(table.path, "trash")) == trash && trash.count == 1)
    }

    @Test func theTrashCanBePutBack() throws {
        let directory = try TemporaryDirectory()
        let table = try replaced(directory, versions: 66)
        let before = try LocalStore().list(table.shardsPath)
        _ = try run(table)
        let trash = joinPath(table.path, "trash")
        let bin = joinPath(trash, try #require(try LocalStore().list(trash).first))
        #expect(try shards(table) < before.count)
        // The versions are back first: their files in the trash are not removed, and named.
        for name in try LocalStore().list(joinPath(bin, "versions")) {
            try LocalStore().rename(joinPath(bin, "versions", name), to: joinPath(table.versionsPath, name))
        }
        let held = try table.snapshot(version: 3)
        let report = try run(table)
        #expect(report.notes.contains { $0.contains("move it back") } && held.manifest.version == 3)
        for name in try LocalStore().list(joinPath(bin, "shards")) {
            try LocalStore().rename(joinPath(bin, "shards", name), to: table.shardPath(name))
        }
        #expect(try LocalStore().list(table.shardsPath) == before)
        try check(table)
    }

    @Test func whatIsReadStays() throws {
        let directory = try TemporaryDirectory()
        let table = try replaced(directory, versions: 200)
        let held = try table.snapshot(version: 70)
        _ = try run(table)
        #expect(try table.versions() == Array(64...200))
        _ = try held.map(held.shards[0])
        try check(table)
        withExtendedLifetime(held) {}
    }

    @Test func whatIsTaggedStays() throws {
        let directory = try TemporaryDirectory()
        let table = try replaced(directory, versions: 130)
        try table.makeTag("early", at: .number(5))
        try table.makeTag("late", at: .number(100))
        _ = try run(table)
        #expect(try table.versions() == [130] && shards(table) == 3)
        #expect(try table.snapshot(at: .tag("early")).manifest.rows == 5)
        try check(table)
        // A deleted tag counts while somebody reads it.
        var reader: Snapshot? = try table.snapshot(at: .tag("early"))
        for tag in ["early", "late"] { try table.deleteTag(tag) }
        #expect(try run(table).items.map(\.kind) == [.trash, .shard, .tag])
        if let reader { _ = try reader.map(reader.shards[0]) }
        reader = nil
        #expect(try run(table).items.map(\.kind) == [.trash, .shard, .tag])
        #expect(try shards(table) == 1 && LocalStore().list(table.tagsPath).isEmpty)
        try check(table)
    }

    @Test func whatDerivedColumnsReadStays() throws {
        let directory = try TemporaryDirectory()
        let table = try replaced(directory, versions: 140)
        let other = try table.lake.createTable("other", schema: sampleSchema)
        let lookup = Lookup(table: "rows", version: 66, key: [Lookup.KeyPart("id", references: "id")], value: "text")
        let derived = try sampleSchema.deriving([DerivedField(name: "d", type: .utf8, lookup: lookup)])
        _ = try other.commit(.derive(derived), over: other.manifest())
        _ = try run(table)
        #expect(try table.versions() == Array(66...140))
        try check(table)
    }

    @Test func filesThatNothingLists() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        try table.appendOne()
        _ = try table.fakeShard()
        var vector = DeletionVector(rows: 10)
        var bits = Bitmap(count: 10)
        bits.fill(0..<3)
        vector.delete(bits)
        _ = try table.commit(.delete([(table.manifest().shards[0], table.write(vector))]), over: table.manifest())
        _ = try table.write(vector)
        try table.makeTag("t")
        for path in [table.versionsPath, table.shardsPath, table.tagsPath, table.deletionsPath] {
            try overwrite(joinPath(path, ".tmp-x"), [1])
            try overwrite(joinPath(path, ".scratch-1"), [1])
            try overwrite(joinPath(path, ".mine"), [1])
        }
        let kinds = try run(table).items.map(\.kind)
        let expected: [Vacuum.Item.Kind] = [
            .version, .leftover, .shard, .leftover, .deletions, .leftover, .leftover,
        ]
        #expect(kinds == expected, "a scratch file is given a minute")
        #expect(try shards(table) == 3)
        #expect(try LocalStore().size(joinPath(table.tagsPath, ".mine")) == 1)
        #expect(try table.manifest().rows == 7 && table.snapshot(at: .tag("t")).manifest.rows == 7)
    }

    @Test func whatWritersAreAtWorkOnStays() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        func files() throws -> [Vacuum.Item.Kind] {
            try run(table).items.map(\.kind).filter { $0 != .version && $0 != .trash }
        }
        let writer = TableWriter(table: table, schema: sampleSchema)
        let rows = Batch(
            count: 2,
            columns: [
                ColumnVector(.integers([1, 2])), ColumnVector(.bytes(ByteStrings(["a", "b"]))),
            ])
        try writer.append(rows)
        #expect(try files().isEmpty, "before the shard is closed")
        let finished = try writer.finish()
        #expect(try files().isEmpty, "before it is committed")
        let manifest = try table.commit(.append(finished), over: table.manifest())
        #expect(try files().isEmpty && manifest.rows == 2)
        let entry = manifest.shards[0]
        var vector = DeletionVector(rows: 2)
        var bits = Bitmap(count: 2)
        bits.fill(0..<1)
        vector.delete(bits)
        var deletion: DeletionEntry? = try table.write(vector)
        #expect(try files().isEmpty)
        _ = try table.commit(.delete([(entry, deletion)]), over: table.manifest())
        deletion = nil
        #expect(try files().isEmpty)
        // Of a writer that was given up nothing is held.
        var given: [NewShard]? = try {
            let writer = TableWriter(table: table, schema: sampleSchema)
            try writer.append(rows)
            return try writer.finish()
        }()
        #expect(try files().isEmpty && given?.count == 1)
        given = nil
        #expect(try files() == [.shard])
        try check(table)
    }

    @Test func onlyOneAtATime() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let other = try #require(try LocalStore().exclusiveLease(table.path))
        #expect(#expect(throws: LakeError.self) { try run(table) }?.code == .conflict)
        other.release()
        #expect(try run(table).items.isEmpty)
        #expect(throws: LakeError.self) { try Vacuum(table.lake, tables: ["none"]).preview() }
    }

    @Test func nothingGoesOnDoubt() throws {
        let directory = try TemporaryDirectory()
        let table = try replaced(directory, versions: 70)
        try table.makeTag("t")
        for path in [table.versionPath(69), table.versionPath(64), table.tagPath("t")] {
            let bytes = try LocalStore().read(path, limit: 1 << 20)
            try overwrite(path, bytes.dropLast(3) + [0x20, 0x20, 0x20])
            #expect(#expect(throws: LakeError.self) { try run(table) }?.code == .corrupt)
            #expect(try table.versions().count == 70 && shards(table) == 69)
            try overwrite(path, bytes)
        }
        #expect(try run(table).items.count > 1)
    }

    /// Every call of a vacuum fails, once or for good: what is kept is there, and the next vacuum does the rest.
    @Test(arguments: [FaultyStore.Fault.fails, .failsAfterwards, .failsForGood, .failsAfterwardsForGood])
    func everyCallMayFail(fault: FaultyStore.Fault) throws {
        let origin = try TemporaryDirectory()
        let made = try replaced(origin, versions: 66)
        try made.makeTag("t", at: .number(9))
        _ = try made.fakeShard()
        let good = FaultyStore()
        let copy = try copied(origin)
        _ = try Vacuum(Lake.open(at: copy.file("lake"), store: good), grace: 0).run()
        var tried = 0
        // The first and some others of the calls that change something, and a few of the rest.
        var changes = 0
        for call in good.calls.indices {
            if ["rename", "mkdir", "syncDirectory"].contains(good.calls[call]) {
                changes += 1
                if changes > 12, changes % 11 != 0 { continue }
            } else if call % 61 != 0 {
                continue
            }
            let directory = try copied(origin)
            let store = FaultyStore(fault, at: call)
            _ = try? Vacuum(Lake.open(at: directory.file("lake"), store: store), grace: 0).run()
            let table = try Lake.open(at: directory.file("lake")).table("rows")
            for selector in [VersionSelector.number(66), .tag("t")] {
                let snapshot = try table.snapshot(at: selector)
                _ = try snapshot.map(snapshot.shards[0])
            }
            let findings = try Validation(of: table).run().findings
            #expect(!findings.contains { $0.severity == .error }, "call \(call): \(findings)")
            _ = try run(table)
            #expect(try table.versions() == [66] && shards(table) == 2, "call \(call)")
            try check(table)
            tried += 1
        }
        #expect(tried > 20)
    }

    @Test func aPowerCutLosesNothing() throws {
        let directory = try TemporaryDirectory()
        let root = directory.file("before")
        try LocalStore().createDirectory(root)
        let store = PowerCutStore(root: root)
        let table = try Lake.create(at: joinPath(root, "lake"), store: store).createTable("rows", schema: sampleSchema)
        for version in 2...66 {
            let base = try table.manifest()
            _ = try table.commit(.replace(base.shards, with: [table.fakeShard(rows: version)]), over: base)
        }
        try table.makeTag("t", at: .number(9))
        let begun = store.count
        _ = try run(table)
        _ = try run(table)
        var seed: UInt64 = 1
        for calls in stride(from: begun, through: store.count, by: 7) {
            for style in 0..<3 {
                let target = directory.file("after-\(calls)-\(style)")
                try store.layOut(after: calls, at: target) { bytes in
                    bytes = 0
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return style == 0 ? false : style == 1 ? true : seed >> 62 & 1 == 0
                }
                let copy = try Lake.open(at: joinPath(target, "lake")).table("rows")
                let newest = try copy.snapshot()
                _ = try newest.map(newest.shards[0])
                #expect(try copy.snapshot(at: .tag("t")).manifest.rows == 9)
                let findings = try Validation(of: copy).run().findings
                #expect(!findings.contains { $0.severity == .error }, "call \(calls), style \(style): \(findings)")
                TemporaryDirectory.remove(target)
            }
        }
    }

    /// Writers, readers and vacuums without any grace, side by side.
    @Test func sideBySide() async throws {
        let directory = try TemporaryDirectory()
        let table = try replaced(directory, versions: 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<70 {
                        let rows = Batch(
                            count: 1,
                            columns: [
                                ColumnVector(.integers([1])), ColumnVector(.bytes(ByteStrings(["a"]))),
                            ])
                        let writer = TableWriter(table: table, schema: sampleSchema)
                        try writer.append(rows)
                        let shards = try writer.finish()
                        let base = try table.manifest()
                        do {
                            _ = try table.commit(.replace(Array(base.shards.prefix(1)), with: shards), over: base)
                        } catch let error as LakeError where error.code == .conflict {
                            writer.abandon()
                        }
                    }
                }
            }
            group.addTask {
                for _ in 0..<200 {
                    let snapshot = try table.snapshot()
                    for shard in snapshot.shards { _ = try snapshot.map(shard) }
                }
            }
            group.addTask { for _ in 0..<30 { _ = try self.run(table) } }
            try await group.waitForAll()
        }
        try check(table)
        _ = try run(table)
        try check(table)
    }
}
