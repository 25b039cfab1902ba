/// A number as it is written in decimals: `0.054372`, `9E-6`, `1000`, `3006923696230883.0`.
struct LooseNumber {
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    var isNegative = false
    /// The digits without the point and without zeros in front; exact when there are at most 19.
    var mantissa: UInt64 = 0
    var digits = 0
    /// The power of ten that the digits are to be multiplied by.
    var exponent = 0
    /// Whether it is digits and nothing else.
    var isPlain = true

    /// Nil when the bytes, blanks at the ends aside, are no such number.
    @inline(__always)
    init?(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        var (at, last) = (start, end)
        LooseValue.trim(bytes, &at, &last)
        guard at < last else { return nil }
        if bytes[at] == 0x2D || bytes[at] == 0x2B {
            isNegative = bytes[at] == 0x2D
            isPlain = false
            at += 1
        }
        let first = at
        take(bytes, &at, last)
        var written = at - first
        if at < last, bytes[at] == 0x2E {
            isPlain = false
            at += 1
            let fraction = at
            take(bytes, &at, last)
            exponent = fraction - at
            written += at - fraction
        }
        guard written > 0 else { return nil }
        if at < last, bytes[at] | 0x20 == 0x65 {
            isPlain = false
            at += 1
            guard power(bytes, &at, last) else { return nil }
        }
        guard at == last else { return nil }
    }

    @inline(__always)
    private mutating func take(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) {
        while at < end {
            let digit = bytes[at] &- 0x30
            guard digit <= 9 else { return }
            if mantissa != 0 || digit != 0 {
                digits += 1
                if digits <= 19 { mantissa = mantissa &* 10 &+ UInt64(digit) }
            }
            at += 1
        }
    }

    private mutating func power(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
        var isBelow = false
        if at < end, bytes[at] == 0x2B || bytes[at] == 0x2D {
            isBelow = bytes[at] == 0x2D
            at += 1
        }
        guard at < end else { return false }
        var power = 0
        while at < end, LooseValue.isDigit(bytes[at]) {
            power = min(power * 10 + Int(bytes[at] - 0x30), 100_000)
            at += 1
        }
        exponent += isBelow ? -power : power
        return true
    }

    /// The nearest double; nil where that takes more digits than are kept here.
    var double: Double? {
        if mantissa == 0 { return 0 }
        // Both factors are exact in a double: one rounding, so the result is the nearest (Clinger).
        guard digits <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 else { return nil }
        let value = exponent < 0 ? Double(mantissa) / Self.powers[-exponent] : Double(mantissa) * Self.powers[exponent]
        return isNegative ? -value : value
    }

    /// The whole number that this is; nil when it has a fraction, or is beyond 64 bits.
    var integer: Int64? {
        if mantissa == 0 { return 0 }
        guard digits <= 19 else { return nil }
        var value = mantissa
        var left = exponent
        while left < 0 {
            guard value % 10 == 0 else { return nil }
            value /= 10
            left += 1
        }
        while left > 0 {
            let (product, isOver) = value.multipliedReportingOverflow(by: 10)
            guard !isOver else { return nil }
            value = product
            left -= 1
        }
        guard let magnitude = Int64(exactly: value) else { return nil }
        return isNegative ? -magnitude : magnitude
    }

    /// Whether it is whole and beyond what `integer` can hold.
    var isBeyond: Bool { mantissa != 0 && digits + exponent > 19 }

    /// The nearest double of a number in `bytes`; nil when they are none.
    @inline(__always)
    static func double(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Double? {
        guard let number = LooseNumber(bytes, start, end) else { return nil }
        return number.double ?? slow(bytes, start, end)
    }

    private static func slow(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Double? {
        var (at, last) = (start, end)
        LooseValue.trim(bytes, &at, &last)
        var copy: [UInt8] = []
        for index in at..<last { copy.append(bytes[index]) }
        return Double(String(decoding: copy, as: UTF8.self))
    }
}
