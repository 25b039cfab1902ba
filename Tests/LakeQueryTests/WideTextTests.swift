import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeQuery

/// Text that is computed for rows takes far more memory than what they hold: it is computed for some of them at a time.
@Suite struct WideTextTests {
    private static let rows = 5_000

    private let table: QueryTable

    init() throws {
        table = try QueryTable([("n", .int64)], [(0..<WideTextTests.rows).map { [.integer(Int64($0))] }])
    }

    @Test func conditionsAreDecidedInParts() throws {
        // 100 MB for all rows together.
        let wide = "repeat('a', 20000) || n"
        #expect(try table.rows("SELECT count(*) FROM t WHERE \(wide) LIKE '%a7'") == [[.integer(1)]])
        #expect(try table.rows("SELECT count(*) FROM t WHERE NOT \(wide) LIKE '%7'") == [[.integer(4_500)]])
    }

    @Test func rowsAreHandedOutInParts() throws {
        let query = try table.engine().prepare("SELECT repeat('a', 10000) || n, n FROM t WHERE n % 2 = 1")
        var next: Int64 = 1
        try query.run { batch in
            for row in 0..<batch.count {
                #expect(batch.columns[1].scalar(row, .int64) == .integer(next))
                next += 2
            }
            #expect(batch.count < WideTextTests.rows / 2, "10 KB times 2,500 is more than a batch takes")
        }
        #expect(next == Int64(WideTextTests.rows) + 1)
    }
}
