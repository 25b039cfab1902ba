import Glibc
import LakeBytes

/// Ctrl-C while a query runs: the first asks it to stop, the second ends the process.
enum Interruption {
    /// Cancelled by the first SIGINT.
    static let cancellation = Cancellation()

    /// Takes SIGINT over. Calls that wait, such as a write to a full pipe, return then.
    static func watch() {
        // Made here, as a signal handler must not be the first to need it.
        _ = cancellation
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            if Interruption.cancellation.isCancelled {
                signal(SIGINT, SIG_DFL)
                raise(SIGINT)
            }
            Interruption.cancellation.cancel()
        }
        sigemptyset(&action.sa_mask)
        sigaction(SIGINT, &action, nil)
    }
}
