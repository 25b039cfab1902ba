import LakeBytes
import LakeCore
import Testing

@testable import LakeShard

/// Damaged shards are made again byte for byte where anything that is left tells what they were.
@Suite struct ShardRepairTests {
    private let store = LocalStore()

    private func golden() throws -> [(name: String, bytes: [UInt8])] {
        try store.list(GoldenTests.directory).filter { $0.hasSuffix(".shard") }.map { name in
            (name, try store.read(joinPath(GoldenTests.directory, name), limit: GoldenTests.limit))
        }
    }

    private func repair(_ damaged: [UInt8], of intact: [UInt8]) throws -> ShardRepair {
        let schema = try ShardReader(ByteView(intact), path: "golden").schema()
        return try ShardRepair(
            ByteView(damaged), path: "damaged", bytes: intact.count, digest: Digest(of: intact), schemas: [schema],
            workers: 1)
    }

    /// What comes of damage must be the file itself.
    private func expectExact(
        _ damaged: [UInt8], of intact: [UInt8], _ what: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let repair = try repair(damaged, of: intact)
        let isSame = repair.state == .exact && repair.bytes.bytes == intact
        #expect(isSame, "\(what): \(repair.state), \(repair.losses)", sourceLocation: sourceLocation)
        if damaged != intact { #expect(!repair.steps.isEmpty, "\(what)", sourceLocation: sourceLocation) }
    }

    @Test func intactShardsAreExact() throws {
        for (name, bytes) in try golden() { try expectExact(bytes, of: bytes, name) }
    }

    /// Every byte of header, footer and postscript, one after the other.
    @Test func everyByteOfHeaderFooterAndPostscript() throws {
        for (name, bytes) in try golden() {
            let footer = Int(try #require(try ShardReader(ByteView(bytes), path: name).segments().last?.offset))
            let places = Array(0..<64) + Array(footer..<bytes.count)
            try parallelFor(count: places.count, workers: 2) { index in
                var damaged = bytes
                damaged[places[index]] ^= UInt8(1 + places[index] % 255)
                try expectExact(damaged, of: bytes, "\(name), byte \(places[index])")
            }
        }
    }

    @Test func allOfHeaderFooterAndPostscript() throws {
        for (name, bytes) in try golden() {
            let footer = Int(try #require(try ShardReader(ByteView(bytes), path: name).segments().last?.offset))
            var damaged = bytes
            for place in 0..<64 { damaged[place] = 0xEE }
            try expectExact(damaged, of: bytes, "\(name), header")
            for place in footer..<bytes.count { damaged[place] = 0xEE }
            try expectExact(damaged, of: bytes, "\(name), header and footer")
            try expectExact(Array(bytes[..<footer]), of: bytes, "\(name), cut before the footer")
            try expectExact(bytes + [1, 2, 3], of: bytes, "\(name), longer")
            try expectExact(Array(bytes.dropLast(64)), of: bytes, "\(name), without postscript")
        }
    }

    /// One byte anywhere.
    @Test func singleBytesOfSegments() throws {
        var random = SplitMix64(seed: 7)
        for (name, bytes) in try golden() {
            let segments = try ShardReader(ByteView(bytes), path: name).segments()
            for segment in segments.dropLast() where segment.storedBytes < 10_000 {
                let start = Int(segment.offset)
                for place in [start + random.below(64), start + 64 + random.below(max(1, segment.storedBytes))] {
                    var damaged = bytes
                    damaged[place] ^= UInt8(1 + random.below(255))
                    try expectExact(damaged, of: bytes, "\(name), \(segment.kind) at \(place)")
                }
            }
        }
    }

    /// All of a segment that follows from others: header and payload, and the payload alone.
    @Test func segmentsThatFollowFromTheValues() throws {
        for (name, bytes) in try golden() {
            let reader = try ShardReader(ByteView(bytes), path: name)
            let counts = Set(reader.groups.map(\.countNode.number))
            let derived: Set<SegmentKind> = [.directory, .counts, .bitmaps, .parentFirsts, .schema]
            for segment in try reader.segments() {
                let isRowCounts = segment.kind == .data && segment.node.map { counts.contains($0) } ?? false
                guard derived.contains(segment.kind) || isRowCounts else { continue }
                for start in isRowCounts ? [64] : [0, 64] {
                    var damaged = bytes
                    for place in start..<segment.fileBytes { damaged[Int(segment.offset) + place] ^= 0xA5 }
                    try expectExact(
                        damaged, of: bytes, "\(name), \(segment.kind) of node \(segment.node ?? -1) from \(start)")
                }
            }
        }
    }

    /// Values that are lost are said to be, and nothing is made up; the others can be read.
    @Test func lostValuesAreNamed() throws {
        for (name, bytes) in try golden() {
            let reader = try ShardReader(ByteView(bytes), path: name)
            for segment in try reader.segments() where segment.kind == .data && segment.storedBytes >= 16 {
                var damaged = bytes
                for place in 64..<(64 + segment.storedBytes) { damaged[Int(segment.offset) + place] ^= 0xA5 }
                let repair = try repair(damaged, of: bytes)
                if repair.state == .exact {
                    #expect(repair.bytes.bytes == bytes)
                    continue
                }
                #expect(repair.state == .partial && !repair.losses.isEmpty, "\(name): \(repair.state)")
                let mended = try ShardReader(repair.bytes, path: name)
                #expect(mended.rowCount == reader.rowCount && mended.fields == reader.fields)
            }
        }
    }

    /// However much is cut off: never other values than there were.
    @Test func truncatedShards() throws {
        for (name, bytes) in try golden() {
            for end in stride(from: 0, to: bytes.count, by: max(64, bytes.count / 40)) {
                let repair = try repair(Array(bytes[..<end]), of: bytes)
                guard repair.state == .exact || repair.state == .readable else { continue }
                let (before, after) = (
                    try ShardReader(ByteView(bytes), path: name), try ShardReader(repair.bytes, path: name)
                )
                #expect(after.rowCount == before.rowCount)
                for field in before.fields.indices where before.fields[field].type.physical != .list {
                    for chunk in 0..<before.chunkCount {
                        let (a, b) = (
                            try before.vector(field: field, chunk: chunk), try after.vector(field: field, chunk: chunk)
                        )
                        #expect(a.holdsSameValues(as: b), "\(name), cut at \(end)")
                    }
                }
            }
        }
    }

    @Test func newerFormatsAreNoDamage() throws {
        let bytes = try #require(try golden().first).bytes
        var newer = bytes
        newer[8] = 2
        var writer = ByteWriter()
        writer.append(Checksum.xxh3(newer[..<56]))
        newer.replaceSubrange(56..<64, with: writer.bytes)
        let error = #expect(throws: LakeError.self) { try repair(newer, of: bytes) }
        #expect(error?.message.contains("format 2") == true)
    }
}

extension SplitMix64 {
    fileprivate mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}
