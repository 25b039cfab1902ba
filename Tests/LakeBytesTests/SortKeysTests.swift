import LakeBytes
import LakeCore
import Testing

@Suite struct SortKeysTests {
    /// Where each row stands among all, by comparing the values themselves; equal rows share a place.
    private func expected<Value: Comparable>(_ values: [Value?], descending: Bool, nullsFirst: Bool) -> [Int32] {
        values.indices.sorted { a, b in
            switch (values[a], values[b]) {
            case (nil, nil): return a < b
            case (nil, _): return nullsFirst
            case (_, nil): return !nullsFirst
            case (let x?, let y?): return x == y ? a < b : descending ? y < x : x < y
            }
        }.map { Int32($0) }
    }

    private func validity<Value>(_ values: [Value?]) -> Bitmap {
        var bits = Bitmap()
        for value in values { bits.append(value != nil) }
        return bits
    }

    private static let strings: [[UInt8]?] = [
        [], [0], [0, 0], [0, 255], [1], nil, [255], [255, 255], [255, 0], [97], [97, 0], [97, 0, 98], [97, 98], [97],
        nil,
        Array("a rather long text that shares its beginning 1".utf8),
        Array("a rather long text that shares its beginning 0".utf8),
    ]

    @Test(arguments: [false, true], [false, true]) func likeTheValues(descending: Bool, nullsFirst: Bool) {
        let term = SortKeys.Term(descending: descending, nullsFirst: nullsFirst)
        let integers: [Int64?] = [5, -1, .min, nil, .max, 0, 5, 256, -256, nil, 255]
        let vector = ColumnVector(.integers(integers.map { $0 ?? 0 }), validity: validity(integers))
        #expect(
            SortKeys([vector], [term]).order() == expected(integers, descending: descending, nullsFirst: nullsFirst))

        let floats: [Double?] = [1, -1, 0, -0.0, .infinity, -.infinity, nil, 1e-300, -1e300, 0.5, 0]
        let numbers = ColumnVector(.floats(floats.map { $0 ?? 0 }), validity: validity(floats))
        #expect(SortKeys([numbers], [term]).order() == expected(floats, descending: descending, nullsFirst: nullsFirst))

        let strings = SortKeysTests.strings
        var bytes = ByteStrings()
        for string in strings { bytes.append(string ?? []) }
        let texts = ColumnVector(.bytes(bytes), validity: validity(strings))
        struct Text: Comparable {
            var bytes: [UInt8]
            static func < (a: Text, b: Text) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
        }
        let order = expected(strings.map { $0.map { Text(bytes: $0) } }, descending: descending, nullsFirst: nullsFirst)
        #expect(SortKeys([texts], [term]).order() == order)

        let dictionary = ValueDictionary(["b", "a", "ab", "unused"])
        let codes = ColumnVector(.codes([0, 4, 1, 2, 0, 4], dictionary: dictionary))
        let few = ColumnVector(.codes([2, 4, 1], dictionary: dictionary))
        #expect(
            SortKeys([few], [term]).order()
                == expected(["ab", nil, "a"], descending: descending, nullsFirst: nullsFirst))
        let names: [String?] = ["b", nil, "a", "ab", "b", nil]
        #expect(SortKeys([codes], [term]).order() == expected(names, descending: descending, nullsFirst: nullsFirst))
    }

    @Test func notANumberIsAboveAll() {
        let vector = ColumnVector(.floats([.nan, .infinity, -.nan, 1]))
        #expect(SortKeys([vector], [.init(descending: false, nullsFirst: false)]).order() == [3, 1, 0, 2])
        #expect(SortKeys([vector], [.init(descending: true, nullsFirst: false)]).order() == [0, 2, 1, 3])
    }

    @Test func unsignedIntegers() {
        let vector = ColumnVector(.integers([-1, 0, 5, .min]))
        #expect(
            SortKeys([vector], [.init(descending: false, nullsFirst: false, isUnsigned: true)]).order() == [1, 2, 3, 0])
    }

    @Test func severalTermsAndLimits() {
        let a = ColumnVector(.codes((0..<10_000).map { UInt32($0 % 3) }, dictionary: ValueDictionary(["x", "y", "z"])))
        let b = ColumnVector(.integers((0..<10_000).map { Int64($0 * 7919 % 1_000) }))
        let terms = [
            SortKeys.Term(descending: true, nullsFirst: false), SortKeys.Term(descending: false, nullsFirst: false),
        ]
        let keys = SortKeys([a, b], terms)
        let whole = keys.order()
        let expected = (0..<10_000).sorted { x, y in
            (2 - x % 3, x * 7919 % 1_000, x) < (2 - y % 3, y * 7919 % 1_000, y)
        }
        #expect(whole.map { Int($0) } == expected)
        for limit in [0, 1, 2, 100, 1_249, 1_251, 20_000] {
            #expect(keys.order(limit: limit) == Array(whole.prefix(limit)))
            let last = keys.selecting([whole[5_000]])
            let before = whole.filter { keys.compare(Int($0), last, 0) < 0 }
            #expect(keys.order(limit: limit, before: last) == Array(before.prefix(limit)))
        }
        #expect(keys.selecting(whole).order() == Array(0..<10_000))
    }
}

/// Ranks and bounds, which tell most rows of an order without their whole keys.
@Suite struct SortKeyRankTests {
    private static func column(_ kind: Int, _ chance: inout SplitMix64) -> ColumnVector {
        let validity = Bitmap(words: (0..<4).map { _ in chance.next() | chance.next() }, count: 200)
        switch kind {
        case 0:
            return ColumnVector(.integers((0..<200).map { _ in Int64(chance.below(2_000)) - 900 }), validity: validity)
        case 1:
            let values = (0..<200).map { _ in
                [0.0, -0.0, .nan, -.infinity, Double(chance.below(9)) - 4][chance.below(5)]
            }
            return ColumnVector(.floats(values), validity: validity)
        default:
            var strings = ByteStrings()
            for _ in 0..<200 { strings.append((0..<chance.below(12)).map { _ in UInt8(chance.below(3) * 127) }) }
            if kind == 2 { return ColumnVector(.bytes(strings), validity: validity) }
            let codes = (0..<(kind == 3 ? 150 : 900)).map { _ in UInt32(chance.below(201)) }
            return ColumnVector(.codes(codes, dictionary: ValueDictionary(ColumnVector(.bytes(strings)))))
        }
    }

    @Test(arguments: 0..<5, [false, true]) func inTheOrderOfKeys(kind: Int, descending: Bool) {
        for nullsFirst in [false, true] {
            var chance = SplitMix64(seed: UInt64(kind))
            let term = SortKeys.Term(descending: descending, nullsFirst: nullsFirst)
            let columns = [SortKeyRankTests.column(kind, &chance), SortKeyRankTests.column(kind, &chance)]
            let ranks = SortKeys.ranks(columns[0], term)
            let keys = SortKeys(columns, [term, term])
            let single = SortKeys([columns[0]], [term])
            for row in ranks.indices {
                #expect(keys.firstRank(row, term, isText: kind > 1) == ranks[row])
                let other = chance.below(ranks.count)
                if ranks[row] < ranks[other] { #expect(single.compare(row, single, other) < 0) }
                #expect(keys.compareStarts(row, single, row) == 0)
                let near = Set(SortKeys.rows(columns[0], term, upTo: keys.selecting([Int32(other)])))
                if keys.compare(row, keys, other) <= 0 { #expect(near.contains(row)) }
            }
        }
    }
}
