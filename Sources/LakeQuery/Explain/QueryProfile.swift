import LakeBytes
import Synchronization

/// What one run of a query did, and how long it took: filled in side by side by everything that works on it, read when the
/// run has ended.
final class QueryProfile: Sendable {
    /// What time is counted for. A thread's time, so that threads that work side by side add up to more than has passed.
    enum Step: Int, CaseIterable {
        case sample, select, read, aggregate, merge, sort
    }

    /// Why a chunk was left out without being read.
    enum Pruning: Int, CaseIterable {
        case keys, counts, statistics, order
    }

    private struct Figures {
        var nanoseconds = [Int64](repeating: 0, count: Step.allCases.count)
        var pruned = [Int](repeating: 0, count: Pruning.allCases.count)
        var chunks = 0
        var rows = 0
    }

    private let figures = Mutex(Figures())

    /// Runs a part of the work and counts its time.
    func timed<Result>(_ step: Step, _ body: () throws -> Result) rethrows -> Result {
        let started = ContinuousClock.now
        defer {
            let taken = (ContinuousClock.now - started).components
            let nanoseconds = taken.seconds * 1_000_000_000 + taken.attoseconds / 1_000_000_000
            figures.withLock { $0.nanoseconds[step.rawValue] += nanoseconds }
        }
        return try body()
    }

    /// Counts a chunk whose rows were looked at, and those of them that were selected.
    func selected(_ rows: Int) {
        figures.withLock {
            $0.chunks += 1
            $0.rows += rows
        }
    }

    /// Counts a condition that ruled a chunk out.
    func pruned(_ reason: Pruning) { figures.withLock { $0.pruned[reason.rawValue] += 1 } }

    /// Chunks that were looked at.
    var chunks: Int { figures.withLock { $0.chunks } }

    /// Rows that were selected in them.
    var rows: Int { figures.withLock { $0.rows } }

    func pruned(by reason: Pruning) -> Int { figures.withLock { $0.pruned[reason.rawValue] } }

    func milliseconds(_ step: Step) -> Double { figures.withLock { Double($0.nanoseconds[step.rawValue]) / 1e6 } }
}

extension Optional where Wrapped == QueryProfile {
    /// Runs a part of the work, timed when there is a profile.
    func timed<Result>(_ step: QueryProfile.Step, _ body: () throws -> Result) rethrows -> Result {
        guard let self else { return try body() }
        return try self.timed(step, body)
    }
}
