/// The first term of an order as a number: what tells most rows that come too late from the others without putting keys
/// together.
extension SortKeys {
    /// Per value the first 8 bytes of its part of a key as a number, zeros where it is shorter. Values with different ranks
    /// stand in the order of their ranks; those of one rank may still differ.
    public static func ranks(_ column: ColumnVector, _ term: Term) -> [UInt64] {
        // Numbers in one go.
        let inversion: UInt64 = term.descending ? ~0 : 0
        var ranks: [UInt64]
        switch column.values {
        case .floats(let floats): ranks = floats.map { 1 << 56 | (KeyPart.ordered($0) ^ inversion) >> 8 }
        case .integers(let integers):
            let turned = inversion ^ (term.isUnsigned ? 0 : 1 << 63)
            ranks = integers.map { 1 << 56 | (UInt64(bitPattern: $0) ^ turned) >> 8 }
        default: return KeyPart(column, term).ranks(count: column.count)
        }
        if let validity = column.validity, validity.population < ranks.count {
            for row in ranks.indices where !validity[row] { ranks[row] = term.nullsFirst ? 0 : 2 << 56 }
        }
        return ranks
    }

    /// The rank of the first term's value in key `row`.
    /// - Parameter isText: whether the term's values are text.
    public func firstRank(_ row: Int, _ term: Term, isText: Bool) -> UInt64 {
        let key = key(row)
        guard let first = key.first else { return 0 }
        guard first == 1 else { return UInt64(first) << 56 }
        guard isText else { return prefix(row) }
        let inversion: UInt8 = term.descending ? 0xFF : 0
        var place = key.startIndex + 1
        while place + 1 < key.endIndex, place < key.startIndex + 8 {
            // A zero byte of the text is followed by another byte than its end is.
            if key[place] == inversion {
                if key[place + 1] == inversion { return SortKeys.prefix(data, key.startIndex..<(place + 2)) }
                place += 1
            }
            place += 1
        }
        return prefix(row)
    }

    /// The rows whose ranks are at most `bound`.
    public static func rows(_ ranks: [UInt64], upTo bound: UInt64) -> Bitmap { rows(ranks) { $0 <= bound } }

    /// The rows whose rank is `rank`.
    public static func rows(_ ranks: [UInt64], of rank: UInt64) -> Bitmap { rows(ranks) { $0 == rank } }

    @inline(__always)
    private static func rows(_ ranks: [UInt64], _ passes: (UInt64) -> Bool) -> Bitmap {
        var words = [UInt64](repeating: 0, count: (ranks.count + 63) / 64)
        ranks.withUnsafeBufferPointer { ranks in
            for word in words.indices {
                var bits: UInt64 = 0
                let start = word << 6
                for row in start..<min(start + 64, ranks.count) {
                    bits |= (passes(ranks[row]) ? 1 : 0) << UInt64(row - start)
                }
                words[word] = bits
            }
        }
        return Bitmap(words: words, count: ranks.count)
    }

    /// The rows of a column that can stand before the first of `last`, or beside it, as far as the first 8 bytes of their
    /// keys tell.
    public static func rows(_ column: ColumnVector, _ term: Term, upTo last: SortKeys) -> [Int] {
        guard last.count > 0 else { return Array(0..<column.count) }
        return rows(ranks(column, term), upTo: last.prefix(0)).positions.map { Int($0) }
    }
}
