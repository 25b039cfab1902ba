import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// A table of one shard with random columns of random types and shapes, some of whose rows may be deleted.
struct RandomTable {
    let disk: Disk
    /// Where its shard is.
    let shard: String
    /// How many bytes that has.
    let bytes: Int

    init(seed: UInt64) throws {
        var random = SplitMix64(seed: seed &* 7_919)
        let types: [DataType] = [
            .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64, .date,
            .timestamp,
            .utf8, .binary, .utf8, .list(.int16), .list(.utf8), .fixedList(.float32, size: 2),
        ]
        let count = 1 + random.below([10, 100, 300][random.below(3)])
        var fields = [Field(id: 1, name: "id", type: .int64, nullable: false)]
        var columns = [ColumnVector(.integers((0..<count).map { Int64($0) }))]
        for number in 0..<(2 + random.below(4)) {
            let type = types[random.below(types.count)]
            fields.append(Field(id: number + 2, name: "c\(number)", type: type))
            columns.append(RandomTable.column(type, count, &random))
        }
        // Columns that depend on a key are stored once per key.
        var groups: [KeyGroup] = []
        if random.below(2) == 0 {
            let keys = (0..<count).map { $0 % max(1, count / 7) }
            fields.append(Field(id: 50, name: "person", type: .int32))
            fields.append(Field(id: 51, name: "age", type: .utf8))
            columns.append(ColumnVector(.integers(keys.map(Int64.init))))
            columns.append(ColumnVector(.bytes(ByteStrings(keys.map { "age \($0 % 5)" }))))
            groups.append(KeyGroup(name: "person", key: ["person"], columns: ["person", "age"]))
        }
        let store = MemoryStore(Disk())
        let schema = try Schema(fields: fields, keyGroups: groups)
        let table = try Lake.create(at: Job.lakePath, store: store).createTable("rows", schema: schema)
        let writer = TableWriter(table: table, schema: schema)
        try writer.append(Batch(count: count, columns: columns))
        var manifest = try table.commit(.append(writer.finish()), over: table.manifest())
        let entry = manifest.shards[0]
        if count > 1, random.below(2) == 0 {
            var rows = Bitmap(count: count)
            for row in 0..<(count - 1) where random.below(5) == 0 { rows[row] = true }
            rows[random.below(count - 1)] = true
            var vector = DeletionVector(rows: count)
            vector.delete(rows)
            manifest = try table.commit(.delete([(entry, table.write(vector))]), over: manifest)
        }
        disk = store.shared.disk
        shard = table.shardPath(entry.file)
        bytes = entry.bytes
    }

    private static func column(_ type: DataType, _ count: Int, _ random: inout SplitMix64) -> ColumnVector {
        var validity: Bitmap?
        if random.below(3) == 0 {
            let rarity = 1 + random.below(6)
            var bits = Bitmap(count: count, filled: true)
            for index in 0..<count where random.below(rarity) == 0 { bits[index] = false }
            validity = bits
        }
        switch type.physical {
        case .integer: return ColumnVector(.integers(integers(type, count, &random)), validity: validity)
        case .float:
            let values = integers(.int16, count, &random).map { Double(Float($0) * 0.25) }
            return ColumnVector(.floats(values), validity: validity)
        case .bytes:
            let texts = integers(.int16, count, &random).map { value in
                value % 7 == 0 ? "" : "text \(value) " + String(repeating: "y", count: Int(value.magnitude % 40))
            }
            return ColumnVector(.bytes(ByteStrings(texts)), validity: validity)
        case .list:
            var offsets = [0]
            for index in 0..<count {
                var length = random.below(4)
                if case .fixedList(_, let size) = type {
                    length = size
                } else if validity?[index] == false {
                    length = 0
                }
                offsets.append((offsets.last ?? 0) + length)
            }
            let child = column(type.element ?? .int8, offsets[count], &random)
            return ColumnVector(.lists(offsets: offsets, child: ListChild(child)), validity: validity)
        }
    }

    /// Constant, a few values, runs, ascending, or any.
    private static func integers(_ type: DataType, _ count: Int, _ random: inout SplitMix64) -> [Int64] {
        let range = type.integerRange ?? 0...1
        let few = (0..<5).map { _ in Int64.random(in: range, using: &random) }
        let shape = random.below(5)
        var value = few[0]
        return (0..<count).map { index in
            switch shape {
            case 0: return few[0]
            case 1: return few[random.below(5)]
            case 2:
                if random.below(20) == 0 { value = few[random.below(5)] }
                return value
            case 3: return min(range.upperBound, Int64(index) / (range.upperBound < 200 ? 4 : 1))
            default: return Int64.random(in: range, using: &random)
            }
        }
    }
}
