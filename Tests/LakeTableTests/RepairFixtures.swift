import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeTable

/// A lake whose table `rows` has four shards of 400 rows, in versions 2 to 5; version 6 deletes rows of the first, version 7 more.
struct DamagedLake {
    let directory: TemporaryDirectory
    let path: String
    let table: TableDirectory
    /// What the rows are before anything is damaged.
    let content: ContentDigest

    static let shardRows = 400

    init(store: any Store = LocalStore(), in directory: TemporaryDirectory) throws {
        self.directory = directory
        path = directory.file("lake")
        table = try Lake.create(at: path, store: store).createTable("rows", schema: sampleSchema)
        for shard in 0..<4 { _ = try table.commit(.append([try table.realShard(shard)]), over: table.manifest()) }
        for last in [3, 9] {
            let base = try table.manifest()
            var vector = try table.deletions(of: base.shards[0]) ?? DeletionVector(rows: base.shards[0].rows)
            var rows = Bitmap(count: base.shards[0].rows)
            for row in 0...last { rows[row * 7] = true }
            vector.delete(rows)
            _ = try table.commit(.delete([(base.shards[0], try table.write(vector))]), over: base)
        }
        content = try table.snapshot().contentDigest(workers: 1)
    }

    func shard(_ index: Int) throws -> String { table.shardPath(try table.manifest().shards[index].file) }

    func repair(_ configure: (inout Repair.Options) -> Void = { _ in }) throws -> Repair {
        var options = Repair.Options()
        configure(&options)
        return try Repair(lakeAt: path, options: options, workers: 1)
    }

    /// Errors and warnings of a deep validation.
    func findings() throws -> [Finding] {
        try Validation(of: table, workers: 1).run(checkShard: Validation.everything(in: table, workers: 1))
            .findings.filter { $0.severity != .note }
    }

    func digest() throws -> ContentDigest { try table.snapshot().contentDigest(workers: 1) }

    /// Whether everything is whole, and stays as it is.
    func expectSound(rows: ContentDigest? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let findings = try findings()
        #expect(findings.isEmpty, sourceLocation: sourceLocation)
        #expect(try digest() == rows ?? content, sourceLocation: sourceLocation)
        let again = try repair { $0.dropDamaged = true }.run()
        #expect(again.isEmpty, "a second run", sourceLocation: sourceLocation)
        // The table goes on.
        _ = try table.commit(.append([try table.realShard(9)]), over: table.manifest())
        #expect(try self.findings().isEmpty, sourceLocation: sourceLocation)
    }
}

extension TableDirectory {
    /// Writes a shard of rows that depend on a number.
    func realShard(_ number: Int, rows: Int = DamagedLake.shardRows) throws -> NewShard {
        let writer = TableWriter(table: self, schema: sampleSchema)
        let ids = (0..<rows).map { Int64(number * 1_000_000 + $0) }
        var texts = ByteStrings()
        for row in 0..<rows { texts.append(Array("text \((row * 31 + number) % 17)".utf8)) }
        try writer.append(
            Batch(count: rows, columns: [ColumnVector(.integers(ids)), ColumnVector(.bytes(texts))]))
        return try writer.finish()[0]
    }
}

/// Changes bytes of a file.
func damage(_ path: String, _ range: Range<Int>, mask: UInt8 = 0xA5) throws {
    var bytes = try LocalStore().read(path, limit: 1 << 24)
    for place in range where place < bytes.count { bytes[place] ^= mask }
    try overwrite(path, bytes)
}
