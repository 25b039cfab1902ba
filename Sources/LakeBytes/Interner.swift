import CXxhash

/// Gives each distinct byte string a number, in order of arrival.
public struct ByteInterner: Sendable {
    public private(set) var values = ByteStrings()
    private var slots: [UInt32]
    private var hashes: [UInt64] = []

    public init() {
        slots = [UInt32](repeating: .max, count: 64)
    }

    public var count: Int { hashes.count }

    /// The number of the value in `bytes`, a new one if it has not been seen.
    public mutating func intern(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let hash = XXH3_64bits(bytes.baseAddress, bytes.count)
        let slot = slot(of: bytes, hash: hash)
        guard slots[slot] == .max else { return slots[slot] }
        let number = UInt32(hashes.count)
        slots[slot] = number
        hashes.append(hash)
        values.data.append(contentsOf: bytes)
        values.offsets.append(values.data.count)
        if hashes.count * 2 > slots.count { grow() }
        return number
    }

    /// The number of value `index` of `strings`.
    public mutating func intern(_ strings: ByteStrings, _ index: Int) -> UInt32 {
        strings.data.withUnsafeBytes { data in
            intern(UnsafeRawBufferPointer(rebasing: data[strings.offsets[index]..<strings.offsets[index + 1]]))
        }
    }

    /// The number of value `index` of `strings` if it has been seen.
    public func number(of strings: ByteStrings, _ index: Int) -> UInt32? {
        strings.data.withUnsafeBytes { data in
            number(of: UnsafeRawBufferPointer(rebasing: data[strings.offsets[index]..<strings.offsets[index + 1]]))
        }
    }

    /// The number of a value.
    public mutating func intern(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { intern($0) } }

    /// The number of a value if it has been seen.
    public func number(of bytes: [UInt8]) -> UInt32? { bytes.withUnsafeBytes { number(of: $0) } }

    private func number(of bytes: UnsafeRawBufferPointer) -> UInt32? {
        let slot = slots[self.slot(of: bytes, hash: XXH3_64bits(bytes.baseAddress, bytes.count))]
        return slot == .max ? nil : slot
    }

    /// The slot that a value's number is in, or is to be in.
    private func slot(of bytes: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != .max {
            let candidate = Int(slots[slot])
            if hashes[candidate] == hash, matches(candidate, bytes) { break }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    /// Bytes that it takes in memory.
    public var byteCount: Int { values.data.count + 8 * values.offsets.count + 8 * hashes.count + 4 * slots.count }

    private func matches(_ candidate: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let range = values.offsets[candidate]..<values.offsets[candidate + 1]
        guard range.count == bytes.count else { return false }
        return values.data.withUnsafeBytes { $0[range].elementsEqual(bytes) }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: .max, count: slots.count * 2)
        for (number, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] != .max { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(number)
        }
    }
}

extension ByteStrings {
    /// A hash per value, the same as long as the process runs.
    public func hashes() -> [UInt64] {
        data.withUnsafeBytes { data in
            (0..<count).map { index in
                let value = UnsafeRawBufferPointer(rebasing: data[offsets[index]..<offsets[index + 1]])
                return XXH3_64bits(value.baseAddress, value.count)
            }
        }
    }
}

/// Gives each distinct integer a number, in order of arrival.
public struct IntegerInterner: Sendable {
    public private(set) var values: [Int64] = []
    private var slots: [UInt32]

    public init() {
        slots = [UInt32](repeating: .max, count: 64)
    }

    public var count: Int { values.count }

    /// The number of `value`, a new one if it has not been seen.
    public mutating func intern(_ value: Int64) -> UInt32 {
        var slot = IntegerInterner.slot(value, slots.count)
        while slots[slot] != .max {
            if values[Int(slots[slot])] == value { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        let number = UInt32(values.count)
        slots[slot] = number
        values.append(value)
        if values.count * 2 > slots.count { grow() }
        return number
    }

    /// Bytes that it takes in memory.
    public var byteCount: Int { 8 * values.count + 4 * slots.count }

    /// The number of `value` if it has been seen.
    public func number(of value: Int64) -> UInt32? {
        var slot = IntegerInterner.slot(value, slots.count)
        while slots[slot] != .max {
            if values[Int(slots[slot])] == value { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private static func slot(_ value: Int64, _ count: Int) -> Int {
        var hash = UInt64(bitPattern: value) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 32
        return Int(truncatingIfNeeded: hash) & (count - 1)
    }

    private mutating func grow() {
        slots = [UInt32](repeating: .max, count: slots.count * 2)
        for (number, value) in values.enumerated() {
            var slot = IntegerInterner.slot(value, slots.count)
            while slots[slot] != .max { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(number)
        }
    }
}
