import Glibc
import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Testing

@testable import LakeQuery

/// A lake that makes room for another one at the same path, while an engine has it open.
@Suite struct ReplacedLakeTests {
    /// Tables `t` of one version each, which differ in their values only.
    private let first: QueryTable
    private let second: QueryTable

    init() throws {
        let lakes = try [1, 100].map { scale in
            try QueryTable([("x", .int64)], [(1...3).map { [.integer(Int64($0 * scale))] }])
        }
        (first, second) = (lakes[0], lakes[1])
    }

    private func replace() {
        let place = first.directory.path + "/lake"
        #expect(rename(place, first.directory.path + "/before") == 0)
        #expect(rename(second.directory.path + "/lake", place) == 0)
    }

    private func sum(_ engine: QueryEngine) throws -> Int64? {
        var found: Int64?
        try engine.prepare("SELECT sum(x) FROM t").run { found = $0.columns[0].scalar(0, .int64).integerBits }
        return found
    }

    @Test func itsRowsAreSeenAtOnce() throws {
        let engine = try first.engine()
        #expect(try sum(engine) == 6)
        replace()
        #expect(try sum(engine) == 600)
        #expect(try sum(engine) == 600)
    }

    @Test func itsRowsAreSeenWhenDirectoriesAreTold() throws {
        let lake = try Lake.open(at: first.directory.path + "/lake")
        #expect(try lake.stamp(ofTable: "t") == nil, "changed just now")
        usleep(2_200_000)
        let engine = try first.engine()
        let stamp = try lake.stamp(ofTable: "t")
        #expect(try sum(engine) == 6)
        #expect(try sum(engine) == 6)
        #expect(try lake.stamp(ofTable: "t") == stamp)
        replace()
        #expect(try stamp == nil || lake.stamp(ofTable: "t") != stamp)
        #expect(try sum(engine) == 600)
        // A commit shows as well.
        let table = try lake.table("t")
        let writer = TableWriter(table: table, schema: first.schema)
        try writer.append(Batch(count: 1, columns: [.of([.integer(7)], .int64)]))
        _ = try table.commit(.append(try writer.finish()), over: try table.manifest())
        #expect(try sum(engine) == 607)
    }

    @Test func aVersionThatIsLookedUpInIsOfTheLakeThatIsThere() throws {
        let lookups = try [first, second].map { made in
            let lake = try Lake.open(at: made.directory.path + "/lake")
            return LookupTables(lake: lake, shards: OpenShards(lake: lake, at: .newest))
        }
        let lookup = Lookup(table: "t", version: 2, key: [.init("x", references: "x")], value: "x")
        let before = try lookups[0].table(lookup).snapshot.manifest.digest
        #expect(try lookups[0].table(lookup).snapshot.manifest.digest == before)
        let other = try lookups[1].table(lookup).snapshot.manifest.digest
        replace()
        #expect(try lookups[0].table(lookup).snapshot.manifest.digest == other)
    }
}
