import Glibc
import LakeBytes
import LakeCore
import Synchronization
import Testing

@Suite struct OrderedFlowTests {
    @Test(arguments: [1, 2, 3, 8]) func everythingInOrder(workers: Int) throws {
        var found: [Int] = []
        try orderedFlow(count: 200, workers: workers, room: 64) { index, outlet in
            for part in 0..<(index % 4) { try outlet.send(index * 10 + part, bytes: 16) }
        } consume: { item in
            found.append(item)
            return true
        }
        #expect(found == (0..<200).flatMap { index in (0..<(index % 4)).map { index * 10 + $0 } })
    }

    @Test(arguments: [1, 2, 4]) func whatWaitsIsBounded(workers: Int) throws {
        let waiting = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        var taken = 0
        try orderedFlow(count: 40, workers: workers, room: 1_000) { index, outlet in
            for _ in 0..<50 {
                let now = waiting.add(100, ordering: .relaxed).newValue
                _ = most.max(now, ordering: .relaxed)
                try outlet.send(index, bytes: 100)
            }
        } consume: { _ in
            waiting.subtract(100, ordering: .relaxed)
            taken += 1
            if taken % 100 == 0 { usleep(500) }
            return true
        }
        #expect(taken == 2_000)
        // The room, one item that is awaited, one that each thread has in hand, one being consumed.
        #expect(most.load(ordering: .relaxed) <= 1_000 + 100 * (workers + 2))
    }

    @Test(arguments: [1, 2, 4]) func endsWhenTheConsumerHasEnough(workers: Int) throws {
        let begun = Atomic<Int>(0)
        var found: [Int] = []
        try orderedFlow(count: 100_000, workers: workers, room: 100) { index, outlet in
            begun.add(1, ordering: .relaxed)
            for _ in 0..<10 { try outlet.send(index, bytes: 10) }
        } consume: { item in
            found.append(item)
            return found.count < 25
        }
        #expect(found == (0..<25).map { $0 / 10 })
        #expect(begun.load(ordering: .relaxed) < 1_000)
    }

    @Test(arguments: [1, 2, 4]) func failuresComeAfterWhatWasBefore(workers: Int) {
        var found: [Int] = []
        let failure = #expect(throws: LakeError.self) {
            try orderedFlow(count: 100, workers: workers, room: 30) { index, outlet in
                try outlet.send(index, bytes: 10)
                if index >= 20 { throw LakeError(.failed, "index \(index)") }
                try outlet.send(index, bytes: 10)
            } consume: { item in
                found.append(item)
                return true
            }
        }
        #expect(failure?.message == "index 20")
        #expect(found == (0..<40).map { $0 / 2 } + [20])
    }

    @Test(arguments: [1, 2, 4]) func theConsumersFailureEndsIt(workers: Int) {
        var calls = 0
        #expect(throws: LakeError.self) {
            try orderedFlow(count: 1_000, workers: workers, room: 50) { index, outlet in
                for _ in 0..<5 { try outlet.send(index, bytes: 10) }
            } consume: { item in
                calls += 1
                if item == 7 { throw LakeError(.io, "full") }
                return true
            }
        }
        #expect(calls == 36)
    }

    @Test func nothingToDo() throws {
        try orderedFlow(count: 0, workers: 4, room: 1) { _, _ in
        } consume: { (_: Int) in
            true
        }
        try orderedFlow(count: 50, workers: 4, room: 1) { _, _ in
        } consume: { (_: Int) in
            true
        }
    }
}
