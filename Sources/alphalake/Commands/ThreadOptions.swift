import ArgumentParser
import LakeBytes

/// `--threads`, for the commands that work on several at once.
struct ThreadOptions: ParsableArguments {
    @Option(help: "How many threads work at once (default: ALPHALAKE_THREADS, else the processor's cores).")
    var threads: Int?

    var count: Int { threads ?? defaultWorkers }

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024") }
    }
}
