import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeTable

/// Deleted rows are in no file of any version after a purge, and everything else is.
@Suite struct PurgeTests {
    private typealias Rows = [Int64: String]

    private static func secret(_ id: Int64) -> String { "secret-of-\(SplitMix64.mixed(UInt64(id)))" }

    /// Bytes that no other row has and nothing compresses: they are found in a file wherever they stand.
    private static func bytes(_ id: Int64) -> [UInt8] {
        var random = SplitMix64(seed: UInt64(id) &+ 99)
        return (0..<24).map { _ in UInt8(random.below(256)) }
    }

    private func makeTable(in directory: TemporaryDirectory) throws -> TableDirectory {
        let fields = [
            Field(id: 1, name: "id", type: .int64, nullable: false), Field(id: 2, name: "text", type: .utf8),
            Field(id: 3, name: "bytes", type: .binary),
        ]
        return try Lake.create(at: directory.file("lake")).createTable("rows", schema: Schema(fields: fields))
    }

    private func write(_ ids: [Int64], _ table: TableDirectory) throws -> [NewShard] {
        let writer = TableWriter(table: table, schema: try table.manifest().schema)
        let texts = ByteStrings(ids.map { PurgeTests.secret($0) })
        let bytes = ByteStrings(offsets: (0...ids.count).map { 24 * $0 }, data: ids.flatMap { PurgeTests.bytes($0) })
        let columns = [ColumnVector(.integers(ids)), ColumnVector(.bytes(texts)), ColumnVector(.bytes(bytes))]
        try writer.append(Batch(count: ids.count, columns: columns))
        return try writer.finish()
    }

    private func append(_ ids: Range<Int64>, _ table: TableDirectory) throws {
        _ = try table.commit(.append(write(Array(ids), table)), over: table.manifest())
    }

    private func delete(_ ids: Set<Int64>, adding new: [Int64] = [], _ table: TableDirectory) throws {
        let snapshot = try table.snapshot()
        var deletions: [(shard: ShardEntry, new: DeletionEntry?)] = []
        for shard in snapshot.shards {
            let reader = try ShardReader(path: table.shardPath(shard.file), store: table.store)
            var vector = try table.deletions(of: shard) ?? DeletionVector(rows: shard.rows)
            var bits = Bitmap(count: shard.rows)
            let all = try self.ids(reader)
            for (row, id) in all.enumerated() where ids.contains(id) && !vector.deleted[row] { bits[row] = true }
            guard !bits.isEmpty else { continue }
            vector.delete(bits)
            deletions.append((shard, vector.count == shard.rows ? nil : try table.write(vector)))
        }
        let added = new.isEmpty ? [] : try write(new, table)
        let change = TableChange.delete(
            deletions, adding: added, operation: new.isEmpty ? .delete : .upsert,
            details: ["where": "text = '\(PurgeTests.secret(ids.min() ?? 0))'"])
        _ = try table.commit(change, over: snapshot.manifest)
    }

    private func ids(_ reader: ShardReader) throws -> [Int64] {
        try (0..<reader.chunkCount).flatMap { chunk -> [Int64] in
            guard case .integers(let ids) = try reader.vector(field: 0, chunk: chunk).spelledOut().values else {
                return []
            }
            return ids
        }
    }

    private func rows(_ snapshot: Snapshot) throws -> Set<Int64> {
        var found: Set<Int64> = []
        for shard in snapshot.shards {
            let rows = try ShardRows(shard, of: snapshot)
            for chunk in 0..<rows.chunkCount {
                guard let batch = try rows.batch(chunk), case .integers(let ids) = batch.columns[0].spelledOut().values,
                    case .bytes(let texts) = batch.columns[1].spelledOut().values
                else { continue }
                for (row, id) in ids.enumerated() {
                    #expect(found.insert(id).inserted)
                    #expect(texts.string(row) == PurgeTests.secret(id))
                }
            }
        }
        return found
    }

    private func everything(_ table: TableDirectory) throws -> [VersionSelector: Set<Int64>] {
        var found: [VersionSelector: Set<Int64>] = [:]
        for version in try table.versions() { found[.number(version)] = try rows(table.snapshot(version: version)) }
        for tag in try table.tags() { found[.tag(tag)] = try rows(table.snapshot(at: .tag(tag))) }
        return found
    }

    /// Files in which what a row says stands.
    private func files(with id: Int64, below path: String) throws -> [String] {
        let store = LocalStore()
        return try store.list(path).flatMap { name -> [String] in
            let child = joinPath(path, name)
            guard try store.modified(child) != nil else { return try files(with: id, below: child) }
            let bytes = try store.read(child, limit: 1 << 30)
            let isThere = bytes.contains(PurgeTests.bytes(id)) || bytes.contains(Array(PurgeTests.secret(id).utf8))
            return isThere ? [child] : []
        }
    }

