import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeQuery

/// Which shards a value is in is known from the second question on; answers must not change with that.
@Suite struct ValueShardsTests {
    private static func text(_ value: String) -> Scalar { .bytes(Array(value.utf8)) }

    /// Five shards: a wave each but for one of two, one without any, and one whose numbers stand in no dictionary.
    private static let table = Result {
        try QueryTable(
            [("wave", .utf8), ("n", .int64)],
            [["W1"], ["W2"], ["W2", "W3"], [nil], ["W3"]].enumerated().map { shard, waves in
                (0..<600).map { row in
                    let wave = waves[row % waves.count].map { text($0) } ?? .null
                    return [wave, .integer(shard == 4 ? Int64(row) * 1_000_003 : Int64(row % 3))]
                }
            })
    }

    @Test(arguments: [
        ("wave = 'W1'", 600, 4), ("'W2' = wave", 900, nil), ("wave = 'W2'", 900, 3),
        ("wave IN ('W1', 'W3')", 1_500, 2), ("wave IN ('W3', NULL)", 900, 3), ("wave = 'absent'", 0, 5),
        ("wave = 'W3' AND n = 1", 100, nil), ("wave = 'W1' OR wave = 'W2'", 1_500, nil),
        ("NOT wave = 'W3'", 1_500, nil), ("wave IS NULL", 600, nil), ("n = 2", 800, nil), ("n = 1000003", 1, nil),
        ("wave = 'W2' AND rowid < 700", 100, nil),
    ])
    func answersStay(_ condition: String, _ count: Int, _ pruned: Int?) throws {
        let engine = try ValueShardsTests.table.get().engine()
        for _ in 0..<3 {
            #expect(try rows("SELECT count(*) FROM t WHERE \(condition)", engine) == [[.integer(Int64(count))]])
            #expect(try rows("SELECT n FROM t WHERE \(condition)", engine).count == count)
        }
        let groups = try engine.prepare("SELECT count(*) FROM t WHERE \(condition)").run { _ in }
        #expect(groups.shards == 5)
        let scanned = try engine.prepare("SELECT n FROM t WHERE \(condition)").run { _ in }
        #expect(scanned.shards == 5)
        guard let pruned else { return }
        #expect(groups.shardsPruned == pruned)
        #expect(scanned.shardsPruned == pruned)
    }

    private func rows(_ sql: String, _ engine: QueryEngine) throws -> [[Scalar]] {
        var rows: [[Scalar]] = []
        let query = try engine.prepare(sql)
        try query.run { batch in
            for row in 0..<batch.count {
                rows.append(zip(batch.columns, query.columns).map { $0.scalar(row, $1.type) })
            }
        }
        return rows
    }
}
