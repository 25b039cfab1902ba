import Testing

@testable import LakeBytes

@Suite struct ChecksumTests {
    @Test func knownValues() {
        // From the reference implementation (xxhsum -H3 and -H2 of nothing and of "abc").
        #expect(Checksum.xxh3([UInt8]()) == 0x2D06_8005_38D3_94C2)
        #expect(Checksum.xxh3(Array("abc".utf8)) == 0x78AF_5F94_892F_3950)
        #expect(Digest(of: [UInt8]()).hex == "99aa06d3014798d86001c324468d497f")
        #expect(Digest(of: Array("abc".utf8)).hex == "06b05ab6733a618578af5f94892f3950")
    }

    @Test func viewsSlicesAndStreamsAgree() {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        #expect(Checksum.xxh3(ByteView(bytes)) == Checksum.xxh3(bytes))
        #expect(Checksum.xxh3(bytes[5...]) == Checksum.xxh3(Array(bytes[5...])))
        let stream = FileDigest()
        stream.update(bytes[..<7])
        stream.update(ByteView(bytes[7..<70_000]))
        stream.update(Array(bytes[70_000...]))
        #expect(stream.digest == Digest(of: bytes))
        #expect(stream.digest == Digest(of: ByteView(bytes)))
    }

    @Test func hexIsReadStrictly() {
        let digest = Digest(high: 0x0123, low: .max)
        #expect(digest.hex == "0000000000000123ffffffffffffffff")
        #expect(Digest(hex: digest.hex) == digest)
        for text in ["", "0", "+000000000000123ffffffffffffffff", digest.hex.uppercased(), digest.hex + "0"] {
            #expect(Digest(hex: text) == nil)
        }
    }
}
