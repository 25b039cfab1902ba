import ArgumentParser
import LakeBytes

/// `--threads`, for the commands that work on several at once.
struct ThreadOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: "How many threads work at once (default: ALPHALAKE_THREADS, else the processor's cores).",
        transform: WholeNumber.within(1...1024, as: "--threads 4"))
    var threads: Int?

    var count: Int { threads ?? defaultWorkers }
}
