/// The Levenshtein distance of two texts in words: the least number of words to insert, delete or replace.
enum WordDistance {
    /// Whether the distance of `a` and `b`, the hashes of their words, is greater than `limit`.
    ///
    /// What most pairs are decided by costs little: what they begin and end with alike, their lengths, the words in
    /// one place that differ, and how many words only one of them has.
    static func isFarther(_ a: [UInt64], _ b: [UInt64], than limit: Int) -> Bool {
        isFarther(a.span, b.span, than: limit)
    }

    /// The same of parts of longer arrays.
    static func isFarther(_ a: borrowing Span<UInt64>, _ b: borrowing Span<UInt64>, than limit: Int) -> Bool {
        if abs(a.count - b.count) > limit { return true }
        if max(a.count, b.count) <= limit { return false }
        var start = 0
        let shorter = min(a.count, b.count)
        while start < shorter && a[start] == b[start] { start += 1 }
        var end = 0
        while end < shorter - start && a[a.count - 1 - end] == b[b.count - 1 - end] { end += 1 }
        if max(a.count, b.count) - start - end <= limit { return false }
        let (first, second) = (a.extracting(start..<(a.count - end)), b.extracting(start..<(b.count - end)))
        if first.count == second.count && differences(first, second, upTo: limit) <= limit { return false }
        if unshared(first, second) > limit { return true }
        return first.count <= second.count
            ? bandIsFarther(first, second, than: limit) : bandIsFarther(second, first, than: limit)
    }

    /// The distance, by the whole table: what the tests compare with.
    static func distance(_ a: [UInt64], _ b: [UInt64]) -> Int {
        var row = Array(0...b.count)
        for (i, word) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(diagonal + (word == other ? 0 : 1), above + 1, row[j] + 1)
                diagonal = above
            }
        }
        return row[b.count]
    }

    /// In how many places two texts of one length differ, counted no further than just above `limit`: no less than
    /// the distance.
    private static func differences(_ a: borrowing Span<UInt64>, _ b: borrowing Span<UInt64>, upTo limit: Int) -> Int {
        var (index, count) = (0, 0)
        while index < a.count && count <= limit {
            count &+= a[index] == b[index] ? 0 : 1
            index &+= 1
        }
        return count
    }

    /// No more than the distance: the words, each as often as it occurs, that one text has and the other has not.
    /// Words that share a bucket pass for the same.
    private static func unshared(_ a: borrowing Span<UInt64>, _ b: borrowing Span<UInt64>) -> Int {
        var buckets = InlineArray<128, Int32>(repeating: 0)
        for index in a.indices { buckets[Int(truncatingIfNeeded: a[index] & 127)] &+= 1 }
        for index in b.indices { buckets[Int(truncatingIfNeeded: b[index] & 127)] &-= 1 }
        var (only, lacking) = (0, 0)
        for index in buckets.indices {
            only &+= Int(max(buckets[index], 0))
            lacking &+= Int(max(0 &- buckets[index], 0))
        }
        return max(only, lacking)
    }

    /// Ukkonen's band: a path over diagonal `d` of the table costs at least |d| and the way from there to the last
    /// diagonal, so only `limit + 1` diagonals or fewer matter. `a` is the shorter, and the lengths differ by `limit`
    /// at most.
    private static func bandIsFarther(
        _ a: borrowing Span<UInt64>, _ b: borrowing Span<UInt64>, than limit: Int
    ) -> Bool {
        let longer = b.count - a.count
        let slack = (limit - longer) / 2
        let (lowest, highest) = (-slack, longer + slack)
        let far = Int32(truncatingIfNeeded: min(limit, Int(Int32.max) / 2) + 1)
        // Cell d - lowest + 1 is diagonal d: the first and the last cell are walls.
        var row = [Int32](repeating: far, count: highest - lowest + 3)
        for diagonal in 0...highest { row[diagonal - lowest + 1] = Int32(diagonal) }
        var cells = row.mutableSpan
        for i in a.indices {
            let word = a[i]
            var least = far
            // Diagonals below `first` are as far as they were at the outset.
            let first = max(lowest, -(i + 1))
            let last = min(highest, b.count - (i + 1))
            for diagonal in first...last {
                let (cell, j) = (diagonal - lowest + 1, i + 1 + diagonal)
                var cost = min(cells[cell - 1], cells[cell + 1]) &+ 1
                if j > 0 { cost = min(cost, cells[cell] &+ (word == b[j - 1] ? 0 : 1)) }
                cost = min(cost, far)
                cells[cell] = cost
                least = min(least, cost &+ Int32(abs(longer - diagonal)))
            }
            if least > limit { return true }
        }
        return cells[longer - lowest + 1] > limit
    }
}
