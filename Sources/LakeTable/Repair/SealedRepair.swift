import LakeBytes
import LakeCore

/// Mends JSON files whose digest is their first member: the digest tells which bytes are right.
enum SealedRepair {
    private static let lead = 45
    /// Bytes that may be wrong in the digest itself: what is left of it is proof enough.
    private static let wrongDigits = 8

    /// The file as it was, as far as one byte or the digest itself is damaged, or something stands behind its end; nil when it
    /// is something else, or nothing is wrong.
    static func mended(_ bytes: [UInt8], path: String) throws -> [UInt8]? {
        if isRight(bytes, path) || bytes.count <= lead { return nil }
        var candidates = [bytes + [0x0A], bytes + Array("}\n".utf8)]
        if let end = bytes.firstIndex(of: 0x0A) { candidates.append(Array(bytes[...end])) }
        if let found = candidates.first(where: { isRight($0, path) }) { return found }
        if let found = withDigest(bytes), isRight(found, path) { return found }
        let body = Array(bytes[lead...])
        guard let stated = Digest(hex: String(decoding: bytes[11..<43], as: UTF8.self)),
            let change = try ByteSearch.change(in: body, isRight: { Digest(of: $0) == stated })
        else { return nil }
        var mended = bytes
        mended[lead + change.index] = change.byte
        return isRight(mended, path) ? mended : nil
    }

    /// The bytes with the digest that they have, if that is nearly what they say.
    private static func withDigest(_ bytes: [UInt8]) -> [UInt8]? {
        let body = bytes[lead...]
        let opening = Array(("{\"digest\":\"" + Digest(of: Array(body)).hex + "\",").utf8)
        let wrong = zip(opening, bytes).count { $0 != $1 }
        return wrong <= wrongDigits ? opening + body : nil
    }

    private static func isRight(_ bytes: [UInt8], _ path: String) -> Bool {
        (try? SealedJSON.verifiedDigest(of: bytes, path: path)) != nil
    }

    /// The number that stands behind a member's name, wherever that is in damaged JSON.
    static func number(_ member: String, in bytes: [UInt8]) -> Int? {
        guard let end = find("\"\(member)\":", in: bytes) else { return nil }
        let digits = bytes[end...].prefix { (48...57).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// The text that stands behind a member's name.
    static func text(_ member: String, in bytes: [UInt8]) -> String? {
        guard let end = find("\"\(member)\":\"", in: bytes) else { return nil }
        let text = bytes[end...].prefix { $0 != UInt8(ascii: "\"") }
        // What is escaped is not worth a guess.
        return text.contains(UInt8(ascii: "\\")) ? nil : String(validating: text, as: UTF8.self)
    }

    /// Where a text ends in some bytes, at its first place.
    static func find(_ text: String, in bytes: [UInt8]) -> Int? {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, bytes.count >= wanted.count else { return nil }
        for start in 0...(bytes.count - wanted.count) where bytes[start] == first {
            if bytes[start..<(start + wanted.count)].elementsEqual(wanted) { return start + wanted.count }
        }
        return nil
    }
}
