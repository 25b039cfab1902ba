import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Testing

@testable import LakeQuery

/// Columns that are added, dropped, renamed and widened beside everything else that changes a table.
@Suite struct ColumnChangeTests {
    /// After each step the table is what plain arrays are, and so are all its earlier versions at the end. Seeds are printed with
    /// what fails.
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64], [true, false])
    func theTableIsWhatPlainArraysAre(seed: UInt64, keyed: Bool) throws {
        let model = try ColumnModel(seed: seed, keyed: keyed)
        try model.remember()
        let steps: [(String, (ColumnModel) throws -> Void)] = [
            ("add", { try $0.add() }), ("add", { try $0.add() }), ("add", { try $0.add() }),
            ("append", { try $0.append() }), ("delete", { try $0.delete() }), ("drop", { try $0.drop() }),
            ("rename", { try $0.rename() }), ("widen", { try $0.widen() }), ("compact", { try $0.compact() }),
            ("upsert", { try $0.upsert() }), ("restore", { try $0.restore() }),
        ]
        var log = "seed \(seed)"
        for number in 0..<28 {
            let (name, step) = number < 2 ? steps[0] : steps[model.random.below(steps.count)]
            log += ", \(name)"
            try step(model)
            try model.remember()
            try model.compare(model.history[model.history.count - 1], log)
            if number % 4 == 3 { try model.compareColumns(log) }
        }
        try model.checkSound(log)
        for state in model.history { try model.compare(state, log + ", version \(state.version)") }
    }

    private func made() throws -> QueryTable { try RowDeletionTests.table(keyed: true) }

    private func add(
        _ made: QueryTable, _ name: String, _ type: String, _ values: ColumnAddition.Values, required: Bool = false
    ) throws -> ColumnAddition.Outcome {
        try ColumnAddition(
            try made.engine(), table: "t", name: name, type: try DataType(parsing: type), values, isRequired: required
        ).run()
    }

    private func table(_ made: QueryTable) throws -> TableDirectory {
        try Lake.open(at: made.directory.path + "/lake").table("t")
    }

    private func files(_ made: QueryTable) throws -> [String] {
        try LocalStore().list(made.directory.path + "/lake/tables/t/shards")
    }

    @Test func nothingButTheColumnIsWritten() throws {
        let made = try made()
        let before = try table(made).manifest()
        let outcome = try add(made, "double", "int64", .expression("x * 2"))
        #expect(outcome.files == 3 && outcome.rows == 2_100 && outcome.manifest.rows == 2_100)
        #expect(outcome.manifest.shards.map(\.file) == before.shards.map(\.file))
        #expect(outcome.manifest.bytes == before.bytes + outcome.bytes)
        #expect(try table(made).record(outcome.manifest.version).requiredFeatures == ["companions"])
        #expect(try files(made).count == 6)
        #expect(try made.rows("SELECT count(*) FROM t WHERE double = x * 2") == [[.integer(2_100)]])
        let null = try add(made, "later", "list<utf8>", .null)
        #expect(try null.files == 0 && files(made).count == 6)
    }

    @Test func aQueryOpensTheCompanionsThatItNeeds() throws {
        let made = try made()
        let outcome = try add(made, "double", "int64", .expression("x * 2"))
        _ = try add(made, "name", "utf8", .expression("'n' || CAST(k AS VARCHAR)"))
        let path = try table(made).shardPath(outcome.manifest.shards[1].companions[0].file)
        let bytes = try LocalStore().read(path, limit: 1 << 20)
        try LocalStore().remove(path)
        #expect(try made.rows("SELECT g, s, count(*) FROM t WHERE x > 10 GROUP BY g, s").count > 5)
        #expect(try made.rows("SELECT count(*) FROM t WHERE name = 'n7'") == [[.integer(10)]])
        #expect(try made.rows("SELECT count(*), max(rowid) FROM t") == [[.integer(2_100), .integer(2_099)]])
        for sql in [
            "SELECT double FROM t", "SELECT count(*) FROM t WHERE double = 4",
            "SELECT double, count(*) FROM t GROUP BY 1",
            "SELECT s FROM t ORDER BY double LIMIT 3", "SELECT sum(double) FROM t WHERE k < 100",
        ] {
            let error = #expect(throws: LakeError.self) { try made.rows(sql) }
            #expect(error?.code == .missing && error?.location.file == path, "\(sql)")
        }
        let file = try LocalStore().create(path)
        try file.append(bytes)
        try file.close()
        #expect(try made.rows("SELECT count(double) FROM t") == [[.integer(2_100)]])
    }

    @Test func valuesOfManyKinds() throws {
        let made = try made()
        _ = try RowDeletion(try made.engine(), table: "t", condition: "g = 'g1' OR x % 5 = 0").run()
        let rows = Int(try made.rows("SELECT count(*) FROM t")[0][0].integerBits ?? 0)
        for (name, type, sql) in [
            ("a", "utf8", "upper(s)"), ("b", "float64", "sqrt(x)"), ("c", "bool", "s LIKE '%7'"),
            ("d", "int8", "k % 100"),
            ("e", "utf8", "k"), ("f", "list<int64>", "l"), ("h", "utf8", "NULL"),
            ("i", "int64", "CASE WHEN g = 'g2' THEN x END"),
            ("j", "date", "CAST('2026-01-31' AS DATE)"), ("m", "utf8", "g"), ("n", "float64", "k"),
        ] {
            let outcome = try add(made, name, type, .expression(sql))
            #expect(outcome.manifest.rows == rows)
        }
        let same = try made.rows(
            """
            SELECT count(*) FROM t WHERE a IS NOT DISTINCT FROM upper(s) AND b = sqrt(x) AND c IS NOT DISTINCT FROM (s LIKE '%7')
            AND d = k % 100 AND e = CAST(k AS VARCHAR) AND f IS NULL AND h IS NULL AND m = g AND n = k
            AND i IS NOT DISTINCT FROM CASE WHEN g = 'g2' THEN x END AND j = CAST('2026-01-31' AS DATE)
            """)
        #expect(same == [[.integer(Int64(rows))]])
        #expect(
            try made.rows("SELECT m, count(*) FROM t GROUP BY m") == made.rows("SELECT g, count(*) FROM t GROUP BY g"))
    }

    @Test func whatCannotBeIsRefusedAndLeavesNothing() throws {
        let made = try made()
        _ = try RowDeletion(try made.engine(), table: "t", condition: "x = 50").run()
        let (files, version) = (try files(made), try table(made).latestVersion())
        for (name, type, values, required, code) in [
            ("x", "int64", .null, false, .usage), ("rowid", "int64", .null, false, .usage),
            ("", "int64", .null, false, .usage),
            ("new", "int64", .constant("seven"), false, .usage), ("new", "int8", .constant("300"), false, .usage),
            ("new", "list<int64>", .constant("[1]"), false, .usage), ("new", "int64", .null, true, .usage),
            ("new", "int64", .expression("sum(x)"), false, .usage),
            ("new", "int64", .expression("nothing"), false, .usage),
            ("new", "int64", .expression("x) FROM t WHERE (x = 1"), false, .usage),
            ("new", "int64", .expression("x, k"), false, .usage),
            ("new", "date", .expression("x"), false, .usage), ("new", "int64", .expression(""), false, .usage),
            ("new", "int64", .expression("CAST(g AS INTEGER)"), false, .failed),
            ("new", "int8", .expression("x"), false, .failed), ("new", "utf8", .expression("s"), true, .failed),
        ] as [(String, String, ColumnAddition.Values, Bool, LakeError.Code)] {
            let error = #expect(throws: LakeError.self) { try add(made, name, type, values, required: required) }
            #expect(error?.code == code, "\(name) \(type) \(values): \(error.map { "\($0)" } ?? "")")
        }
        let null = #expect(throws: LakeError.self) { try add(made, "new", "utf8", .expression("s"), required: true) }
        #expect(null?.message == "row 0 would have NULL, which the column does not allow")
        #expect(try self.files(made) == files && table(made).latestVersion() == version)
    }

    @Test func aRequiredColumnHasAValueInEveryRow() throws {
        let made = try made()
        let base = try table(made).manifest()
        let old = TableWriter(table: try table(made), schema: base.schema)
        try old.append(Batch(count: 1, columns: base.schema.fields.map { .of([.null], $0.type) }))
        let shards = try old.finish()
        let outcome = try add(made, "n", "int64", .expression("x + 1"), required: true)
        #expect(outcome.manifest.schema.fields.last?.nullable == false)
        #expect(try made.rows("SELECT count(n) FROM t") == [[.integer(2_100)]])
        let race = #expect(throws: LakeError.self) { try table(made).commit(.append(shards), over: base) }
        #expect(race?.code == .conflict)
        // Version 2 has one of the shards, which is there still; written anew it would have to come back.
        #expect(try Restore(try table(made), to: .number(2)).plan().returning.isEmpty)
        _ = try Compaction(CompactionPlan(try table(made).snapshot())).run()
        let back = #expect(throws: LakeError.self) { try Restore(try table(made), to: .number(2)).plan() }
        #expect(back?.code == .usage && back?.location.column == "n")
    }

    @Test func writersThatComeFirstAreFollowed() throws {
        let made = try made()
        let table = try table(made)
        let addition = try ColumnAddition(
            try made.engine(), table: "t", name: "double", type: .int64, .expression("x * 2"))
        // Rows are appended, deleted, and written anew after it was planned.
        let schema = try table.manifest().schema
        let writer = TableWriter(table: table, schema: schema)
        try writer.append(Batch(count: 2, columns: schema.fields.map { .of([.null, .null], $0.type) }))
        _ = try table.commit(.append(try writer.finish()), over: try table.manifest())
        _ = try RowDeletion(try made.engine(), table: "t", condition: "k = 3").run()
        var policy = CompactionPlan.Policy()
        policy.deletedShare = 0
        policy.rows = 1_500
        _ = try Compaction(CompactionPlan(try table.snapshot(), policy: policy)).run()
        let outcome = try addition.run()
        #expect(outcome.manifest.shards.allSatisfy { $0.companions.count == 1 })
        #expect(
            try files(made).count(where: { $0.hasSuffix(".shard") }) >= outcome.files + outcome.manifest.shards.count)
        #expect(try made.rows("SELECT count(*) FROM t WHERE double IS DISTINCT FROM x * 2") == [[.integer(0)]])
        // A change of the columns is not.
        let late = try ColumnAddition(try made.engine(), table: "t", name: "late", type: .int64, .constant("1"))
        _ = try add(made, "other", "int64", .null)
        #expect(#expect(throws: LakeError.self) { try late.run() }?.code == .conflict)
    }

    /// A compaction that began before a column was added does not take its values away.
    @Test func aCompactionThatWasOvertakenIsLeftOut() throws {
        let made = try made()
        let plan = CompactionPlan(try table(made).snapshot())
        _ = try add(made, "double", "int64", .expression("x * 2"))
        #expect(try Compaction(plan).run().allSatisfy { $0.version == nil })
        #expect(try made.rows("SELECT count(double) FROM t") == [[.integer(2_100)]])
        #expect(try Compaction(CompactionPlan(try table(made).snapshot())).run().allSatisfy { $0.version != nil })
        #expect(try table(made).manifest().shards.allSatisfy(\.companions.isEmpty))
        #expect(try made.rows("SELECT count(*) FROM t WHERE double = x * 2") == [[.integer(2_100)]])
    }

    /// Damage to a companion is found by readers of its column, as an error that names the file, and by validation.
    @Test func damage() throws {
        let made = try made()
        let outcome = try add(made, "double", "int64", .expression("x * 2"))
        let other = try add(made, "third", "int64", .expression("x * 3"))
        let table = try table(made)
        let path = table.shardPath(outcome.manifest.shards[1].companions[0].file)
        let whole = try LocalStore().read(path, limit: 1 << 20)
        func put(_ bytes: [UInt8]?) throws {
            if try LocalStore().size(path) != nil { try LocalStore().remove(path) }
            guard let bytes else { return }
            let file = try LocalStore().create(path)
            try file.append(bytes)
            try file.close()
        }
        func check(_ what: String) throws {
            let error = #expect(throws: LakeError.self, "\(what)") { try made.rows("SELECT double FROM t") }
            #expect(
                error?.location.file == path && [.corrupt, .missing].contains(error?.code),
                "\(what): \(error.map { "\($0)" } ?? "")")
            let report = try Validation(of: table).run(checkShard: { _, entry, _ in
                try ShardReader(path: table.shardPath(entry.file), store: table.store).check().map { Finding($0) }
            })
            #expect(!report.isSound && report.findings.allSatisfy { $0.location.file == path }, "\(what)")
            #expect(try made.rows("SELECT count(third), sum(x) FROM t").count == 1)
        }
        try put(nil)
        try check("missing")
        for length in [0, 63, 64, whole.count - 64, whole.count - 1] {
            try put(Array(whole.prefix(length)))
            try check("cut to \(length)")
        }
        // The companion of another shard, of other columns, and a shard with key groups, all in its place.
        for name in [
            outcome.manifest.shards[0].companions[0].file, other.manifest.shards[1].companions[1].file,
            other.manifest.shards[1].file,
        ] {
            try put(try LocalStore().read(table.shardPath(name), limit: 1 << 20))
            let report = try Validation(of: table).run()
            #expect(!report.isSound)
        }
        try put(whole)
        var silent = 0
        for place in stride(from: 0, to: whole.count, by: 7) {
            var bytes = whole
            bytes[place] ^= 0x10
            try put(bytes)
            #expect(try !Validation(of: table).run().isSound, "byte \(place)")
            do {
                let rows = try made.rows("SELECT count(*) FROM t WHERE double = x * 2")
                #expect(rows == [[.integer(2_100)]], "byte \(place)")
                silent += 1
            } catch let error as LakeError {
                #expect(error.code == .corrupt && error.location.file == path, "byte \(place): \(error)")
            }
        }
        #expect(silent < whole.count / 7)
        try put(whole)
        #expect(try Validation(of: table).run().isSound)
    }
}
