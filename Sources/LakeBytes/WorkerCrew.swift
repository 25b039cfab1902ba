import Glibc
import Synchronization

/// The threads of a process that help with `parallelFor`: started when first needed, then kept waiting for work.
///
/// A caller offers its work and runs it itself; threads that are free lend a hand. When the caller has nothing left to begin
/// it withdraws the offer and waits for those only who have taken it: so calls can nest without waiting for each other.
final class WorkerCrew: @unchecked Sendable {
    /// The address of the last crew, which is never freed. No lock, which a fork could leave taken.
    private static let latest = Atomic<UInt>(0)

    /// The crew of this process. Threads do not survive a fork, so a child makes its own.
    static var current: WorkerCrew {
        let process = getpid()
        var known = latest.load(ordering: .acquiring)
        while true {
            if let address = UnsafeRawPointer(bitPattern: known) {
                let crew = Unmanaged<WorkerCrew>.fromOpaque(address).takeUnretainedValue()
                if crew.process == process { return crew }
            }
            let made = Unmanaged.passRetained(WorkerCrew(process))
            let address = UInt(bitPattern: made.toOpaque())
            let outcome = latest.compareExchange(
                expected: known, desired: address, ordering: .acquiringAndReleasing)
            if outcome.exchanged { return made.takeUnretainedValue() }
            made.release()
            known = outcome.original
        }
    }

    /// Work that is offered to `hands` threads, `taken` of whom are at it.
    private struct Offer {
        var work: Work
        var hands: Int
        var taken: Int
    }

    private let process: pid_t
    // Guarded by `mutex`, which stays where it is for as long as its threads: for good.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let offered = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let finished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var offers: [Offer] = []
    private var idle = 0

    deinit {
        mutex.deallocate()
        offered.deallocate()
        finished.deallocate()
    }

    private init(_ process: pid_t) {
        self.process = process
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(offered, nil)
        pthread_cond_init(finished, nil)
    }

    /// Asks up to `hands` threads to run `work`.
    /// - Returns: whether so many are free or could be started; else it has to do with those that become free.
    @discardableResult
    func offer(_ work: Work, hands: Int) -> Bool {
        pthread_mutex_lock(mutex)
        offers.append(Offer(work: work, hands: hands, taken: 0))
        let wanted = offers.reduce(0) { $0 + $1.hands }
        let missing = min(hands, wanted - idle)
        var isComplete = true
        if missing > 0 {
            for _ in 0..<missing where !startHelper() {
                isComplete = false
                break
            }
        }
        if hands == 1 { pthread_cond_signal(offered) } else { pthread_cond_broadcast(offered) }
        pthread_mutex_unlock(mutex)
        return isComplete
    }

    /// Takes the offer back and waits for the threads that are at it.
    func withdraw(_ work: Work) {
        pthread_mutex_lock(mutex)
        if let index = offers.firstIndex(where: { $0.work === work }) { offers[index].hands = 0 }
        while let index = offers.firstIndex(where: { $0.work === work }) {
            if offers[index].taken == 0 {
                offers.remove(at: index)
                break
            }
            pthread_cond_wait(finished, mutex)
        }
        pthread_mutex_unlock(mutex)
    }

    /// Takes the offer back unless a thread is at it.
    /// - Returns: whether it is taken back.
    func retract(_ work: Work) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard let index = offers.firstIndex(where: { $0.work === work }), offers[index].taken == 0 else { return false }
        offers.remove(at: index)
        return true
    }

    /// A thread's life. It ends with the process.
    private func help() -> Never {
        pthread_mutex_lock(mutex)
        while true {
            guard let index = offers.firstIndex(where: { $0.hands > 0 }) else {
                idle += 1
                pthread_cond_wait(offered, mutex)
                idle -= 1
                continue
            }
            offers[index].hands -= 1
            offers[index].taken += 1
            let work = ObjectIdentifier(offers[index].work)
            run(index)
            if let index = offers.firstIndex(where: { ObjectIdentifier($0.work) == work }) {
                offers[index].taken -= 1
                if offers[index].taken == 0 { pthread_cond_broadcast(finished) }
            }
        }
    }

    /// Runs an offer's work outside of the lock. A function of its own, so that nothing holds the work when it is reported
    /// done: its body must not outlive the call of `parallelFor`.
    @inline(never)
    private func run(_ index: Int) {
        let work = offers[index].work
        pthread_mutex_unlock(mutex)
        work.run()
        pthread_mutex_lock(mutex)
    }

    /// Starts a thread; false when the system gives none, and the others do its share.
    private func startHelper() -> Bool {
        guard let thread = startThread({ self.help() }) else { return false }
        pthread_detach(thread)
        return true
    }
}
