import LakeBytes
import LakeCore
import LakeShard
import Testing

/// What is written is what is read, for every type, shape and size.
@Suite struct ShardRoundTripTests {
    private func roundTrip(_ schema: Schema, _ batch: Batch, options: ShardOptions = ShardOptions(), seed: UInt64)
        throws
    {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.shard")
        let writer = try ShardWriter(schema: schema, path: path, store: LocalStore(), options: options)
        var start = 0
        while start < batch.count {
            let end = min(batch.count, start + 30_011)
            try writer.append(batch, start..<end)
            start = end
        }
        let summary = try writer.finish()
        #expect(summary.rows == batch.count)
        let reader = try ShardReader(path: path, store: LocalStore())
        #expect(reader.rowCount == batch.count)
        #expect(try reader.schema() == schema)
        for (field, column) in batch.columns.enumerated() {
            var read: [Value] = []
            for chunk in 0..<reader.chunkCount { read += try reader.vector(field: field, chunk: chunk).all }
            let same = read == column.all
            #expect(same, "column \(schema.fields[field]) differs, seed \(seed)")
        }
    }

    @Test(arguments: RandomRows.Shape.allCases, [0, 1, 700, 70_000])
    func everyTypeAndShape(shape: RandomRows.Shape, count: Int) throws {
        let seed = UInt64(count) &+ 7
        var rows = RandomRows(seed: seed)
        var fields: [Field] = []
        var columns: [ColumnVector] = []
        let lists: [DataType] = [
            .list(.utf8), .list(.int16), .fixedList(.float32, size: 3), .fixedList(.utf8, size: 2),
        ]
        for nulls in [false, true] {
            for type in RandomRows.scalarTypes + (count > 1000 ? [] : lists) {
                fields.append(Field(id: fields.count + 1, name: "\(type) \(nulls)", type: type))
                columns.append(rows.vector(type, count: count, shape: shape, nulls: nulls))
            }
        }
        try roundTrip(try Schema(fields: fields), Batch(count: count, columns: columns), seed: seed)
    }

    /// Columns with and without dictionaries, some of which leave theirs late; text that waits for its dictionary; lists.
    @Test func theFileIsTheSameWhateverTheThreads() throws {
        var rows = RandomRows(seed: 5)
        let count = 200_000
        var (fields, columns): ([Field], [ColumnVector]) = ([], [])
        func add(_ type: DataType, _ column: ColumnVector) {
            fields.append(Field(id: fields.count + 1, name: "\(fields.count) \(type)", type: type))
            columns.append(column)
        }
        for shape in RandomRows.Shape.allCases {
            for type in [DataType.int32, .float64, .utf8] {
                add(type, rows.vector(type, count: count, shape: shape, nulls: true))
            }
        }
        add(.list(.utf8), rows.vector(.list(.utf8), count: count, shape: .allCases[0], nulls: true))
        add(.int64, ColumnVector(.integers((0..<Int64(count)).map { $0 < 130_000 ? $0 % 7 : $0 })))
        add(.utf8, ColumnVector(.bytes(ByteStrings((0..<count).map { $0 < 130_000 ? "few" : "one of many, \($0)" }))))
        let (schema, batch) = (try Schema(fields: fields), Batch(count: count, columns: columns))
        let directory = try TemporaryDirectory()
        var digests: Set<Digest> = []
        for (index, options) in [(1, 1 << 30), (2, 1 << 30), (5, 1 << 30), (3, 1 << 20)].enumerated() {
            var shard = ShardOptions()
            (shard.workers, shard.memory) = options
            // How much text waits depends on memory, and so does the dictionary that it is compressed by.
            shard.trainingBytes = 1 << 16
            let writer = try ShardWriter(
                schema: schema, path: directory.file("\(index).shard"), store: LocalStore(), options: shard)
            for start in stride(from: 0, to: count, by: 30_011) {
                try writer.append(batch, start..<min(count, start + 30_011))
            }
            digests.insert(try writer.finish().digest)
        }
        #expect(digests.count == 1)
    }

