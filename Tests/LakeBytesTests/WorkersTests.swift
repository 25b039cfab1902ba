import LakeCore
import Synchronization
import Testing

@testable import LakeBytes

@Suite struct WorkersTests {
    @Test(arguments: [1, 2, 7]) func everyIndexIsVisitedOnce(workers: Int) throws {
        let visits = Mutex([Int](repeating: 0, count: 1000))
        try parallelFor(count: 1000, workers: workers) { index in visits.withLock { $0[index] += 1 } }
        #expect(visits.withLock { $0 } == [Int](repeating: 1, count: 1000))
        #expect(try parallelMap(count: 100, workers: workers) { $0 * $0 } == (0..<100).map { $0 * $0 })
    }

    @Test(arguments: [1, 4]) func anErrorStopsTheRest(workers: Int) throws {
        let begun = Atomic<Int>(0)
        let error = #expect(throws: LakeError.self) {
            try parallelFor(count: 1_000_000, workers: workers) { index in
                begun.wrappingAdd(1, ordering: .relaxed)
                if index == 10 { throw LakeError(.failed, "ten") }
            }
        }
        #expect(error?.message == "ten")
        #expect(begun.load(ordering: .relaxed) < 1_000_000)
    }

    @Test func nothingToDo() throws {
        try parallelFor(count: 0) { _ in Issue.record("no index below 0") }
    }
}
