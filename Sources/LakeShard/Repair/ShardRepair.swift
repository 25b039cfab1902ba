import LakeBytes
import LakeCore

/// Mends the bytes of a damaged shard as far as what is intact in them allows. The file itself stays as it is.
///
/// Header, footer, postscript and padding follow from the segments, which can be walked without a footer; directories, counts,
/// bitmaps, row counts of keys and the like follow from the values; and a single changed byte is found by trying, because a
/// checksum tells which try is right. Where all that makes the very file that the manifest lists, its digest proves it.
///
///     ShardRepair+Walk      segments, and single bytes in them
///     ShardRepair+Footer    the footer, as it is or from the segments
///     ShardRepair+Derived   segments that follow from the values
///     DerivedSegments       what they are
public final class ShardRepair {
    /// How far a shard could be mended.
    public enum State: Sendable {
        /// Byte for byte the file that the manifest lists.
        case exact
        /// All rows can be read, but the file is another.
        case readable
        /// Some values are lost; rows of chunks without them can be read.
        case partial
        /// Nothing can be read.
        case unreadable
    }

    /// How far the shard could be mended.
    public private(set) var state = State.unreadable
    /// What was mended, in words.
    public internal(set) var steps: [String] = []
    /// What could not be, in words.
    public internal(set) var losses: [String] = []

    /// The path, for errors.
    let path: String
    let digest: Digest
    let schemas: [Schema]
    let workers: Int?
    /// The file as far as it is mended.
    var patched: PatchedBytes
    /// The segments that were found, in order, but for the footer.
    var segments: [FoundSegment] = []
    /// Where no segment was found.
    var holes: [Range<Int>] = []
    /// Segments that are still to be tried byte by byte: it takes seconds where they are large.
    var searches = 8

    /// A segment whose header is intact, or is again.
    struct FoundSegment {
        var header: SegmentHeader
        var offset: Int
        /// Whether its payload has its checksum.
        var isSound = true

        var end: Int { offset + SegmentHeader.size + Int(header.storedLength) }
        var next: Int { (end + 63) / 64 * 64 }
        var node: Int? { header.node == ShardFormat.none ? nil : Int(header.node) }
    }

    /// Mends.
    /// - Parameters:
    ///   - file: the damaged file.
    ///   - bytes: how long it should be.
    ///   - digest: what its digest should be.
    ///   - schemas: those that it may have been written with, for when its own is damaged.
    /// - Throws: `LakeError` (corrupt) for a file of a newer format, which is no damage.
    public init(
        _ file: ByteView, path: String, bytes: Int, digest: Digest, schemas: [Schema], workers: Int? = nil
    ) throws {
        self.path = path
        self.digest = digest
        self.schemas = schemas
        self.workers = workers
        patched = PatchedBytes(file, count: bytes, source: path)
        if file.count > bytes { steps.append("\(file.count - bytes) bytes behind the end are cut off") }
        if file.count < bytes { steps.append("\(bytes - file.count) bytes are missing at the end") }
        try checkFormat(file)
        guard bytes >= 192, bytes % ShardFormat.alignment == 0 else {
            losses.append("no shard has \(bytes) bytes")
            return
        }
        try run()
    }

    /// The bytes as far as they are mended. A shard of other bytes than the manifest's unless the state is exact.
    public var bytes: ByteView { patched.view }

    /// Whether what there is now is the file that the manifest lists.
    var isExact: Bool { Digest(of: patched.view) == digest }

    private func checkFormat(_ file: ByteView) throws {
        guard file.count >= 64, try file.bytes(offset: 0, count: 8) == ShardFormat.headerMagic,
            try file.load(at: 56) == Checksum.xxh3(file.slice(offset: 0, count: 56))
        else { return }
        let (version, features): (UInt16, UInt64) = (try file.load(at: 8), try file.load(at: 16))
        guard version <= ShardFormat.majorVersion, features & ~ShardFormat.knownFeatures == 0 else {
            throw LakeError(
                .corrupt, "a shard of format \(version) with features \(features), which this alphalake does not know",
                at: .init(file: path), hint: "repair it with a newer alphalake")
        }
    }

    private func run() throws {
        mendHeader()
        try walk()
        try mendPayloads()
        try mendSchema()
        guard try mendFooter() else {
            losses.append("the footer, and the schema that it could be made from")
            return
        }
        if isExact {
            state = .exact
            return
        }
        guard let reader = try? ShardReader(patched.view, path: path) else {
            losses.append("a footer that fits the segments")
            return
        }
        try mendDerived(reader)
        noteLosses(reader)
        if isExact { state = .exact } else { state = losses.isEmpty ? .readable : .partial }
    }

    private func mendHeader() {
        let header = ShardFormat.header()
        guard (try? patched.view.bytes(offset: 0, count: 64)) != header else { return }
        patched.put(header, at: 0)
        steps.append("the header")
    }

    /// A segment's bytes, header and payload, with lengths and checksum filled in.
    static func segment(_ header: SegmentHeader, _ payload: [UInt8]) -> (header: SegmentHeader, bytes: [UInt8]) {
        var header = header
        header.storedLength = UInt64(payload.count)
        if header.codec == .none { header.rawLength = header.storedLength }
        header.checksum = Checksum.xxh3(payload)
        return (header, header.bytes + payload)
    }

    /// Replaces what there is from `offset` to `end` by a segment and zeros.
    func put(_ bytes: [UInt8], at offset: Int, upTo end: Int) {
        patched.put(bytes + [UInt8](repeating: 0, count: max(0, end - offset - bytes.count)), at: offset)
    }

    /// What a segment is, in words.
    static func name(_ kind: SegmentKind, node: Int?, chunk: UInt32, _ reader: ShardReader? = nil) -> String {
        var name = "the \(kind) segment"
        if kind == .data || chunk != ShardFormat.none { name += " of chunk \(chunk)" }
        if let node {
            let column = reader.flatMap { node < $0.nodes.count ? $0.nodes[node].column : nil }
            name += column.map { " of column '\($0)'" } ?? " of node \(node)"
        }
        return name
    }

    /// Notes segments that hold what follows from nothing else and are damaged.
    private func noteLosses(_ reader: ShardReader) {
        for segment in segments where !segment.isSound {
            losses.append(
                ShardRepair.name(segment.header.kind, node: segment.node, chunk: segment.header.chunk, reader))
        }
        guard losses.isEmpty else { return }
        for hole in holes { losses.append("what stood at \(hole.lowerBound) to \(hole.upperBound - 1)") }
        guard losses.isEmpty else { return }
        for node in reader.nodes where !node.record.isAbsent {
            if (try? node.directory()) == nil { losses.append("the directory of '\(node.column)'") }
        }
    }
}
