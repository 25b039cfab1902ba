import LakeCore

/// Numbers of 15 to 17 digits as an ad library gives them, from running numbers: different ones for different ads,
/// without looking at the others.
struct LibraryNumbers: Sendable {
    private static let bits: UInt64 = 42
    private static let mask: UInt64 = 1 << bits - 1
    private let key: UInt64
    private let factors: (UInt64, UInt64)
    /// Of 8 numbers, how many have 15 digits, and how many 15 or 16.
    private let shorter: (UInt64, UInt64)

    /// - Parameters:
    ///   - stream: tells ads from pages.
    ///   - fifteen: of 8 numbers, how many have 15 digits.
    ///   - sixteen: of 8 numbers, how many have 16 digits; the others have 17.
    init(seed: UInt64, stream: UInt64, fifteen: UInt64, sixteen: UInt64) {
        var draws = AdDraws(seed: seed, stream: stream)
        key = draws.bits() & LibraryNumbers.mask
        factors = (draws.bits() | 1, draws.bits() | 1)
        shorter = (fifteen, fifteen + sixteen)
    }

    /// - Parameter index: below 2^42.
    func number(_ index: Int) -> Int64 {
        let mask = LibraryNumbers.mask
        // Each step can be undone, so that different numbers stay different.
        var x = (UInt64(truncatingIfNeeded: index) ^ key) & mask
        x = (x &* factors.0) & mask
        x ^= x >> 21
        x = (x &* factors.1) & mask
        x ^= x >> 21
        // The lower bits choose the length, the others an interval of its own.
        let (length, interval) = (x & 7, x >> 3)
        let (start, width): (UInt64, UInt64) =
            length < shorter.0
            ? (100_000_000_000_000, 1_637)
            : length < shorter.1 ? (1_000_000_000_000_000, 16_370) : (10_000_000_000_000_000, 163_700)
        return Int64(start + interval * width + SplitMix64.mixed(x ^ key) % width)
    }
}
