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

    /// - Parameters:
    ///   - isCode: whether the values are codes or row counts, which have no validity bitmap.
    ///   - known: the payload without its codec, if it is at hand.
    /// - Throws: `LakeError` (corrupt) when the segment is not what the directory says.
    init(
        _ segment: SegmentPayload, expecting record: DirectoryRecord, isCode: Bool, raw known: ByteView? = nil
    ) throws {
        header = segment.header
        guard Int(header.count) == record.count, Int(header.nullCount) == record.nullCount,
            header.encoding == record.encoding, header.codec == record.codec,
            header.storedLength == record.storedLength,
            header.encoding != .text || header.codec == .none
        else { throw segment.stored.corrupt("a segment that differs from its directory record") }
        // No encoding but constant text takes more; a lying length could allocate 4 GiB.
        guard
            header.codec == .none || header.encoding == .constant || header.rawLength <= 32 * UInt64(record.count) + 256
        else { throw segment.stored.corrupt("\(header.rawLength) bytes for \(record.count) values") }
        let raw = try known ?? segment.raw
        let count = Int(header.count)
        guard !isCode || !header.hasValidity else { throw segment.stored.corrupt("codes behind a validity bitmap") }
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
            guard isCode || header.nullCount == 0 || allNull && raw.count == 0 else {
                throw segment.stored.corrupt("\(header.nullCount) NULLs without a validity bitmap")
            }
            validity = allNull && raw.count == 0 ? Bitmap(count: count, filled: false) : nil
            values = raw
        }
    }

    /// Checks that the encoding takes all of the payload.
    func checkLength(_ length: Int) throws {
        guard values.count == length else {
            throw values.corrupt(
                "\(values.count) bytes for \(count) values in encoding \(header.encoding), not \(length)")
        }
    }

    /// The 64 bits of encoding constant, nil where no value is there.
    func constant() throws -> UInt64? {
        if values.count == 0, count == 0 || isAllNull { return nil }
        try checkLength(8)
        return try values.load(at: 0)
    }
}

/// Undoes the encodings of codes: of a dictionary, of keys, and row counts.
enum CodeDecoder {
    /// Whether no sum of the base and a packed value can leave 32 bits.
    fileprivate static func isNarrow(_ view: ByteView, _ width: UInt64) throws -> Bool {
        guard width <= 32 else { return false }
        return try view.load(at: 0, as: UInt64.self) <= UInt64(UInt32.max) - ((1 << width) - 1)
    }

    static func decode(_ segment: DataSegment, into codes: inout [UInt32]) throws {
        let (view, count, parameter) = (segment.values, segment.count, segment.header.parameter)
        let isNarrow = try segment.header.encoding == .packed && CodeDecoder.isNarrow(view, parameter)
        switch segment.header.encoding {
        case .constant:
            guard let value = try segment.constant() ?? (count == 0 ? 0 : nil), value <= UInt64(UInt32.max) else {
                throw view.corrupt("a constant that is no code")
            }
            codes = [UInt32](repeating: UInt32(value), count: count)
        case .plain where parameter != 8:
            try PlainValues.codes(view, at: 0, count: count, width: Int(clamping: parameter), into: &codes)
            try segment.checkLength(count * Int(parameter))
        case .packed where isNarrow:
            let base: UInt64 = try view.load(at: 0)
            try BitPacking.unpack(
                view, at: 8, count: count, width: Int(parameter), base: UInt32(truncatingIfNeeded: base), into: &codes)
            try segment.checkLength(8 + BitPacking.byteCount(count, width: Int(parameter)))
        case .runs:
            let runs = try RunTable(segment)
            codes = Aggregation.expanded(try Aggregation.narrowed(runs.heads), ends: runs.ends)
        case .delta, .plain, .packed:
            var wide: [Int64] = []
            try IntegerDecoder.decode(segment, type: .uint32, into: &wide)
            codes = try Aggregation.narrowed(wide)
        case .planes: codes = Aggregation.codes(ofPlanes: try planes(segment), count: count)
        case .decimal, .text, .sequences:
            throw view.corrupt("codes in encoding \(segment.header.encoding)")
        }
    }
}

