/// How often each word of a text occurs, without stop words: a vector, for the similarity that
/// `Schemas/ads/tasks.json` defines.
public struct WordCounts: Sendable {
    /// The hashes of the words, ascending.
    public private(set) var words: [UInt64] = []
    /// How often each occurs.
    public private(set) var counts: [Int32] = []
    /// The sum of the squares of the counts.
    public private(set) var square = 0
    /// A bit for each word; words can share one.
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    /// How many bits are set.
    private var bits = 0

    /// Counts `words` without stop words.
    public init(_ words: Words, stopWords: StopWords) {
        var sorted: [UInt64] = []
        sorted.reserveCapacity(words.hashes.count)
        for hash in words.hashes where !stopWords.contains(hash) { sorted.append(hash) }
        sorted.sort()
        counts.reserveCapacity(sorted.count)
        var unique = 0
        for position in sorted.indices {
            let hash = sorted[position]
            if unique > 0 && sorted[unique - 1] == hash {
                counts[unique - 1] &+= 1
                continue
            }
            sorted[unique] = hash
            unique += 1
            counts.append(1)
            let bit: UInt64 = 1 << (hash & 63)
            if hash & 64 == 0 { low |= bit } else { high |= bit }
        }
        sorted.removeLast(sorted.count - unique)
        self.words = sorted
        bits = low.nonzeroBitCount + high.nonzeroBitCount
        for count in counts { square += Int(count) * Int(count) }
    }

    /// The sum of the products of the counts of the words that both have.
    public func dot(_ other: WordCounts) -> Int {
        let (left, right) = (words.span, other.words.span)
        let (leftCounts, rightCounts) = (counts.span, other.counts.span)
        let (leftEnd, rightEnd) = (min(left.count, leftCounts.count), min(right.count, rightCounts.count))
        var (i, j, sum) = (0, 0, 0)
        while i < leftEnd && j < rightEnd {
            let (a, b) = (left[i], right[j])
            // Without branches, which could not be foreseen.
            let mask = a == b ? -1 : 0
            sum &+= (Int(leftCounts[i]) &* Int(rightCounts[j])) & mask
            i &+= a <= b ? 1 : 0
            j &+= b <= a ? 1 : 0
        }
        return sum
    }

    /// Whether the cosine of the two is greater than `above` and less than `below`: exact, in integers, with the
    /// bounds taken to two decimals. A text without words is similar to none.
    public func isSimilar(to other: WordCounts, above: Double, below: Double) -> Bool {
        let (above, below) = (WordCounts.percent(above), WordCounts.percent(below))
        guard square > 0, other.square > 0 else { return false }
        if max(square, other.square) < 1 << 23 {
            guard canReach(above, other) else { return false }
            let dot = dot(other)
            let (product, dots) = (square &* other.square, 10_000 &* dot &* dot)
            return dots > above &* above &* product && dots < below &* below &* product
        }
        // Exact up to texts of 2^28 words; what is longer wraps around, and gets some answer.
        let dot = UInt128(dot(other))
        let (product, dots) = (UInt128(square) &* UInt128(other.square), 10_000 &* dot &* dot)
        return dots > UInt128(above &* above) &* product && dots < UInt128(below &* below) &* product
    }

    /// False when the cosine cannot be greater than `above` percent, whatever the words that both have.
    ///
    /// The dot product is at most the root of the two squares, each without the words that only one of the texts has:
    /// they are at least as many as the lengths differ by, and as there are bits that only one has.
    private func canReach(_ above: Int, _ other: WordCounts) -> Bool {
        let longer = words.count &- other.words.count
        let common = (low & other.low).nonzeroBitCount &+ (high & other.high).nonzeroBitCount
        let shared = square &- max(bits &- common, longer)
        let otherShared = other.square &- max(other.bits &- common, 0 &- longer)
        return 10_000 &* shared &* otherShared > above &* above &* square &* other.square
    }

    /// In hundredths; 0 to 200, so that 1.01 and more let even texts pass that are the same.
    private static func percent(_ bound: Double) -> Int {
        bound > 0 ? Int(min(bound, 2) * 100 + 0.5) : 0
    }
}
