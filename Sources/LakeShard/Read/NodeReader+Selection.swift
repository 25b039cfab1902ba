import LakeBytes
import LakeCore

extension NodeReader {
    /// With more codes than this to look for, decoding a bit-sliced chunk is cheaper than combining its planes.
    private static let slicedCodes = 8

    /// The rows of a chunk whose code is set in `truth`, where the encoding tells without being decoded: constants, runs, and
    /// bit planes (BitWeaving/V: a code's rows are where every plane has the code's bit). Nil for other encodings.
    /// - Throws: `LakeError` (corrupt) also for codes above the number of values.
    public func rows(withCodes truth: Bitmap, chunk: Int) throws -> Bitmap? {
        let segment = try segment(chunk)
        let place = LakeError.Location(
            file: file.source, column: column, chunk: chunk, offset: segment.values.absoluteOffset)
        return try locating(place) {
            switch segment.header.encoding {
            case .constant:
                guard let code = try segment.constant(), code <= UInt64(nullCode) else { return nil }
                return Bitmap(count: segment.count, filled: code < UInt64(truth.count) && truth[Int(code)])
            case .runs:
                let runs = try RunTable(segment)
                var rows = Bitmap(count: segment.count)
                var start = 0
                for (end, code) in zip(runs.ends, runs.heads) {
                    guard code >= 0, code <= Int64(nullCode) else {
                        throw segment.values.corrupt("code \(code) in a dictionary of \(nullCode) values")
                    }
                    if code < truth.count, truth[Int(code)] { rows.fill(start..<Int(end)) }
                    start = Int(end)
                }
                return rows
            case .planes: return try slicedRows(truth, segment)
            default: return nil
            }
        }
    }

    private func slicedRows(_ truth: Bitmap, _ segment: DataSegment) throws -> Bitmap? {
        let wanted = truth.positions.map { Int($0) }
        // Codes above the number of values would be taken for others: only a full set of planes has none.
        let isInverted = wanted.count * 2 > truth.count
        let codes = isInverted ? (0..<truth.count).filter { !truth[$0] } : wanted
        guard codes.count <= NodeReader.slicedCodes else { return nil }
        let planes = try CodeDecoder.planes(segment)
        let highest = try codesAboveDictionary(planes, count: segment.count)
        guard highest.isEmpty else {
            throw segment.values.corrupt("a code above the dictionary of \(nullCode) values")
        }
        var rows = Bitmap(count: segment.count)
        for code in codes where code >> planes.count == 0 {
            var own = Bitmap(count: segment.count, filled: true)
            for (bit, plane) in planes.enumerated() {
                if code >> bit & 1 == 1 { own.formIntersection(plane) } else { own.subtract(plane) }
            }
            rows.formUnion(own)
        }
        if isInverted { rows.invert() }
        return rows
    }

    /// The rows whose code is greater than the code for NULL, found plane by plane from the highest bit down.
    private func codesAboveDictionary(_ planes: [Bitmap], count: Int) throws -> Bitmap {
        let limit = Int(nullCode)
        guard limit >> planes.count == 0 else { return Bitmap(count: count) }
        var equal = Bitmap(count: count, filled: true)
        var above = Bitmap(count: count)
        for bit in planes.indices.reversed() {
            if limit >> bit & 1 == 0 {
                var more = equal
                more.formIntersection(planes[bit])
                above.formUnion(more)
                equal.subtract(planes[bit])
            } else {
                equal.formIntersection(planes[bit])
            }
        }
        return above
    }
}
