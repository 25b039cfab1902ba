import LakeBytes
import LakeCore
import LakeShard
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
        "SELECT n FROM t TABLESAMPLE rows(10, s)", "SELECT n, count(*) FROM t GROUP BY n",
        "SELECT count(DISTINCT n), median(n), mode(s) FROM t", "SELECT s, count(DISTINCT n) FROM t GROUP BY s",
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

    @Test func workTakesItsTokenAlong() throws {
        let token = Cancellation()
        let sum = Bound.arithmetic(.add, .field(0, .int64), .constant(.integer(1), .int64), .int64)
        let condition = Bound.comparison(.greater, sum, .constant(.integer(5), .int64))
        let fields = FieldVectors([0: ColumnVector(.integers(Array(0..<2_000)))], count: 2_000)
        #expect(try token.whileCurrent { try condition.truth(over: fields) }.trues.population == 1_995)
        token.cancel()
        #expect(throws: LakeError.self) { try token.whileCurrent { try condition.truth(over: fields) } }
        #expect(throws: LakeError.self) {
            try token.whileCurrent { try parallelFor(count: 8, workers: 2) { _ in try Cancellation.checkCurrent() } }
        }
        #expect(Cancellation.current == nil)
        #expect(try condition.truth(over: fields).trues.population == 1_995)
    }

    @Test(
        arguments: [
            "SELECT n FROM t", "SELECT n, count(*) FROM t GROUP BY n",
            "SELECT n, count(DISTINCT s), median(n) FROM t GROUP BY n", "SELECT n + 1, mode(s) FROM t GROUP BY n",
        ], [1, 2])
    func noBatchComesAfterTheOneThatCancels(_ sql: String, workers: Int) throws {
        let token = Cancellation()
        let query = try QueryCancellationTests.table.get().engine(workers: workers).prepare(sql)
        var batches = 0
        let error = #expect(throws: LakeError.self) {
            try query.run(cancellation: token) { _ in
                batches += 1
                token.cancel()
            }
        }
        #expect(error?.code == .cancelled && batches == 1)
    }

    @Test func aSearchOfTextAsksBetweenTexts() throws {
        let strings = ByteStrings((0..<2_000).map { "text \($0)" })
        let patterns: [() throws -> Bitmap] = [
            { try RegularExpression(Array("t.*7".utf8)).rows(strings) },
            { try #require(TextPattern(Array("t_x%7".utf8))).rows(strings) },
        ]
        for rows in patterns {
            #expect(try Cancellation().whileCurrent(rows).population > 0)
            let token = Cancellation()
            token.cancel()
            let error = #expect(throws: LakeError.self) { try token.whileCurrent(rows) }
            #expect(error?.code == .cancelled)
        }
    }

    /// Once the rows are read, what is left of a grouped query is this: each part asks before it does much.
    @Test func groupsAskBetweenWhiles() throws {
        let token = Cancellation()
        token.cancel()
        func isCancelled(_ body: () throws -> Void) -> Bool {
            do { try body() } catch { return (error as? LakeError)?.code == .cancelled }
            return false
        }
        // Fewer than are sorted as they come.
        let rows = 30_000
        let x = Bound.field(0, .int64)
        let aggregates = [
            BoundAggregate(function: .count, argument: x, type: .int64, distinct: true),
            BoundAggregate(function: .quantileContinuous, argument: x, type: .float64),
        ]
        for aggregate in aggregates {
            var part = Accumulator(aggregate, cells: rows)
            let values = (0..<Int64(rows)).map { $0 * 7919 % 100_003 }
            try part.add(
                .integers(values, nil), cells: (0..<UInt32(rows)).map { $0 / 2 }, indices: nil, multiples: nil)
            #expect(isCancelled { _ = try part.results(token) })
            #expect(
                isCancelled {
                    var copy = part
                    try copy.settle(token)
                })
            try part.settle()
            if aggregate.function != .count { #expect(isCancelled { _ = try part.results(token) }) }
            var whole = Accumulator(aggregate, cells: rows)
            let all = Array(0..<rows)
            #expect(isCancelled { try whole.merge(part, from: all, into: all, cancellation: token) })
            let keys = [KeyColumn(.words(values.map { UInt64($0) }))]
            let groups = EncodedGroups(columns: keys, cells: all, accumulators: [part])
            var table = GroupTable([aggregate], types: [.int64])
            #expect(isCancelled { try table.merge(groups, all, token) })
            var partial = PartialGroups(terms: 1, accumulators: [part])
            (partial.values, partial.numbers, partial.cells) = ([[.integer(1)]], [[0]], [0])
            #expect(isCancelled { _ = try EncodedGroups(partial, types: [.int64], cancellation: token) })
        }
    }

    @Test func tooLittleMemoryIsRefused() throws {
        let query = try QueryCancellationTests.table.get().engine(memory: 1 << 20).prepare("SELECT n FROM t")
        let error = #expect(throws: LakeError.self) { try query.run { _ in } }
        #expect(error?.code == .usage && error?.hint?.contains("16M") == true)
    }
}
