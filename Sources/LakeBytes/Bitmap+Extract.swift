import CKernels

extension Bitmap {
    /// The bits of `self` at the positions set in `mask` (of the same length), moved together: the selection of keys
    /// seen through a sequence of keys.
    public func extracting(_ mask: Bitmap) -> Bitmap {
        let total = mask.population
        var target = [UInt64](repeating: 0, count: (total + 63) / 64 + 1)
        words.withUnsafeBufferPointer { source in
            mask.words.withUnsafeBufferPointer { mask in
                target.withUnsafeMutableBufferPointer { target in
                    _ = ck_extract_bits(
                        source.baseAddress, mask.baseAddress, min(source.count, mask.count), target.baseAddress)
                }
            }
        }
        return Bitmap(words: target, count: total)
    }

    /// Sets the bits `offset ..< offset + other.count` to those of `other`, which are expected to be clear before.
    public mutating func place(_ other: Bitmap, at offset: Int) {
        let shift = UInt64(offset & 63)
        var target = offset >> 6
        for word in other.words {
            words[target] |= word << shift
            if shift != 0, target + 1 < words.count { words[target + 1] |= word >> (64 - shift) }
            target += 1
        }
    }
}
