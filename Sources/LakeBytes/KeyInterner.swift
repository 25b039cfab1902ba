import LakeCore

/// The values of one term of a key, one per group.
public struct KeyColumn: Sendable {
    /// The values, by their kind.
    public enum Values: Sendable {
        /// Bits that are equal exactly when the values are; 0 for NULL.
        case words([UInt64])
        /// Places among distinct texts; NULL is their count.
        case texts([UInt32], ByteStrings)
    }

    public var values: Values
    /// Which words stand for NULL; nil for none.
    public var nulls: Bitmap?

    public init(_ values: Values, nulls: Bitmap? = nil) {
        self.values = values
        self.nulls = nulls
    }

    /// Bytes in memory.
    public var byteCount: Int {
        let bits = 8 * (nulls?.words.count ?? 0)
        return switch values {
        case .words(let words): bits + 8 * words.count
        case .texts(let numbers, let strings): 4 * numbers.count + 8 * strings.offsets.count + strings.data.count
        }
    }

    /// Whether the value of `group` is NULL.
    public func isNull(_ group: Int) -> Bool {
        switch values {
        case .words: nulls?[group] ?? false
        case .texts(let numbers, let strings): Int(numbers[group]) >= strings.count
        }
    }

    /// Joins hashes of the values, the same for equal values wherever they stand, to those of the terms before.
    func hash(into hashes: inout [UInt64]) {
        switch values {
        case .words(let words):
            words.withUnsafeBufferPointer { words in
                hashes.withUnsafeMutableBufferPointer { hashes in
                    for group in 0..<min(words.count, hashes.count) {
                        let bits: UInt64 = nulls.map { $0[group] } ?? false ? 0x9E37_79B9 : words[group]
                        hashes[group] = SplitMix64.mixed(hashes[group] &* 0x9E37_79B9_7F4A_7C15 ^ bits)
                    }
                }
            }
        case .texts(let numbers, let strings):
            let own = strings.hashes() + [0]
            for (group, number) in numbers.enumerated() {
                let hash = own[min(Int(number), strings.count)]
                hashes[group] = SplitMix64.mixed(hashes[group] &* 0x9E37_79B9_7F4A_7C15 ^ hash)
            }
        }
    }

    /// Hashes of keys of these columns.
    public static func hashes(_ columns: [KeyColumn], count: Int) -> [UInt64] {
        var hashes = [UInt64](repeating: 0x5851_F42D_4C95_7F2D, count: count)
        for column in columns { column.hash(into: &hashes) }
        return hashes
    }
}

/// Distinct keys of several terms, numbered in order of arrival: a word per term, which of a text is its number in a table of
/// its own, so that looking a key up compares words only.
public struct KeyInterner: Sendable {
    private static let stride = 1 << 12 - 1
    private static let nullText = UInt64.max

    /// Per term whether its values are texts.
    private let isText: [Bool]
    public private(set) var count = 0
    /// Key by key.
    private var words: [UInt64] = []
    /// Key by key, `nullWidth` words of a bit per term; empty as long as no word stands for NULL.
    private var nulls: [UInt64] = []
    private var texts: [ByteInterner]
    /// The lower half of a hash above the number of its key; all ones for none.
    private var slots = [UInt64](repeating: .max, count: 16)

    /// - Parameter isText: per term whether its values are texts.
    public init(isText: [Bool]) {
        self.isText = isText
        texts = isText.map { _ in ByteInterner() }
    }

    private var width: Int { isText.count }
    private var nullWidth: Int { (width + 63) / 64 }

    /// Bytes in memory.
    public var byteCount: Int {
        var bytes = 8 * (words.capacity + nulls.capacity + slots.count)
        for term in isText.indices where isText[term] { bytes += texts[term].byteCount }
        return bytes
    }

    // MARK: Taking in

    /// The numbers of some keys, new ones for those that have not been seen.
    /// - Parameters:
    ///   - columns: one per term, of the table's kinds.
    ///   - hashes: of all their keys, as `KeyColumn` makes them.
    /// - Throws: `LakeError` (cancelled).
    public mutating func numbers(
        of columns: [KeyColumn], hashes: [UInt64], _ groups: [Int], cancellation: Cancellation? = nil
    ) throws -> [Int] {
        try cancellation?.check()
        let incoming = try gathered(columns, groups, cancellation)
        let nullBits = nullBits(columns, groups)
        if !nullBits.isEmpty, nulls.isEmpty { nulls = [UInt64](repeating: 0, count: count * nullWidth) }
        reserve(groups.count)
        var result: [Int] = []
        result.reserveCapacity(groups.count)
        for (place, group) in groups.enumerated() {
            if place & KeyInterner.stride == 0 { try cancellation?.check() }
            result.append(number(place, incoming, nullBits, hash: hashes[group]))
        }
        return result
    }

