import Foundation
import LakeBytes
import LakeCore
import LakeShard
import Testing

/// The shards in `Schemas/golden/v1`, which every version must read, and which this version still writes.
///
/// `ALPHALAKE_WRITE_GOLDEN=1` writes them anew; do that only for shards that are new, never to make a test pass.
@Suite struct GoldenTests {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Schemas/golden/v1").path
    static let isWriting = ProcessInfo.processInfo.environment["ALPHALAKE_WRITE_GOLDEN"] == "1"
    static let limit = 1 << 24

    private let store = LocalStore()

    init() throws {
        guard GoldenTests.isWriting else { return }
        try GoldenTests.regenerated.get()
    }

    /// Writes all of them; runs once, before the first test.
    private static let regenerated = Result<Void, any Error> {
        let store = LocalStore()
        try store.createDirectory(directory)
        for name in try store.list(directory) { try store.remove(joinPath(directory, name)) }
        for shard in try GoldenShard.all() {
            let path = joinPath(directory, shard.name)
            try shard.write(to: path + ".shard", store: store)
            try Data(shard.lines.utf8).write(to: URL(fileURLWithPath: path + ".jsonl"))
        }
    }

    @Test func everyGoldenShardIsReadAsItsLines() throws {
        let names = try store.list(GoldenTests.directory).filter { $0.hasSuffix(".shard") }
        #expect(!names.isEmpty)
        for name in names {
            let path = joinPath(GoldenTests.directory, name)
            let reader = try ShardReader(path: path, store: store)
            let parts = try reader.fields.indices.map { field in
                try (0..<reader.chunkCount).map { try reader.vector(field: field, chunk: $0) }
            }
            let columns = zip(reader.fields, parts.map(ColumnVector.joining))
            let lines = GoldenLines.lines(columns.map { ($0, $1) }, count: reader.rowCount)
            let expected = try store.read(path.replacing(".shard", with: ".jsonl"), limit: GoldenTests.limit)
            let same = Array(lines.utf8) == expected
            #expect(same, "\(name) is read differently")
            #expect(reader.check() == [], "\(name)")
        }
    }

    @Test func theWriterStillWritesTheSameBytes() throws {
        let directory = try TemporaryDirectory()
        for shard in try GoldenShard.all() {
            let path = directory.file(shard.name)
            try shard.write(to: path, store: store)
            let golden = joinPath(GoldenTests.directory, shard.name)
            let same =
                try store.read(path, limit: GoldenTests.limit)
                == store.read(golden + ".shard", limit: GoldenTests.limit)
            #expect(same, "\(shard.name).shard is written differently (or by another version of zstd or lz4)")
            let lines = try store.read(golden + ".jsonl", limit: GoldenTests.limit)
            let sameLines = Array(shard.lines.utf8) == lines
            #expect(sameLines, "\(shard.name).jsonl")
        }
    }

    /// The combinations that the format allows of how a segment is laid out and how it is compressed.
    @Test func everyEncodingOccursWithEveryCodec() throws {
        var seen: Set<String> = []
        var kinds: Set<SegmentKind> = []
        for name in try store.list(GoldenTests.directory) where name.hasSuffix(".shard") {
            let reader = try ShardReader(path: joinPath(GoldenTests.directory, name), store: store)
            for segment in try reader.segments() {
                kinds.insert(segment.kind)
                if segment.kind == .data { seen.insert("\(segment.encoding) \(segment.codec)") }
            }
        }
        for encoding in Encoding.allCases {
            for codec in encoding == .text ? [Codec.none] : Codec.allCases {
                #expect(seen.contains("\(encoding) \(codec)"), "no segment in \(encoding) with \(codec)")
            }
        }
        for kind in SegmentKind.allCases { #expect(kinds.contains(kind), "no \(kind) segment") }
    }
}
