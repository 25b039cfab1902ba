import LakeCore

/// The words of a text, as `Schemas/ads/tasks.json` defines them: maximal runs of ASCII letters and digits and of all
/// characters from U+0080 on but U+2000 to U+206F, ASCII letters in lower case.
///
/// A word is known by a hash of its bytes. Damaged UTF-8 does no harm: a byte that is part of no character counts as
/// one of a word.
public struct Words: Sendable {
    /// A hash of each word, in the order of the text: FNV-1a of its bytes, finished by SplitMix64.
    public var hashes: [UInt64] = []
    /// Where each word stands, in positions of the array that the text is a slice of.
    public var ranges: [Range<Int>] = []

    /// The words of `text`, in one pass.
    public init(_ text: ArraySlice<UInt8>) {
        let bytes = text.span
        let base = text.startIndex
        hashes.reserveCapacity(bytes.count / 5)
        ranges.reserveCapacity(bytes.count / 5)
        var index = 0
        while index < bytes.count {
            let start = index
            var hash = Words.basis
            while index < bytes.count {
                let byte = Words.lowered(bytes[index])
                // Only U+2000 to U+206F begin with 0xE2 among the separators.
                if byte == 0 || (byte == 0xE2 && Words.isPunctuation(bytes, at: index)) { break }
                hash = (hash ^ UInt64(byte)) &* Words.prime
                index += 1
            }
            if index > start {
                hashes.append(SplitMix64.mixed(hash))
                ranges.append((base + start)..<(base + index))
            }
            if index < bytes.count { index += bytes[index] < 0x80 ? 1 : 3 }
        }
    }

    /// The hash that a word of these bytes has, letters in lower case.
    public static func hash(of word: String) -> UInt64 {
        var hash = basis
        for byte in word.utf8 {
            let letter = lowered(byte)
            hash = (hash ^ UInt64(letter == 0 ? byte : letter)) &* prime
        }
        return SplitMix64.mixed(hash)
    }

    /// The hash of a phrase that begins with a word or phrase of hash `first` and goes on with a word of hash `next`.
    static func joined(_ first: UInt64, _ next: UInt64) -> UInt64 {
        SplitMix64.mixed((first &* SplitMix64.step) ^ next)
    }

    private static var basis: UInt64 { 0xCBF2_9CE4_8422_2325 }
    private static var prime: UInt64 { 0x0000_0100_0000_01B3 }

    /// A byte of a word with its letter in lower case; 0 for ASCII that separates words.
    @inline(__always)
    private static func lowered(_ byte: UInt8) -> UInt8 {
        if (byte | 0x20) &- 0x61 < 26 { return byte | 0x20 }
        return byte &- 0x30 < 10 || byte >= 0x80 ? byte : 0
    }

    /// Whether the byte 0xE2 at `index` begins one of U+2000 to U+206F: E2 80 80 to E2 81 AF.
    @inline(__always)
    private static func isPunctuation(_ bytes: borrowing Span<UInt8>, at index: Int) -> Bool {
        guard index + 2 < bytes.count else { return false }
        let (second, third) = (bytes[index + 1], bytes[index + 2])
        return (second == 0x80 && third & 0xC0 == 0x80) || (second == 0x81 && third >= 0x80 && third < 0xB0)
    }
}
