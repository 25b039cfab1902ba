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
        let call = DeepCall(body)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, needed + 1 << 20)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(call)
        let outcome = pthread_create(
            &thread, &attributes,
            { context in
                if let context { Unmanaged<AnyDeepCall>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
        guard outcome == 0 else {
            context.release()
            throw LakeError(.failed, "no thread for a nested query", hint: "the limit on threads or memory is reached")
        }
        pthread_join(thread, nil)
        guard let result = call.result.withLock({ $0 }) else {
            throw LakeError(.failed, "a thread that gave no answer")
        }
        return try result.get()
    }
}

private class AnyDeepCall {
    func run() {}
}

private final class DeepCall<Result: Sendable>: AnyDeepCall, @unchecked Sendable {
    private let body: @Sendable () throws -> Result
    let result = Mutex<Swift.Result<Result, any Error>?>(nil)

    init(_ body: @escaping @Sendable () throws -> Result) { self.body = body }

    override func run() {
        let outcome = Swift.Result { try body() }
        result.withLock { $0 = outcome }
    }
}