    private mutating func number(
        _ place: Int, _ incoming: [UInt64], _ nullBits: [UInt64], hash: UInt64
    ) -> Int {
        let tag = hash << 32
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash & 0xFFFF_FFFF) & mask
        while slots[slot] != .max {
            let entry = slots[slot]
            if entry & 0xFFFF_FFFF_0000_0000 == tag {
                let number = Int(entry & 0xFFFF_FFFF)
                if isEqual(number, place, incoming, nullBits) { return number }
            }
            slot = (slot + 1) & mask
        }
        slots[slot] = tag | UInt64(count)
        for term in 0..<width { words.append(incoming[place * width + term]) }
        if !nulls.isEmpty || !nullBits.isEmpty {
            for word in 0..<nullWidth { nulls.append(nullBits.isEmpty ? 0 : nullBits[place * nullWidth + word]) }
        }
        count += 1
        if count * 4 > slots.count * 3 { growSlots() }
        return count - 1
    }

    @inline(__always)
    private func isEqual(_ number: Int, _ place: Int, _ incoming: [UInt64], _ nullBits: [UInt64]) -> Bool {
        for term in 0..<width where words[number * width + term] != incoming[place * width + term] { return false }
        if nulls.isEmpty { return true }
        for word in 0..<nullWidth {
            let bits = nullBits.isEmpty ? 0 : nullBits[place * nullWidth + word]
            if nulls[number * nullWidth + word] != bits { return false }
        }
        return true
    }

    private mutating func reserve(_ more: Int) {
        let needed = (count + more) * width
        if needed > words.capacity { words.reserveCapacity(max(needed, words.count + words.count / 2)) }
    }

    private mutating func growSlots() {
        var grown = [UInt64](repeating: .max, count: slots.count * 2)
        let mask = grown.count - 1
        for entry in slots where entry != .max {
            var slot = Int(entry >> 32) & mask
            while grown[slot] != .max { slot = (slot + 1) & mask }
            grown[slot] = entry
        }
        slots = grown
    }

    /// Keys of `groups` as words of this table.
    private mutating func gathered(
        _ columns: [KeyColumn], _ groups: [Int], _ cancellation: Cancellation?
    ) throws -> [UInt64] {
        var result = [UInt64](repeating: 0, count: groups.count * width)
        for (term, column) in columns.enumerated() {
            switch column.values {
            case .words(let words):
                for (place, group) in groups.enumerated() { result[place * width + term] = words[group] }
            case .texts(let numbers, let strings):
                // Where texts recur, each is looked up once.
                var known = [UInt64](
                    repeating: KeyInterner.nullText, count: strings.count <= 4 * groups.count ? strings.count : 0)
                for (place, group) in groups.enumerated() {
                    if place & KeyInterner.stride == 0 { try cancellation?.check() }
                    let number = Int(numbers[group])
                    var word = KeyInterner.nullText
                    if number < known.count { word = known[number] }
                    if word == KeyInterner.nullText, number < strings.count {
                        word = UInt64(texts[term].intern(strings, number))
                        if number < known.count { known[number] = word }
                    }
                    result[place * width + term] = word
                }
            }
        }
        return result
    }

    /// The bits of NULLs among `groups`; empty where there are none.
    private func nullBits(_ columns: [KeyColumn], _ groups: [Int]) -> [UInt64] {
        guard columns.contains(where: { $0.nulls != nil }) else { return [] }
        var result = [UInt64](repeating: 0, count: groups.count * nullWidth)
        for (term, column) in columns.enumerated() {
            guard let nulls = column.nulls else { continue }
            for (place, group) in groups.enumerated() where nulls[group] {
                result[place * nullWidth + term >> 6] |= 1 << UInt64(term & 63)
            }
        }
        return result
    }

    // MARK: Reading

    /// The values of a term, key by key.
    public func column(_ term: Int) -> KeyColumn {
        if isText[term] {
            let strings = texts[term].values
            let null = UInt64(strings.count)
            let numbers = (0..<count).map { UInt32(truncatingIfNeeded: min(words[$0 * width + term], null)) }
            return KeyColumn(.texts(numbers, strings))
        }
        var known: Bitmap?
        if !nulls.isEmpty {
            var bits = Bitmap(count: count)
            for key in 0..<count where isNull(key, term) { bits[key] = true }
            known = bits
        }
        return KeyColumn(.words((0..<count).map { words[$0 * width + term] }), nulls: known)
    }

    private func isNull(_ key: Int, _ term: Int) -> Bool {
        nulls[key * nullWidth + term >> 6] >> UInt64(term & 63) & 1 == 1
    }

    /// All keys, a column per term.
    public var columns: [KeyColumn] { isText.indices.map { column($0) } }
}

extension ArrayWriter {
    /// Writes the keys of `count` groups.
    public mutating func append(_ columns: [KeyColumn], count: Int) {
        append([Int64(count)])
        for column in columns {
            switch column.values {
            case .words(let words):
                append(words.map { Int64(bitPattern: $0) })
                append((column.nulls?.words ?? []).map { Int64(bitPattern: $0) })
            case .texts(let numbers, let strings):
                append(numbers.map { Int64($0) })
                append(strings)
            }
        }
    }
}

extension ArrayReader {
    /// The keys that an `ArrayWriter` wrote.
    /// - Throws: `LakeError` (corrupt) when the bytes are not those of such keys.
    public mutating func keys(isText: [Bool]) throws -> (columns: [KeyColumn], count: Int) {
        guard let length = try integers(1).first, let count = Int(exactly: length), count >= 0 else {
            throw ArrayReader.damaged
        }
        let columns = try isText.map { isText -> KeyColumn in
            let values = try integers(count)
            if isText { return KeyColumn(.texts(try Aggregation.narrowed(values), try strings())) }
            let nulls = try integers().map { UInt64(bitPattern: $0) }
            return KeyColumn(
                .words(values.map { UInt64(bitPattern: $0) }),
                nulls: nulls.isEmpty ? nil : Bitmap(words: nulls, count: count))
        }
        return (columns, count)
    }
}
