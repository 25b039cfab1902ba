import LakeBytes
import LakeCore
import Testing

@testable import LakeQuery

/// Samples against their definition: the smallest hashes among the rows that pass, evaluated one by one.
@Suite struct SampleDefinitionTests {
    private static let fields: [(String, DataType)] = [
        ("row", .int64), ("person", .int64), ("sex", .utf8), ("zero", .float64), ("answer", .utf8),
    ]

    private static func rows(_ range: Range<Int>) -> [[Scalar]] {
        range.map { row in
            var chance = SplitMix64(seed: UInt64(row) / 3)
            let person = chance.below(500)
            return [
                .integer(Int64(row)), .integer(Int64(person)),
                person % 11 == 0 ? .null : .bytes(Array((person % 7 == 0 ? "rare" : person % 2 == 0 ? "f" : "m").utf8)),
                .float([0.0, -0.0, .nan, 1.5][person % 4]), .bytes(Array("answer \(chance.below(3))".utf8)),
            ]
        }
    }

    private static let parts = [0..<70_000, 70_000..<70_005, 70_005..<140_000].map(rows)
    private static let all = Array(parts.joined())

    private static let tables = Result {
        let person = KeyGroup(name: "person", key: ["person"], columns: ["person", "sex", "zero"])
        return [try QueryTable(fields, parts, groups: [person]), try QueryTable(fields, parts)]
    }

    private func hash(_ row: Int, _ seed: Int) -> UInt64 {
        let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
        let key = SplitMix64.mixed(UInt64(bitPattern: Int64(seed)) &+ golden)
        return SplitMix64.mixed(key &+ (UInt64(row) + 1) &* golden)
    }

    private static let conditions: [(String, @Sendable ([Scalar]) -> Bool)] = [
        ("", { _ in true }), (" WHERE sex = 'rare'", { $0[2] == .bytes(Array("rare".utf8)) }),
        (" WHERE answer <> 'answer 2'", { $0[4] != .bytes(Array("answer 2".utf8)) }),
        (" WHERE row % 97 = 3", { if case .integer(let row) = $0[0] { row % 97 == 3 } else { false } }),
        (" WHERE row < 0", { _ in false }),
        (
            " WHERE rowid >= 69990 AND rowid < 90000",
            { if case .integer(let row) = $0[0] { row >= 69_990 && row < 90_000 } else { false } }
        ),
    ]

    /// By columns; NaN is one value, and so is 0 of either sign.
    private static let combinations: [(String, [Int])] = [
        ("", []), (", sex", [2]), (", sex, answer", [2, 4]), (", zero, sex", [3, 2]), (", person", [1]),
    ]

    @Test(arguments: 1...40) func smallestHashes(number: Int) throws {
        var chance = SplitMix64(seed: UInt64(number))
        let (condition, passes) = SampleDefinitionTests.conditions[chance.below(6)]
        let (per, columns) = SampleDefinitionTests.combinations[chance.below(5)]
        let size = [1, 2, 50, 3_000, 200_000][chance.below(5)]
        let seed = chance.below(1_000) - 500
        var strata: [String: [(hash: UInt64, row: Int)]] = [:]
        for (row, values) in SampleDefinitionTests.all.enumerated() where passes(values) {
            let name = columns.map { column -> String in
                if case .float(let value) = values[column] { return "\(value == 0 ? 0 : value)" }
                return "\(values[column])"
            }
            strata[name.joined(separator: ","), default: []].append((hash(row, seed), row))
        }
        let expected = strata.values.flatMap { $0.sorted { $0.hash < $1.hash }.prefix(size).map(\.row) }.sorted()
        let sql = "SELECT row FROM t TABLESAMPLE rows(\(size)\(per)) REPEATABLE (\(seed))\(condition)"
        for (place, table) in try SampleDefinitionTests.tables.get().enumerated() {
            for workers in [1, 2] {
                let found = try table.rows(sql, workers: workers).map { row -> Int in
                    if case .integer(let number) = row[0] { Int(number) } else { -1 }
                }
                #expect(found == expected, "number \(number), table \(place), \(workers) workers: \(sql)")
            }
        }
    }
}
