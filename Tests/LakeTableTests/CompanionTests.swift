import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeTable

/// Further columns of shards, in what versions, tags and everything that lists files make of them.
@Suite struct CompanionTests {
    private let directory: TemporaryDirectory
    private let table: TableDirectory

    init() throws {
        (directory, table) = try tableOfThirtyRows()
    }

    private func schema(_ base: Manifest, _ name: String) throws -> Schema {
        try base.schema.adding(Field(id: base.nextFieldID, name: name, type: .int64))
    }

    private func companion(_ shard: ShardEntry, _ id: Int) throws -> CompanionEntry {
        let writer = try CompanionWriter(
            table: table, shard: shard, fields: [Field(id: id, name: "column", type: .int64)])
        try writer.append(
            Batch(count: shard.rows, columns: [ColumnVector(.integers([Int64](repeating: 7, count: shard.rows)))]))
        return try writer.finish()
    }

    private func addition(_ base: Manifest, _ name: String) throws -> TableChange {
        let companions = try base.shards.map { ($0.id, try companion($0, base.nextFieldID)) }
        return .addColumns(try schema(base, name), Dictionary(uniqueKeysWithValues: companions))
    }

    @discardableResult
    private func add(_ name: String) throws -> Manifest {
        let base = try table.manifest()
        return try table.commit(addition(base, name), over: base)
    }

    private func checkShards(_ file: MappedFile, _ entry: ShardEntry, _ schema: Schema) -> [Finding] { [] }

    private func isSound() throws -> Bool { try Validation(of: table).run().isSound }

    @Test func versionsTagsAndCheckpointsListThem() throws {
        let before = try table.manifest()
        let after = try add("a")
        #expect(after.operation == .addColumn && after.shards.map(\.companions.count) == [1, 1, 1])
        #expect(try table.manifest() == after && table.manifest(version: before.version) == before)
        #expect(after.bytes == before.bytes + after.shards.reduce(0) { $0 + $1.companions[0].bytes })
        #expect(after.shards[0].files.map(\.name) == [after.shards[0].file, after.shards[0].companions[0].file])
        let record = try table.record(after.version)
        #expect(record.requiredFeatures == ["companions"] && record.summary.bytes == after.bytes)
        try table.makeTag("t")
        #expect(try table.tag("t").requiredFeatures == ["companions"] && table.tag("t").manifest == after)
        let second = try add("b")
        #expect(second.shards.map(\.companions.count) == [2, 2, 2])
        while try table.latestVersion() < 66 { try table.appendOne(rows: 1) }
        #expect(try table.record(64).requiredFeatures == ["companions"] && table.record(65).requiredFeatures.isEmpty)
        for version in 1..<64 { try LocalStore().remove(table.versionPath(version)) }
        #expect(try table.manifest().shards[1].companions == second.shards[1].companions && isSound())
    }

    @Test func vacuumKeepsWhatIsListed() throws {
        let first = try add("a")
        try table.makeTag("t")
        _ = try table.commit(
            .replace(table.manifest().shards, with: [table.fakeShard(rows: 5)]), over: table.manifest())
        while try table.latestVersion() < 130 { try table.appendOne(rows: 1) }
        let orphan = try companion(first.shards[0], 99).released
        func there(_ entry: CompanionEntry) throws -> Bool { try LocalStore().size(table.shardPath(entry.file)) != nil }
        _ = try Vacuum(table.lake, tables: ["rows"], grace: 0).run()
        #expect(try first.shards.allSatisfy { try there($0.companions[0]) } && !there(orphan))
        try table.deleteTag("t")
        _ = try Vacuum(table.lake, tables: ["rows"], grace: 0).run()
        #expect(try first.shards.allSatisfy { try !there($0.companions[0]) })
        #expect(try isSound())
    }

    @Test func theyStandInTheirPlaceAmongOtherChanges() throws {
        let base = try table.manifest()
        let change = try addition(base, "a")
        try table.appendOne(rows: 4)
        let removal = TableChange.replace([base.shards[2]], with: [])
        let after = try table.commit(change, over: base)
        #expect(after.shards.map(\.companions.count) == [1, 1, 1, 0])
        // Who removes a shard would lose the new column.
        let error = #expect(throws: LakeError.self) { try table.commit(removal, over: base) }
        #expect(error?.code == .conflict)
        _ = try table.commit(.replace([after.shards[2]], with: []), over: after)
        let late = try addition(after, "b")
        #expect(#expect(throws: LakeError.self) { try table.commit(late, over: after) }?.code == .conflict)
        // Rows written with the schema of before follow a column that was dropped, renamed or widened.
        let old = try table.manifest()
        let shard = try table.fakeShard(rows: 3)
        _ = try table.commit(
            .widen(to: old.schema.renaming("id", to: "number").widening("number", to: .int64)), over: old)
        let renamed = try table.manifest()
        _ = try table.commit(.widen(to: renamed.schema.dropping(["text"]), operation: .dropColumn), over: renamed)
        #expect(try table.commit(.append([shard]), over: old).schema.fields.map(\.name) == ["number", "a"])
        #expect(try isSound())
    }

    @Test func columnsGoOnPurposeAlone() throws {
        let base = try table.manifest()
        let dropped = try base.schema.dropping(["text"])
        let error = #expect(throws: LakeError.self) { try table.commit(.widen(to: dropped), over: base) }
        #expect(error?.code == .usage)
        let after = try table.commit(.widen(to: dropped, operation: .dropColumn), over: base)
        // Its id is not given again.
        let again = try after.schema.adding(Field(id: 2, name: "text", type: .utf8))
        #expect(#expect(throws: LakeError.self) { try table.commit(.widen(to: again), over: after) }?.code == .usage)
        #expect(after.nextFieldID == 3)
    }

