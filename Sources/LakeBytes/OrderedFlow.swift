/// Makes items side by side and hands them out in order on the calling thread.
///
/// Every index below `count` is worked on once, by `produce`, which hands any number of items to its outlet. `consume` gets all
/// items of index 0, then those of index 1, and so on, while workers are busy with indices further on: as far as `room`
/// allows, so that memory does not grow when the consumer is slow. The calling thread works too while nothing is ready.
///
/// - Parameters:
///   - workers: threads at most, the calling one among them.
///   - room: bytes of items that may wait for the consumer, besides one item of the index that it waits for.
///   - produce: makes the items of an index; throws what the outlet throws.
///   - consume: takes the next item; false when no more are wanted.
/// - Throws: what `consume` throws; or, once all items of lower indices have been handed out, what `produce` threw for an index.
public func orderedFlow<Item: Sendable>(
    count: Int, workers: Int, room: Int,
    produce: @Sendable (Int, FlowOutlet<Item>) throws -> Void,
    consume: (Item) throws -> Bool
) throws {
    try withoutActuallyEscaping(produce) { produce in
        let flow = Flow<Item>(count: count, workers: workers, room: room, produce: produce)
        let hands = min(workers, count) - 1
        let work = Work(0..<max(hands, 0)) { _ in flow.work() }
        if hands > 0 { WorkerCrew.current.offer(work, hands: hands) }
        defer {
            flow.stop()
            if hands > 0 { WorkerCrew.current.withdraw(work) }
        }
        try withoutActuallyEscaping(consume) { try flow.consume($0) }
    }
}

/// The end of an `orderedFlow` that no more items are wanted from; `produce` lets it pass.
struct FlowEnded: Error {}

/// Where the items of one index go.
public struct FlowOutlet<Item: Sendable>: Sendable {
    fileprivate let flow: Flow<Item>
    fileprivate let index: Int
    /// Whether the thread is the one that consumes.
    fileprivate let consumes: Bool

    /// Hands an item on, waiting for room.
    /// - Parameter bytes: what the item takes of the room.
    /// - Throws: when no more items are wanted; `produce` must end then.
    public func send(_ item: Item, bytes: Int) throws {
        try flow.send(item, max(bytes, 1), of: index, consumes: consumes)
    }
}

private final class Flow<Item: Sendable>: Sendable {
    /// Indices that may be begun ahead of the one that is handed out, per worker.
    private static var ahead: Int { 16 }

    private struct Slot {
        var items: [(item: Item, bytes: Int)] = []
        /// How many of `items` have been taken.
        var taken = 0
        var isDone = false
        var failure: (any Error)?

        mutating func take() -> (item: Item, bytes: Int)? {
            guard taken < items.count else { return nil }
            let next = items[taken]
            taken += 1
            if taken == items.count {
                items.removeAll()
                taken = 0
            }
            return next
        }
    }

    private struct State {
        /// The index whose items are handed out now, and the next to be begun.
        var head = 0
        var next = 0
        var bytes = 0
        var isStopped = false
        var slots: [Int: Slot] = [:]
    }

    private enum Step {
        case item(Item)
        case work(Int)
        case failed(any Error)
        /// The head has moved on, which others must hear of before this thread waits.
        case again
        case done
    }

    private let count: Int
    private let room: Int
    private let furthest: Int
    private let produce: @Sendable (Int, FlowOutlet<Item>) throws -> Void
    private let monitor = Monitor(State())
    /// The consumer while it is at work, and what it threw; only its own thread touches them.
    private nonisolated(unsafe) var consumer: ((Item) throws -> Bool)?
    private nonisolated(unsafe) var consumerFailure: (any Error)?

    init(count: Int, workers: Int, room: Int, produce: @escaping @Sendable (Int, FlowOutlet<Item>) throws -> Void) {
        self.count = count
        self.room = room
        furthest = max(1, workers) * Flow.ahead
        self.produce = produce
    }

