import LakeBytes
import LakeCore

/// A data segment with its codec undone and its validity bitmap split off.
struct DataSegment {
    let header: SegmentHeader
    let validity: Bitmap?
    /// The encoded values behind the validity bitmap.
    let values: ByteView

    var count: Int { Int(header.count) }
    var isAllNull: Bool { header.encoding == .constant && header.nullCount == header.count && !header.hasValidity }

    /// - Throws: `LakeError` (corrupt) when the segment is not what the directory says.
    init(_ segment: SegmentPayload, expecting record: DirectoryRecord) throws {
        header = segment.header
        guard Int(header.count) == record.count, Int(header.nullCount) == record.nullCount,
            header.encoding == record.encoding, header.codec == record.codec,
            header.storedLength == record.storedLength,
            header.encoding != .text || header.codec == .none
        else { throw segment.stored.corrupt("a segment that differs from its directory record") }
        let raw = try segment.raw
        let count = Int(header.count)
        if header.hasValidity {
            let bitmap = try PlainValues.bitmap(raw, at: 0, bits: count)
            guard count - bitmap.population == Int(header.nullCount) else {
                throw raw.corrupt("a validity bitmap with another number of NULLs than stated")
            }
            validity = bitmap
            let skip = (count + 63) / 64 * 8
            values = try raw.slice(offset: skip, count: raw.count - skip)
        } else {
            let allNull = header.encoding == .constant && header.nullCount == header.count && count > 0
            validity = allNull && raw.count == 0 ? Bitmap(count: count, filled: false) : nil
            values = raw
        }
    }
}

/// Undoes the encodings of codes: of a dictionary, of keys, and row counts.
enum CodeDecoder {
    static func decode(_ segment: DataSegment, into codes: inout [UInt32]) throws {
        let (view, count, parameter) = (segment.values, segment.count, segment.header.parameter)
        switch segment.header.encoding {
        case .constant:
            let value: UInt64 = try view.load(at: 0)
            guard value <= UInt64(UInt32.max) else { throw view.corrupt("a code of more than 32 bits") }
            codes = [UInt32](repeating: UInt32(value), count: count)
        case .plain:
            try PlainValues.codes(view, at: 0, count: count, width: Int(clamping: parameter), into: &codes)
        case .packed:
            let base: UInt64 = try view.load(at: 0)
            guard base <= UInt64(UInt32.max) else { throw view.corrupt("a base of more than 32 bits") }
            try BitPacking.unpack(
                view, at: 8, count: count, width: Int(clamping: parameter), base: UInt32(base), into: &codes)
        case .runs:
            let runs = try RunTable(segment)
            codes = Aggregation.expanded(try Aggregation.narrowed(runs.heads), ends: runs.ends)
        case .delta:
            var wide: [Int64] = []
            try IntegerDecoder.decode(segment, type: .uint32, into: &wide)
            codes = try Aggregation.narrowed(wide)
        case .planes:
            let width = Int(clamping: parameter)
            guard width <= 16 else { throw view.corrupt("\(width) bit planes") }
            let bytes = (count + 63) / 64 * 8
            let planes = try (0..<width).map { try PlainValues.bitmap(view, at: $0 * bytes, bits: count) }
            codes = Aggregation.codes(ofPlanes: planes, count: count)
        case .decimal, .text, .sequences:
            throw view.corrupt("codes in encoding \(segment.header.encoding)")
        }
    }
}

/// Undoes the encodings of integers.
enum IntegerDecoder {
    static func decode(_ segment: DataSegment, type: DataType, into values: inout [Int64]) throws {
        let (view, count, parameter) = (segment.values, segment.count, segment.header.parameter)
        switch segment.header.encoding {
        case .constant:
            let value: Int64 = segment.isAllNull ? 0 : try view.load(at: 0)
            values = [Int64](repeating: value, count: count)
        case .plain:
            try PlainValues.integers(
                view, at: 0, count: count, width: Int(clamping: parameter), signed: !type.isUnsigned, into: &values)
        case .packed:
            let base: Int64 = try view.load(at: 0)
            try BitPacking.unpack(view, at: 8, count: count, width: Int(clamping: parameter), base: base, into: &values)
        case .delta:
            guard count > 0 else {
                values = []
                return
            }
            let first: Int64 = try view.load(at: 0)
            let base: Int64 = try view.load(at: 8)
            var deltas: [Int64] = []
            try BitPacking.unpack(
                view, at: 16, count: count - 1, width: Int(clamping: parameter), base: base, into: &deltas)
            values = Aggregation.runningSum(from: first, deltas)
        case .runs:
            let runs = try RunTable(segment)
            values = Aggregation.expanded(runs.heads, ends: runs.ends)
        case .decimal, .planes, .text, .sequences:
            throw view.corrupt("integers in encoding \(segment.header.encoding)")
        }
    }
}

/// The runs of a segment in encoding runs, checked.
struct RunTable {
    /// Where each run ends; ascending to the number of values.
    private(set) var ends: [UInt32] = []
    /// The value of each run.
    private(set) var heads: [Int64] = []

    init(_ segment: DataSegment) throws {
        let (view, count) = (segment.values, segment.count)
        let runs = Int(try view.load(at: 0, as: UInt32.self))
        let width = Int(try view.load(at: 4, as: UInt32.self))
        let base: Int64 = try view.load(at: 8)
        guard runs <= count else { throw view.corrupt("\(runs) runs for \(count) values") }
        try PlainValues.codes(view, at: 16, count: runs, width: 4, into: &ends)
        try BitPacking.unpack(
            view, at: (16 + 4 * runs + 7) / 8 * 8, count: runs, width: width, base: base, into: &heads)
        var start: UInt32 = 0
        for end in ends {
            guard end > start else { throw view.corrupt("runs that do not ascend") }
            start = end
        }
        guard Int(start) == count else { throw view.corrupt("runs of \(start) values in all, not \(count)") }
    }
}

