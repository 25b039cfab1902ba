import LakeBytes
import LakeCore
import LakeShard

extension GoldenShard {
    /// Text in blocks: values of all lengths, bytes that do not compress, a value longer than a block.
    static func text() throws -> GoldenShard {
        var rows = GoldenRows(seed: 10)
        let count = 4300
        var (words, noise, sparse) = (ByteStrings(), ByteStrings(), ByteStrings())
        for row in 0..<count {
            words.append(row == 2000 ? String(repeating: "long ", count: 3500) : row % 40 == 0 ? "" : "w\(row)")
            noise.append((0..<(row % 3 + 2)).map { _ in UInt8(rows.below(256)) })
            sparse.append(row % 2 == 0 ? "\(row)" : "")
        }
        var everySecond = Bitmap(count: count)
        for row in stride(from: 0, to: count, by: 2) { everySecond[row] = true }
        return try GoldenShard(
            "text",
            [
                ("t", .utf8, ColumnVector(.bytes(words))), ("b", .binary, ColumnVector(.bytes(noise))),
                ("n", .utf8, ColumnVector(.bytes(sparse), validity: everySecond)),
            ])
    }

    /// Text that is compressed with a dictionary trained on it.
    static func textDictionary() throws -> GoldenShard {
        var rows = GoldenRows(seed: 11)
        let parts = ["he said ", "South ", "women ", "prefer "]
        let values = (0..<4200).map { row in
            (0..<(row % 2 + 1)).map { _ in parts[rows.below(parts.count)] }.joined() + "\(rows.below(1_000_000))"
        }
        return try GoldenShard("text-dictionary", [("t", .utf8, .text(values))]) { $0.smallestTraining = 1 << 15 }
    }

    static func surveyColumns(repeats: Bool) -> [(String, DataType, ColumnVector)] {
        var rows = GoldenRows(seed: 12)
        let (people, questions) = (40, 10)
        let count = people * questions
        let persons = (0..<count).map { row in
            row / people % 3 == 1 && !repeats ? row % people * 2 % people : row % people
        }
        let ages = rows.scattered(people, below: 4).map { ["18-29", "30-49", "50-64", "65+"][$0] }
        let weights = rows.scattered(people, below: 3000).map { Double($0) / 1000 }
        let question = (0..<count).map { $0 / people }
        let answers = rows.scattered(count, below: 5)
        return [
            ("person", .int32, .integers(persons.map { 1000 + $0 })),
            ("age", .utf8, .text(persons.map { ages[$0] }, validity: nil)),
            ("weight", .float64, ColumnVector(.floats(persons.map { weights[$0] }))),
            ("question", .utf8, .text(question.map { "Q\($0)" })),
            ("wave", .int16, .integers(question.map { $0 / 5 })),
            ("answer", .int8, .integers(answers)),
            ("label", .utf8, .text((0..<count).map { "Q\(question[$0]): \(answers[$0])" })),
            ("note", .utf8, .text((0..<count).map { $0 % 7 == 0 ? "row \($0)" : "" })),
        ]
    }

    static let surveyGroups = [
        KeyGroup(name: "person", key: ["person"], columns: ["person", "age", "weight"]),
        KeyGroup(name: "question", key: ["question"], columns: ["question", "wave"]),
        KeyGroup(name: "wave", key: ["wave"], columns: ["wave"]),
        KeyGroup(name: "answer", key: ["answer"], columns: ["answer", "label"], within: "question"),
    ]

    /// Key groups, one of them nested, and a column that stands in two.
    static func groups() throws -> GoldenShard {
        try GoldenShard("groups", surveyColumns(repeats: true), groups: surveyGroups)
    }

    /// The same rows without factoring.
    static func groupsFlat() throws -> GoldenShard {
        try GoldenShard("groups-flat", surveyColumns(repeats: true), groups: surveyGroups) { $0.keyGroups = false }
    }

    /// A column that does not depend on its key: the group is absent, the others are not.
    static func groupsFallback() throws -> GoldenShard {
        var columns = surveyColumns(repeats: true)
        var ages = (0..<columns[1].2.count).map { columns[1].2.value($0) == .null ? "" : "older" }
        ages[350] = "younger"
        columns[1].2 = .text(ages)
        return try GoldenShard("groups-fallback", columns, groups: surveyGroups)
    }

    /// Key codes as pieces of sequences, in every codec.
    static func sequences() throws -> GoldenShard {
        var rows = GoldenRows(seed: 13)
        let count = 3600
        let patterns = (0..<6).map { _ in (start: rows.below(20), step: 1 + rows.below(3)) }
        // Keys are numbered as they come: all of them in order first.
        var mixed = Array(0..<200)
        while mixed.count < count {
            let pattern = patterns[rows.below(6)]
            mixed += stride(from: pattern.start, to: 200, by: pattern.step)
        }
        let shapes: [(String, [Int])] = [
            ("a", (0..<count).map { $0 % 128 }), ("b", (0..<count).map { $0 % 40 }), ("c", Array(mixed[..<count])),
        ]
        return try GoldenShard(
            "sequences", shapes.map { ($0.0, .int32, .integers($0.1.map { 5 * $0 })) },
            groups: shapes.map { KeyGroup(name: $0.0, key: [$0.0], columns: [$0.0]) })
    }

    /// Key codes that do not stand in sequences.
    static func keyCodes() throws -> GoldenShard {
        var rows = GoldenRows(seed: 14)
        let count = 1280
        let shapes: [(String, [Int])] = [
            ("a", rows.scattered(count, below: 100)), ("b", rows.uneven(count, below: 40)),
            ("c", (0..<count).map { $0 / 40 }), ("d", [Int](repeating: 3, count: count)),
            ("e", (0..<count).map { (count - $0) / 4 }),
        ]
        return try GoldenShard(
            "key-codes", shapes.map { ($0.0, .uint16, .integers($0.1)) },
            groups: shapes.map { KeyGroup(name: $0.0, key: [$0.0], columns: [$0.0]) })
    }

    /// No rows at all.
    static func empty() throws -> GoldenShard {
        let types: [DataType] = [.int32, .float32, .utf8, .list(.utf8), .fixedList(.bool, size: 4), .binary]
        return try GoldenShard(
            "empty", types.map { ("\($0)", $0, .nulls(0, of: $0)) },
            groups: [KeyGroup(name: "key", key: ["int32"], columns: ["int32", "utf8"])])
    }
}