    @Test func dictionariesHoldWhatOccurs() throws {
        let colours = ValueDictionary(ColumnVector(.bytes(ByteStrings(["red", "green", "blue"]))))
        let schema = try Schema(fields: [Field(id: 1, name: "colour", type: .utf8)])
        let directory = try TemporaryDirectory()
        let path = directory.file("a.shard")
        let writer = try ShardWriter(schema: schema, path: path, store: LocalStore())
        let batch = Batch(count: 4, columns: [ColumnVector(.codes([2, 0, 3, 2], dictionary: colours))])
        try writer.append(batch, 0..<4)
        _ = try writer.finish()
        let reader = try ShardReader(path: path, store: LocalStore())
        let node = try #require(try reader.node(ofField: 0, group: nil))
        #expect(try node.dictionary().count == 2)
        #expect(try reader.vector(field: 0, chunk: 0).all == batch.columns[0].all)
    }

    @Test(arguments: [true, false])
    func keyGroupsHoldOrFallBack(holds: Bool) throws {
        let seed: UInt64 = 11
        var random = SplitMix64(seed: seed)
        let count = 150_000
        let people = (0..<5000).map { _ in
            (Int64.random(in: 0..<4, using: &random), Double.random(in: 0..<3, using: &random))
        }
        let person = (0..<count).map { $0 % 5000 }
        let question = (0..<count).map { $0 / 5000 }
        let answer = (0..<count).map { _ in Int64.random(in: 1...5, using: &random) }
        var age = person.map { people[$0].0 }
        if !holds { age[100_001] = 99 }
        let schema = try Schema(
            fields: [
                Field(id: 1, name: "person", type: .int32), Field(id: 2, name: "age", type: .int16),
                Field(id: 3, name: "weight", type: .float64), Field(id: 4, name: "question", type: .utf8),
                Field(id: 5, name: "answer", type: .int8), Field(id: 6, name: "label", type: .utf8),
                Field(id: 7, name: "note", type: .utf8),
            ],
            keyGroups: [
                KeyGroup(name: "person", key: ["person"], columns: ["person", "age", "weight"]),
                KeyGroup(name: "question", key: ["question"], columns: ["question"]),
                KeyGroup(name: "answer", key: ["answer"], columns: ["answer", "label"], within: "question"),
            ])
        let batch = Batch(
            count: count,
            columns: [
                ColumnVector(.integers(person.map(Int64.init))), ColumnVector(.integers(age)),
                ColumnVector(.floats(person.map { people[$0].1 })),
                ColumnVector(.bytes(ByteStrings(question.map { "Q\($0)" }))), ColumnVector(.integers(answer)),
                ColumnVector(.bytes(ByteStrings((0..<count).map { "Q\(question[$0]) answer \(answer[$0])" }))),
                ColumnVector(.bytes(ByteStrings((0..<count).map { "row \($0)" }))),
            ])
        try roundTrip(schema, batch, seed: seed)
        var flat = ShardOptions()
        flat.keyGroups = false
        try roundTrip(schema, batch, options: flat, seed: seed)
    }

    @Test func textOfAllLengths() throws {
        let seed: UInt64 = 5
        var random = SplitMix64(seed: seed)
        var strings = ByteStrings()
        for index in 0..<9000 {
            let length =
                index == 4000 ? 3_000_000 : Int.random(in: 0..<(index % 50 == 0 ? 40_000 : 300), using: &random)
            let letter = UInt8.random(in: 97...122, using: &random)
            strings.append((0..<length).map { $0 % 7 == 0 ? UInt8(truncatingIfNeeded: index &* $0) : letter })
        }
        let schema = try Schema(fields: [Field(id: 1, name: "text", type: .binary)])
        try roundTrip(
            schema, Batch(count: 9000, columns: [ColumnVector(.bytes(strings))]), seed: seed)
    }
}