    /// Random histories: a row that some version deleted, and that the newest does not have, is gone. Appends, deletes, upserts of rows that did not change, replacements, compactions, restores and tags.
    @Test(arguments: 1...3) func nothingIsLeftOfDeletedRows(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let table = try makeTable(in: directory)
        var random = SplitMix64(seed: seed)
        var next: Int64 = 0
        var (deleted, live): (Set<Int64>, [Int: Set<Int64>]) = ([], [1: []])
        var now: Set<Int64> = []
        func ids(_ count: Int) -> Range<Int64> {
            defer { next += Int64(count) }
            return next..<(next + Int64(count))
        }
        for step in 0..<24 {
            let some = Set(now.sorted().filter { _ in random.below(4) == 0 })
            switch step < 2 ? 0 : random.below(8) {
            case 0, 1:
                let new = ids(20)
                try append(new, table)
                now.formUnion(new)
            case 2, 3:
                try delete(some, table)
                now.subtract(some)
                deleted.formUnion(some)
            case 4:
                try delete(some, adding: some.sorted(), table)
                deleted.formUnion(some)
            case 5:
                _ = try Compaction(CompactionPlan(table.snapshot()), workers: 1).run()
            case 6: _ = try? table.makeTag("t\(step)")
            default:
                let versions = try table.versions()
                let restore = Restore(table, to: .number(versions[random.below(versions.count)]))
                now = try rows(table.snapshot(version: restore.run(restore.plan()).version))
            }
            for version in try table.versions() where live[version] == nil { live[version] = now }
        }
        deleted.subtract(now)
        let before = try everything(table)
        let digest = try table.snapshot().contentDigest()
        let preview = try Purge(table).preview()
        #expect(try everything(table) == before)
        let report = try Purge(table).run()
        #expect(report.waiting.isEmpty && report.rows == preview.rows && report.shards == preview.shards)
        let after = try everything(table)
        for (selector, rows) in before { #expect(after[selector] == rows.subtracting(deleted), "\(selector)") }
        #expect(try table.snapshot().contentDigest() == digest)
        for id in deleted { #expect(try files(with: id, below: directory.path) == [], "row \(id)") }
        let kept = try #require(before.values.reduce(Set()) { $0.union($1) }.subtracting(deleted).first)
        #expect(try !files(with: kept, below: directory.path).isEmpty)
        #expect(try Validation(of: table).run().findings.isEmpty)
        let again = try Purge(table).run()
        #expect(again.made.isEmpty && again.rows == 0 && again.files == 0)
    }

    @Test func earlierVersionsToo() throws {
        let directory = try TemporaryDirectory()
        let table = try makeTable(in: directory)
        try append(0..<10, table)
        let base = try table.manifest()
        _ = try table.commit(.replace(base.shards, with: write([1, 2], table)), over: base)
        // Row 5 was replaced, not deleted: it goes where it is asked for.
        var wanted = Bitmap(count: 10)
        wanted[5] = true
        let report = try Purge(table).run(wanted: [base.shards[0].file: wanted])
        #expect(report.rows == 1 && report.shards == 1 && report.versions == 2)
        #expect(try rows(table.snapshot(version: 2)) == Set(0..<10).subtracting([5]))
        #expect(try rows(table.snapshot()) == [1, 2] && files(with: 5, below: directory.path).isEmpty)
        #expect(try Validation(of: table).run().isSound)
    }

    @Test func whoeverReadsIsWaitedFor() throws {
        let directory = try TemporaryDirectory()
        let table = try makeTable(in: directory)
        try append(0..<10, table)
        try append(10..<20, table)
        try delete([3, 13], table)
        var reader: Snapshot? = try table.snapshot(version: 2)
        let report = try Purge(table).run()
        #expect(report.waiting.contains { $0.contains("version 2") } && report.made == [5])
        // The reader goes on, the later versions are purged already.
        #expect(try rows(#require(reader)).contains(3) && !rows(table.snapshot(version: 3)).contains(3))
        #expect(try Validation(of: table).run().findings.contains { $0.message.contains("did not come to its end") })
        reader = nil
        let next = try Purge(table).run()
        #expect(next.waiting.isEmpty && next.rows == 1)
        #expect(try !rows(table.snapshot(version: 2)).contains(3) && files(with: 3, below: directory.path).isEmpty)
        #expect(try Validation(of: table).run().isSound)
        // Nor does a writer at work stop it for good.
        let file = try table.fakeShard()
        let lease = try LocalStore().lease(table.shardPath(file.file))
        #expect(try !Purge(table).run().waiting.isEmpty)
        lease.release()
        #expect(try Purge(table).run().files == 1)
    }

    /// Every call of a purge fails, once or for good: every version can be read all the time, and the next purge does the rest.
    @Test(arguments: [FaultyStore.Fault.failsForGood, .failsAfterwards])
    func everyCallMayFail(fault: FaultyStore.Fault) throws {
        let origin = try TemporaryDirectory()
        let made = try makeTable(in: origin)
        try append(0..<10, made)
        try append(10..<20, made)
        try made.makeTag("t")
        try delete([3, 13], made)
        let before = try everything(made)
        let good = FaultyStore()
        let copy = try copied(origin)
        _ = try Purge(Lake.open(at: copy.file("lake"), store: good).table("rows")).run()
        for call in good.calls.indices where call % (fault == .failsForGood ? 7 : 11) == 3 {
            let directory = try copied(origin)
            let store = FaultyStore(fault, at: call)
            _ = try? Purge(Lake.open(at: directory.file("lake"), store: store).table("rows")).run()
            let table = try Lake.open(at: directory.file("lake")).table("rows")
            for (selector, rows) in try everything(table) {
                guard let old = before[selector] else { continue }
                #expect(rows == old || rows == old.subtracting([3, 13]), "call \(call), \(selector)")
            }
            let findings = try Validation(of: table).run().findings
            #expect(!findings.contains { $0.severity == .error }, "call \(call): \(findings)")
            #expect(try Purge(table).run().waiting.isEmpty, "call \(call)")
            for (selector, rows) in try everything(table) {
                #expect(rows == (before[selector] ?? rows).subtracting([3, 13]), "call \(call), \(selector)")
            }
            for id in [3, 13] as [Int64] { #expect(try files(with: id, below: directory.path) == [], "call \(call)") }
            #expect(try Validation(of: table).run().isSound, "call \(call)")
        }
    }
}
