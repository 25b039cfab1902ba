/// Columns against constants, as bitmaps of the rows that pass.
public enum Comparison {
    /// How a value stands to a bound.
    public enum Test: Sendable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    }

    public static func rows(_ values: [Int64], _ test: Test?, _ bound: Int64) -> Bitmap? {
        switch test {
        case nil: nil
        case .equal: bits(values) { $0 == bound }
        case .notEqual: bits(values) { $0 != bound }
        case .less: bits(values) { $0 < bound }
        case .lessOrEqual: bits(values) { $0 <= bound }
        case .greater: bits(values) { $0 > bound }
        case .greaterOrEqual: bits(values) { $0 >= bound }
        }
    }

    /// NaN is above every number and equals itself; `bound` is not NaN.
    public static func rows(_ values: [Double], _ test: Test?, _ bound: Double) -> Bitmap? {
        switch test {
        case nil: nil
        case .equal: bits(values) { $0 == bound }
        case .notEqual: bits(values) { $0 != bound }
        case .less: bits(values) { $0 < bound }
        case .lessOrEqual: bits(values) { $0 <= bound }
        case .greater: bits(values) { !($0 <= bound) }
        case .greaterOrEqual: bits(values) { !($0 < bound) }
        }
    }

    @inline(__always)
    private static func bits<Value>(_ values: [Value], _ passes: (Value) -> Bool) -> Bitmap {
        var words = [UInt64](repeating: 0, count: (values.count + 63) / 64)
        values.withUnsafeBufferPointer { values in
            for word in words.indices {
                var bits: UInt64 = 0
                let start = word << 6
                for row in start..<min(start + 64, values.count) {
                    bits |= (passes(values[row]) ? 1 : 0) << UInt64(row - start)
                }
                words[word] = bits
            }
        }
        return Bitmap(words: words, count: values.count)
    }
}
