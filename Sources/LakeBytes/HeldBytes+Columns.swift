/// The values of columns in the widths that Arrow stores them in.
extension HeldBytes {
    /// Integers in `width` bytes: 1, 2, 4, or 8 (borrowed). Bits beyond the width are cut off.
    public static func integers(_ values: [Int64], width: Int) -> HeldBytes {
        switch width {
        case 1: HeldBytes(mapped(values) { Int8(truncatingIfNeeded: $0) })
        case 2: HeldBytes(mapped(values) { Int16(truncatingIfNeeded: $0) })
        case 4: HeldBytes(mapped(values) { Int32(truncatingIfNeeded: $0) })
        default: HeldBytes(values)
        }
    }

    /// Floats in `width` bytes: 4, or 8 (borrowed).
    public static func floats(_ values: [Double], width: Int) -> HeldBytes {
        width == 4 ? HeldBytes(mapped(values) { Float($0) }) : HeldBytes(values)
    }

    /// One bit per value, set where it is not 0.
    public static func bits(_ values: [Int64]) -> HeldBytes {
        HeldBytes(Comparison.rows(values, .notEqual, 0).words)
    }

    /// Positions from the first of them on, in 32 bits.
    public static func offsets(_ offsets: [Int]) -> HeldBytes {
        let first = offsets.first ?? 0
        return HeldBytes(mapped(offsets) { Int32(truncatingIfNeeded: $0 &- first) })
    }

    private static func mapped<From, To>(_ values: [From], _ convert: (From) -> To) -> [To] {
        [To](unsafeUninitializedCapacity: values.count) { target, count in
            values.withUnsafeBufferPointer { source in
                for index in 0..<source.count { target[index] = convert(source[index]) }
            }
            count = values.count
        }
    }
}

/// Codes and the values that they stand for.
public enum CodedValues {
    /// The value of each code, and `null` where a code is not that of a value.
    public static func gather<Value: BitwiseCopyable>(_ values: [Value], _ codes: [UInt32], null: Value) -> [Value] {
        let padded = values + [null]
        let last = UInt32(values.count)
        return [Value](unsafeUninitializedCapacity: codes.count) { target, count in
            padded.withUnsafeBufferPointer { values in
                codes.withUnsafeBufferPointer { codes in
                    for row in 0..<codes.count { target[row] = values[Int(min(codes[row], last))] }
                }
            }
            count = codes.count
        }
    }

    /// Which codes are below `limit`; nil when all are.
    public static func validity(_ codes: [UInt32], below limit: Int) -> Bitmap? {
        let limit = UInt32(clamping: limit)
        return codes.withUnsafeBufferPointer { codes -> Bitmap? in
            var largest: UInt32 = 0
            for code in codes { largest = max(largest, code) }
            if largest < limit { return nil }
            var words = [UInt64](repeating: 0, count: (codes.count + 63) / 64)
            for word in words.indices {
                var bits: UInt64 = 0
                let start = word << 6
                for row in start..<min(start + 64, codes.count) {
                    bits |= (codes[row] < limit ? 1 : 0) << UInt64(row - start)
                }
                words[word] = bits
            }
            return Bitmap(words: words, count: codes.count)
        }
    }
}
