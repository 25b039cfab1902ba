import LakeBytes
import LakeCore

/// The version of the format that a shard is written in, as in its header.
public struct FormatVersion: Comparable, Sendable, CustomStringConvertible {
    /// Changes where older readers cannot read.
    public var major: UInt16
    /// Changes where they can.
    public var minor: UInt16

    /// What this program writes.
    public static let current = FormatVersion(major: ShardFormat.majorVersion, minor: ShardFormat.minorVersion)

    /// A version.
    public init(major: UInt16, minor: UInt16) {
        self.major = major
        self.minor = minor
    }

    /// The version in the header of a file.
    /// - Throws: `LakeError` (corrupt) for what is no shard, or has a damaged header.
    public init(of file: ByteView) throws {
        guard file.count >= 64, try file.bytes(offset: 0, count: 8) == ShardFormat.headerMagic,
            try file.load(at: 56) == Checksum.xxh3(file.slice(offset: 0, count: 56))
        else { throw file.corrupt("no shard, or one with a damaged header") }
        self.init(major: try file.load(at: 8), minor: try file.load(at: 10))
    }

    /// By major, then by minor number.
    public static func < (a: FormatVersion, b: FormatVersion) -> Bool {
        (a.major, a.minor) < (b.major, b.minor)
    }

    public var description: String { "\(major).\(minor)" }
}
