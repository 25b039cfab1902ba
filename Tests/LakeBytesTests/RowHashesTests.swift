import LakeBytes
import LakeCore
import Testing

@Suite struct RowHashesTests {
    @Test(arguments: [0, 1, 7, 8, 9, 64, 1_001]) func likeOneByOne(count: Int) throws {
        var chance = SplitMix64(seed: UInt64(count))
        let hashes = RowHashes(seed: chance.next())
        let first = chance.below(1 << 40)
        let all = (0..<count).map { hashes.hash(first + $0) }
        for limit in [0, all.first ?? 5, 1 << 62, UInt64.max - 1, .max] {
            let found = hashes.rows(first..<(first + count), upTo: limit)
            let expected = all.indices.filter { all[$0] <= limit }
            #expect(found.places == expected.map { UInt32($0) } && found.hashes == expected.map { all[$0] })
        }
        let limits = [0, 1 << 63, UInt64.max]
        let codes = all.map { _ in UInt32(chance.below(3)) }
        let found = try hashes.rows(first..<(first + count), codes: codes, limits: limits)
        let expected = all.indices.filter { all[$0] <= limits[Int(codes[$0])] }
        #expect(found.places == expected.map { UInt32($0) } && found.hashes == expected.map { all[$0] })
    }

    @Test func codesWithoutALimitFindNothing() {
        #expect(throws: LakeError.self) { try RowHashes(seed: 1).rows(0..<3, codes: [0, 1, 2], limits: [.max, .max]) }
        #expect(throws: LakeError.self) { try RowHashes(seed: 1).rows(0..<3, codes: [0, 1], limits: [.max, .max]) }
    }
}
