import Foundation
import LakeCore

/// Writers that take turns at the calls to their stores: one runs at a time, and a seed says who goes on at each call.
final class Turns: @unchecked Sendable {
    private let condition = NSCondition()
    // What follows is touched while the condition is locked.
    private var random: SplitMix64
    /// Writers that have not ended.
    private var live: [Int]
    /// Whose turn it is; nil before the first and after the last.
    private var current: Int?
    /// At one call in so many another writer may go on: some histories change hands all the time, some a few times.
    private let patience: Int
    /// A hash of all turns and calls so far.
    private(set) var trace: UInt64 = 0

    init(writers: Int, seed: UInt64) {
        random = SplitMix64(seed: seed)
        patience = 1 + random.below(12)
        live = Array(0..<writers)
    }

    /// Called by a writer before each of its calls: returns when it is its turn.
    func wait(_ writer: Int, _ kind: StoreCall.Kind) {
        condition.withLock {
            if random.below(patience) == 0 { choose() }
            while current != writer { condition.wait() }
            let mark = UInt64(writer) << 32 | UInt64(StoreCall.Kind.allCases.firstIndex(of: kind) ?? 0)
            trace = SplitMix64.mixed(trace ^ mark)
        }
    }

    /// Called by a writer that can do nothing before somebody else has done something: returns when it is its turn again; false at
    /// once where nobody else is left.
    func pass(_ writer: Int) -> Bool {
        condition.withLock {
            let others = live.filter { $0 != writer }
            guard !others.isEmpty else { return false }
            current = others[random.below(others.count)]
            condition.broadcast()
            while current != writer { condition.wait() }
            return true
        }
    }

    /// Runs the writers on threads of their own until all have ended.
    func run(_ writers: [@Sendable () -> Void]) {
        for (number, body) in writers.enumerated() {
            let thread = Thread { [self] in
                condition.withLock { while current != number { condition.wait() } }
                body()
                condition.withLock {
                    live.removeAll { $0 == number }
                    choose()
                }
            }
            // A query that has less of it left starts a thread of its own.
            thread.stackSize = 8 << 20
            thread.start()
        }
        condition.withLock {
            choose()
            while !live.isEmpty { condition.wait() }
        }
    }

    /// Chooses whose turn is next.
    private func choose() {
        let next = live.isEmpty ? nil : live[random.below(live.count)]
        if next == current, next != nil { return }
        current = next
        condition.broadcast()
    }
}