extension CodeDecoder {
    /// The codes at `positions`, ascending and below the count; nil when the encoding has to be decoded as a whole.
    static func codes(_ segment: DataSegment, at positions: [Int32]) throws -> [UInt32]? {
        let view = segment.values
        switch segment.header.encoding {
        case .constant:
            let value: UInt64 = try view.load(at: 0)
            guard value <= UInt64(UInt32.max) else { throw view.corrupt("a code of more than 32 bits") }
            return [UInt32](repeating: UInt32(value), count: positions.count)
        case .packed:
            let width = Int(clamping: segment.header.parameter)
            let base: UInt64 = try view.load(at: 0)
            guard base <= UInt64(UInt32.max), width <= 32 else { throw view.corrupt("codes of more than 32 bits") }
            return try positions.map { position in
                let code = try BitPacking.value(view, at: 8, index: Int(position), width: width)
                return UInt32(base) &+ UInt32(truncatingIfNeeded: code)
            }
        case .plain where segment.header.parameter == 1:
            return try positions.map { UInt32(try view.load(at: Int($0), as: UInt8.self)) }
        case .runs:
            let runs = try RunTable(segment)
            let heads = try Aggregation.narrowed(runs.heads)
            var run = 0
            return positions.map { position in
                while Int(runs.ends[run]) <= Int(position) { run += 1 }
                return heads[run]
            }
        default: return nil
        }
    }
}

/// Undoes the encodings of floats.
enum FloatDecoder {
    static func decode(_ segment: DataSegment, type: DataType, into values: inout [Double]) throws {
        let (view, count, parameter) = (segment.values, segment.count, segment.header.parameter)
        switch segment.header.encoding {
        case .constant:
            let bits: UInt64 = segment.isAllNull ? 0 : try view.load(at: 0)
            values = [Double](repeating: Double(bitPattern: bits), count: count)
        case .plain:
            guard parameter == (type == .float32 ? 4 : 8) else {
                throw view.corrupt("\(type) values of \(parameter) bytes")
            }
            try PlainValues.floats(view, at: 0, count: count, width: Int(parameter), into: &values)
        case .decimal:
            try decodeDecimals(view, count: count, parameter: parameter, type: type, into: &values)
        case .packed, .delta, .runs, .planes, .text, .sequences:
            throw view.corrupt("floats in encoding \(segment.header.encoding)")
        }
    }

    private static func decodeDecimals(
        _ view: ByteView, count: Int, parameter: UInt64, type: DataType, into values: inout [Double]
    ) throws {
        let (width, exponent) = (Int(parameter & 255), Int(parameter >> 8 & 255))
        guard parameter < 1 << 16, exponent <= 18, width <= 64 else {
            throw view.corrupt("decimals of \(width) bits and exponent \(exponent)")
        }
        let base: Int64 = try view.load(at: 0)
        let exceptions = Int(try view.load(at: 8, as: UInt32.self))
        guard exceptions <= count else { throw view.corrupt("\(exceptions) exceptions among \(count) values") }
        var integers: [Int64] = []
        try BitPacking.unpack(view, at: 16, count: count, width: width, base: base, into: &integers)
        values = integers.map { FloatEncoder.value($0, exponent: exponent, type: type) }
        let positionsAt = 16 + BitPacking.byteCount(count, width: width)
        var positions: [UInt32] = []
        try PlainValues.codes(view, at: positionsAt, count: exceptions, width: 4, into: &positions)
        var raw: [Double] = []
        try PlainValues.floats(
            view, at: (positionsAt + 4 * exceptions + 7) / 8 * 8, count: exceptions, width: 8, into: &raw)
        var last = -1
        for (position, value) in zip(positions, raw) {
            guard Int(position) > last, Int(position) < count else {
                throw view.corrupt("exceptions that do not ascend")
            }
            last = Int(position)
            values[last] = value
        }
    }
}

/// Reads dictionary segments.
enum DictionaryDecoder {
    static func decode(_ payload: ByteView, count: Int, type: DataType) throws -> ColumnVector {
        guard type.physical == .bytes else {
            guard type.physical == .integer else { throw payload.corrupt("a dictionary of \(type)") }
            var values: [Int64] = []
            try PlainValues.integers(payload, at: 0, count: count, width: 8, signed: true, into: &values)
            let flip: Int64 = type == .uint64 ? .min : 0
            for index in values.indices.dropFirst() where values[index - 1] ^ flip >= values[index] ^ flip {
                throw payload.corrupt("a dictionary out of order", at: 8 * index)
            }
            return ColumnVector(.integers(values))
        }
        var offsets: [Int64] = []
        try PlainValues.integers(payload, at: 0, count: count + 1, width: 4, signed: false, into: &offsets)
        let start = (4 * (count + 1) + 7) / 8 * 8
        guard offsets[0] == 0, let end = offsets.last, payload.count == start + Int(end) else {
            throw payload.corrupt("a dictionary whose offsets do not fit its \(payload.count) bytes")
        }
        for index in 0..<count where offsets[index] > offsets[index + 1] {
            throw payload.corrupt("a dictionary whose offsets do not ascend", at: 4 * index)
        }
        let strings = ByteStrings(
            offsets: offsets.map(Int.init), data: try payload.bytes(offset: start, count: Int(end)))
        for index in 1..<max(count, 1) where !strings[index - 1].lexicographicallyPrecedes(strings[index]) {
            throw payload.corrupt("a dictionary out of order", at: 4 * index)
        }
        return ColumnVector(.bytes(strings))
    }
}
