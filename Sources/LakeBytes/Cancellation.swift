import LakeCore
import Synchronization

/// Asks work that is under way to stop: it looks at its token between morsels and inside of long loops, and ends with a
/// `LakeError` (cancelled).
public final class Cancellation: Sendable {
    private let requested = Atomic<Bool>(false)

    public init() {}

    /// Asks for the end. Safe from any thread and from a signal handler; asking twice is fine.
    public func cancel() { requested.store(true, ordering: .relaxed) }

    public var isCancelled: Bool { requested.load(ordering: .relaxed) }

    /// - Throws: `LakeError` (cancelled) once the end has been asked for.
    @inlinable
    public func check() throws(LakeError) {
        if isCancelled { throw LakeError(.cancelled, "the query was cancelled") }
    }
}
