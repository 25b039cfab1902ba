import LakeBytes
import LakeCore

/// The constants of the shard format: Schemas/FORMAT.md is the specification.
public enum ShardFormat {
    /// Rows of a chunk: one Roaring container, one unit of encoding, one morsel.
    public static let chunkRows = 65_536
    public static let maximumChunks = 64
    public static let maximumRows = chunkRows * maximumChunks
    /// Raw bytes after which a text block is closed.
    public static let textBlockBytes = 16_384
    public static let maximumDictionaryValues = 1 << 20
    public static let majorVersion: UInt16 = 1
    public static let minorVersion: UInt16 = 0
    /// The required features that this reader knows; none exist in version 1.0.
    static let knownFeatures: UInt64 = 0

    static let headerMagic = Array("ALSHARD1".utf8)
    static let postscriptMagic = Array("ALSHEND1".utf8)
    static let segmentMagic: UInt32 = 0x4753_4C41  // "ALSG"
    static let alignment = 64
    static let none = UInt32.max

    /// Bytes of the file that precede the first segment.
    static func header() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(headerMagic)
        writer.append(majorVersion)
        writer.append(minorVersion)
        writer.append(UInt32(64))
        writer.append(UInt64(0))
        writer.append(UInt64(0))
        writer.append([UInt8](repeating: 0, count: 24))
        writer.append(Checksum.xxh3(writer.bytes))
        return writer.bytes
    }

    /// The last bytes of a file.
    static func postscript(footerOffset: UInt64, footer: [UInt8], fileLength: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(footerOffset)
        writer.append(UInt64(footer.count))
        writer.append(Checksum.xxh3(footer))
        writer.append(fileLength)
        writer.append(UInt64(0))
        writer.append(majorVersion)
        writer.append(minorVersion)
        writer.append(UInt32(0))
        writer.append(Checksum.xxh3(writer.bytes))
        writer.append(postscriptMagic)
        return writer.bytes
    }

    /// Where a file's footer is.
    /// - Throws: `LakeError` (corrupt) for whatever is no shard of a version and with features that we can read.
    static func footerRange(of file: ByteView) throws -> (offset: Int, length: Int, checksum: UInt64) {
        guard file.count >= 192, file.count % alignment == 0 else {
            throw file.corrupt("no shard: a file of \(file.count) bytes (truncated?)")
        }
        guard try file.bytes(offset: 0, count: 8) == headerMagic else {
            throw file.corrupt("no shard: it does not begin with ALSHARD1")
        }
        let end = try file.slice(offset: file.count - 64, count: 64)
        guard try end.bytes(offset: 56, count: 8) == postscriptMagic else {
            throw end.corrupt("a shard without its postscript (truncated?)", at: 56)
        }
        try checkVersion(file, at: 8)
        guard try file.load(at: 12, as: UInt32.self) == 64,
            try file.load(at: 56) == Checksum.xxh3(file.slice(offset: 0, count: 56))
        else { throw file.corrupt("the header's checksum is wrong", at: 56) }
        guard try end.load(at: 48) == Checksum.xxh3(end.slice(offset: 0, count: 48)) else {
            throw end.corrupt("the postscript's checksum is wrong", at: 48)
        }
        try checkVersion(end, at: 40)
        for (view, offset) in [(file, 16), (end, 32)] {
            let features: UInt64 = try view.load(at: offset)
            let unknown = features & ~knownFeatures
            guard unknown == 0 else {
                throw LakeError(
                    .corrupt, "the shard needs format feature \(unknown.trailingZeroBitCount), unknown to this version",
                    at: .init(file: file.source, offset: view.absoluteOffset + UInt64(offset)),
                    hint: "read it with a newer alphalake")
            }
        }
        let length: UInt64 = try end.load(at: 24)
        let offset: UInt64 = try end.load(at: 0)
        let count: UInt64 = try end.load(at: 8)
        guard length == UInt64(file.count), offset % 64 == 0, offset >= 64, count <= length - 192,
            offset <= length - 128 - count
        else { throw end.corrupt("the postscript points outside of the file") }
        return (Int(offset), Int(count), try end.load(at: 16))
    }

    private static func checkVersion(_ view: ByteView, at offset: Int) throws {
        let version: UInt16 = try view.load(at: offset)
        guard version == majorVersion else {
            throw LakeError(
                .corrupt, "shard format version \(version); this alphalake reads version \(majorVersion)",
                at: .init(file: view.source, offset: view.absoluteOffset + UInt64(offset)),
                hint: "read it with a newer alphalake")
        }
    }
}

