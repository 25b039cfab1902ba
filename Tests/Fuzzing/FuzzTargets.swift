import Glibc
import LakeBytes
import LakeCore

@testable import LakeShard
@testable import LakeTable

/// What libFuzzer calls with bytes of its own: one of the parsers reads them, behind checksums that are right. Anything but values
/// or an error that says `corrupt` ends the process. Built and run by `Tools/fuzz --target NAME`.
enum FuzzTarget: String {
    case manifest, tag, footer, segment, bitmap, deletions

    static let chosen: FuzzTarget = {
        guard let name = getenv("ALPHALAKE_FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name))
        else {
            fatalError("ALPHALAKE_FUZZ_TARGET names no target")
        }
        return target
    }()

    func read(_ bytes: [UInt8]) throws {
        switch self {
        case .manifest: try Self.manifest(bytes)
        case .tag:
            guard let opened = try? Tag.open(Self.sealed(bytes[...]), name: "late", path: "tag") else { return }
            _ = opened.manifest.rows
        case .footer: _ = try FooterContents(ByteView(bytes, source: "footer"))
        case .segment: try Self.segments(bytes)
        case .bitmap:
            let view = try RoaringView(ByteView(bytes, source: "bitmap"))
            for chunk in 0..<4 { _ = try view.rows(ofChunk: chunk, count: 65_536) }
        case .deletions:
            let digest = Digest(of: bytes)
            var writer = ByteWriter()
            writer.append(bytes)
            writer.append(digest.low)
            writer.append(digest.high)
            let view = ByteView(writer.bytes, source: "deletions")
            let rows: UInt32 = bytes.count < 12 ? 0 : try view.load(at: 8)
            _ = try DeletionVector(view, rows: Int(min(rows, 1 << 22)))
        }
    }

    /// The bytes of a sealed file with what is behind its digest.
    private static func sealed(_ body: ArraySlice<UInt8>) -> [UInt8] {
        let opening = Array(#"{"digest":""#.utf8) + Array(Digest(of: Array(body)).hex.utf8)
        return opening + Array(#"","#.utf8) + body
    }

    /// Versions one after the other, a line each.
    private static func manifest(_ bytes: [UInt8]) throws {
        var chain = VersionChain()
        var number: Int?
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let next = number.map { $0 + 1 } ?? version(line)
            var (record, digest) = try VersionRecord.open(sealed(line), version: next, path: "version")
            if let before = chain.manifest {
                record.parent = before.digest
            } else if next > 1 {
                guard let base = try VersionChain(checkpoint: record, digest: digest, path: "version") else { return }
                (chain, number) = (base, next)
                continue
            }
            try chain.apply(record, digest: digest, path: "version")
            digest = chain.manifest?.digest ?? digest
            number = next
        }
        _ = chain.manifest?.rows
    }

    /// The number that a version says it has.
    private static func version(_ line: ArraySlice<UInt8>) -> Int {
        let text = String(decoding: line, as: UTF8.self)
        guard let place = text.firstRange(of: "\"version\":") else { return 1 }
        return Int(text[place.upperBound...].prefix { $0.isASCII && $0.isNumber }.prefix(15)) ?? 1
    }

    private static func segments(_ bytes: [UInt8]) throws {
        let reader = try ShardReader(ByteView(mended(bytes), source: "shard"), path: "shard")
        guard reader.rowCount <= 1 << 17 else { return }
        _ = reader.check(limit: 4)
        for field in reader.fields.indices {
            for chunk in 0..<reader.chunkCount {
                // One that cannot be read keeps nobody from the others.
                do { _ = try reader.vector(field: field, chunk: chunk) } catch let error as LakeError
                    where error.code == .corrupt
                {}
            }
        }
    }

    /// A shard whose segments, footer and postscript have the checksums that they should.
    private static func mended(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        guard bytes.count >= 192 else { return bytes }
        func number(_ offset: Int) -> Int {
            Int(clamping: (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) })
        }
        func put(_ value: UInt64, _ offset: Int) {
            for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
        }
        put(Checksum.xxh3(bytes[0..<56]), 56)
        let end = bytes.count - 64
        var start = 64
        while start + 64 <= end {
            let stored = number(start + 24)
            guard stored <= end - start - 64 else { break }
            // Of a text segment the head alone; its blocks have their own.
            let isText = bytes[start + 4] == SegmentKind.data.rawValue && bytes[start + 5] == Encoding.text.rawValue
            let summed = isText ? min(stored, number(start + 40)) : stored
            put(Checksum.xxh3(bytes[(start + 64)..<(start + 64 + summed)]), start + 48)
            put(Checksum.xxh3(bytes[start..<(start + 56)]), start + 56)
            if bytes[start + 4] == SegmentKind.footer.rawValue {
                for index in 0..<8 { bytes[end + 16 + index] = bytes[start + 48 + index] }
            }
            start += 64 + (stored + 63) / 64 * 64
        }
        put(Checksum.xxh3(bytes[end..<(end + 48)]), end + 48)
        return bytes
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try FuzzTarget.chosen.read(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch let error as LakeError where error.code == .corrupt {
        return 0
    } catch {
        fatalError("\(error)")
    }
    return 0
}
