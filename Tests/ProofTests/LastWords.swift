import Glibc

/// What each thread is trying, for when a trap ends the process: the command that repeats it is printed then.
enum LastWords {
    static let limit = 64
    nonisolated(unsafe) private static let slots = UnsafeMutablePointer<(seed: UInt64, step: UInt64)>.allocate(
        capacity: limit)

    private static let installed: Void = {
        slots.initialize(repeating: (0, 0), count: limit)
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE] {
            signal(number) { number in
                for slot in 0..<LastWords.limit where LastWords.slots[slot].step > 0 {
                    LastWords.say("\nended by a signal at seed ", LastWords.slots[slot].seed)
                    LastWords.say(", flip ", LastWords.slots[slot].step)
                }
                _ = write(2, "\n", 1)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }()

    /// Only calls what a signal handler may call.
    private static func say(_ text: StaticString, _ number: UInt64) {
        _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
        var rest = number
        var power: UInt64 = 1
        while rest / power >= 10 { power *= 10 }
        while power > 0 {
            var digit = UInt8(48 + rest / power % 10)
            _ = write(2, &digit, 1)
            if power == 1 { rest = 0 }
            power /= 10
        }
    }

    /// - Parameter step: from 1; 0 when the thread tries nothing.
    static func trying(_ slot: Int, seed: UInt64, step: Int) {
        _ = installed
        slots[slot % limit] = (seed, UInt64(step))
    }
}
