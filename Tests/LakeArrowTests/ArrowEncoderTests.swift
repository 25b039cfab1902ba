import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeArrow

@Suite struct ArrowEncoderTests {
    private func integers<Integer: FixedWidthInteger>(_ held: HeldBytes?, _: Integer.Type) -> [Integer] {
        var writer = ByteWriter()
        if let held { writer.append(held) }
        let size = Integer.bitWidth / 8
        return stride(from: 0, to: writer.count, by: size).map { start in
            (0..<size).reduce(0) { $0 | Integer(truncatingIfNeeded: writer.bytes[start + $1]) << (8 * $1) }
        }
    }

    private func encode(_ vector: ColumnVector, _ type: DataType, isDictionary: Bool = false) throws -> ArrowColumn {
        var encoder = ArrowEncoder([ArrowField(name: "c", type: type, isDictionary: isDictionary)])
        return try encoder.encode(Batch(count: vector.count, columns: [vector])).columns[0]
    }

    @Test func integersTakeTheWidthOfTheirType() throws {
        let vector = ColumnVector(.integers([-1, 0, 77]), validity: Bitmap(words: [0b101], count: 3))
        let narrow = try encode(vector, .int16)
        #expect(narrow.nullCount == 1)
        #expect(integers(narrow.buffers[0], UInt64.self) == [0b101])
        #expect(integers(narrow.buffers[1], Int16.self) == [-1, 0, 77])
        #expect(integers(try encode(vector, .bool).buffers[1], UInt64.self) == [0b101])
        #expect(integers(try encode(vector, .uint64).buffers[1], UInt64.self) == [.max, 0, 77])
    }

    @Test func wideNumbersAreBorrowed() throws {
        let values = (0..<1_000).map { Int64($0) }
        let place = values.withUnsafeBytes { $0.baseAddress }
        #expect(try encode(ColumnVector(.integers(values)), .timestamp).buffers[1]?.address == place)
    }

    @Test func codedNumbersAreSpeltOut() throws {
        let dictionary = ValueDictionary(ColumnVector(.floats([0.5, -2])))
        let column = try encode(ColumnVector(.codes([1, 2, 0], dictionary: dictionary)), .float64)
        #expect(column.nullCount == 1)
        #expect(column.dictionary == nil)
        #expect(
            integers(column.buffers[1], UInt64.self) == [(-2.0).bitPattern, 0.0.bitPattern, 0.5.bitPattern])
    }

    @Test func batchesShareADictionary() throws {
        let dictionary = ValueDictionary(["a", "bc"])
        var encoder = ArrowEncoder([ArrowField(name: "c", type: .utf8, isDictionary: true)])
        let columns = try [[0, 1, 2], [1, 1, 1]].map { (codes: [UInt32]) in
            let vector = ColumnVector(.codes(codes, dictionary: dictionary))
            return try encoder.encode(Batch(count: 3, columns: [vector])).columns[0]
        }
        #expect(columns[0].dictionary != nil)
        #expect(columns[0].dictionary === columns[1].dictionary)
        #expect(columns.map(\.nullCount) == [1, 0])
    }

    @Test func largeDictionariesAreCutToFewRows() throws {
        let dictionary = ValueDictionary((0..<1_000).map { "value \($0)" })
        let column = try encode(
            ColumnVector(.codes([900, 1_000, 7, 900], dictionary: dictionary)), .utf8, isDictionary: true)
        #expect(column.dictionary?.count == 2)
        #expect(column.nullCount == 1)
        #expect(integers(column.dictionary?.buffers[1], Int32.self) == [0, 9, 16])
    }

    @Test func plainTextGetsADictionary() throws {
        let strings = ByteStrings(["x", "", "x", "y"])
        let column = try encode(
            ColumnVector(.bytes(strings), validity: Bitmap(words: [0b1101], count: 4)), .utf8, isDictionary: true)
        #expect(column.dictionary?.count == 2)
        #expect(column.nullCount == 1)
    }

    @Test func fixedListsHaveRoomForNull() throws {
        let lists = ColumnVector(
            .lists(offsets: [0, 2, 2, 4], child: ListChild(ColumnVector(.integers([1, 2, 3, 4])))),
            validity: Bitmap(words: [0b101], count: 3))
        let column = try encode(lists, .fixedList(.int32, size: 2))
        #expect(column.children[0].count == 6)
        #expect(integers(column.children[0].buffers[1], Int32.self) == [1, 2, 0, 0, 3, 4])
    }

    @Test func otherColumnsAreRefused() throws {
        var encoder = ArrowEncoder([])
        #expect(throws: LakeError.self) {
            try encoder.encode(Batch(count: 1, columns: [ColumnVector(.integers([1]))]))
        }
    }
}
