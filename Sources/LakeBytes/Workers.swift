import Glibc
import LakeCore
import Synchronization

/// How many threads do work that splits: the environment's `ALPHALAKE_THREADS` when that is a number from 1 to 1024,
/// else the cores that are online.
public var defaultWorkers: Int {
    if let text = getenv("ALPHALAKE_THREADS"), let count = Int(String(cString: text)), (1...1024).contains(count) {
        return count
    }
    return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}

/// Calls `body` once for every index below `count`, on up to `workers` threads (the calling one among them) that take the
/// next index from one cursor. Returns when all are done.
///
/// Plain threads, kept between calls and started anew in a process that forked. One worker, or one index, runs on the
/// calling thread. Calls may nest.
/// - Parameter alone: how long the calling thread goes on by itself before it asks others: waking one takes tens of
///   microseconds, more than some work does as a whole.
/// - Throws: the error of the lowest index that failed; indices not yet begun when an error occurs are not begun.
public func parallelFor(
    count: Int, workers: Int? = nil, alone: Duration = .zero, _ body: @Sendable (Int) throws -> Void
) throws {
    let threads = min(max(workers ?? defaultWorkers, 1), count)
    var first = 0
    if threads > 1, alone > .zero {
        let start = ContinuousClock.now
        while first < count, start.duration(to: .now) < alone {
            try body(first)
            first += 1
        }
    }
    guard threads > 1, count - first > 1 else {
        for index in first..<max(count, first) { try body(index) }
        return
    }
    try withoutActuallyEscaping(body) { body in
        let work = Work(first..<count, body: body)
        let crew = WorkerCrew.current
        crew.offer(work, hands: threads - 1)
        work.run()
        crew.withdraw(work)
        if let failure = work.failure.withLock({ $0 }) { throw failure.error }
    }
}

/// `parallelFor` that collects what `body` returns, in the order of the indices.
public func parallelMap<Result: Sendable>(
    count: Int, workers: Int? = nil, alone: Duration = .zero, _ body: @Sendable (Int) throws -> Result
) throws -> [Result] {
    let slots = Mutex<[Result?]>([Result?](repeating: nil, count: max(count, 0)))
    try parallelFor(count: count, workers: workers, alone: alone) { index in
        let result = try body(index)
        slots.withLock { $0[index] = result }
    }
    return slots.withLock { $0.compactMap { $0 } }
}

/// `parallelFor` over objects that have nothing to do with each other: each is lent to one thread, and nobody else touches it until
/// the call returns.
public func parallelForEach<Object: AnyObject>(
    _ objects: [Object], workers: Int? = nil, alone: Duration = .zero, _ body: @Sendable (Object) throws -> Void
) throws {
    let lent = LentObjects(objects: objects)
    try parallelFor(count: objects.count, workers: workers, alone: alone) { try body(lent.objects[$0]) }
}

/// Objects of which each is touched by one thread at a time.
private struct LentObjects<Object: AnyObject>: @unchecked Sendable {
    let objects: [Object]
}

/// What the threads of one `parallelFor` share.
final class Work: Sendable {
    let count: Int
    let body: @Sendable (Int) throws -> Void
    let cursor: Atomic<Int>
    let stopped = Atomic<Bool>(false)
    let failure = Mutex<(index: Int, error: any Error)?>(nil)
    private let cancellation = Cancellation.current

    init(_ indices: Range<Int>, body: @escaping @Sendable (Int) throws -> Void) {
        count = indices.upperBound
        cursor = Atomic(indices.lowerBound)
        self.body = body
    }

    func run() {
        guard let cancellation else { return runAll() }
        cancellation.whileCurrent { runAll() }
    }

    private func runAll() {
        while !stopped.load(ordering: .relaxed) {
            let index = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            do {
                try body(index)
            } catch {
                stopped.store(true, ordering: .relaxed)
                failure.withLock { first in
                    if first.map({ $0.index > index }) ?? true { first = (index, error) }
                }
            }
        }
    }
}
