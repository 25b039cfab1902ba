import LakeBytes
import LakeCore

/// Exact counts per value, and what bitmaps would cost: FORMAT.md, *Index*.
struct IndexBuilder {
    let isRowDomain: Bool
    private var ends: [UInt32] = []
    private var codes: [UInt32] = []
    private var counts: [UInt32] = []
    private var histogram: [UInt32]
    private var runs: [UInt32]
    private var bitmapBytes = 0
    private var codeBytes = 0

    init(valueCount: Int, isRowDomain: Bool) {
        self.isRowDomain = isRowDomain
        histogram = [UInt32](repeating: 0, count: valueCount + 1)
        runs = histogram
    }

    /// Counts a chunk of codes; a key domain's codes count as many rows as their keys have.
    mutating func add(_ chunk: [UInt32], rowsPerKey: ArraySlice<UInt32>?) {
        if let rowsPerKey {
            for (code, rows) in zip(chunk, rowsPerKey) { histogram[Int(code)] &+= rows }
            return
        }
        guard var last = chunk.first else {
            if isRowDomain { ends.append(UInt32(codes.count)) }
            return
        }
        runs[Int(last)] &+= 1
        var allRuns = 1
        for code in chunk {
            histogram[Int(code)] &+= 1
            if code == last { continue }
            last = code
            runs[Int(code)] &+= 1
            allRuns += 1
        }
        guard isRowDomain else { return }
        var present = 0
        for code in histogram.indices where histogram[code] > 0 {
            codes.append(UInt32(code))
            counts.append(histogram[code])
            bitmapBytes += 4 + min(8192, 2 * Int(histogram[code]), 2 + 4 * Int(runs[code]))
            histogram[code] = 0
            runs[code] = 0
            present += 1
        }
        ends.append(UInt32(codes.count))
        codeBytes += min(chunk.count * BitPacking.width(of: UInt64(present)) / 8, 5 * allRuns) + 64
    }

    /// Whether bitmaps may turn out smaller than the codes: values are rare or stand in long runs.
    var wantsBitmaps: Bool { isRowDomain && bitmapBytes <= codeBytes }

    /// The payload of the counts segment.
    var countsPayload: [UInt8] {
        var (ends, codes, counts) = (ends, codes, counts)
        if !isRowDomain {
            codes = histogram.indices.filter { histogram[$0] > 0 }.map { UInt32($0) }
            counts = codes.map { histogram[Int($0)] }
            ends = [UInt32(codes.count)]
        }
        var writer = ByteWriter()
        writer.append(UInt32(ends.count))
        writer.append(UInt32(codes.count))
        writer.append(all: ends)
        writer.append(all: codes)
        writer.append(all: counts)
        return writer.bytes
    }
}

/// One Roaring bitmap per value.
final class BitmapsBuilder {
    private var builders: [RoaringBuilder?]

    init(valueCount: Int) {
        builders = [RoaringBuilder?](repeating: nil, count: valueCount + 1)
    }

    func add(_ codes: [UInt32], chunk: Int) {
        var positions: [UInt32: [UInt32]] = [:]
        let first = UInt32(chunk * ShardFormat.chunkRows)
        for (row, code) in codes.enumerated() { positions[code, default: []].append(first + UInt32(row)) }
        for (code, positions) in positions {
            let builder = builders[Int(code)] ?? RoaringBuilder()
            builder.add(positions)
            builders[Int(code)] = builder
        }
    }

    /// The payload of the bitmaps segment.
    var payload: [UInt8] {
        let bitmaps = builders.map { $0?.serialized() ?? [] }
        var writer = ByteWriter()
        writer.append(UInt32(bitmaps.count))
        writer.append(UInt32(0))
        var offset = UInt64(8 + 8 * (bitmaps.count + 1))
        writer.append(offset)
        for bitmap in bitmaps {
            offset += UInt64(bitmap.count)
            writer.append(offset)
        }
        for bitmap in bitmaps { writer.append(bitmap) }
        return writer.bytes
    }
}
