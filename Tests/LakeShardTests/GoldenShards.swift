import LakeBytes
import LakeCore
import LakeShard

/// A shard in `Schemas/golden/v1`: what is written into it and how.
struct GoldenShard: Sendable, CustomStringConvertible {
    var name: String
    var schema: Schema
    var batch: Batch
    var options = ShardOptions()
    /// Codecs that fields get though the writer would not choose them.
    var recoded: [(field: Int, codec: Codec)] = []
    /// Fields that get a bitmap index though it is larger than the column.
    var indexed: [Int] = []

    var description: String { name }

    init(
        _ name: String, _ columns: [(String, DataType, ColumnVector)], groups: [KeyGroup] = [],
        configure: (inout ShardOptions) -> Void = { _ in }
    ) throws {
        self.name = name
        let fields = columns.enumerated().map { number, column in
            Field(id: number + 1, name: column.0, type: column.1, nullable: !column.0.hasSuffix("!"))
        }
        schema = try Schema(fields: fields, keyGroups: groups)
        batch = Batch(count: columns.first?.2.count ?? 0, columns: columns.map(\.2))
        configure(&options)
    }

    /// The rows that go in, as canonical lines.
    var lines: String { GoldenLines.lines(Array(zip(schema.fields, batch.columns)), count: batch.count) }

    func write(to path: String, store: LocalStore) throws {
        let writer = try ShardWriter(schema: schema, path: path, store: store, options: options)
        try writer.append(batch, 0..<batch.count)
        _ = try writer.finish()
        guard !recoded.isEmpty || !indexed.isEmpty else { return }
        var patched = try store.read(path, limit: 1 << 24)
        for (field, codec) in recoded {
            var patch = try GoldenPatch(patched)
            try patch.recode(field: field, codec)
            patched = patch.bytes
        }
        for field in indexed {
            var patch = try GoldenPatch(patched)
            try patch.addBitmaps(field: field)
            patched = patch.bytes
        }
        try store.remove(path)
        let file = try store.create(path)
        try file.append(patched)
        try file.close()
    }

    static func all() throws -> [GoldenShard] {
        try [
            types(), lists(), lengths(), runs(), integers(), constants(), floats(), codes(sliced: true),
            codes(sliced: false),
            bitmaps(), denseBitmaps(), text(), textDictionary(), groups(), groupsFlat(), groupsFallback(), sequences(),
            keyCodes(),
            empty(),
        ]
    }

    /// Every scalar type at its limits, with and without NULL.
    static func types() throws -> GoldenShard {
        var rows = GoldenRows(seed: 1)
        let count = 40
        var columns: [(String, DataType, ColumnVector)] = []
        for nulls in [false, true] {
            for type in RandomRows.scalarTypes {
                let validity = nulls ? rows.validity(count, rarity: 4) : nil
                columns.append(("\(type)\(nulls ? "" : "!")", type, extremes(type, count, &rows, validity)))
            }
        }
        for type in [DataType.int32, .float64, .utf8] {
            columns.append(("no \(type)", type, .nulls(count, of: type)))
        }
        return try GoldenShard("types", columns)
    }

    private static func extremes(
        _ type: DataType, _ count: Int, _ rows: inout GoldenRows, _ validity: Bitmap?
    ) -> ColumnVector {
        switch type.physical {
        case .integer:
            let range = type.integerRange ?? 0...0
            var values: [Int64] = [range.lowerBound, range.upperBound, 0, 1]
            if type == .uint64 { values += [-1, .min] }
            if type == .date { values = [-735_000, -719_529, -719_528, -1, 0, 20_000, 2_932_896, 2_932_897] }
            return ColumnVector(
                .integers((0..<count).map { _ in values[rows.below(values.count)] }), validity: validity)
        case .float:
            let finite = [0, -0.0, 1.5, -2.25, 3.0e38, 1.0e-38, 0.1]
            let values = [.nan, .infinity, -.infinity] + finite.map { type == .float32 ? Double(Float($0)) : $0 }
            return ColumnVector(.floats((0..<count).map { _ in values[rows.below(values.count)] }), validity: validity)
        case .bytes, .list:
            var strings = ByteStrings()
            for _ in 0..<count {
                if type == .binary {
                    strings.append([[], [0], [255, 0, 254], [UInt8](repeating: 7, count: 20)][rows.below(4)])
                } else {
                    strings.append(["", "a", "Ünïcødé ✓", "\"quoted\"\n", "sixteen bytes...and more"][rows.below(5)])
                }
            }
            return ColumnVector(.bytes(strings), validity: validity)
        }
    }

    /// Lists of every element type, NULL lists, empty lists and NULL elements.
    static func lists() throws -> GoldenShard {
        var rows = GoldenRows(seed: 2)
        let count = 24
        var columns: [(String, DataType, ColumnVector)] = []
        for element in RandomRows.scalarTypes {
            for (type, size) in [(DataType.list(element), 0), (.fixedList(element, size: 3), 3)] {
                let validity = rows.validity(count, rarity: 5)
                let lengths = (0..<count).map { size > 0 ? size : validity[$0] ? rows.below(4) : 0 }
                let total = lengths.reduce(0, +)
                let elements = extremes(element, total, &rows, rows.validity(total, rarity: 5))
                columns.append(("\(type)", type, rows.lists(lengths, of: { _ in elements }, validity: validity)))
            }
        }
        let none = [Int](repeating: 0, count: count)
        columns.append(("empty", .list(.utf8), rows.lists(none, of: { .nulls($0, of: .utf8) })))
        columns.append(("null", .list(.int16), .nulls(count, of: .list(.int16))))
        columns.append(("null 2", .fixedList(.float32, size: 2), .nulls(count, of: .fixedList(.float32, size: 2))))
        return try GoldenShard("lists", columns)
    }
}
