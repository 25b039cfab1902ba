import CKernels
import Glibc
import LakeCore
import Synchronization

/// Runs work that recurses: on the calling thread where that has at least `needed` bytes of stack left, else on a thread
/// of its own while the caller waits.
/// - Throws: what `body` throws; `LakeError` (failed) when no thread is to be had.
public func withDeepStack<Result: Sendable>(
    _ needed: Int = 6 << 20, _ body: @Sendable () throws -> Result
) throws -> Result {
    if ck_stack_left() >= needed { return try body() }
    return try withoutActuallyEscaping(body) { body in
        let call = DeepCall<Result>()
        guard let thread = startThread(stack: needed + 1 << 20, { call.run(body) }) else {
            throw LakeError(.failed, "no thread for a nested query", hint: "the limit on threads or memory is reached")
        }
        pthread_join(thread, nil)
        return try call.outcome()
    }
}

/// What a thread hands back.
private final class DeepCall<Result: Sendable>: Sendable {
    private let result = Mutex<Swift.Result<Result, any Error>?>(nil)

    func run(_ body: () throws -> Result) {
        let outcome = Swift.Result { try body() }
        result.withLock { $0 = outcome }
    }

    func outcome() throws -> Result {
        guard let result = result.withLock({ $0 }) else { throw LakeError(.failed, "a thread that gave no answer") }
        return try result.get()
    }
}
