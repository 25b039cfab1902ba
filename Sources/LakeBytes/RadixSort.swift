import LakeCore

/// Sorts 64-bit numbers by their digits, the lowest first: linear in their number, and only in the digits that differ.
public enum RadixSort {
    /// Fewer are sorted by comparing.
    private static let fewest = 256
    /// Items between two looks at whether the work was cancelled, less 1.
    private static let stride = 1 << 16 - 1

    /// Sorts `keys`, ascending.
    /// - Throws: `LakeError` (cancelled).
    public static func sort(_ keys: inout [UInt64], cancellation: Cancellation? = nil) throws {
        guard keys.count >= fewest else { return keys.sort() }
        guard let shifts = shifts(keys) else { return }
        var target = [UInt64](repeating: 0, count: keys.count)
        for shift in shifts {
            var next = places(keys, shift)
            try keys.withUnsafeBufferPointer { source in
                try target.withUnsafeMutableBufferPointer { target in
                    try next.withUnsafeMutableBufferPointer { next in
                        for index in 0..<source.count {
                            if index & stride == 0 { try cancellation?.check() }
                            let key = source[index]
                            let digit = Int(truncatingIfNeeded: key >> shift & 255)
                            target[next[digit]] = key
                            next[digit] &+= 1
                        }
                    }
                }
            }
            swap(&keys, &target)
        }
    }

    /// The places of `keys` in ascending order, equal keys in their own.
    /// - Throws: `LakeError` (cancelled).
    public static func order(of keys: [UInt64], cancellation: Cancellation? = nil) throws -> [UInt32] {
        var order = [UInt32](unsafeUninitializedCapacity: keys.count) { target, count in
            for index in 0..<keys.count { target[index] = UInt32(truncatingIfNeeded: index) }
            count = keys.count
        }
        guard keys.count >= fewest else {
            order.sort { (keys[Int($0)], $0) < (keys[Int($1)], $1) }
            return order
        }
        guard let shifts = shifts(keys) else { return order }
        var target = order
        for shift in shifts {
            var next = places(keys, shift)
            try keys.withUnsafeBufferPointer { keys in
                try order.withUnsafeBufferPointer { source in
                    try target.withUnsafeMutableBufferPointer { target in
                        try next.withUnsafeMutableBufferPointer { next in
                            for index in 0..<source.count {
                                if index & stride == 0 { try cancellation?.check() }
                                let digit = Int(truncatingIfNeeded: keys[Int(source[index])] >> shift & 255)
                                target[next[digit]] = source[index]
                                next[digit] &+= 1
                            }
                        }
                    }
                }
            }
            swap(&order, &target)
        }
        return order
    }

    /// Where the digits begin that differ; nil for keys that ascend already.
    private static func shifts(_ keys: [UInt64]) -> [UInt64]? {
        keys.withUnsafeBufferPointer { keys in
            var (all, any, isSorted) = (keys[0], keys[0], true)
            for index in 1..<keys.count {
                all &= keys[index]
                any |= keys[index]
                if keys[index] < keys[index - 1] { isSorted = false }
            }
            let varying = any & ~all
            if isSorted { return nil }
            let last = 64 - varying.leadingZeroBitCount
            return Swift.stride(from: varying.trailingZeroBitCount, to: last, by: 8).map { UInt64($0) }
        }
    }

    /// Per digit where the first of its keys goes.
    private static func places(_ keys: [UInt64], _ shift: UInt64) -> [Int] {
        var counts = [Int](repeating: 0, count: 256)
        counts.withUnsafeMutableBufferPointer { counts in
            keys.withUnsafeBufferPointer { keys in
                for key in keys { counts[Int(truncatingIfNeeded: key >> shift & 255)] &+= 1 }
            }
            var sum = 0
            for digit in 0..<256 {
                let count = counts[digit]
                counts[digit] = sum
                sum += count
            }
        }
        return counts
    }
}
