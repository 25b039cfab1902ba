import LakeBytes
import LakeCore

/// Chooses among constant, packed, delta and runs for integers and codes: FORMAT.md, *Data*.
enum IntegerEncoder {
    /// Integers of a column, dates, timestamps, bools, list lengths.
    /// - Parameter values: NULL positions may hold anything; they are overwritten with their neighbour's value.
    static func encode(_ values: [Int64], validity: Bitmap?, type: DataType) -> EncodedChunk {
        var values = values
        let nulls = validity.map { $0.count - $0.population } ?? 0
        guard nulls < values.count || values.isEmpty else { return allNull(values.count) }
        if nulls > 0, let validity { fillGaps(&values, validity) }
        let unsigned = type == .uint64
        let flip: Int64 = unsigned ? .min : 0
        var (low, high) = (values.first ?? 0, values.first ?? 0)
        for value in values {
            if value ^ flip < low ^ flip { low = value }
            if value ^ flip > high ^ flip { high = value }
        }
        var chunk = smallest(values, low: low, high: high)
        chunk.nullCount = nulls
        chunk.validity = nulls > 0 ? validity : nil
        chunk.statistics = values.isEmpty ? Statistics() : Statistics(integers: low, high)
        if chunk.encoding != .constant, values.count > 0 {
            let width = plainWidth(low: low, high: high, unsigned: unsigned || type.isUnsigned)
            chunk.bytewise = (UInt64(width), plain(values, width: width))
        }
        return chunk
    }

    /// Codes of a dictionary with `dictionaryCount` values, which stands for NULL.
    static func encode(codes: [UInt32], dictionaryCount: Int, sliced: Bool) -> EncodedChunk {
        var (low, high) = (UInt32.max, UInt32(0))
        var nulls = 0
        var (lowest, highest) = (codes.first ?? 0, codes.first ?? 0)
        for code in codes {
            lowest = min(lowest, code)
            highest = max(highest, code)
            if code == UInt32(dictionaryCount) {
                nulls += 1
            } else {
                low = min(low, code)
                high = max(high, code)
            }
        }
        var chunk = smallest(codes, low: lowest, high: highest)
        chunk.nullCount = nulls
        chunk.statistics = low <= high ? Statistics(integers: Int64(low), Int64(high)) : Statistics()
        if chunk.encoding == .packed || chunk.encoding == .runs {
            let width = highest < 256 ? 1 : highest < 65_536 ? 2 : 4
            chunk.bytewise = (UInt64(width), plain(codes, width: width))
        }
        let width = BitPacking.width(of: UInt64(highest))
        if sliced, chunk.encoding == .packed, width <= 8 {
            chunk.encoding = .planes
            chunk.parameter = UInt64(width)
            chunk.payload = planes(codes, width: width)
        }
        return chunk
    }

    /// Key codes and row counts: never NULL.
    static func encode(keyCodes codes: [UInt32]) -> EncodedChunk {
        var chunk = encode(codes: codes, dictionaryCount: Int(UInt32.max), sliced: false)
        let deltas = delta(codes.map(Int64.init))
        if let deltas, deltas.payload.count < chunk.payload.count {
            chunk.encoding = .delta
            chunk.parameter = deltas.parameter
            chunk.payload = deltas.payload
        }
        return chunk
    }

    private static func allNull(_ count: Int) -> EncodedChunk {
        EncodedChunk(encoding: .constant, payload: [], count: count, nullCount: count)
    }

    private static func fillGaps(_ values: inout [Int64], _ validity: Bitmap) {
        var last = values[values.indices.first { validity[$0] } ?? 0]
        for index in values.indices {
            if validity[index] { last = values[index] } else { values[index] = last }
        }
    }

    private static func smallest(_ values: [Int64], low: Int64, high: Int64) -> EncodedChunk {
        if low == high {
            var writer = ByteWriter()
            writer.append(low)
            return EncodedChunk(encoding: .constant, payload: writer.bytes, count: values.count)
        }
        let width = BitPacking.width(of: UInt64(bitPattern: high &- low))
        var writer = ByteWriter()
        writer.append(low)
        BitPacking.pack(values, base: low, width: width, into: &writer)
        var best = EncodedChunk(
            encoding: .packed, parameter: UInt64(width), payload: writer.bytes, count: values.count)
        if let deltas = delta(values), deltas.payload.count < best.payload.count { best = deltas }
        if let runs = runs(values, base: low, width: width), runs.payload.count < best.payload.count { best = runs }
        return best
    }

