import Glibc
import LakeCore

/// What is being read right now, for when it ends the process: a trap in a reader is then put down to its damage.
enum DamageNote {
    nonisolated(unsafe) private static let text = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 8)
    nonisolated(unsafe) private static let length = UnsafeMutablePointer<Int>.allocate(capacity: 1)

    private static let installed: Void = {
        length.pointee = 0
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM] {
            signal(number) { number in
                DamageNote.say(number)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }()

    private static func say(_ number: Int32) {
        _ = write(2, "\nended by a signal while reading: ", 34)
        _ = write(2, text, length.pointee)
        _ = write(2, "\n", 1)
    }

    /// Notes what is read next. A read that takes longer than a minute ends the process too.
    static func reading(_ what: String) {
        _ = installed
        var what = what
        what.withUTF8 { bytes in
            let count = min(bytes.count, 256)
            if let base = bytes.baseAddress { text.copyMemory(from: base, byteCount: count) }
            length.pointee = count
        }
        alarm(60)
    }

    static func done() { alarm(0) }
}
