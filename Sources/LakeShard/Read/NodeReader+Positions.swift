import LakeBytes
import LakeCore

extension NodeReader {
    /// The values of a chunk at `positions`, ascending. Few values are read without decoding the chunk where the encoding
    /// allows.
    public func vector(chunk: Int, at positions: [Int32]) throws -> ColumnVector {
        let isFew = positions.count * 8 < (try directory()[chunk].count)
        if isDictionaryCoded {
            if isFew, let codes = try codes(chunk: chunk, at: positions) {
                return ColumnVector(.codes(codes, dictionary: try dictionary()))
            }
            var codes: [UInt32] = []
            try self.codes(chunk: chunk, into: &codes)
            return ColumnVector(.codes(Aggregation.pick(codes, at: positions), dictionary: try dictionary()))
        }
        if type.physical == .bytes { return try text(chunk: chunk).vector(positions) }
        if isFew, type.physical == .integer || type.physical == .float {
            let segment = try segment(chunk)
            let vector = try located(chunk: chunk, offset: segment.values.absoluteOffset) {
                try checkInside(positions, segment)
                return try SparseDecoder.vector(segment, type: type, at: positions)
            }
            if let vector { return vector }
        }
        return try vector(chunk: chunk).gathering(positions.map { Int($0) })
    }

    /// The codes of a dictionary-coded node at `positions`, ascending; nil when the chunk has to be decoded as a whole.
    public func codes(chunk: Int, at positions: [Int32]) throws -> [UInt32]? {
        let segment = try segment(chunk)
        return try located(chunk: chunk, offset: segment.values.absoluteOffset) {
            try checkInside(positions, segment)
            guard let codes = try CodeDecoder.codes(segment, at: positions) else { return nil }
            if let highest = Aggregation.maximum(codes), highest > nullCode {
                throw segment.values.corrupt("code \(highest) in a dictionary of \(nullCode) values")
            }
            return codes
        }
    }

    private func checkInside(_ positions: [Int32], _ segment: DataSegment) throws {
        guard let last = positions.last else { return }
        guard last < segment.count else { throw segment.values.corrupt("no value \(last) in the chunk") }
    }

    /// Bytes of a chunk's values without their codec; for text, of its strings.
    public func textBytes(chunk: Int) throws -> Int {
        guard type.physical == .bytes, !isDictionaryCoded else { return 0 }
        return try text(chunk: chunk).byteCount
    }
}

/// Undoes the encodings of numbers at single positions.
enum SparseDecoder {
    /// The values at `positions`, which ascend and are below the count; nil when the encoding has to be decoded as a whole.
    static func vector(_ segment: DataSegment, type: DataType, at positions: [Int32]) throws -> ColumnVector? {
        let values: ColumnVector.Values?
        if type.physical == .float {
            values = try floats(segment, type: type, at: positions).map { .floats($0) }
        } else {
            values = try integers(segment, type: type, at: positions).map { .integers($0) }
        }
        return values.map { ColumnVector($0, validity: segment.validity.map { validity(positions, in: $0) }) }
    }

    private static func validity(_ positions: [Int32], in validity: Bitmap) -> Bitmap {
        var picked = Bitmap(count: positions.count)
        for (index, position) in positions.enumerated() where validity[Int(position)] { picked[index] = true }
        return picked
    }

    private static func integers(_ segment: DataSegment, type: DataType, at positions: [Int32]) throws -> [Int64]? {
        let (view, parameter) = (segment.values, segment.header.parameter)
        switch segment.header.encoding {
        case .constant:
            let value = Int64(bitPattern: try segment.constant() ?? 0)
            return [Int64](repeating: value, count: positions.count)
        case .plain where parameter == 8:
            try segment.checkLength(8 * segment.count)
            return try positions.map { try view.load(at: 8 * Int($0), as: Int64.self) }
        case .packed where parameter <= 64:
            let (base, width): (Int64, Int) = (try view.load(at: 0), Int(parameter))
            try segment.checkLength(8 + BitPacking.byteCount(segment.count, width: width))
            return try positions.map {
                base &+ Int64(bitPattern: try BitPacking.value(view, at: 8, index: Int($0), width: width))
            }
        case .runs:
            let runs = try RunTable(segment)
            var run = 0
            return positions.map { position in
                while Int(runs.ends[run]) <= Int(position) { run += 1 }
                return runs.heads[run]
            }
        default: return nil
        }
    }

    private static func floats(_ segment: DataSegment, type: DataType, at positions: [Int32]) throws -> [Double]? {
        let (view, parameter) = (segment.values, segment.header.parameter)
        switch segment.header.encoding {
        case .constant:
            return [Double](repeating: Double(bitPattern: try segment.constant() ?? 0), count: positions.count)
        case .plain where type == .float64 && parameter == 8:
            try segment.checkLength(8 * segment.count)
            return try positions.map { Double(bitPattern: try view.load(at: 8 * Int($0), as: UInt64.self)) }
        default: return nil
        }
    }
}