extension CodeDecoder {
    /// The bit planes of a segment, the lowest bit's first.
    static func planes(_ segment: DataSegment) throws -> [Bitmap] {
        let width = Int(clamping: segment.header.parameter)
        guard width <= 16 else { throw segment.values.corrupt("\(width) bit planes") }
        let bytes = (segment.count + 63) / 64 * 8
        try segment.checkLength(width * bytes)
        return try (0..<width).map { try PlainValues.bitmap(segment.values, at: $0 * bytes, bits: segment.count) }
    }
}

/// Undoes the encodings of integers.
enum IntegerDecoder {
    static func decode(_ segment: DataSegment, type: DataType, into values: inout [Int64]) throws {
        let (view, count, parameter) = (segment.values, segment.count, segment.header.parameter)
        switch segment.header.encoding {
        case .constant:
            let value = try segment.constant() ?? 0
            values = [Int64](repeating: Int64(bitPattern: value), count: count)
        case .plain:
            try PlainValues.integers(
                view, at: 0, count: count, width: Int(clamping: parameter), signed: !type.isUnsigned, into: &values)
            try segment.checkLength(count * Int(parameter))
        case .packed:
            let base: Int64 = try view.load(at: 0)
            try BitPacking.unpack(view, at: 8, count: count, width: Int(clamping: parameter), base: base, into: &values)
            try segment.checkLength(8 + BitPacking.byteCount(count, width: Int(parameter)))
        case .delta:
            guard count > 0 else { throw view.corrupt("differences of no values") }
            let first: Int64 = try view.load(at: 0)
            let base: Int64 = try view.load(at: 8)
            var deltas: [Int64] = []
            try BitPacking.unpack(
                view, at: 16, count: count - 1, width: Int(clamping: parameter), base: base, into: &deltas)
            try segment.checkLength(16 + BitPacking.byteCount(count - 1, width: Int(parameter)))
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
        let headsAt = (16 + 4 * runs + 7) / 8 * 8
        try BitPacking.unpack(view, at: headsAt, count: runs, width: width, base: base, into: &heads)
        try segment.checkLength(headsAt + BitPacking.byteCount(runs, width: width))
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
            guard let value = try segment.constant() ?? (segment.count == 0 ? 0 : nil), value <= UInt64(UInt32.max)
            else { throw view.corrupt("a constant that is no code") }
            return [UInt32](repeating: UInt32(value), count: positions.count)
        case .packed:
            guard try isNarrow(view, segment.header.parameter) else { return nil }
            let width = Int(segment.header.parameter)
            let base: UInt64 = try view.load(at: 0)
            try segment.checkLength(8 + BitPacking.byteCount(segment.count, width: width))
            return try BitPacking.codes(
                view, at: 8, count: segment.count, width: width, base: UInt32(truncatingIfNeeded: base),
                positions: positions)
        case .plain where segment.header.parameter == 1:
            try segment.checkLength(segment.count)
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
            values = [Double](repeating: Double(bitPattern: try segment.constant() ?? 0), count: count)
        case .plain:
            guard parameter == (type == .float32 ? 4 : 8) else {
                throw view.corrupt("\(type) values of \(parameter) bytes")
            }
            try PlainValues.floats(view, at: 0, count: count, width: Int(parameter), into: &values)
            try segment.checkLength(count * Int(parameter))
        case .decimal:
            try decodeDecimals(segment, type: type, into: &values)
        case .packed, .delta, .runs, .planes, .text, .sequences:
            throw view.corrupt("floats in encoding \(segment.header.encoding)")
        }
    }

    private static func decodeDecimals(_ segment: DataSegment, type: DataType, into values: inout [Double]) throws {
        let (view, count, parameter) = (segment.values, segment.count, segment.header.parameter)
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
        let rawAt = (positionsAt + 4 * exceptions + 7) / 8 * 8
        try PlainValues.floats(view, at: rawAt, count: exceptions, width: 8, into: &raw)
        try segment.checkLength(rawAt + 8 * exceptions)
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
            guard type.physical == .integer, payload.count == 8 * count else {
                throw payload.corrupt("a dictionary of \(count) \(type) values in \(payload.count) bytes")
            }
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
