import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeQuery

@Suite struct BatchJoinerTests {
    private func batch(_ rows: Range<Int>, _ dictionary: ValueDictionary) -> Batch {
        Batch(
            count: rows.count,
            columns: [
                ColumnVector(.integers(rows.map { Int64($0) })),
                ColumnVector(.codes(rows.map { UInt32($0 % 3) }, dictionary: dictionary)),
            ])
    }

    @Test func smallOnesOfOneDictionaryAreJoined() throws {
        let (a, b) = (ValueDictionary(["x", "y"]), ValueDictionary(["x", "z"]))
        let sizes: [(Int, ValueDictionary)] =
            [(5, a), (6, a), (7, a), (3, b), (2_000, b), (1_000, b)] + (0..<10).map { _ in (1_000, a) } + [(4, b)]
        var joiner = BatchJoiner()
        var (found, start): ([Batch], Int) = ([], 0)
        for (size, dictionary) in sizes {
            try joiner.add(batch(start..<(start + size), dictionary)) { found.append($0) }
            start += size
        }
        try joiner.flush { found.append($0) }
        #expect(found.map(\.count) == [5, 13, 3, 2_000, 1_000, 8_000, 2_000, 4])
        let numbers = found.flatMap { batch in (0..<batch.count).map { batch.columns[0].scalar($0, .int64) } }
        #expect(numbers == (0..<start).map { .integer(Int64($0)) })
        guard case .codes(let codes, let dictionary) = found[5].columns[1].values else {
            Issue.record("codes were spelled out")
            return
        }
        #expect(dictionary === a && codes == (3_021..<11_021).map { UInt32($0 % 3) })
    }
}
