import LakeBytes
import LakeCore
import LakeShard

extension GoldenShard {
    /// List lengths are never dictionary-coded: integers in all encodings with few rows.
    static func lengths() throws -> GoldenShard {
        var rows = GoldenRows(seed: 3)
        let count = 1280
        func flags(_ lengths: [Int]) -> ColumnVector {
            rows.lists(lengths) { ColumnVector(.integers([Int64](repeating: 1, count: $0))) }
        }
        let shapes = [
            rows.scattered(count, below: 4), rows.repeating(count, period: 256, below: 4),
            rows.uneven(count, below: 4), rows.repeating(count, period: 67, below: 5), rows.uneven(count, below: 7),
            rows.runs(count, below: 3, longest: 90), [Int](repeating: 1, count: count),
        ]
        return try GoldenShard("lengths", zip("abcdefg", shapes).map { ("\($0)", .list(.uint8), flags($1)) })
    }

    /// Integers with more distinct values than a dictionary takes.
    static func integers() throws -> GoldenShard {
        var rows = GoldenRows(seed: 4)
        let count = 4200
        let columns: [(String, DataType, ColumnVector)] = [
            (
                "a", .int32,
                .integers(
                    GoldenRows.ascending(rows.scattered(count, below: 256)),
                    validity: Bitmap(words: [UInt64](repeating: ~0, count: 65), count: count))
            ),
            ("b", .uint32, .integers(GoldenRows.ascending(rows.repeating(count, period: 256, below: 256)))),
            ("c", .int64, .integers(GoldenRows.ascending(rows.uneven(count, below: 16).map { $0 + 1 }))),
            ("d", .timestamp, .integers((0..<count).map { 60 * $0 })),
            ("e", .uint64, ColumnVector(.integers((0..<count).map { _ in rows.bits(64) }))),
        ]
        return try GoldenShard("integers", columns)
    }

    /// One value and NULLs: a validity bitmap that a codec shrinks.
    static func constants() throws -> GoldenShard {
        var rows = GoldenRows(seed: 5)
        let count = 4096
        func value(_ validity: Bitmap) -> ColumnVector {
            ColumnVector(.floats([Double](repeating: 0.1, count: count)), validity: validity)
        }
        var periodic = Bitmap(count: count)
        for (index, bit) in rows.repeating(count, period: 1024, below: 2).enumerated() where bit == 1 {
            periodic[index] = true
        }
        return try GoldenShard(
            "constants",
            [
                ("a", .float64, value(periodic)), ("b", .float64, value(rows.validity(count, rarity: 60))),
            ])
    }

    /// Floats: plain and scaled decimals, with exceptions.
    static func floats() throws -> GoldenShard {
        var rows = GoldenRows(seed: 6)
        let count = 800
        func fractions(_ values: [Int64]) -> [Double] { values.map { Double($0) / 9_007_199_254_740_992 } }
        let wide = (0..<count).map { _ in rows.bits(53) }
        let period = (0..<80).map { _ in rows.bits(53) }
        let shapes: [(String, DataType, [Double])] = [
            ("a", .float64, fractions(wide)),
            ("b", .float64, fractions((0..<count).map { period[$0 % 80] })),
            ("c", .float32, fractions(wide).map { Double(Float($0)) }),
            ("d", .float64, fractions(wide).map { Double(Float($0)) }),
            ("e", .float64, rows.scattered(count, below: 5000).map { Double($0) / 100 }),
            ("f", .float64, rows.repeating(count, period: 64, below: 256).map { Double($0) / 100 }),
            ("g", .float64, rows.uneven(count, below: 200).map { Double($0) / 100 }),
            ("h", .float32, rows.scattered(count, below: 900).map { Double(Float(Double($0) / 10)) }),
        ]
        var columns = shapes.map { name, type, values -> (String, DataType, ColumnVector) in
            (name, type, ColumnVector(.floats(values)))
        }
        var exceptional = rows.scattered(count, below: 300).map { Double($0) / 4 }
        for (position, value) in [(3, Double.nan), (50, .pi), (799, -.infinity), (200, -0.0)] {
            exceptional[position] = value
        }
        columns.append(
            ("i", .float64, ColumnVector(.floats(exceptional), validity: rows.validity(count, rarity: 11))))
        return try GoldenShard("floats", columns)
    }

    /// Dictionary codes in every encoding.
    static func codes(sliced: Bool) throws -> GoldenShard {
        var rows = GoldenRows(seed: sliced ? 7 : 8)
        let count = 1280
        let numbers: [(String, [Int])] = [
            ("a", rows.scattered(count, below: 4)),
            ("b", rows.repeating(count, period: 256, below: 8)),
            ("c", rows.uneven(count, below: 4)),
            ("d", rows.scattered(count, below: 300)),
            ("e", rows.repeating(count, period: 320, below: 300)),
            ("f", (0..<count).map { $0 < 300 ? $0 : rows.skewed(9) }),
            ("g", rows.repeating(count, period: 101, below: 100)),
            ("h", (0..<count).map { $0 < 100 ? $0 : rows.skewed(9) }),
            ("i", (0..<count).map { $0 < 256 ? $0 : rows.skewed(12) }),
            ("j", rows.runs(count, below: 5, longest: 90)),
            ("k", (0..<count).map { $0 / 16 }),
            ("l", (0..<count).map { $0 / 10 % 5 }),
            ("m", [Int](repeating: 9, count: count)),
        ]
        // Without bit-sliced codes it is the narrow ones that differ.
        var columns = numbers.filter { sliced || "ghijl".contains($0.0) }.map {
            name, values -> (String, DataType, ColumnVector) in
            (name, .int64, .integers(values.map { $0 - 2 }))
        }
        let words = rows.scattered(count, below: 7).map { ["yes", "no", "maybe", "never", "", "ä", "often"][$0] }
        columns.append(("n", .utf8, .text(words, validity: rows.validity(count, rarity: 8))))
        return try GoldenShard(sliced ? "codes" : "codes-unindexed", columns) { $0.indexes = sliced }
    }

    /// A bitmap per value, in containers of all forms, NULL among the values.
    static func bitmaps() throws -> GoldenShard {
        var rows = GoldenRows(seed: 9)
        let count = 1500
        let rare = (0..<count).map { _ in rows.below(300) == 0 ? 1 + rows.below(3) : 0 }
        var shard = try GoldenShard(
            "bitmaps",
            [
                ("a", .int8, .integers(rare)), ("b", .utf8, .text((0..<count).map { ["n", "s", "e", "w"][$0 / 400] })),
                (
                    "c", .int32,
                    .integers(rows.runs(count, below: 12, longest: 80), validity: rows.validity(count, rarity: 50))
                ),
            ])
        shard.indexed = [0, 1, 2]
        return shard
    }

    /// Bitmaps of values that have more than 4,096 rows in a chunk.
    static func denseBitmaps() throws -> GoldenShard {
        let values = (0..<8400).map { $0 % 2 == 0 ? 0 : $0 % 500 == 1 ? 7 : 4 }
        var shard = try GoldenShard("bitmaps-dense", [("a", .int8, .integers(values))])
        shard.indexed = [0]
        return shard
    }

    /// Runs in every codec.
    static func runs() throws -> GoldenShard {
        var rows = GoldenRows(seed: 15)
        let count = 1280
        var shard = try GoldenShard(
            "runs", "abc".map { ("\($0)", .int16, .integers(rows.runs(count, below: 9, longest: 80))) })
        shard.recoded = [(0, .zstd), (1, .lz4)]
        return shard
    }
}
