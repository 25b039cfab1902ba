import Glibc
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

    @Test func callsNestAndRunSideBySide() throws {
        let sum = Atomic<Int>(0)
        for _ in 0..<50 {
            try parallelFor(count: 8, workers: 4) { outer in
                try parallelFor(count: 20, workers: 3) { inner in
                    sum.wrappingAdd(outer * inner, ordering: .relaxed)
                }
            }
        }
        #expect(sum.load(ordering: .relaxed) == 50 * 28 * 190)
    }

    @Test func threadsAreKept() throws {
        let threads = Mutex(Set<UInt>())
        for _ in 0..<200 {
            try parallelFor(count: 4, workers: 3) { _ in
                let thread = UInt(pthread_self())
                threads.withLock { _ = $0.insert(thread) }
            }
        }
        // Other tests run beside this one and share them.
        #expect(threads.withLock { $0.count } < 100)
    }

    @Test func nothingToDo() throws {
        try parallelFor(count: 0) { _ in Issue.record("no index below 0") }
    }
}
