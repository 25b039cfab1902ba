import Glibc
import LakeCore

/// The SQL of a command line, refused where it is not UTF-8: repaired text would be another query.
enum QueryText {
    /// The whole of standard input, without the mark that some editors begin a file with.
    static func standardInput() throws -> String {
        // The parser refuses more than 1 MiB anyway.
        let text = try bytes(of: STDIN_FILENO, limit: 1 << 21)
        let isMarked = text.starts(with: [0xEF, 0xBB, 0xBF])
        return try checked(isMarked ? Array(text.dropFirst(3)) : text, from: "standard input")
    }

    /// An argument as Swift gives it: with U+FFFD for what was no UTF-8, or for what was that character.
    static func argument(_ text: String) throws -> String {
        guard text.unicodeScalars.contains("\u{FFFD}") else { return text }
        let descriptor = open("/proc/self/cmdline", O_RDONLY)
        guard descriptor >= 0 else { return text }
        defer { close(descriptor) }
        for argument in try bytes(of: descriptor, limit: 1 << 22).split(separator: 0)
        where String(decoding: argument, as: UTF8.self) == text {
            return try checked(Array(argument), from: "the command line")
        }
        return text
    }

    private static func checked(_ bytes: [UInt8], from source: String) throws -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var (parser, rest, offset) = (Unicode.UTF8.ForwardParser(), bytes.makeIterator(), 0)
        while case .valid(let scalar) = parser.parseScalar(from: &rest) { offset += scalar.count }
        throw LakeError(
            .usage, "the SQL is not valid UTF-8", at: .init(file: source, offset: UInt64(offset)),
            hint: "`iconv -f latin1 -t utf8` converts what was written in Latin-1")
    }

    private static func bytes(of descriptor: Int32, limit: Int) throws -> [UInt8] {
        var (text, part) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while text.count <= limit {
            let count = read(descriptor, &part, part.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw LakeError(.io, "cannot read the SQL: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            text += part[..<count]
        }
        return text
    }
}
