import Glibc
import LakeBytes
import LakeCore

/// Standard output or standard error: a buffer in front of a descriptor, and what is known of the terminal behind it.
final class StandardStream {
    /// A reader such as `head` has gone; there is nothing left to do, and nothing to complain about.
    struct ReaderGone: Error {}

    let isTerminal: Bool
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
    }

    /// Columns of the terminal; nil when there is none.
    var width: Int? {
        guard isTerminal else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// - Throws: as `flush`.
    func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// - Throws: as `flush`.
    func write(_ bytes: [UInt8]) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// - Throws: `ReaderGone`; `LakeError`: io when nothing can be written, such as to a full disk, or cancelled.
    func flush() throws {
        var rest = buffer
        buffer.removeAll(keepingCapacity: true)
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest, rest.count)
            if written == rest.count { return }
            if written > 0 {
                rest.removeFirst(written)
            } else if errno == EPIPE {
                throw ReaderGone()
            } else if errno == EINTR && Interruption.cancellation.isCancelled {
                try Interruption.cancellation.check()
            } else if errno != EINTR && errno != EAGAIN {
                let name = descriptor == STDOUT_FILENO ? "standard output" : "standard error"
                throw LakeError(.io, "cannot write to \(name): \(String(cString: strerror(errno)))")
            }
        }
    }

    // MARK: Styles, on a terminal only

    private var isStyled: Bool { isTerminal && getenv("NO_COLOR") == nil }

    func bold(_ text: String) -> String { isStyled ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    func dim(_ text: String) -> String { isStyled ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    func red(_ text: String) -> String { isStyled ? "\u{1B}[31m\(text)\u{1B}[0m" : text }

    func yellow(_ text: String) -> String { isStyled ? "\u{1B}[33m\(text)\u{1B}[0m" : text }
}

/// Where commands put their results (`results`) and everything else (`notes`).
struct Console {
    let results = StandardStream(descriptor: STDOUT_FILENO)
    let notes = StandardStream(descriptor: STDERR_FILENO)

    /// A line on standard error. One that cannot be written is lost; the exit status still tells.
    func note(_ line: String) {
        try? notes.write(line + "\n")
        try? notes.flush()
    }
}
