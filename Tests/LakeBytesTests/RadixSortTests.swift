import LakeBytes
import LakeCore
import Testing

@Suite struct RadixSortTests {
    private static let sizes = [0, 1, 2, 255, 256, 257, 5_000]

    private static func numbers(_ count: Int, below bound: UInt64) -> [UInt64] {
        var chance = SplitMix64(seed: UInt64(count))
        return (0..<count).map { _ in bound == 0 ? chance.next() : chance.next() % bound }
    }

    @Test(arguments: sizes, [0, 1, 7, 1 << 20]) func numbersAreSorted(count: Int, bound: Int) throws {
        let numbers = RadixSortTests.numbers(count, below: UInt64(bound))
        for given in [numbers, numbers.sorted(), numbers.sorted(by: >), numbers.map { $0 | 1 << 63 }] {
            var keys = given
            try RadixSort.sort(&keys)
            #expect(keys == given.sorted())
        }
    }

    @Test(arguments: sizes, [0, 1, 7, 1 << 20]) func equalKeysKeepTheirOrder(count: Int, bound: Int) throws {
        let keys = RadixSortTests.numbers(count, below: UInt64(bound))
        let expected = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
        #expect(try RadixSort.order(of: keys).map { Int($0) } == expected)
    }

    @Test func sortingStopsWhenItIsCancelled() {
        let token = Cancellation()
        token.cancel()
        var keys = RadixSortTests.numbers(5_000, below: 0)
        #expect(throws: LakeError.self) { try RadixSort.sort(&keys, cancellation: token) }
        #expect(throws: LakeError.self) { try RadixSort.order(of: keys, cancellation: token) }
    }
}

@Suite struct CellValuesTests {
    /// Pairs with their weights, added up in a dictionary.
    private static func expected(_ pairs: [(cell: Int, word: UInt64, weight: Double)]) -> [[UInt64]: Double] {
        pairs.reduce(into: [:]) { $0[[UInt64($1.cell), $1.word], default: 0] += $1.weight }
    }

    @Test(arguments: [8, 40, 64], [1, 2]) func settledPairsAreSortedAndOnce(bits: Int, most: UInt64) throws {
        var chance = SplitMix64(seed: UInt64(bits))
        let mask: UInt64 = bits == 64 ? .max : 1 << UInt64(bits) - 1
        let pairs = (0..<4_000).map { _ -> (cell: Int, word: UInt64, weight: Double) in
            let word = chance.next() & mask & 0xF00F_0000_F000_00FF
            return (Int(chance.next() % 50), word, Double(chance.next() % most + 1))
        }
        var whole = CellValues(.single)
        for pair in pairs { whole.append(pair.cell, pair.word, pair.weight) }
        try whole.settle(nil)
        let expected = CellValuesTests.expected(pairs)
        #expect(whole.count == expected.count && whole.isSettled)
        for index in 0..<whole.count {
            let key = [UInt64(whole.cells[index]), whole.words[index]]
            #expect(expected[key] == (whole.weights.isEmpty ? 1 : whole.weights[index]))
            if index > 0 {
                #expect((whole.cells[index - 1], whole.words[index - 1]) < (whole.cells[index], whole.words[index]))
            }
        }
        // Parts come to the same, through a disk too.
        var merged = CellValues(.single)
        for part in [pairs[..<1_000], pairs[1_000..<1_001], pairs[1_001...]] {
            var values = CellValues(.single)
            for pair in part { values.append(pair.cell, pair.word, pair.weight) }
            try values.settle(nil)
            var writer = ArrayWriter()
            values.write(to: &writer, cells: 50)
            var reader = ArrayReader(ByteView(writer.bytes))
            var copy = CellValues(.single)
            try copy.read(from: &reader, cells: 50)
            try merged.append(
                copy, starts: copy.starts(cells: 50), from: Array(0..<50), into: Array(0..<50), cancellation: nil,
                renumbered: nil)
        }
        try merged.settle(nil)
        #expect(merged.cells == whole.cells && merged.words == whole.words)
        #expect(merged.weights == whole.weights)
    }

    @Test func whatIsDistinctHasNoWeights() throws {
        var values = CellValues(.none)
        for row in 0..<10_000 { values.append(row % 3, UInt64(row % 100), 2) }
        try values.settle(nil)
        #expect(values.count == 300 && values.weights.isEmpty)
        #expect(values.starts(cells: 3) == [0, 100, 200, 300])
    }
}
