import Glibc
import LakeBytes
import LakeCore

extension Lake {
    /// Whether `name` can be a table's name: a letter or `_`, then up to 127 letters, digits, `_` or `-`, all ASCII.
    public static func isTableName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (1...128).contains(bytes.count), let first = bytes.first, isLetter(first) else { return false }
        return bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// - Throws: `LakeError` (usage) when `name` cannot be a table's name.
    public static func checkTableName(_ name: String) throws(LakeError) {
        guard isTableName(name) else {
            throw LakeError(
                .usage, "'\(name.prefix(140))' cannot be a table's name",
                hint: "a name is a letter or '_', then up to 127 letters, digits, '_' or '-'")
        }
    }

    /// Whether `name` can be the name of a file in `shards/`: 1 to 200 letters, digits, `_`, `-` or `.`, not beginning
    /// with a dot. No such name leads out of its directory.
    static func isShardName(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...200).contains(bytes.count), bytes.first != UInt8(ascii: ".") else { return false }
        return bytes.allSatisfy {
            isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte >= 0x41 || byte == UInt8(ascii: "_")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// 32 hexadecimal digits from the system's random numbers: ids of tables and transactions, names of shards.
func randomHex() -> String {
    Digest(high: .random(in: .min ... .max), low: .random(in: .min ... .max)).hex
}

/// Writes a new file and makes its bytes last; the caller makes its name last.
func writeFile(_ bytes: [UInt8], _ path: String, _ store: any Store) throws(LakeError) {
    let file = try store.create(path)
    try file.append(bytes)
    try file.sync()
    try file.close()
}

/// Microseconds since 1970-01-01T00:00:00Z.
func microsecondsNow() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return max(0, Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
}
