import LakeBytes
import LakeCore

extension ColumnVector {
    /// The values of a narrower type as those of a wider one (`DataType.widens`).
    /// - Throws: `LakeError` (corrupt) for a date whose midnight is no timestamp.
    public func widened(from: DataType, to: DataType) throws(LakeError) -> ColumnVector {
        switch values {
        case _ where from == to: return self
        case .codes(let codes, let dictionary):
            let values = try dictionary.values.widened(from: from, to: to)
            return ColumnVector(.codes(codes, dictionary: ValueDictionary(values)))
        case .lists(let offsets, let child):
            guard let a = from.element, let b = to.element else { return self }
            let elements = try child.vector.spelledOut().widened(from: a, to: b)
            return ColumnVector(.lists(offsets: offsets, child: ListChild(elements)), validity: validity)
        case .integers(let values):
            if to.physical == .float { return ColumnVector(.floats(values.map { Double($0) }), validity: validity) }
            guard from == .date, to == .timestamp else { return self }
            return ColumnVector(.integers(try midnights(values)), validity: validity)
        case .floats, .bytes: return self
        }
    }

    private static let microsecondsPerDay: Int64 = 86_400_000_000

    private func midnights(_ days: [Int64]) throws(LakeError) -> [Int64] {
        var midnights = days
        for index in days.indices {
            let (midnight, overflow) = days[index].multipliedReportingOverflow(by: ColumnVector.microsecondsPerDay)
            // What stands where a value is NULL means nothing.
            guard !overflow || isNull(index) else {
                throw LakeError(
                    .corrupt, "the date \(days[index]) days from 1970-01-01 has no timestamp",
                    hint: "timestamps reach 106751991 days from 1970-01-01")
            }
            midnights[index] = overflow ? 0 : midnight
        }
        return midnights
    }
}
