import LakeBytes
import LakeCore
import LakeShard
import Testing

@Suite struct ShardCheckTests {
    private func shard(_ directory: TemporaryDirectory, count: Int) throws -> String {
        var rows = RandomRows(seed: 3)
        var fields: [Field] = []
        var columns: [ColumnVector] = []
        for shape in RandomRows.Shape.allCases {
            for type in RandomRows.scalarTypes + [.list(.utf8), .fixedList(.float32, size: 3)] {
                fields.append(Field(id: fields.count + 1, name: "\(shape) \(type)", type: type))
                columns.append(rows.vector(type, count: count, shape: shape, nulls: true))
            }
        }
        let path = directory.file("a.shard")
        let writer = try ShardWriter(schema: try Schema(fields: fields), path: path, store: LocalStore())
        try writer.append(Batch(count: count, columns: columns), 0..<count)
        _ = try writer.finish()
        return path
    }

    @Test func soundShardsPassAndSegmentsCoverTheFile() throws {
        let directory = try TemporaryDirectory()
        let reader = try ShardReader(path: try shard(directory, count: 900), store: LocalStore())
        #expect(reader.check() == [])
        let segments = try reader.segments()
        #expect(segments.reduce(128) { $0 + $1.fileBytes } == reader.byteCount)
        #expect(segments.first?.kind == .schema)
        #expect(segments.last?.kind == .footer)
    }

    @Test func everyFlippedBitOfAPayloadIsFound() throws {
        let directory = try TemporaryDirectory()
        let store = LocalStore()
        let path = try shard(directory, count: 40)
        let segments = try ShardReader(path: path, store: store).segments()
        let bytes = try store.read(path, limit: 1 << 24)
        for (number, segment) in segments.enumerated() where segment.storedBytes > 0 && segment.kind != .footer {
            var damaged = bytes
            let position = Int(segment.offset) + 64 + number * 31 % segment.storedBytes
            damaged[position] ^= 1 << UInt8(number % 8)
            let copy = directory.file("damaged-\(number).shard")
            let file = try store.create(copy)
            try file.append(damaged)
            try file.close()
            let errors = try ShardReader(path: copy, store: store).check()
            #expect(errors.contains { $0.code == .corrupt && $0.location.offset != nil }, "\(segment)")
            #expect(errors.allSatisfy { $0.location.file == copy })
            try store.remove(copy)
        }
    }
}
