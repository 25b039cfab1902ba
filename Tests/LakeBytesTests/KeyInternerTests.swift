import LakeBytes
import LakeCore
import Testing

@Suite struct KeyInternerTests {
    /// Keys of a number and a text, every fifth and seventh of them NULL.
    private static func columns(_ rows: [Int]) -> [KeyColumn] {
        var nulls = Bitmap(count: rows.count)
        for (place, row) in rows.enumerated() where row % 5 == 0 { nulls[place] = true }
        let words = rows.map { $0 % 5 == 0 ? 0 : UInt64($0 % 40) }
        let texts = ByteStrings(["a", "b", "", "dd"])
        let numbers = rows.map { $0 % 7 == 0 ? UInt32.max : UInt32($0 % 4) }
        return [KeyColumn(.words(words), nulls: nulls), KeyColumn(.texts(numbers, texts))]
    }

    private static func name(_ row: Int) -> String {
        "\(row % 5 == 0 ? -1 : row % 40) \(row % 7 == 0 ? "NULL" : "\(row % 4)")"
    }

    @Test func equalKeysHaveOneNumber() throws {
        var keys = KeyInterner(isText: [false, true])
        var known: [String: Int] = [:]
        for rows in [Array(1..<5), Array(0..<300), Array(100..<3_000)] {
            let columns = KeyInternerTests.columns(rows)
            let hashes = KeyColumn.hashes(columns, count: rows.count)
            let numbers = try keys.numbers(of: columns, hashes: hashes, Array(rows.indices))
            for (row, number) in zip(rows, numbers) {
                let name = KeyInternerTests.name(row)
                if known[name] == nil { known[name] = known.count }
                #expect(known[name] == number)
            }
        }
        #expect(keys.count == known.count)
        // What is read back are the same keys, by a disk too.
        var writer = ArrayWriter()
        writer.append(keys.columns, count: keys.count)
        var reader = ArrayReader(ByteView(writer.bytes))
        let (columns, count) = try reader.keys(isText: [false, true])
        #expect(count == keys.count)
        let hashes = KeyColumn.hashes(columns, count: count)
        #expect(try keys.numbers(of: columns, hashes: hashes, Array(0..<count)) == Array(0..<count))
        #expect((0..<count).contains { columns[0].isNull($0) } && (0..<count).contains { columns[1].isNull($0) })
        for length in stride(from: 0, to: writer.bytes.count, by: 101) {
            var reader = ArrayReader(ByteView(writer.bytes[..<length]))
            #expect(throws: LakeError.self) { try reader.keys(isText: [false, true]) }
        }
    }

    @Test func theKeyWithoutTermsIsOne() throws {
        var keys = KeyInterner(isText: [])
        let numbers = try keys.numbers(of: [], hashes: KeyColumn.hashes([], count: 3), [0, 1, 2])
        #expect(numbers == [0, 0, 0] && keys.count == 1)
    }

    @Test func lookingUpStopsWhenItIsCancelled() {
        let token = Cancellation()
        token.cancel()
        var keys = KeyInterner(isText: [false, true])
        let columns = KeyInternerTests.columns([1, 2, 3])
        let hashes = KeyColumn.hashes(columns, count: 3)
        #expect(throws: LakeError.self) {
            try keys.numbers(of: columns, hashes: hashes, [0, 1, 2], cancellation: token)
        }
        #expect(keys.count == 0)
    }
}
