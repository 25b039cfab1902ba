import LakeCore

/// The smallest and the largest value of a chunk, as the directory keeps them (FORMAT.md, *Directory*).
public struct Statistics: Sendable, Equatable {
    var flags: UInt32 = 0
    var low = [UInt8](repeating: 0, count: 16)
    var high = [UInt8](repeating: 0, count: 16)

    init() {}

    init(flags: UInt32, low: [UInt8], high: [UInt8]) {
        self.flags = flags
        self.low = low
        self.high = high
    }

    /// Whether `low` and `high` are given: there is at least one value that is neither NULL nor NaN.
    public var isGiven: Bool { flags & 1 == 1 }
    public var hasNaN: Bool { flags & 4 == 4 }

    init(integers low: Int64, _ high: Int64) {
        flags = 1
        Statistics.put(UInt64(bitPattern: low), &self.low)
        Statistics.put(UInt64(bitPattern: high), &self.high)
    }

    /// Over floats that are not NULL.
    init(floats values: some Sequence<Double>) {
        var bounds: (Double, Double)?
        for value in values {
            if value.isNaN {
                flags |= 4
            } else if let (low, high) = bounds {
                bounds = (min(low, value), max(high, value))
            } else {
                bounds = (value, value)
            }
        }
        if let (low, high) = bounds {
            flags |= 1
            Statistics.put(low.bitPattern, &self.low)
            Statistics.put(high.bitPattern, &self.high)
        }
    }

    init(bytes low: [UInt8], _ high: [UInt8]) {
        let (cutLow, cutHigh) = (low.prefix(16), high.prefix(16))
        flags = 1 | (high.count > 16 ? 2 : 0) | UInt32(cutLow.count) << 8 | UInt32(cutHigh.count) << 16
        self.low.replaceSubrange(0..<cutLow.count, with: cutLow)
        self.high.replaceSubrange(0..<cutHigh.count, with: cutHigh)
    }

    /// Bounds of an integer column or of codes, as 64-bit patterns.
    public var integers: (low: Int64, high: Int64)? {
        isGiven ? (Int64(bitPattern: Statistics.take(low)), Int64(bitPattern: Statistics.take(high))) : nil
    }

    public var floats: (low: Double, high: Double)? {
        isGiven ? (Double(bitPattern: Statistics.take(low)), Double(bitPattern: Statistics.take(high))) : nil
    }

    /// Bounds of a byte column. The lower one may be a prefix of the smallest value; the upper one is a prefix of the
    /// largest if `isCut`.
    public var bytes: (low: ArraySlice<UInt8>, high: ArraySlice<UInt8>, isCut: Bool)? {
        let (lowCount, highCount) = (Int(flags >> 8 & 31), Int(flags >> 16 & 31))
        guard isGiven, lowCount <= 16, highCount <= 16 else { return nil }
        return (low[..<lowCount], high[..<highCount], flags & 2 == 2)
    }

    private static func put(_ value: UInt64, _ target: inout [UInt8]) {
        for index in 0..<8 { target[index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }

    private static func take(_ bytes: [UInt8]) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(bytes[index]) << UInt64(8 * index) }
        return value
    }
}
