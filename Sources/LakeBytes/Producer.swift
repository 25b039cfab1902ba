import Glibc
import LakeCore
import Synchronization

/// Makes elements ahead of the one that takes them, a few at most, on a thread of the process's crew.
///
/// Work begins with the first call of `next` or `wait`. When the producer goes, the work is stopped and waited for. A process
/// that forks keeps working: its child has no thread, so taking from a producer that had begun is refused there.
public final class Producer<Element: Sendable>: Sendable {
    /// What `body` is thrown when nobody wants its elements any more.
    public struct Stopped: Error {}

    private let shared: Shared

    /// - Parameters:
    ///   - ahead: elements that may wait to be taken.
    ///   - body: hands elements out one by one; what it throws, `next` throws.
    public init(ahead: Int, _ body: @escaping @Sendable (_ give: (Element) throws -> Void) throws -> Void) {
        shared = Shared(ahead: max(1, ahead), body)
    }

    deinit { shared.end() }

    /// The next element; nil when there are no more.
    /// - Throws: what the body threw, at the end and from then on; `Stopped` after `stop`.
    public func next() throws -> Element? { try shared.next() }

    /// Waits until `next` would return at once, so long at most.
    /// - Returns: whether it would.
    public func wait(milliseconds: Int) -> Bool { shared.wait(milliseconds: milliseconds) }

    /// Ends the work: what waits is forgotten, and the body is stopped where it hands out its next element.
    public func stop() { shared.stop() }

    /// Stops, and waits until no thread is at it.
    public func end() { shared.end() }

    /// What the two threads share.
    private final class Shared: @unchecked Sendable {
        private let stopped = Atomic<Bool>(false)
        private let ahead: Int
        private let body: @Sendable (_ give: (Element) throws -> Void) throws -> Void
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        // Under the mutex:
        private var queue: [Element] = []
        private var failure: (any Error)?
        private var isDone = false
        private var work: Work?
        private var process: pid_t?

        init(ahead: Int, _ body: @escaping @Sendable (_ give: (Element) throws -> Void) throws -> Void) {
            self.ahead = ahead
            self.body = body
            pthread_mutex_init(mutex, nil)
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(changed, &attributes)
            pthread_condattr_destroy(&attributes)
        }

        deinit {
            // A fork may have copied them while they were held; there they cannot be destroyed.
            if process == nil || process == getpid() {
                pthread_cond_destroy(changed)
                pthread_mutex_destroy(mutex)
            }
            changed.deallocate()
            mutex.deallocate()
        }

        private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return try body()
        }

        private func checkProcess() throws {
            if let process, process != getpid() {
                throw LakeError(
                    .failed, "this result was begun before the process forked", hint: "run the query in the child")
            }
        }

        func next() throws -> Element? {
            try checkProcess()
            return try locked {
                startIfNeeded()
                while queue.isEmpty && !isDone && !isStopped { pthread_cond_wait(changed, mutex) }
                if isStopped { throw Stopped() }
                if queue.isEmpty {
                    if let failure { throw failure }
                    return nil
                }
                pthread_cond_broadcast(changed)
                return queue.removeFirst()
            }
        }

        func wait(milliseconds: Int) -> Bool {
            guard (try? checkProcess()) != nil else { return true }
            var deadline = timespec()
            clock_gettime(CLOCK_MONOTONIC, &deadline)
            let nanoseconds = deadline.tv_nsec + min(max(milliseconds, 0), 1 << 40) % 1000 * 1_000_000
            deadline.tv_sec += min(max(milliseconds, 0), 1 << 40) / 1000 + nanoseconds / 1_000_000_000
            deadline.tv_nsec = nanoseconds % 1_000_000_000
            return locked {
                startIfNeeded()
                while queue.isEmpty && !isDone && !isStopped {
                    if pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT { break }
                }
                return !queue.isEmpty || isDone || isStopped
            }
        }

        func stop() {
            stopped.store(true, ordering: .relaxed)
            guard (try? checkProcess()) != nil else { return }
            locked {
                queue.removeAll()
                pthread_cond_broadcast(changed)
            }
        }

        func end() {
            stop()
            guard (try? checkProcess()) != nil else { return }
            let begun = locked {
                let begun = work
                work = nil
                return begun
            }
            if let begun { WorkerCrew.current.withdraw(begun) }
        }

        private var isStopped: Bool { stopped.load(ordering: .relaxed) }

        private func startIfNeeded() {
            guard process == nil else { return }
            process = getpid()
            let (work, crew) = (Work(0..<1) { _ in self.run() }, WorkerCrew.current)
            // Without a thread there is no room to work ahead, and no result.
            if !crew.offer(work, hands: 1), crew.retract(work) {
                failure = LakeError(.failed, "the system gives no more threads", hint: "close other results first")
                isDone = true
            } else {
                self.work = work
            }
        }

        private func run() {
            var thrown: (any Error)?
            do {
                try body { element in try give(element) }
            } catch {
                thrown = error
            }
            locked {
                failure = thrown
                isDone = true
                pthread_cond_broadcast(changed)
            }
        }

        private func give(_ element: Element) throws {
            try locked {
                while queue.count >= ahead && !isStopped { pthread_cond_wait(changed, mutex) }
                if isStopped { throw Stopped() }
                queue.append(element)
                pthread_cond_broadcast(changed)
            }
        }
    }
}
