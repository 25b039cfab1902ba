import Glibc
import LakeBytes

/// Ctrl-C while a query runs: the first asks it to stop, and ends the process when it has not stopped by itself soon after; the
/// second ends the process at once. A query writes nothing but its results and files without names, so nothing is left.
enum Interruption {
    /// Cancelled by the first SIGINT.
    static let cancellation = Cancellation()

    /// Microseconds that a query has to come to a point where it can stop.
    private static let patience: UInt32 = 80_000

    /// Takes SIGINT over. Calls that wait, such as a write to a full pipe, return then.
    static func watch() {
        // Made here, as a signal handler must not be the first to need it.
        _ = cancellation
        take(SIGINT) { _ in
            if Interruption.cancellation.isCancelled {
                signal(SIGINT, SIG_DFL)
                raise(SIGINT)
            }
            Interruption.cancellation.cancel()
            ualarm(Interruption.patience, 0)
        }
        take(SIGALRM) { _ in
            // Nothing but these two calls is safe here.
            let line: StaticString = "error: the query was cancelled\n"
            write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
            _exit(130)
        }
    }

    private static func take(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        sigemptyset(&action.sa_mask)
        sigaction(number, &action, nil)
        // Whoever started this program may have blocked it.
        var own = sigset_t()
        sigemptyset(&own)
        sigaddset(&own, number)
        pthread_sigmask(SIG_UNBLOCK, &own, nil)
    }
}
