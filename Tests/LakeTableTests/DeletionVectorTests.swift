import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct DeletionVectorTests {
    /// Few rows, half of them, runs and all but one, in one chunk and in several.
    private static func vectors() -> [DeletionVector] {
        var random = SplitMix64(seed: 11)
        return [2, 65, 65_536, 65_537, 200_000].flatMap { rows in
            (0..<4).map { kind in
                var deleted = Bitmap(count: rows)
                switch kind {
                case 0: for _ in 0..<5 { deleted[random.below(rows)] = true }
                case 1: for row in 0..<rows where random.below(2) == 0 { deleted[row] = true }
                case 2: deleted.fill((rows / 3)..<(rows / 3 + max(1, rows / 2)))
                default: deleted.fill(1..<rows)
                }
                deleted[0] = true
                var vector = DeletionVector(rows: rows)
                vector.delete(deleted)
                return vector
            }
        }
    }

    @Test func whatIsWrittenIsRead() throws {
        for vector in DeletionVectorTests.vectors() {
            let read = try DeletionVector(ByteView(vector.sealed()), rows: vector.rows)
            #expect(read == vector)
            #expect(read.count == vector.deleted.population)
            for chunk in 0...(vector.rows / 65_536) {
                let expected = vector.deleted.positions.filter { Int($0) / 65_536 == chunk }.map { $0 % 65_536 }
                #expect(read.rows(ofChunk: chunk)?.positions ?? [] == expected)
            }
        }
    }

    @Test func everyChangedOrMissingByteIsFound() throws {
        for vector in DeletionVectorTests.vectors() where vector.sealed().count < 3_000 {
            let bytes = vector.sealed()
            for index in bytes.indices {
                var changed = bytes
                changed[index] ^= UInt8(1 << (index % 8))
                #expect(throws: LakeError.self) { try DeletionVector(ByteView(changed), rows: vector.rows) }
                #expect(throws: LakeError.self) {
                    try DeletionVector(ByteView(Array(bytes[..<index])), rows: vector.rows)
                }
            }
            #expect(throws: LakeError.self) { try DeletionVector(ByteView(bytes + [0]), rows: vector.rows) }
            #expect(throws: LakeError.self) { try DeletionVector(ByteView(bytes), rows: vector.rows + 1) }
        }
    }

    /// Bytes with a right digest that say what cannot be.
    @Test func whatIsSealedButWrongIsRefused() throws {
        var vector = DeletionVector(rows: 100)
        var rows = Bitmap(count: 100)
        rows[7] = true
        vector.delete(rows)
        func resealed(_ change: (inout [UInt8]) -> Void) -> ByteView {
            var body = Array(vector.sealed().dropLast(16))
            change(&body)
            let digest = Digest(of: body)
            var writer = ByteWriter()
            writer.append(body)
            writer.append(digest.low)
            writer.append(digest.high)
            return ByteView(writer.bytes)
        }
        #expect(try DeletionVector(resealed { _ in }, rows: 100) == vector)
        for change: (inout [UInt8]) -> Void in [
            { $0[0] = 0 }, { $0[8] = 99 }, { $0[12] = 2 }, { $0[16] += 1 }, { $0[24] = 0 }, { $0.append(0) },
            { $0 = Array($0[..<30]) },
        ] {
            let error = #expect(throws: LakeError.self) { try DeletionVector(resealed(change), rows: 100) }
            #expect(error?.code == .corrupt)
        }
    }
}
