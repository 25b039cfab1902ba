import CXxhash
import LakeCore

/// XXH3-64, the checksum of everything small in a shard (FORMAT.md, Checksums).
public enum Checksum {
    /// The checksum of the bytes in view.
    public static func xxh3(_ view: ByteView) -> UInt64 {
        view.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
    }

    /// The checksum of `bytes`.
    public static func xxh3(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
    }

    /// The checksum of `bytes`.
    public static func xxh3(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
    }
}

/// An XXH3-128 digest: what identifies the bytes of a whole file.
public struct Digest: Hashable, Sendable {
    /// The upper 64 bits.
    public var high: UInt64
    /// The lower 64 bits.
    public var low: UInt64

    /// A digest of two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 lower-case hexadecimal digits, most significant first (xxHash's canonical form).
    public var hex: String { Digest.hex(high) + Digest.hex(low) }

    /// Reads what `hex` writes; nil for anything else.
    public init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 32, digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            let high = UInt64(String(decoding: digits[..<16], as: UTF8.self), radix: 16),
            let low = UInt64(String(decoding: digits[16...], as: UTF8.self), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// The digest of `bytes`.
    public init(of bytes: [UInt8]) {
        let hash = bytes.withUnsafeBytes { XXH3_128bits($0.baseAddress, $0.count) }
        self.init(high: hash.high64, low: hash.low64)
    }

    /// The digest of `view`.
    public init(of view: ByteView) {
        let hash = view.withUnsafeBytes { XXH3_128bits($0.baseAddress, $0.count) }
        self.init(high: hash.high64, low: hash.low64)
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Digest: CustomStringConvertible {
    public var description: String { hex }
}

/// The digest of a file as it is written or read, piece by piece. Used by one thread at a time.
public final class FileDigest {
    private let state: OpaquePointer?

    /// The digest of nothing, so far.
    public init() {
        state = XXH3_createState()
        XXH3_128bits_reset(state)
    }

    deinit { XXH3_freeState(state) }

    /// Takes the next bytes.
    public func update(_ bytes: ArraySlice<UInt8>) {
        _ = bytes.withUnsafeBytes { XXH3_128bits_update(state, $0.baseAddress, $0.count) }
    }

    /// Takes the next bytes.
    public func update(_ bytes: [UInt8]) {
        update(bytes[...])
    }

    /// Takes the next bytes.
    public func update(_ view: ByteView) {
        _ = view.withUnsafeBytes { XXH3_128bits_update(state, $0.baseAddress, $0.count) }
    }

    /// The digest of everything so far; more may follow.
    public var digest: Digest {
        let hash = XXH3_128bits_digest(state)
        return Digest(high: hash.high64, low: hash.low64)
    }
}

extension Checksum {
    /// The checksum of codes as they lie in memory; for look-ups in the process, not for files.
    public static func xxh3(codes: ArraySlice<UInt32>) -> UInt64 {
        codes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
    }
}

/// As its 32 hexadecimal digits.
extension Digest: Codable {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.singleValueContainer()
        let text = try values.decode(String.self)
        guard let digest = Digest(hex: text) else {
            throw LakeError(.corrupt, "'\(text.prefix(40))' is not a digest of 32 lower-case hexadecimal digits")
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.singleValueContainer()
        try values.encode(hex)
    }
}
