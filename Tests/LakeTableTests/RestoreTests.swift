import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct RestoreTests {
    /// Deletes rows of a shard of the newest version.
    @discardableResult
    private func delete(_ rows: Range<Int>, of shard: ShardEntry, _ table: TableDirectory) throws -> Manifest {
        let base = try table.manifest()
        let entry = try #require(base.shards.first { $0.file == shard.file })
        var vector = try table.deletions(of: entry) ?? DeletionVector(rows: entry.rows)
        var bits = Bitmap(count: entry.rows)
        bits.fill(rows)
        vector.delete(bits)
        return try table.commit(.delete([(entry, table.write(vector))]), over: base)
    }

    private func restore(_ table: TableDirectory, _ selector: VersionSelector) throws -> Manifest {
        let restore = Restore(table, to: selector)
        return try restore.run(restore.plan())
    }

    private func content(_ manifest: Manifest) -> Set<[String]> {
        Set(manifest.shards.map { [$0.file, $0.deletion?.file ?? ""] })
    }

    @Test func shardsLeaveAndComeBack() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let first = try table.appendOne(rows: 10, tags: ["wave": "1"])
        let second = try table.appendOne(rows: 20)
        _ = try table.commit(.replace([first.shards[0]], with: [table.fakeShard(rows: 5)]), over: table.manifest())
        let restored = try restore(table, .number(second.version))
        #expect(restored.version == 5 && restored.operation == .restore && content(restored) == content(second))
        // The shard that stayed keeps its id, the one that came back has a new one.
        #expect(restored.shards.map(\.id) == [2, 4] && restored.shards[1].tags == ["wave": "1"])
        #expect(try table.manifest() == restored && table.record(5).details == ["restored": "3"])
        #expect(try table.record(5).summary.rowsAdded == 10 && table.record(5).summary.rowsRemoved == 5)
        #expect(try restore(table, .number(3)).version == 5, "nothing to do")
        #expect(try restore(table, .number(1)).rows == 0)
        #expect(try restore(table, .number(4)).rows == 25)
        #expect(try Validation(of: table).run().isSound)
    }

    @Test func deletedRowsComeBack() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let whole = try table.appendOne(rows: 100)
        let some = try delete(0..<10, of: whole.shards[0], table)
        let more = try delete(50..<90, of: whole.shards[0], table)
        #expect(some.rows == 90 && more.rows == 50)
        let restored = try restore(table, .number(some.version))
        #expect(restored.rows == 90 && content(restored) == content(some) && restored.shards[0].id == 2)
        #expect(try table.manifest() == restored && table.record(5).requiredFeatures == ["deletions"])
        #expect(try restore(table, .number(whole.version)).shards[0].deletion == nil)
        #expect(try restore(table, .number(more.version)).rows == 50)
        // Through a checkpoint too.
        for _ in 8...63 { try table.appendOne(rows: 1) }
        let checkpoint = try restore(table, .number(some.version))
        #expect(checkpoint.version == 64 && checkpoint.rows == 90)
        #expect(try table.manifest(version: 64) == checkpoint)
        let report = try Validation(of: table).run()
        #expect(report.isSound, "\(report.findings)")
    }

    @Test func tagsAreRestoredWithoutTheirVersions() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        try table.appendOne(rows: 7)
        try table.makeTag("t")
        _ = try table.commit(.replace(table.manifest().shards, with: []), over: table.manifest())
        for _ in 4...65 { try table.appendOne(rows: 1) }
        for version in 1...63 { try LocalStore().remove(table.versionPath(version)) }
        #expect(try restore(table, .tag("t")).rows == 7)
        #expect(try Validation(of: table).run().isSound)
    }

    @Test func theWiderSchemaStays() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let before = try table.appendOne()
        let wider = try Schema(
            fields: [
                Field(id: 1, name: "number", type: .int64), sampleSchema.fields[1],
                Field(id: 3, name: "x", type: .bool),
            ])
        _ = try table.commit(.widen(to: wider), over: before)
        try table.appendOne()
        let restored = try restore(table, .number(2))
        #expect(restored.schema == wider && content(restored) == content(before))
        let difference = try TableDifference(
            from: table.snapshot(version: 2), to: table.snapshot(version: restored.version))
        #expect(difference.rowsAdded == 0 && difference.rowsDeleted == 0)
        #expect(difference.columns.map(\.kind) == [.renamed, .widened, .madeNullable, .added])
        #expect(difference.columns.map(\.name) == ["number", "number", "number", "x"])
        let back = try TableDifference(from: table.snapshot(), to: table.snapshot(version: 2))
        #expect(back.columns.map(\.kind) == [.renamed, .narrowed, .madeRequired, .removed])
    }

    @Test func whatOthersDidMeanwhile() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let first = try table.appendOne(rows: 10)
        try table.appendOne(rows: 20)
        let plan = try Restore(table, to: .number(2)).plan()
        #expect(plan.rowsLeaving == 20 && plan.rowsReturning == 0 && !plan.isDone)
        try table.appendOne(rows: 3)
        #expect(try Restore(table, to: .number(2)).run(plan).rows == 13, "what was appended stays")
        let again = try Restore(table, to: .number(1)).plan()
        try delete(0..<1, of: first.shards[0], table)
        #expect(#expect(throws: LakeError.self) { try Restore(table, to: .number(1)).run(again) }?.code == .conflict)
        #expect(#expect(throws: LakeError.self) { try Restore(table, to: .number(99)).plan() }?.code == .missing)
        #expect(#expect(throws: LakeError.self) { try Restore(table, to: .time(0)).plan() }?.code == .missing)
        try LocalStore().remove(table.shardPath(first.shards[0].file))
        _ = try table.commit(.replace(table.manifest().shards, with: []), over: table.manifest())
        #expect(#expect(throws: LakeError.self) { try restore(table, .number(2)) }?.code == .missing)
    }

    @Test func differencesOfRows() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let first = try table.appendOne(rows: 100)
        try delete(0..<10, of: first.shards[0], table)
        try delete(20..<25, of: first.shards[0], table)
        try table.appendOne(rows: 7)
        func difference(_ one: Int, _ other: Int) throws -> TableDifference {
            try TableDifference(from: table.snapshot(version: one), to: table.snapshot(version: other))
        }
        for (one, other, added, deleted) in [(1, 2, 100, 0), (2, 3, 0, 10), (3, 4, 0, 5), (2, 5, 7, 15), (5, 5, 0, 0)] {
            let forth = try difference(one, other)
            #expect(forth.rowsAdded == added && forth.rowsDeleted == deleted, "\(one) to \(other)")
            let back = try difference(other, one)
            #expect(back.rowsAdded == deleted && back.rowsDeleted == added, "\(other) to \(one)")
        }
        let there = try difference(2, 5)
        #expect(there.added.count == 1 && there.removed.isEmpty && there.deletions.map(\.deleted) == [15])
    }
}
