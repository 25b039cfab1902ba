import LakeBytes
import LakeCore

/// The index's exact numbers of rows per value: FORMAT.md, *Counts*.
public struct ExactCounts: Sendable {
    private let ends: [UInt32]
    private let codes: [UInt32]
    private let counts: [UInt32]

    init(_ payload: ByteView, parts: Int, codeLimit: Int) throws {
        let pairs = Int(try payload.load(at: 4, as: UInt32.self))
        guard try payload.load(at: 0) == UInt32(parts), payload.count == 8 + 4 * parts + 8 * pairs else {
            throw payload.corrupt("counts whose size does not fit")
        }
        var (ends, codes, counts): ([UInt32], [UInt32], [UInt32]) = ([], [], [])
        try PlainValues.codes(payload, at: 8, count: parts, width: 4, into: &ends)
        try PlainValues.codes(payload, at: 8 + 4 * parts, count: pairs, width: 4, into: &codes)
        try PlainValues.codes(payload, at: 8 + 4 * (parts + pairs), count: pairs, width: 4, into: &counts)
        var start: UInt32 = 0
        for end in ends {
            guard end >= start, Int(end) <= pairs else { throw payload.corrupt("counts that do not ascend") }
            for pair in Int(start)..<Int(end) {
                guard Int(codes[pair]) <= codeLimit, pair == Int(start) || codes[pair - 1] < codes[pair] else {
                    throw payload.corrupt("counts of codes that do not ascend")
                }
            }
            start = end
        }
        guard Int(start) == pairs else { throw payload.corrupt("counts that do not add up") }
        (self.ends, self.codes, self.counts) = (ends, codes, counts)
    }

    /// One part per chunk in the row domain, one for the shard in a key domain.
    public var partCount: Int { ends.count }

    /// The codes that occur in a part, ascending, with their numbers of rows.
    public func part(_ part: Int) -> [(code: UInt32, rows: UInt32)] {
        let start = part == 0 ? 0 : Int(ends[part - 1])
        return (start..<Int(ends[part])).map { (codes[$0], counts[$0]) }
    }

    /// Rows of the shard per code, for `codeCount` codes.
    public func totals(codeCount: Int) -> [Int] {
        var totals = [Int](repeating: 0, count: codeCount)
        for (code, rows) in zip(codes, counts) where Int(code) < codeCount { totals[Int(code)] += Int(rows) }
        return totals
    }
}
