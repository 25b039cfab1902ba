import Glibc
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

extension Cancellation {
    private static let slot: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// Of the work that this thread is at; work that it shares with others takes it along.
    public static var current: Cancellation? {
        pthread_getspecific(slot).map { Unmanaged<Cancellation>.fromOpaque($0).takeUnretainedValue() }
    }

    /// - Throws: `LakeError` (cancelled) once the end of the work that this thread is at has been asked for.
    public static func checkCurrent() throws(LakeError) { try current?.check() }

    /// Runs `body` as work that this ends: for loops so deep inside that nobody hands them the token.
    public func whileCurrent<Result>(_ body: () throws -> Result) rethrows -> Result {
        let outer = pthread_getspecific(Cancellation.slot)
        pthread_setspecific(Cancellation.slot, Unmanaged.passUnretained(self).toOpaque())
        defer { pthread_setspecific(Cancellation.slot, outer) }
        return try withExtendedLifetime(self) { try body() }
    }
}
