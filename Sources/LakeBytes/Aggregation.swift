import LakeCore

/// The loops over codes and values: what a scan spends its time in.
///
/// Every function checks its indices once, up front, and then runs over raw memory.
public enum Aggregation {
    public static func maximum(_ codes: [UInt32]) -> UInt32? {
        guard !codes.isEmpty else { return nil }
        return codes.withUnsafeBufferPointer { codes in
            var highest: UInt32 = 0
            for code in codes { highest = max(highest, code) }
            return highest
        }
    }

    /// `table[index]` for every index; an index that is out of range yields `UInt32.max`.
    public static func gather(_ table: [UInt32], _ indices: [UInt32]) -> [UInt32] {
        guard let highest = maximum(indices) else { return [] }
        guard Int(highest) < table.count else {
            return indices.map { Int($0) < table.count ? table[Int($0)] : UInt32.max }
        }
        return table.withUnsafeBufferPointer { table in
            indices.withUnsafeBufferPointer { indices in
                [UInt32](unsafeUninitializedCapacity: indices.count) { target, count in
                    for row in 0..<indices.count { target[row] = table[Int(indices[row])] }
                    count = indices.count
                }
            }
        }
    }

    /// The values as 32-bit codes.
    /// - Throws: `LakeError` (corrupt) for a value that is no code.
    public static func narrowed(_ values: [Int64]) throws -> [UInt32] {
        var outside: Int64 = 0
        let codes = values.map { value -> UInt32 in
            outside |= value >> 32
            return UInt32(truncatingIfNeeded: value)
        }
        guard outside == 0 else { throw LakeError(.corrupt, "a code of more than 32 bits") }
        return codes
    }

    /// `first`, then `first` plus all deltas up to each; modulo 2^64.
    public static func runningSum(from first: Int64, _ deltas: [Int64]) -> [Int64] {
        [Int64](unsafeUninitializedCapacity: deltas.count + 1) { target, count in
            var value = first
            target[0] = value
            for index in deltas.indices {
                value = value &+ deltas[index]
                target[index + 1] = value
            }
            count = deltas.count + 1
        }
    }

    /// Each head repeated up to its end; ends ascend.
    public static func expanded(_ heads: [UInt32], ends: [UInt32]) -> [UInt32] { repeated(heads, ends) }

    /// Each head repeated up to its end; ends ascend.
    public static func expanded(_ heads: [Int64], ends: [UInt32]) -> [Int64] { repeated(heads, ends) }

    // Not public: a generic function would not be specialised for other modules.
    private static func repeated<Value: BitwiseCopyable>(_ heads: [Value], _ ends: [UInt32]) -> [Value] {
        let total = Int(ends.last ?? 0)
        return [Value](unsafeUninitializedCapacity: total) { target, count in
            var start = 0
            for (head, end) in zip(heads, ends) {
                let end = max(start, Int(end))
                target[start..<end].initialize(repeating: head)
                start = end
            }
            count = total
        }
    }

    /// Adds to each local code the first key of its parent.
    /// - Returns: false when a parent or a sum is out of range.
    public static func addFirsts(_ codes: inout [UInt32], parents: [UInt32], firsts: [UInt32]) -> Bool {
        guard codes.count == parents.count, let highest = maximum(parents), Int(highest) + 1 < firsts.count else {
            return codes.isEmpty && parents.isEmpty
        }
        return firsts.withUnsafeBufferPointer { firsts in
            parents.withUnsafeBufferPointer { parents in
                codes.withUnsafeMutableBufferPointer { codes in
                    var start = 0
                    // Rows of one parent mostly follow each other.
                    while start < codes.count {
                        let parent = parents[start]
                        var end = start + 1
                        while end < parents.count, parents[end] == parent { end += 1 }
                        let first = firsts[Int(parent)]
                        var highest: UInt32 = 0
                        for row in start..<end {
                            highest = max(highest, codes[row])
                            codes[row] = first &+ codes[row]
                        }
                        // Firsts ascend, so a local code is inside when it is below the number of the parent's keys.
                        if highest >= firsts[Int(parent) + 1] &- first { return false }
                        start = end
                    }
                    return true
                }
            }
        }
    }