    func stop() { monitor.change { $0.isStopped = true } }

    // MARK: Producing

    /// What a worker does until nothing is left to begin.
    func work() {
        while let index = monitor.wait(until: { state -> Int?? in begin(&state, waits: true) }) {
            run(index, consumes: false)
        }
    }

    /// The next index that may be begun: `.some(nil)` when there will be none, nil when there is none now.
    private func begin(_ state: inout State, waits: Bool) -> Int?? {
        if state.isStopped || state.next >= count { return .some(nil) }
        guard state.next == state.head || state.bytes < room && state.next < state.head + furthest else { return nil }
        state.next += 1
        return state.next - 1
    }

    private func run(_ index: Int, consumes: Bool) {
        var failure: (any Error)?
        do {
            try produce(index, FlowOutlet(flow: self, index: index, consumes: consumes))
        } catch {
            failure = error
        }
        monitor.change { state in
            state.slots[index, default: Slot()].isDone = true
            guard let failure else { return }
            state.slots[index]?.failure = failure
            // What comes after a failure is not needed.
            state.next = max(state.next, count)
        }
    }

    func send(_ item: Item, _ bytes: Int, of index: Int, consumes: Bool) throws {
        while true {
            // The consumer's own thread cannot wait for itself: it hands out what is ready instead.
            let isSent = try monitor.wait { state -> Bool? in
                if state.isStopped || consumes && state.slots[state.head]?.failure != nil { throw FlowEnded() }
                let isAwaited = index == state.head && state.slots[index]?.items.isEmpty ?? true
                guard isAwaited || state.bytes < room else {
                    return consumes && Flow.isReady(state) ? false : nil
                }
                state.slots[index, default: Slot()].items.append((item, bytes))
                state.bytes += bytes
                return true
            }
            if isSent { break }
            try drain()
        }
        if consumes { try drain() }
    }

    // MARK: Consuming

    func consume(_ body: @escaping (Item) throws -> Bool) throws {
        consumer = body
        defer { consumer = nil }
        while true {
            switch monitor.wait(until: { state in step(&state) }) {
            case .item(let item): if try !body(item) { return }
            case .work(let index): run(index, consumes: true)
            case .failed(let error):
                if error is FlowEnded { return }
                throw error
            case .again: continue
            case .done:
                if let consumerFailure { throw consumerFailure }
                return
            }
        }
    }

    /// What the consumer does next; nil to wait.
    private func step(_ state: inout State) -> Step? {
        if state.isStopped { return .done }
        let head = state.head
        while state.head < count {
            if let item = Flow.take(&state) { return .item(item) }
            guard let slot = state.slots[state.head], slot.isDone else { break }
            if let failure = slot.failure { return .failed(failure) }
            state.slots[state.head] = nil
            state.head += 1
        }
        if state.head >= count { return .done }
        if case .some(.some(let index)) = begin(&state, waits: false) { return .work(index) }
        return state.head > head ? .again : nil
    }

    private static func isReady(_ state: State) -> Bool {
        guard let slot = state.slots[state.head] else { return false }
        return slot.taken < slot.items.count || slot.isDone
    }

    private static func take(_ state: inout State) -> Item? {
        guard let (item, bytes) = state.slots[state.head]?.take() else { return nil }
        state.bytes -= bytes
        return item
    }

    /// Hands out what is ready, on the consumer's thread in the middle of an index of its own.
    private func drain() throws {
        while true {
            let item = monitor.change { state -> Item? in
                while !state.isStopped {
                    if let item = Flow.take(&state) { return item }
                    guard let slot = state.slots[state.head], slot.isDone, slot.failure == nil else { return nil }
                    state.slots[state.head] = nil
                    state.head += 1
                }
                return nil
            }
            guard let item else { return }
            do {
                if let consumer, try consumer(item) { continue }
            } catch {
                consumerFailure = error
            }
            stop()
            throw FlowEnded()
        }
    }
}