    @Test func restoringBringsColumnsBack() throws {
        let first = try add("a")
        _ = try table.commit(.widen(to: first.schema.dropping(["text", "a"]), operation: .dropColumn), over: first)
        _ = try table.commit(.replace([table.manifest().shards[0]], with: []), over: table.manifest())
        let plan = try Restore(table, to: .number(first.version)).plan()
        #expect(plan.columns.map(\.name) == ["text", "a"] && plan.returning.count == 1)
        let restored = try Restore(table, to: .number(first.version)).run(plan)
        #expect(Set(restored.schema.fields) == Set(first.schema.fields) && restored.rows == first.rows)
        #expect(restored.shards.allSatisfy { $0.companions.count == 1 })
        #expect(try Restore(table, to: .number(first.version)).plan().isDone && isSound())
        // Shards that are there keep what they have of later columns.
        let earlier = Restore(table, to: .number(2))
        #expect(try earlier.run(earlier.plan()).shards.map(\.companions.count) == [1])
        // Another column of the name is in the way.
        let now = try table.manifest()
        let without = try table.commit(.widen(to: now.schema.dropping(["text"]), operation: .dropColumn), over: now)
        _ = try table.commit(.widen(to: schema(without, "text")), over: without)
        let error = #expect(throws: LakeError.self) { try Restore(table, to: .number(2)).plan() }
        #expect(error?.code == .usage && error?.location.column == "text")
    }

    @Test func differencesNameThem() throws {
        let before = try table.snapshot()
        let after = try add("a")
        let difference = try TableDifference(from: before, to: table.snapshot())
        #expect(difference.companions.map(\.file.name) == after.shards.map { $0.companions[0].file })
        #expect(difference.added.isEmpty && difference.rowsAdded == 0 && difference.columns.map(\.name) == ["a"])
    }

    /// A version that says anything else of companions is refused.
    @Test func whatDoesNotFitIsRefused() throws {
        let after = try add("a")
        let path = table.versionPath(after.version)
        let good = try LocalStore().read(path, limit: 1 << 20)
        func refuses(_ change: (inout VersionRecord) -> Void) throws {
            var record = try table.record(after.version)
            change(&record)
            try overwrite(path, SealedJSON.seal(record).bytes)
            let error = #expect(throws: LakeError.self) { try table.manifest() }
            #expect(error?.code == .corrupt && error?.location.file == path)
            try overwrite(path, good)
        }
        try refuses { $0.companions?[0].shard = 9 }
        try refuses { $0.companions?[1].shard = 1 }
        try refuses { $0.companions?[0].companion.fields = [1] }
        try refuses { $0.companions?[0].companion.fields = [4] }
        try refuses { $0.companions?[0].companion.fields = [] }
        try refuses { $0.companions?[0].companion.fields = [3, 3] }
        try refuses { $0.companions?[0].companion.bytes += 1 }
        try refuses { $0.companions?[0].companion.file = "../x" }
        let other = after.shards[1].companions[0].file
        try refuses { $0.companions?[0].companion.file = other }
        try refuses { $0.requiredFeatures = [] }
        try refuses { $0.companions = nil }
        try refuses {
            $0.schema?.fields[2].nullable = false
            $0.companions?.removeLast()
            $0.summary.bytes -= after.shards[2].companions[0].bytes
        }
        #expect(try table.manifest() == after)
    }

    @Test func schemasChange() throws {
        let fields = ["a", "b", "c"].enumerated().map { Field(id: $0 + 1, name: $1, type: .int32) }
        let groups = [KeyGroup(name: "g", key: ["a"], columns: ["a", "b"])]
        let lookup = Lookup(table: "other", key: [.init("c", references: "c")], value: "v")
        let base = try Schema(
            fields: fields, keyGroups: groups, derived: [DerivedField(name: "d", type: .utf8, lookup: lookup)])
        #expect(try base.dropping(["b"]).keyGroups[0].columns == ["a"])
        try base.checkWidening(to: base.dropping(["b"]))
        let renamed = try base.renaming("a", to: "x").renaming("c", to: "y")
        #expect(renamed.keyGroups[0].key == ["x"] && renamed.derived[0].lookup.key[0].column == "y")
        try base.checkWidening(to: renamed)
        try base.checkWidening(to: base.widening("b", to: .int64))
        func refuses(_ column: String?, _ body: () throws -> Schema) {
            let error = #expect(throws: LakeError.self) { try body() }
            #expect(error?.code == .usage && (column == nil || error?.location.column == column))
        }
        refuses("a") { try base.dropping(["a"]) }
        refuses("c") { try base.dropping(["c"]) }
        refuses("d") { try base.dropping(["d"]) }
        refuses(nil) { try base.dropping(["none"]) }
        refuses("b") { try base.renaming("a", to: "b") }
        refuses("d") { try base.renaming("a", to: "d") }
        refuses(nil) { try base.renaming("a", to: "rowid") }
        refuses(nil) { try base.renaming("a", to: "") }
        refuses("b") { try base.widening("b", to: .int16) }
        refuses("b") { try base.widening("b", to: .int32) }
        refuses("b") { try base.widening("b", to: .utf8) }
        refuses(nil) { try Schema(fields: [fields[0]]).dropping(["a"]) }
    }
}