/// What a segment holds.
public enum SegmentKind: UInt8, Sendable, CaseIterable {
    case schema = 1
    case data, dictionary, textDictionary, directory, counts, bitmaps, sequences, parentFirsts, footer
}

/// How the values of a data segment are laid out: FORMAT.md, *Data*.
public enum Encoding: UInt8, Sendable, CaseIterable {
    case constant = 0
    case plain, packed, delta, decimal, runs, planes, text, sequences
}

/// The 64 bytes in front of every payload.
public struct SegmentHeader: Sendable, Equatable {
    public var kind: SegmentKind
    public var encoding: Encoding = .constant
    public var codec: Codec = .none
    public var hasValidity = false
    public var node: UInt32 = ShardFormat.none
    public var chunk: UInt32 = ShardFormat.none
    public var count: UInt32 = 0
    public var nullCount: UInt32 = 0
    public var storedLength: UInt64 = 0
    public var rawLength: UInt64 = 0
    public var parameter: UInt64 = 0
    public var checksum: UInt64 = 0

    init(_ kind: SegmentKind) { self.kind = kind }

    static let size = 64

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.append(ShardFormat.segmentMagic)
        writer.append(kind.rawValue)
        writer.append(encoding.rawValue)
        writer.append(codec.rawValue)
        writer.append(UInt8(hasValidity ? 1 : 0))
        writer.append(node)
        writer.append(chunk)
        writer.append(count)
        writer.append(nullCount)
        writer.append(storedLength)
        writer.append(rawLength)
        writer.append(parameter)
        writer.append(checksum)
        writer.append(Checksum.xxh3(writer.bytes))
        return writer.bytes
    }

    /// Reads and verifies a header.
    /// - Throws: `LakeError` (corrupt) naming the offset.
    init(_ file: ByteView, at offset: Int) throws {
        let view = try file.slice(offset: offset, count: SegmentHeader.size)
        guard try view.load(at: 0) == ShardFormat.segmentMagic else { throw view.corrupt("no segment here") }
        guard try view.load(at: 56) == Checksum.xxh3(view.slice(offset: 0, count: 56)) else {
            throw view.corrupt("the checksum of a segment's header is wrong")
        }
        let flags: UInt8 = try view.load(at: 7)
        guard let kind = SegmentKind(rawValue: try view.load(at: 4)),
            let encoding = Encoding(rawValue: try view.load(at: 5)), let codec = Codec(rawValue: try view.load(at: 6)),
            flags <= 1
        else { throw view.corrupt("a segment of a kind, encoding or codec that does not exist") }
        self.kind = kind
        self.encoding = encoding
        self.codec = codec
        hasValidity = flags == 1
        node = try view.load(at: 8)
        chunk = try view.load(at: 12)
        count = try view.load(at: 16)
        nullCount = try view.load(at: 20)
        storedLength = try view.load(at: 24)
        rawLength = try view.load(at: 32)
        parameter = try view.load(at: 40)
        checksum = try view.load(at: 48)
        let room = file.count - 64 - offset - SegmentHeader.size
        guard room >= 0, storedLength <= UInt64(room), rawLength < 1 << 32,
            codec != .none || rawLength == storedLength, nullCount <= count
        else { throw view.corrupt("a segment whose lengths do not fit the file") }
        let isPlainKind =
            switch kind {
            case .schema, .textDictionary, .directory, .bitmaps, .footer: true
            case .data: encoding == .text
            case .dictionary, .counts, .sequences, .parentFirsts: false
            }
        guard !isPlainKind || codec == .none, kind == .data || (encoding == .constant && !hasValidity) else {
            throw view.corrupt("a \(kind) segment with an encoding or codec that it cannot have")
        }
    }
}
