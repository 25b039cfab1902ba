import Glibc
import LakeBytes

/// Ctrl-C, or a request to end, while files are being written: the work stops at its next check and its files go.
///
/// Unlike a query, which leaves nothing behind whenever it dies, an export is not ended at once by a second Ctrl-C.
enum ExportInterruption {
    static func watch() {
        // Made here, as a signal handler must not be the first to need it.
        _ = Interruption.cancellation
        // Whoever started this program may have blocked them.
        var taken = sigset_t()
        sigemptyset(&taken)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in Interruption.cancellation.cancel() }
            sigaddset(&taken, number)
        }
        pthread_sigmask(SIG_UNBLOCK, &taken, nil)
    }
}