    private static func smallest(_ codes: [UInt32], low: UInt32, high: UInt32) -> EncodedChunk {
        if low == high {
            var writer = ByteWriter()
            writer.append(UInt64(low))
            return EncodedChunk(encoding: .constant, payload: writer.bytes, count: codes.count)
        }
        let width = BitPacking.width(of: UInt64(high - low))
        var writer = ByteWriter()
        writer.append(UInt64(low))
        BitPacking.pack(codes, base: low, width: width, into: &writer)
        let packed = EncodedChunk(
            encoding: .packed, parameter: UInt64(width), payload: writer.bytes, count: codes.count)
        var changes = 1
        for index in codes.indices.dropFirst() where codes[index] != codes[index - 1] { changes += 1 }
        guard changes * (32 + width) < codes.count * width else { return packed }
        return runs(codes.map(Int64.init), base: Int64(low), width: width) ?? packed
    }

    private static func delta(_ values: [Int64]) -> EncodedChunk? {
        guard values.count > 2 else { return nil }
        var deltas = [Int64](repeating: 0, count: values.count - 1)
        var (low, high) = (Int64.max, Int64.min)
        for index in deltas.indices {
            let (step, overflow) = values[index + 1].subtractingReportingOverflow(values[index])
            if overflow { return nil }
            deltas[index] = step
            low = min(low, step)
            high = max(high, step)
        }
        let width = BitPacking.width(of: UInt64(bitPattern: high &- low))
        var writer = ByteWriter()
        writer.append(values[0])
        writer.append(low)
        BitPacking.pack(deltas, base: low, width: width, into: &writer)
        return EncodedChunk(encoding: .delta, parameter: UInt64(width), payload: writer.bytes, count: values.count)
    }

    /// Nil when there are more runs than one in four values.
    private static func runs(_ values: [Int64], base: Int64, width: Int) -> EncodedChunk? {
        var ends: [UInt32] = []
        var heads: [Int64] = []
        for index in values.indices {
            if index > 0, values[index] == values[index - 1] { continue }
            if index > 0 { ends.append(UInt32(index)) }
            heads.append(values[index])
            if heads.count > values.count / 4 + 1 { return nil }
        }
        ends.append(UInt32(values.count))
        var writer = ByteWriter()
        writer.append(UInt32(heads.count))
        writer.append(UInt32(width))
        writer.append(base)
        writer.append(all: ends)
        writer.pad(to: 8)
        BitPacking.pack(heads, base: base, width: width, into: &writer)
        return EncodedChunk(encoding: .runs, payload: writer.bytes, count: values.count)
    }

    private static func plainWidth(low: Int64, high: Int64, unsigned: Bool) -> Int {
        for width in [1, 2, 4] {
            let bits = Int64(8 * width)
            if unsigned, low >= 0, high >= 0, high < 1 << bits { return width }
            if !unsigned, low >= -(1 << (bits - 1)), high < 1 << (bits - 1) { return width }
        }
        return 8
    }

    private static func plain(_ values: [Int64], width: Int) -> [UInt8] {
        var writer = ByteWriter()
        switch width {
        case 1: writer.append(all: values.map { UInt8(truncatingIfNeeded: $0) })
        case 2: writer.append(all: values.map { UInt16(truncatingIfNeeded: $0) })
        case 4: writer.append(all: values.map { UInt32(truncatingIfNeeded: $0) })
        default: writer.append(all: values)
        }
        return writer.bytes
    }

    private static func plain(_ codes: [UInt32], width: Int) -> [UInt8] {
        var writer = ByteWriter()
        switch width {
        case 1: writer.append(all: codes.map { UInt8(truncatingIfNeeded: $0) })
        case 2: writer.append(all: codes.map { UInt16(truncatingIfNeeded: $0) })
        default: writer.append(all: codes)
        }
        return writer.bytes
    }

    private static func planes(_ codes: [UInt32], width: Int) -> [UInt8] {
        let count = (codes.count + 63) / 64
        var words = [UInt64](repeating: 0, count: count * width)
        for word in 0..<count {
            let rows = (64 * word)..<min(codes.count, 64 * (word + 1))
            for bit in 0..<width {
                var plane: UInt64 = 0
                for (place, row) in rows.enumerated() {
                    plane |= UInt64(codes[row] >> UInt32(bit) & 1) << UInt64(place)
                }
                words[bit * count + word] = plane
            }
        }
        var writer = ByteWriter()
        writer.append(all: words)
        return writer.bytes
    }
}

extension DataType {
    /// Whether plain values of the type are zero-extended.
    var isUnsigned: Bool {
        switch self {
        case .bool, .uint8, .uint16, .uint32, .uint64, .list, .fixedList: true
        default: false
        }
    }
}