    /// The rows whose code is set in `keys`; codes past its end are not.
    public static func rows(_ codes: [UInt32], in keys: Bitmap) -> Bitmap {
        var words = [UInt64](repeating: 0, count: (codes.count + 63) / 64)
        guard let highest = maximum(codes) else { return Bitmap(count: 0) }
        let inRange = Int(highest) < keys.count
        codes.withUnsafeBufferPointer { codes in
            keys.words.withUnsafeBufferPointer { keys in
                for word in words.indices {
                    var bits: UInt64 = 0
                    let start = word << 6
                    for row in start..<min(start + 64, codes.count) {
                        let code = Int(codes[row])
                        guard inRange || code >> 6 < keys.count else { continue }
                        bits |= (keys[code >> 6] >> UInt64(code & 63) & 1) << UInt64(row - start)
                    }
                    words[word] = bits
                }
            }
        }
        return Bitmap(words: words, count: codes.count)
    }

    /// Per value below `values` the places whose code it is. Codes from `values` on are nowhere.
    public static func bitmaps(_ codes: [UInt32], values: Int) -> [Bitmap] {
        let wordCount = (codes.count + 63) / 64
        var words = [UInt64](repeating: 0, count: wordCount * values)
        words.withUnsafeMutableBufferPointer { words in
            codes.withUnsafeBufferPointer { codes in
                for row in 0..<codes.count where Int(codes[row]) < values {
                    words[Int(codes[row]) * wordCount + row >> 6] |= 1 << UInt64(row & 63)
                }
            }
        }
        return (0..<values).map { value in
            Bitmap(words: Array(words[(value * wordCount)..<((value + 1) * wordCount)]), count: codes.count)
        }
    }

    /// The sum of `counts` over the places set in `selected`.
    public static func total(_ counts: [UInt32], in selected: Bitmap) -> Int {
        guard counts.count >= selected.count else { return 0 }
        var total = 0
        counts.withUnsafeBufferPointer { counts in
            selected.words.withUnsafeBufferPointer { words in
                for word in 0..<words.count {
                    var rest = words[word]
                    if rest == ~0 {
                        for place in (word << 6)..<(word << 6 + 64) { total &+= Int(counts[place]) }
                        continue
                    }
                    while rest != 0 {
                        total &+= Int(counts[word << 6 + rest.trailingZeroBitCount])
                        rest &= rest &- 1
                    }
                }
            }
        }
        return total
    }

    /// Puts bit-sliced codes together again, plane 0 being the lowest bit.
    public static func codes(ofPlanes planes: [Bitmap], count: Int) -> [UInt32] {
        var codes = [UInt32](repeating: 0, count: count)
        codes.withUnsafeMutableBufferPointer { codes in
            for (bit, plane) in planes.enumerated() {
                plane.words.withUnsafeBufferPointer { words in
                    for row in 0..<count {
                        codes[row] |= UInt32(truncatingIfNeeded: words[row >> 6] >> UInt64(row & 63) & 1) << UInt32(bit)
                    }
                }
            }
        }
        return codes
    }
}

extension Bitmap {
    /// The position of set bit number `number`, counting from 0; `word` and `passed` remember how far an earlier call for a
    /// lower number came. The last position when there are not so many bits.
    public func position(ofBit number: Int, word: inout Int, passed: inout Int) -> Int {
        while word < words.count {
            let population = words[word].nonzeroBitCount
            if passed + population > number { break }
            passed += population
            word += 1
        }
        guard word < words.count else { return max(0, count - 1) }
        var rest = words[word]
        for _ in 0..<(number - passed) { rest &= rest &- 1 }
        return word << 6 + rest.trailingZeroBitCount
    }

    /// Appends `offset + position` of the set bits from the `skip`-th on, `limit` of them.
    public func appendPositions(offset: UInt32, skip: Int, count limit: Int, onto codes: inout [UInt32]) {
        var (skip, left) = (skip, limit)
        for (index, word) in words.enumerated() {
            guard left > 0 else { return }
            var rest = word
            let population = rest.nonzeroBitCount
            if skip >= population {
                skip -= population
                continue
            }
            while skip > 0 {
                rest &= rest &- 1
                skip -= 1
            }
            while rest != 0, left > 0 {
                codes.append(offset + UInt32(index << 6 + rest.trailingZeroBitCount))
                rest &= rest &- 1
                left -= 1
            }
        }
    }
}
