import LakeBytes
import LakeCore
import LakeShard
import Synchronization
import Testing

@testable import LakeTable

/// Columns whose values the table gives: dense, each to one row, never again.
@Suite struct SurrogateKeyTests {
    private let directory: TemporaryDirectory
    private let table: TableDirectory
    private let rowSchema: Schema

    init() throws {
        directory = try TemporaryDirectory()
        let schema = try sampleSchema.withSurrogateKey("key")
        rowSchema = try schema.withoutSurrogateKey()
        table = try Lake.create(at: directory.file("lake")).createTable("rows", schema: schema)
    }

    private func shard(_ ids: [Int64]) throws -> [NewShard] {
        let writer = TableWriter(table: table, schema: rowSchema)
        let texts = ColumnVector(.bytes(ByteStrings(ids.map { "row \($0)" })))
        try writer.append(Batch(count: ids.count, columns: [ColumnVector(.integers(ids)), texts]))
        return try writer.finish()
    }

    /// The keys of a version's rows, by their ids.
    private func keys(_ manifest: Manifest) throws -> [Int64: Int64] {
        let snapshot = try table.snapshot(version: manifest.version)
        var keys: [Int64: Int64] = [:]
        let columns = try ["key", "id"].map { try snapshot.schema.requiredIndex(of: $0) }
        for shard in snapshot.shards {
            let rows = try ShardRows(shard, of: snapshot)
            for chunk in 0..<rows.chunkCount {
                let columns = try rows.columns(columns, chunk: chunk).columns.map { $0.spelledOut() }
                guard case .integers(let given) = columns[0].values, case .integers(let ids) = columns[1].values else {
                    continue
                }
                for (id, key) in zip(ids, given) { #expect(keys.updateValue(key, forKey: id) == nil) }
            }
        }
        return keys
    }

    private func isSound() throws -> Bool {
        let report = try Validation(of: table).run(checkShard: Validation.everything(in: table))
        if !report.isSound { Issue.record("\(report.findings)") }
        return report.isSound
    }

    /// Changes one key behind the table's back: in a companion with the right checksums.
    private func forge(_ keys: [Int64], in manifest: Manifest) throws -> Validation.Report {
        let shard = manifest.shards[manifest.shards.count - 1]
        let name = shard.companions[0].file
        let field = try #require(manifest.schema.surrogateKey)
        try LocalStore().remove(table.shardPath(name))
        let writer = try ShardWriter(
            schema: Schema(fields: [field]).stored, path: table.shardPath(name), store: LocalStore())
        try writer.append(Batch(count: keys.count, columns: [ColumnVector(.integers(keys))]), 0..<keys.count)
        _ = try writer.finish()
        return try Validation(of: table).run(checkShard: Validation.everything(in: table))
    }

    @Test func everyRowGetsTheNext() throws {
        let first = try table.commit(.append(shard([5, 6, 7])), over: table.manifest())
        #expect(try keys(first) == [5: 0, 6: 1, 7: 2] && first.nextKey == 3)
        let second = try table.commit(.append(shard([8]) + shard([9, 10])), over: first)
        #expect(try keys(second) == [5: 0, 6: 1, 7: 2, 8: 3, 9: 4, 10: 5] && second.nextKey == 6)
        #expect(try table.manifest() == second && isSound())
        #expect(try table.record(second.version).requiredFeatures == ["companions", "surrogate-keys"])
        try table.makeTag("t")
        #expect(try table.tag("t").manifest.nextKey == 6 && isSound())
    }

    @Test func whoLosesTheRaceGetsOthers() throws {
        let base = try table.manifest()
        try parallelFor(count: 6, workers: 6) { writer in
            for round in 0..<5 {
                let id = Int64(writer * 10 + round)
                _ = try table.commit(.append(shard([id, id + 1000])), over: base)
            }
        }
        let keys = try keys(table.manifest())
        #expect(keys.values.sorted() == Array(0..<60) && keys.count == 60)
        #expect(try table.manifest().nextKey == 60 && isSound())
        let listed = Set(try table.manifest().shards.flatMap(\.files).map(\.name))
        #expect(try Set(LocalStore().list(table.shardsPath)) == listed, "what the losers wrote is gone")
    }

    @Test func compactionRestoreAndReplacementGiveNoKeyTwice() throws {
        var manifest = try table.commit(.append(shard([1, 2])), over: table.manifest())
        manifest = try table.commit(.append(shard([3])), over: manifest)
        let before = try keys(manifest)
        _ = try Compaction(CompactionPlan(table.snapshot())).run()
        let compacted = try table.manifest()
        #expect(try keys(compacted) == before && compacted.nextKey == 3)
        #expect(compacted.shards.count == 1 && compacted.shards[0].companions.isEmpty)
        var change = TableChange.replace(compacted.shards, with: try shard([4, 3, 5]))
        change.keptKeys = [TableChange.newKey, 2, TableChange.newKey]
        let replaced = try table.commit(change, over: compacted)
        #expect(try keys(replaced) == [4: 3, 3: 2, 5: 4] && replaced.nextKey == 5)
        let restore = Restore(table, to: .number(manifest.version))
        let restored = try restore.run(restore.plan())
        #expect(try keys(restored) == before && restored.nextKey == 5)
        let later = try table.commit(.append(shard([9])), over: restored)
        #expect(try keys(later)[9] == 5 && isSound())
    }

    /// Somebody commits a row whenever a larger import is about to.
    @Test func whoLosesAgainAndAgainSetsKeysAside() throws {
        let base = try table.commit(.append(shard([1])), over: table.manifest())
        let others = Mutex<Int64>(0)
        let late = try table.commit(.append(shard([100, 101]) + shard([102])), over: base) { current in
            guard current.version < 14 else { return }
            let id = others.withLock { count in
                count += 1
                return 1000 + count
            }
            _ = try table.commit(.append(shard([id])), over: current)
        }
        let operations = try (2...late.version).map { try table.record($0).operation }
        #expect(operations.count { $0 == .reserveKeys } == 1 && operations.last == .append)
        let keys = try keys(late)
        let given = keys.filter { $0.key >= 100 && $0.key < 1000 }.values.sorted()
        #expect(given == Array(given[0]..<(given[0] + 3)) && Set(keys.values).count == keys.count)
        #expect(try late.nextKey == Int(keys.values.max() ?? 0) + 1 && isSound())
        let listed = Set(late.shards.flatMap(\.files).map(\.name))
        #expect(try Set(LocalStore().list(table.shardsPath)) == listed)
    }

    @Test func noRowComesWhileTheColumnComesBack() throws {
        let first = try table.commit(.append(shard([1])), over: table.manifest())
        let dropped = try table.commit(.widen(to: first.schema.dropping(["key"]), operation: .dropColumn), over: first)
        let restore = Restore(table, to: .number(first.version))
        let plan = try restore.plan()
        let more = try table.commit(.append(shard([2])), over: dropped)
        let error = #expect(throws: LakeError.self) { try restore.run(plan) }
        #expect(error?.code == .conflict && error?.message.contains("have no 'key'") == true)
        #expect(try keys(restore.run(restore.plan())) == [1: 0])
        let other = Field(id: more.nextFieldID, name: "other", type: .int64, nullable: false, isSurrogateKey: true)
        _ = try table.commit(
            .widen(to: table.manifest().schema.dropping(["key"]), operation: .dropColumn), over: table.manifest())
        let now = try table.manifest()
        let companion = try CompanionWriter(table: table, shard: now.shards[0], fields: [other])
        try companion.append(Batch(count: 1, columns: [ColumnVector(.integers([1]))]))
        var change = try TableChange.addColumns(now.schema.adding(other), [now.shards[0].id: companion.finish()])
        change.nextKey = 2
        _ = try table.commit(change, over: now)
        let both = #expect(throws: LakeError.self) { try restore.plan() }
        #expect(both?.code == .usage && both?.hint?.contains("column drop") == true)
    }

    @Test func whatIsDroppedIsCountedOn() throws {
        var manifest = try table.commit(.append(shard([1, 2])), over: table.manifest())
        manifest = try table.commit(
            .widen(to: manifest.schema.dropping(["key"]), operation: .dropColumn), over: manifest)
        #expect(manifest.nextKey == 2 && manifest.schema.surrogateKey == nil)
        manifest = try table.commit(.append(shard([3])), over: manifest)
        #expect(manifest.shards[1].companions.isEmpty && manifest.nextKey == 2)
        #expect(try isSound())
    }

    @Test func noOtherColumnBecomesOne() throws {
        var schema = try table.manifest().schema
        #expect(throws: LakeError.self) { try schema.widening("key", to: .float64) }
        for index in schema.fields.indices { schema.fields[index].isSurrogateKey = false }
        let error = #expect(throws: LakeError.self) {
            try table.commit(.widen(to: schema), over: table.manifest())
        }
        #expect(error?.code == .usage && error?.message.contains("surrogate key") == true)
        let two =
            sampleSchema.fields + [
                Field(id: 8, name: "a", type: .int64, nullable: false, isSurrogateKey: true),
                Field(id: 9, name: "b", type: .int64, nullable: false, isSurrogateKey: true),
            ]
        for fields in [two, [Field(id: 1, name: "a", type: .int32, nullable: false, isSurrogateKey: true)]] {
            #expect(throws: LakeError.self) { try Schema(fields: fields) }
        }
    }

    @Test(arguments: [([0], "two rows have the surrogate key 0"), ([7], "the surrogate key 7 was never given")])
    func validationFindsWhatIsWrong(_ keys: [Int64], _ message: String) throws {
        _ = try table.commit(.append(shard([1, 2])), over: table.manifest())
        let report = try forge(keys, in: table.commit(.append(shard([3])), over: table.manifest()))
        #expect(report.findings.contains { $0.message.contains(message) && $0.location.column == "key" })
    }
}
