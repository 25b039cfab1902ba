import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Testing

@testable import LakeQuery

@Suite struct CompactionTests {
    private static let fields: [(String, DataType)] = [
        ("k", .int64), ("g", .utf8), ("day", .date), ("x", .int32), ("f", .float64), ("s", .utf8), ("u", .uint64),
    ]

    /// Random rows, the same for a seed; `keys` decide whether `g` and `day` depend on `k`.
    private static func rows(_ random: inout SplitMix64, _ count: Int, dependent: Bool) -> [[Scalar]] {
        (0..<count).map { row in
            let key = Int64(random.below(40))
            let free = Int64(random.below(3))
            func sometimes(_ value: Scalar) -> Scalar { random.below(9) == 0 ? .null : value }
            return [
                .integer(key), dependent && key % 7 == 0 ? .null : .bytes(Array("g\(dependent ? key % 5 : free)".utf8)),
                .integer(18_000 + (dependent ? key : free)), sometimes(.integer(Int64(random.below(1_000)) - 500)),
                sometimes([.float(.nan), .float(-0.0), .float(Double(random.below(99)) / 4)][random.below(3)]),
                sometimes(.bytes(Array("some text number \(random.below(5_000)), somewhat longer".utf8))),
                .integer(Int64(bitPattern: random.next())),
            ]
        }
    }

    private func made(_ seed: UInt64, keyed: Bool, dependent: Bool) throws -> QueryTable {
        var random = SplitMix64(seed: seed)
        let parts = (0..<7).map { _ in CompactionTests.rows(&random, 1 + random.below(900), dependent: dependent) }
        let groups = [
            KeyGroup(name: "days", key: ["day"], columns: ["day"]),
            KeyGroup(name: "keys", key: ["k"], columns: ["k", "g"], within: "days"),
        ]
        return try QueryTable(CompactionTests.fields, parts, groups: keyed ? groups : [])
    }

    private let all = "SELECT * FROM t ORDER BY u, k"

    /// Seeds are printed with what fails.
    @Test(arguments: [1, 2, 3] as [UInt64], [(true, true), (true, false), (false, true)])
    func theRowsStayTheSame(seed: UInt64, kind: (keyed: Bool, dependent: Bool)) throws {
        let made = try made(seed, keyed: kind.keyed, dependent: kind.dependent)
        let lake = try Lake.open(at: made.directory.path + "/lake")
        let table = try lake.table("t")
        for round in 0..<3 {
            if round == 1 { _ = try RowDeletion(try made.engine(), table: "t", condition: "x > 100 OR k = 3").run() }
            if round == 2 {
                let base = try table.manifest()
                var wider = base.schema
                wider.fields[3].type = .int64
                wider.fields[2].type = .timestamp
                wider.fields.append(Field(id: 8, name: "later", type: .utf8))
                _ = try table.commit(.widen(to: wider), over: base)
            }
            let before = try made.rows(all)
            let snapshot = try table.snapshot()
            let digest = try snapshot.contentDigest()
            var policy = CompactionPlan.Policy()
            policy.rows = round == 0 ? 1_500 : 4_000_000
            policy.deletedShare = 0
            let plan = CompactionPlan(snapshot, policy: policy)
            let outcomes = try Compaction(plan, workers: 2).run()
            #expect(round == 2 || !outcomes.isEmpty)
            let after = try table.snapshot()
            #expect(try made.rows(all) == before)
            #expect(try after.contentDigest() == digest)
            #expect(!after.hasDeletions)
            #expect(digest.rows == before.count)
            // What is as it should be is left alone.
            if round > 0 { #expect(CompactionPlan(after, policy: policy).groups.isEmpty) }
            let report = try Validation(of: table).run(checkShard: { _, entry, _ in
                try ShardReader(path: table.shardPath(entry.file), store: table.store).check().map { Finding($0) }
            })
            #expect(report.findings.isEmpty)
        }
    }

    @Test func keysOfAllShardsAreStoredOnce() throws {
        let made = try made(4, keyed: true, dependent: true)
        let table = try Lake.open(at: made.directory.path + "/lake").table("t")
        _ = try Compaction(CompactionPlan(try table.snapshot())).run()
        let shards = try table.manifest().shards
        #expect(shards.count == 1)
        let reader = try ShardReader(path: table.shardPath(shards[0].file), store: table.store)
        #expect(reader.groups.map(\.keyCount) == [40, 40])
    }

    @Test func rowsAreOrderedAnew() throws {
        let made = try made(5, keyed: true, dependent: true)
        let table = try Lake.open(at: made.directory.path + "/lake").table("t")
        let before = try made.rows(all)
        var policy = CompactionPlan.Policy()
        policy.isEverything = true
        let plan = CompactionPlan(try table.snapshot(), policy: policy)
        let clustering = try Clustering(try made.engine(memory: 16 << 20), plan.snapshot, by: ["g", "x"])
        _ = try Compaction(plan, source: clustering.source).run()
        #expect(try made.rows(all) == before)
        #expect(try made.rows("SELECT g, x FROM t") == made.rows("SELECT g, x FROM t ORDER BY g, x"))
        #expect(throws: LakeError.self) { try Clustering(try made.engine(), plan.snapshot, by: ["nothing"]) }
        #expect(throws: LakeError.self) { try Clustering(try made.engine(), plan.snapshot, by: ["g", "g"]) }
    }

    @Test func whatAnotherWriterTouchedIsLeftAlone() throws {
        let made = try made(6, keyed: true, dependent: true)
        let table = try Lake.open(at: made.directory.path + "/lake").table("t")
        let plan = CompactionPlan(try table.snapshot())
        _ = try RowDeletion(try made.engine(), table: "t", condition: "k = 5").run()
        let before = try made.rows(all)
        let outcomes = try Compaction(plan).run()
        #expect(outcomes.map(\.version) == [nil])
        #expect(try made.rows(all) == before)
        // The shards that it wrote are gone again.
        #expect(try Validation(of: table).run().findings.isEmpty)
        #expect(try Compaction(CompactionPlan(try table.snapshot())).run().allSatisfy { $0.version != nil })
        #expect(try made.rows(all) == before)
    }

    @Test func theDigestIsOfTheRows() throws {
        func digest(_ parts: [[[Scalar]]], groups: [KeyGroup] = []) throws -> ContentDigest {
            let made = try QueryTable([("a", .int64), ("b", .utf8)], parts, groups: groups)
            return try Lake.open(at: made.directory.path + "/lake").table("t").snapshot().contentDigest()
        }
        func row(_ number: Int) -> [Scalar] {
            let text: Scalar = number % 4 == 0 ? .null : .bytes([UInt8(number % 9 + 65)])
            return [.integer(Int64(number % 9)), text]
        }
        let rows = (0..<300).map(row)
        let whole = try digest([rows])
        #expect(try digest([Array(rows.reversed())]) == whole)
        #expect(try digest([Array(rows[..<7]), Array(rows[7...])]) == whole)
        #expect(try digest([rows], groups: [KeyGroup(name: "a", key: ["a"], columns: ["a"])]) == whole)
        #expect(try digest([rows + [rows[0]]]) != whole)
        for changed: [Scalar] in [[.integer(0), .bytes([65])], [.null, .null], [.integer(1), .null]] {
            #expect(try digest([[changed] + rows.dropFirst()]) != whole)
        }
        // As in FORMAT.md, and the same on every machine.
        #expect(whole.description == "47d0679264a7ff6cf47170ce1c48cd51")
        #expect(ContentDigest().description == "00000000000000000000000000000000")
    }
}
