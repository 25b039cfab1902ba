import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct CommitTests {
    @Test func appendsAddUp() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let first = try table.appendOne(rows: 3, tags: ["wave": "W26"])
        let second = try table.appendOne(rows: 4, tags: ["wave": "W27"])
        #expect(first.version == 2 && second.version == 3)
        #expect(second.rows == 7 && second.shards.map(\.id) == [1, 2])
        #expect(try table.manifest() == second)
        #expect(try table.manifest(version: 2) == first)
        #expect(second.shards(tagged: "wave", "W26") == first.shards)
        let log = try table.log()
        #expect(log.map(\.operation) == [.append, .append, .create])
        #expect(log[0].summary.rows == 7 && log[0].summary.rowsAdded == 4 && log[0].summary.shards == 2)
        #expect(try table.log(limit: 1).count == 1)
        #expect(try LocalStore().list(table.versionsPath) == ["1.json", "2.json", "3.json"])
    }

    @Test func checkpointsKeepLookupsShort() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        for _ in 2...130 { try table.appendOne() }
        let manifest = try table.manifest()
        #expect(manifest.version == 130 && manifest.shards.count == 129)
        for number in 1...127 { try LocalStore().remove(table.versionPath(number)) }
        #expect(try table.manifest() == manifest)
        #expect(try table.manifest(version: 128).shards.count == 127)
        let gone = #expect(throws: LakeError.self) { try table.manifest(version: 5) }
        #expect(gone?.code == .missing && gone?.hint == "there are the versions 128 to 130")
        try LocalStore().remove(table.versionPath(129))
        let broken = #expect(throws: LakeError.self) { try table.manifest() }
        #expect(broken?.location.file == table.versionPath(129))
    }

    @Test func appendRebasesOverEverything() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let base = try table.manifest()
        try table.appendOne(rows: 1)
        let wide = try Schema(fields: sampleSchema.fields + [Field(id: 3, name: "more", type: .bool)])
        _ = try table.commit(.widen(to: wide), over: table.manifest())
        let shards = try table.manifest().shards
        _ = try table.commit(.replace(shards, with: [table.fakeShard(rows: 2)]), over: table.manifest())
        let last = try table.commit(.append([table.fakeShard(rows: 5)]), over: base)
        #expect(last.rows == 7 && last.schema == wide && last.shards.map(\.id) == [2, 3])
    }

    @Test func replaceNeedsItsShards() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let base = try table.appendOne(rows: 1)
        try table.appendOne(rows: 10)
        let replaced = try table.commit(.replace(base.shards, with: [table.fakeShard(rows: 2)]), over: base)
        #expect(replaced.rows == 12 && replaced.operation == .replace)
        let error = #expect(throws: LakeError.self) {
            try table.commit(.replace(base.shards, with: [table.fakeShard(rows: 3)]), over: base)
        }
        #expect(error?.code == .conflict && error?.location.table == "rows")
        #expect(try table.manifest() == replaced)
    }

    @Test func preconditionsAreAskedForEveryRebase() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let base = try table.manifest()
        try table.appendOne(tags: ["wave": "W26"])
        let error = #expect(throws: LakeError.self) {
            try table.commit(.append([table.fakeShard(tags: ["wave": "W26"])]), over: base) { current in
                guard current.shards(tagged: "wave", "W26").isEmpty else {
                    throw LakeError(.conflict, "wave W26 is in the table already")
                }
            }
        }
        #expect(error?.message == "wave W26 is in the table already")
        #expect(try table.latestVersion() == 2)
    }

    @Test func schemaChangesConflictWithEachOther() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let base = try table.manifest()
        func wider(_ name: String) throws -> Schema {
            try Schema(fields: sampleSchema.fields + [Field(id: 3, name: name, type: .utf8)])
        }
        try table.appendOne()
        _ = try table.commit(.append([table.fakeShard()], widening: wider("a")), over: base)
        let error = #expect(throws: LakeError.self) { try table.commit(.widen(to: wider("b")), over: base) }
        #expect(error?.code == .conflict)
        let narrow = #expect(throws: LakeError.self) {
            try table.commit(.widen(to: sampleSchema), over: table.manifest())
        }
        #expect(narrow?.code == .usage)
    }

    @Test func shardsMustBeWhatTheirWriterSays() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let base = try table.manifest()
        let good = try table.fakeShard()
        for edit: (inout NewShard) -> Void in [
            { $0.file = "../" + $0.file }, { $0.file = "none" }, { $0.bytes += 1 }, { $0.rows = 0 },
            { $0.rows = 4_194_305 },
        ] {
            var shard = good
            edit(&shard)
            #expect(throws: LakeError.self) { try table.commit(.append([shard]), over: base) }
        }
        #expect(throws: LakeError.self) { try table.commit(.append([good, good]), over: base) }
        _ = try table.commit(.append([good]), over: base)
        #expect(throws: LakeError.self) { try table.commit(.append([good]), over: base) }
        #expect(try table.latestVersion() == 2)
    }

    /// Versions that are sealed correctly and still do not follow from the one before.
    @Test func versionsThatDoNotFollowAreRefused() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        for _ in 2...66 { try table.appendOne() }
        func refuses(_ number: Int, _ edit: (inout VersionRecord) -> Void) throws {
            let path = table.versionPath(number)
            let good = try LocalStore().read(path, limit: 1 << 20)
            var record = try table.record(number)
            edit(&record)
            try overwrite(path, SealedJSON.seal(record).bytes)
            let error = #expect(throws: LakeError.self) { try table.manifest(version: number) }
            #expect(error?.code == .corrupt && error?.location.file == path)
            #expect(try !Validation(of: table).run().isSound)
            try overwrite(path, good)
        }
        for number in [64, 66] {
            try refuses(number) { $0.summary.rows += 1 }
            try refuses(number) { $0.added[0].rows += 1 }
            try refuses(number) { $0.removed = [1] }
            try refuses(number) { $0.nextShardID = 2 }
            try refuses(number) { $0.version += 1 }
            try refuses(number) { $0.schema = try? Schema(fields: [Field(id: 2, name: "text", type: .bool)]) }
        }
        try refuses(64) { $0.checkpoint?.shards.removeLast() }
        try refuses(64) { $0.checkpoint = nil }
        try refuses(66) { $0.timestamp = 1 }
        try refuses(66) { $0.tableID = randomHex() }
        try refuses(66) { $0.parent = $0.parent.map { Digest(high: $0.high, low: $0.low ^ 1) } }
        try refuses(66) { $0.parent = nil }
        try refuses(66) { $0.added[0].id = 3 }
        try refuses(66) { $0.added[0].file = "../../alphalake.json" }
        let more = CompanionEntry(file: "more.shard", bytes: 64, digest: Digest(of: [1]), fields: [3])
        try refuses(66) { $0.added[0].companions = [more] }
        try refuses(66) { $0.companions = [.init(shard: 1, companion: more)] }
        try refuses(66) { $0.removed = [65] }
        let transaction = try table.record(65).transaction
        try refuses(66) { $0.transaction = transaction }
        #expect(try Validation(of: table).run().findings.isEmpty)
    }
}
