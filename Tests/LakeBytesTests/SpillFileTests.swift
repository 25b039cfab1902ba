import LakeBytes
import LakeCore
import Testing

@Suite struct SpillFileTests {
    @Test func runsComeBack() throws {
        let file = try SpillFile()
        let long = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for start in stride(from: 0, to: long.count, by: 1_000) {
            try file.append(Array(long[start..<(start + 1_000)]))
        }
        let first = try file.endRun()
        let empty = try file.endRun()
        try file.append([1, 2, 3])
        let last = try file.endRun()
        #expect((first.count, empty.count, last.count) == (3_000_000, 0, 3))
        #expect(try file.read(first, at: 1_234_567, count: 1_000) == Array(long[1_234_567..<1_235_567]))
        #expect(try file.read(first, at: 2_999_990, count: 1_000) == Array(long[2_999_990...]))
        #expect(try file.read(empty, at: 0, count: 10).isEmpty)
        #expect(try file.read(last, at: 1, count: 10) == [2, 3])
    }

    @Test func aDirectoryThatIsNotThere() {
        let failure = #expect(throws: LakeError.self) {
            try SpillFile(store: LocalStore(), directory: "/nowhere/at/all")
        }
        #expect(failure?.message.hasPrefix("a temporary file") == true)
        #expect(failure?.hint?.contains("TMPDIR") == true)
    }
}

@Suite struct MemoryBudgetTests {
    @Test func reservesWhatThereIs() throws {
        let budget = try MemoryBudget(limit: 16 << 20)
        #expect(budget.reserve(10 << 20))
        #expect(!budget.reserve(7 << 20))
        #expect(budget.left == 6 << 20)
        budget.take(8 << 20)
        #expect(budget.left == 0)
        budget.release(18 << 20)
        #expect(budget.reserve(16 << 20))
    }

    @Test func tooLittle() {
        let failure = #expect(throws: LakeError.self) { try MemoryBudget(limit: 1_000) }
        #expect(failure?.code == .usage)
        #expect(failure?.hint?.contains("16M") == true)
    }
}

@Suite struct CancellationTests {
    @Test func checkThrowsOnceAsked() throws {
        let token = Cancellation()
        try token.check()
        token.cancel()
        #expect(token.isCancelled)
        let failure = #expect(throws: LakeError.self) { try token.check() }
        #expect(failure?.exitCode == 130)
    }

    @Test func stopsWorkBetweenIndices() {
        let token = Cancellation()
        var seen = 0
        #expect(throws: LakeError.self) {
            try orderedFlow(count: 1_000, workers: 2, room: 10) { index, outlet in
                try token.check()
                try outlet.send(index, bytes: 10)
            } consume: { _ in
                seen += 1
                if seen == 5 { token.cancel() }
                return true
            }
        }
        #expect(seen < 30)
    }
}
