import LakeCore
import Synchronization
import Testing

@testable import LakeBytes

@Suite struct ProducerTests {
    private struct Failure: Error {}

    @Test func elementsComeInOrder() throws {
        let producer = Producer<Int>(ahead: 3) { give in for element in 0..<1_000 { try give(element) } }
        var found: [Int] = []
        while let element = try producer.next() { found.append(element) }
        #expect(found == Array(0..<1_000))
        #expect(try producer.next() == nil)
        #expect(producer.wait(milliseconds: 0))
    }

    @Test func noMoreAreMadeThanMayWait() throws {
        let made = Atomic<Int>(0)
        let producer = Producer<Int>(ahead: 2) { give in
            for element in 0..<100 {
                made.add(1, ordering: .relaxed)
                try give(element)
            }
        }
        #expect(try producer.next() == 0)
        _ = Producer<Int>(ahead: 1) { _ in }.wait(milliseconds: 20)
        // One taken, two waiting, one in hand.
        let madeNow = made.load(ordering: .relaxed)
        #expect(madeNow <= 4)
    }

    @Test func aFailureComesAfterWhatWasMade() throws {
        let producer = Producer<Int>(ahead: 5) { give in
            try give(1)
            throw Failure()
        }
        #expect(try producer.next() == 1)
        #expect(throws: Failure.self) { try producer.next() }
        #expect(throws: Failure.self) { try producer.next() }
    }

    @Test func stoppingEndsTheWork() throws {
        let ended = Atomic<Bool>(false)
        let producer = Producer<Int>(ahead: 1) { give in
            defer { ended.store(true, ordering: .relaxed) }
            while true { try give(0) }
        }
        #expect(try producer.next() == 0)
        producer.stop()
        #expect(throws: Producer<Int>.Stopped.self) { try producer.next() }
        producer.end()
        let endedNow = ended.load(ordering: .relaxed)
        #expect(endedNow)
        producer.end()
    }

    @Test func abandonedProducersEnd() throws {
        let begun = Atomic<Int>(0)
        let ended = Atomic<Int>(0)
        for round in 0..<200 {
            let producer = Producer<Int>(ahead: 2) { give in
                begun.add(1, ordering: .relaxed)
                defer { ended.add(1, ordering: .relaxed) }
                while true { try give(round) }
            }
            if round % 2 == 0 { #expect(try producer.next() == round) } else { _ = producer.wait(milliseconds: 0) }
        }
        // One that nobody waited for may have been taken back before a thread came.
        let (begunNow, endedNow) = (begun.load(ordering: .relaxed), ended.load(ordering: .relaxed))
        #expect(endedNow == begunNow)
        #expect(begunNow >= 100)
    }

    @Test func unusedProducersDoNothing() {
        let begun = Atomic<Bool>(false)
        do { _ = Producer<Int>(ahead: 1) { _ in begun.store(true, ordering: .relaxed) } }
        let begunNow = begun.load(ordering: .relaxed)
        #expect(!begunNow)
    }
}
