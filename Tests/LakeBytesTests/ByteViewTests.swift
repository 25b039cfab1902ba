import LakeCore
import Testing

@testable import LakeBytes

@Suite struct ByteViewTests {
    @Test func loadsAreLittleEndianAndUnaligned() throws {
        let view = ByteView([0xFF, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08])
        #expect(try view.load(at: 1, as: UInt64.self) == 0x0807_0605_0403_0201)
        #expect(try view.load(at: 0, as: Int8.self) == -1)
        #expect(try view.load(at: 7, as: UInt16.self) == 0x0807)
    }

    @Test func everythingOutsideIsCorruptWithItsOffset() throws {
        let view = ByteView([1, 2, 3], source: "shard", absoluteOffset: 64)
        for (offset, count) in [(0, 4), (3, 1), (4, 0), (-1, 1), (0, -1), (1, Int.max), (Int.max, Int.max), (.min, 1)] {
            let error = #expect(throws: LakeError.self) { try view.slice(offset: offset, count: count) }
            #expect(error?.code == .corrupt && error?.location.file == "shard")
        }
        let error = #expect(throws: LakeError.self) { try view.load(at: 2, as: UInt32.self) }
        #expect(error?.location.offset == 66)
        #expect(try view.slice(offset: 3, count: 0).count == 0)
    }

    @Test func heapMemoryIsFilledOnce() throws {
        let view = ByteView(capacity: 10) { buffer in
            buffer[0] = 5
            return 1
        }
        #expect(view.bytes == [5])
        #expect(throws: LakeError.self) {
            _ = try ByteView(capacity: 1) { _ in throw LakeError(.corrupt, "bad block") }
        }
    }
}
