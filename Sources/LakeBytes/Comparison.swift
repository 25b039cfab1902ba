import Glibc

/// Columns against constants and each other, as bitmaps of the rows that pass.
public enum Comparison {
    /// How a value stands to a bound.
    public enum Test: Sendable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

        /// The test with its sides exchanged.
        public var mirrored: Test {
            switch self {
            case .equal, .notEqual: self
            case .less: .greater
            case .lessOrEqual: .greaterOrEqual
            case .greater: .less
            case .greaterOrEqual: .lessOrEqual
            }
        }

        fileprivate var isEquality: Bool { self == .equal || self == .notEqual }

        /// Whether it holds for a negative, zero or positive order.
        @inline(__always)
        fileprivate func holds(_ order: Int32) -> Bool {
            switch self {
            case .equal: order == 0
            case .notEqual: order != 0
            case .less: order < 0
            case .lessOrEqual: order <= 0
            case .greater: order > 0
            case .greaterOrEqual: order >= 0
            }
        }
    }

    public static func rows(_ values: [Int64], _ test: Test, _ bound: Int64) -> Bitmap {
        switch test {
        case .equal: bits(values) { $0 == bound }
        case .notEqual: bits(values) { $0 != bound }
        case .less: bits(values) { $0 < bound }
        case .lessOrEqual: bits(values) { $0 <= bound }
        case .greater: bits(values) { $0 > bound }
        case .greaterOrEqual: bits(values) { $0 >= bound }
        }
    }

    /// NaN is above every number and equals itself; `bound` is not NaN.
    public static func rows(_ values: [Double], _ test: Test, _ bound: Double) -> Bitmap {
        switch test {
        case .equal: bits(values) { $0 == bound }
        case .notEqual: bits(values) { $0 != bound }
        case .less: bits(values) { $0 < bound }
        case .lessOrEqual: bits(values) { $0 <= bound }
        case .greater: bits(values) { !($0 <= bound) }
        case .greaterOrEqual: bits(values) { !($0 < bound) }
        }
    }

    /// Integers against integers; both of one length, else no row passes.
    public static func rows(_ values: [Int64], _ test: Test, _ others: [Int64]) -> Bitmap {
        switch test {
        case .equal: bits(values, others) { $0 == $1 }
        case .notEqual: bits(values, others) { $0 != $1 }
        case .less: bits(values, others) { $0 < $1 }
        case .lessOrEqual: bits(values, others) { $0 <= $1 }
        case .greater: bits(values, others) { $0 > $1 }
        case .greaterOrEqual: bits(values, others) { $0 >= $1 }
        }
    }

    /// Floats against floats; both of one length, else no row passes. NaN equals itself and is above every number.
    public static func rows(_ values: [Double], _ test: Test, _ others: [Double]) -> Bitmap {
        switch test {
        case .equal: bits(values, others) { $0 == $1 || $0.isNaN && $1.isNaN }
        case .notEqual: bits(values, others) { $0 != $1 && !($0.isNaN && $1.isNaN) }
        case .less: bits(values, others) { $0 < $1 || $1.isNaN && !$0.isNaN }
        case .lessOrEqual: bits(values, others) { $0 <= $1 || $1.isNaN }
        case .greater: bits(values, others) { $0 > $1 || $0.isNaN && !$1.isNaN }
        case .greaterOrEqual: bits(values, others) { $0 >= $1 || $0.isNaN }
        }
    }

    /// Text, byte by byte.
    public static func rows(_ strings: ByteStrings, _ test: Test, _ bound: [UInt8]) -> Bitmap {
        var passing = Bitmap(count: strings.count)
        strings.data.withUnsafeBytes { data in
            bound.withUnsafeBytes { bound in
                for row in 0..<strings.count {
                    let range = strings.offsets[row]..<strings.offsets[row + 1]
                    if test.isEquality, range.count != bound.count {
                        if test == .notEqual { passing[row] = true }
                    } else if test.holds(order(UnsafeRawBufferPointer(rebasing: data[range]), bound)) {
                        passing[row] = true
                    }
                }
            }
        }
        return passing
    }

    /// Text against text, byte by byte; both of one length, else no row passes.
    public static func rows(_ strings: ByteStrings, _ test: Test, _ others: ByteStrings) -> Bitmap {
        var passing = Bitmap(count: strings.count)
        guard strings.count == others.count else { return passing }
        strings.data.withUnsafeBytes { data in
            others.data.withUnsafeBytes { other in
                for row in 0..<strings.count {
                    let value = data[strings.offsets[row]..<strings.offsets[row + 1]]
                    let bound = other[others.offsets[row]..<others.offsets[row + 1]]
                    let order = order(.init(rebasing: value), .init(rebasing: bound))
                    if test.holds(order) { passing[row] = true }
                }
            }
        }
        return passing
    }

    private static func order(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int32 {
        let length = min(a.count, b.count)
        if length > 0, let x = a.baseAddress, let y = b.baseAddress {
            let order = memcmp(x, y, length)
            if order != 0 { return order }
        }
        return a.count < b.count ? -1 : a.count == b.count ? 0 : 1
    }

    @inline(__always)
    private static func bits<Value>(_ values: [Value], _ others: [Value], _ passes: (Value, Value) -> Bool) -> Bitmap {
        guard values.count == others.count else { return Bitmap(count: values.count) }
        var words = [UInt64](repeating: 0, count: (values.count + 63) / 64)
        values.withUnsafeBufferPointer { values in
            others.withUnsafeBufferPointer { others in
                for word in words.indices {
                    var bits: UInt64 = 0
                    let start = word << 6
                    for row in start..<min(start + 64, values.count) {
                        bits |= (passes(values[row], others[row]) ? 1 : 0) << UInt64(row - start)
                    }
                    words[word] = bits
                }
            }
        }
        return Bitmap(words: words, count: values.count)
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
