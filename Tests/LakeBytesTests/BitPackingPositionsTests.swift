import LakeCore
import Testing

@testable import LakeBytes

@Suite struct BitPackingPositionsTests {
    @Test(arguments: [0, 1, 3, 7, 8, 13, 25, 31, 32]) func likeUnpackingAll(width: Int) throws {
        let highest: UInt64 = (1 << UInt64(width)) - 1
        let codes = (0..<1_000).map { UInt32(UInt64($0) &* 0x9E37_79B9_7F4A_7C15 >> 20 & highest) }
        var writer = ByteWriter()
        writer.append(UInt64(5))
        BitPacking.pack(codes, base: 0, width: width, into: &writer)
        let view = ByteView(writer.bytes)
        for positions: [Int32] in [[], [0], [999], [0, 1, 2, 500, 998, 999], (0..<1_000).map { Int32($0) }] {
            let found = try BitPacking.codes(
                view, at: 8, count: 1_000, width: width, base: 7, positions: positions)
            #expect(found == positions.map { codes[Int($0)] &+ 7 })
        }
        for positions: [Int32] in [[1_000], [-1, 3], [5, .max]] where width > 0 {
            #expect(throws: LakeError.self) {
                try BitPacking.codes(view, at: 8, count: 1_000, width: width, base: 7, positions: positions)
            }
        }
        #expect(throws: LakeError.self) {
            try BitPacking.codes(view, at: 16, count: 1_000, width: max(width, 1), base: 7, positions: [0])
        }
    }
}
