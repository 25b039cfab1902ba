/// A sequence of bits, packed into 64-bit words, bit `i` at `words[i / 64] >> (i % 64)`. Bits past `count` are zero.
public struct Bitmap: Sendable, Hashable {
    public private(set) var count: Int
    public var words: [UInt64]

    public init(count: Int = 0, filled: Bool = false) {
        self.count = count
        words = [UInt64](repeating: filled ? ~0 : 0, count: (count + 63) / 64)
        if filled { clearTail() }
    }

    public init(words: [UInt64], count: Int) {
        self.count = count
        self.words = words
        let needed = (count + 63) / 64
        if words.count != needed {
            self.words = Array(words.prefix(needed)) + [UInt64](repeating: 0, count: max(0, needed - words.count))
        }
        clearTail()
    }

    public subscript(index: Int) -> Bool {
        get { words[index >> 6] >> UInt64(index & 63) & 1 == 1 }
        set {
            let bit: UInt64 = 1 << UInt64(index & 63)
            if newValue { words[index >> 6] |= bit } else { words[index >> 6] &= ~bit }
        }
    }

    public mutating func append(_ bit: Bool) {
        if count & 63 == 0 { words.append(0) }
        count += 1
        if bit { words[(count - 1) >> 6] |= 1 << UInt64((count - 1) & 63) }
    }

    /// Appends `length` equal bits.
    public mutating func append(repeating bit: Bool, count length: Int) {
        let start = count
        count += length
        words.append(contentsOf: repeatElement(0, count: (count + 63) / 64 - words.count))
        if bit { fill(start..<count) }
    }

    /// Sets the bits of `range`.
    public mutating func fill(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let (first, last) = (range.lowerBound >> 6, (range.upperBound - 1) >> 6)
        let head: UInt64 = ~0 << UInt64(range.lowerBound & 63)
        let tail: UInt64 = ~0 >> UInt64(63 - (range.upperBound - 1) & 63)
        if first == last {
            words[first] |= head & tail
            return
        }
        words[first] |= head
        for word in (first + 1)..<last { words[word] = ~0 }
        words[last] |= tail
    }

    /// The number of set bits.
    public var population: Int {
        var total = 0
        for word in words { total &+= word.nonzeroBitCount }
        return total
    }

    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// The bits `range`, moved to the front.
    public func slice(_ range: Range<Int>) -> Bitmap {
        var result = Bitmap(count: range.count)
        let shift = UInt64(range.lowerBound & 63)
        var source = range.lowerBound >> 6
        for index in result.words.indices {
            var word = words[source] >> shift
            if shift != 0, source + 1 < words.count { word |= words[source + 1] << (64 - shift) }
            result.words[index] = word
            source += 1
        }
        result.clearTail()
        return result
    }

    public mutating func formIntersection(_ other: Bitmap) {
        for index in words.indices { words[index] &= other.words[index] }
    }

    public mutating func formUnion(_ other: Bitmap) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    /// Clears the bits that are set in `other`.
    public mutating func subtract(_ other: Bitmap) {
        for index in words.indices { words[index] &= ~other.words[index] }
    }

    /// The bits `selected` of `count`, of which `bits` tells which are set.
    public static func scattering(_ bits: Bitmap, to selected: [Int32], count: Int) -> Bitmap {
        var result = Bitmap(count: count)
        for bit in bits.positions { result[Int(selected[Int(bit)])] = true }
        return result
    }

    /// The union of bitmaps of `count` bits.
    public static func union(of bitmaps: [Bitmap], count: Int) -> Bitmap {
        guard var result = bitmaps.first else { return Bitmap(count: count) }
        for bitmap in bitmaps.dropFirst() { result.formUnion(bitmap) }
        return result
    }

    public mutating func invert() {
        for index in words.indices { words[index] = ~words[index] }
        clearTail()
    }

    /// The positions of the set bits, ascending.
    public var positions: [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(population)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                result.append(Int32(index << 6 + rest.trailingZeroBitCount))
                rest &= rest &- 1
            }
        }
        return result
    }

    private mutating func clearTail() {
        if count & 63 != 0, let last = words.indices.last { words[last] &= (1 << UInt64(count & 63)) - 1 }
    }
}
