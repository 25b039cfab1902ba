import Dispatch
import LakeBytes
import LakeCore
import LakeShard
import Synchronization
import Testing

@testable import LakeQuery

@Suite struct QueryCancellationTests {
    private static let table = Result {
        try QueryTable(
            [("n", .int64), ("s", .utf8)],
            [0..<140_000, 140_000..<200_000].map { rows in
                rows.map { [.integer(Int64($0)), .bytes(Array("text \($0 % 1_000)".utf8))] }
            })
    }

    @Test(arguments: [
        "SELECT n FROM t", "SELECT n FROM t WHERE s LIKE '%7%' LIMIT 5 OFFSET 20000", "SELECT n FROM t ORDER BY s",
        "SELECT n FROM t ORDER BY s LIMIT 5", "SELECT s, sum(n) FROM t GROUP BY s",
        "SELECT count(*) FROM t WHERE n % 3 = 1",
        "SELECT n FROM t TABLESAMPLE rows(10, s)",
    ])
    func nothingRunsOnceCancelled(_ sql: String) throws {
        let token = Cancellation()
        token.cancel()
        let query = try QueryCancellationTests.table.get().engine().prepare(sql)
        var batches = 0
        let error = #expect(throws: LakeError.self) { try query.run(cancellation: token) { _ in batches += 1 } }
        #expect(error?.code == .cancelled && batches == 0)
        // The query itself is none the worse for it.
        try query.run { _ in batches += 1 }
        #expect(batches > 0)
    }

    @Test(arguments: [1, 2]) func noBatchComesAfterTheOneThatCancels(workers: Int) throws {
        let token = Cancellation()
        let query = try QueryCancellationTests.table.get().engine(workers: workers).prepare("SELECT n FROM t")
        var batches = 0
        let error = #expect(throws: LakeError.self) {
            try query.run(cancellation: token) { _ in
                batches += 1
                token.cancel()
            }
        }
        #expect(error?.code == .cancelled && batches == 1)
    }

    /// A condition on text that no dictionary holds, slow enough that one chunk takes long.
    @Test func endsWithinAChunk() throws {
        let table = try QueryTable(
            [("s", .utf8)], [(0..<60_000).map { [.bytes(Array(String(repeating: "ab\($0)", count: 60).utf8))] }])
        let query = try table.engine().prepare("SELECT count(*) FROM t WHERE s ~ '(a|b|ab|[0-9]+b){90,100}x'")
        let token = Cancellation()
        let stopped = StopTime()
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.1) {
            stopped.time.withLock { $0 = .now }
            token.cancel()
        }
        _ = try? query.run(cancellation: token) { _ in }
        let taken = stopped.time.withLock { $0 }.map { ContinuousClock.now - $0 }
        #expect(taken.map { $0 < .milliseconds(500) } ?? true)
    }

    @Test func tooLittleMemoryIsRefused() throws {
        let query = try QueryCancellationTests.table.get().engine(memory: 1 << 20).prepare("SELECT n FROM t")
        let error = #expect(throws: LakeError.self) { try query.run { _ in } }
        #expect(error?.code == .usage && error?.hint?.contains("16M") == true)
    }
}

/// When a run was asked to stop.
private final class StopTime: Sendable {
    let time = Mutex<ContinuousClock.Instant?>(nil)
}
