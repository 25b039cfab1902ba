import FoundationEssentials
import LakeBytes
import LakeCore
import Synchronization

/// The JSON files of a lake: one object whose first member is the digest of all bytes behind it, so that any flipped or
/// missing byte is found (FORMAT.md, Sealed JSON).
enum SealedJSON {
    static let limit = 256 << 20
    private static let opening = Array(#"{"digest":""#.utf8)
    private static let separator = Array(#"","#.utf8)
    private static let bodyStart = opening.count + 32 + separator.count
    /// What files hold, by their digests: those of the same versions are read again and again.
    private static let known = Mutex<(values: [Digest: any Sendable], bytes: Int)>(([:], 0))
    /// The files whose contents are kept have so many bytes at most.
    private static let knownBytes = 4 << 20

    /// A value behind the members that every sealed file has, whatever its format; those are looked at first.
    private struct Checked<Value: Decodable>: Decodable {
        var value: Value

        private enum CodingKeys: String, CodingKey {
            case format
            case requiredFeatures = "required_features"
        }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            let format = try members.decode(Int.self, forKey: .format)
            guard format == Lake.format else {
                throw LakeError(
                    .corrupt, "format \(format); this program reads format \(Lake.format)",
                    hint: "use a newer alphalake")
            }
            let features = try members.decodeIfPresent([String].self, forKey: .requiredFeatures) ?? []
            let unknown = features.filter { !Lake.knownFeatures.contains($0) }
            guard unknown.isEmpty else {
                throw LakeError(
                    .corrupt, "it needs features that this program does not know: " + unknown.joined(separator: ", "),
                    hint: "use a newer alphalake")
            }
            value = try Value(from: decoder)
        }
    }

    /// The bytes of a file with the members of `value`, which has at least one, and their digest.
    static func seal(_ value: some Encodable) throws(LakeError) -> (bytes: [UInt8], digest: Digest) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let object: Data
        do {
            object = try encoder.encode(value)
        } catch {
            throw LakeError(.failed, "the manifest cannot be written as JSON: \(error)")
        }
        let body = [UInt8](object.dropFirst()) + [UInt8(ascii: "\n")]
        guard bodyStart + body.count <= limit else {
            throw LakeError(
                .usage, "a manifest of \(body.count) bytes, more than the \(limit) allowed",
                hint: "compact the table into fewer shards, or use fewer and shorter tags")
        }
        let digest = Digest(of: body)
        return (opening + Array(digest.hex.utf8) + separator + body, digest)
    }

    /// Reads what `seal` wrote.
    /// - Throws: `LakeError` (corrupt) naming `path` for damage, an unknown format or an unknown required feature.
    static func open<Value: Decodable & Sendable>(
        _ bytes: [UInt8], _ type: Value.Type, path: String
    ) throws(LakeError) -> (value: Value, digest: Digest) {
        let digest = try verifiedDigest(of: bytes, path: path)
        if let value = known.withLock({ $0.values[digest] }) as? Value { return (value, digest) }
        let object = Data([UInt8(ascii: "{")] + bytes[bodyStart...])
        do {
            let value = try JSONDecoder().decode(Checked<Value>.self, from: object).value
            known.withLock { known in
                guard bytes.count <= knownBytes / 4 else { return }
                if known.bytes + bytes.count > knownBytes { known = ([:], 0) }
                known.values[digest] = value
                known.bytes += bytes.count
            }
            return (value, digest)
        } catch let error as LakeError {
            throw LakeError(.corrupt, error.message, at: error.location, hint: error.hint).located(.init(file: path))
        } catch {
            throw damaged(path, "it is not what the format asks for: \(explain(error))", offset: nil)
        }
    }

    /// The digest that the bytes of a sealed file state, once they have been found to have it.
    /// - Throws: `LakeError` (corrupt) naming `path`.
    static func verifiedDigest(of bytes: [UInt8], path: String) throws(LakeError) -> Digest {
        guard !bytes.isEmpty else {
            throw damaged(path, "the file is empty", offset: nil)
        }
        guard bytes.starts(with: opening) else {
            throw damaged(path, #"it does not begin with {"digest":""#, offset: 0)
        }
        guard bytes.count > bodyStart, bytes[(bodyStart - separator.count)..<bodyStart].elementsEqual(separator),
            let digest = Digest(hex: String(decoding: bytes[opening.count..<(opening.count + 32)], as: UTF8.self))
        else { throw damaged(path, "its digest is cut short or not 32 hexadecimal digits", offset: opening.count) }
        let body = bytes[bodyStart...]
        guard Digest(of: Array(body)) == digest else {
            throw damaged(path, "its bytes do not have the digest \(digest)", offset: bodyStart)
        }
        return digest
    }

    private static func damaged(_ path: String, _ reason: String, offset: Int?) -> LakeError {
        LakeError(
            .corrupt, "damaged: \(reason)", at: .init(file: path, offset: offset.map(UInt64.init)),
            hint: "'alphalake validate' names everything that is damaged; restore this file from a copy")
    }

    private static func explain(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty
                ? "" : " at " + path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        }
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .keyNotFound(let key, let context): return "no '\(key.stringValue)'" + place(context.codingPath)
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return context.debugDescription + place(context.codingPath)
        @unknown default: return "\(error)"
        }
    }
}
