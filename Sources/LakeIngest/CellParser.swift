/// Reads single values from text: CSV cells and the content of JSON strings, by one strict grammar.
///
/// What is not spelled as the type's values are spelled is refused instead of guessed at: `007` and `+5` are no
/// integers (the zeros and the sign would be lost), `5.0` is no integer either, `yes` is no bool. All functions take
/// the positions `start..<end` of `bytes`, so that no cell is ever copied.
enum CellParser {
    typealias Bytes = Span<UInt8>

    /// `true`, `false` and their spellings `True`, `TRUE`, `False`, `FALSE`.
    static func bool(_ bytes: Bytes, _ start: Int, _ end: Int) -> Bool? {
        switch end - start {
        case 4 where isWord(bytes, start, [0x74, 0x72, 0x75, 0x65]): true
        case 5 where isWord(bytes, start, [0x66, 0x61, 0x6C, 0x73, 0x65]): false
        default: nil
        }
    }

    private static func isWord(_ bytes: Bytes, _ start: Int, _ lower: [UInt8]) -> Bool {
        let isUpper = bytes[start + 1] & 0x20 == 0
        for index in lower.indices {
            let wanted = index == 0 ? bytes[start] | 0x20 : isUpper ? bytes[start + index] | 0x20 : bytes[start + index]
            guard wanted == lower[index] else { return false }
            if isUpper, bytes[start + index] & 0x20 != 0 { return false }
        }
        return true
    }

    /// An integer as sign and magnitude; nil when the text is none, or beyond 64 bits.
    @inline(__always)
    static func integer(_ bytes: Bytes, _ start: Int, _ end: Int) -> (isNegative: Bool, magnitude: UInt64)? {
        guard start < end else { return nil }
        let isNegative = bytes[start] == 0x2D
        let first = isNegative ? start + 1 : start
        let length = end - first
        guard length > 0, length <= 20, length == 1 || bytes[first] != 0x30 else { return nil }
        var magnitude: UInt64 = 0
        for index in first..<end {
            let digit = bytes[index] &- 0x30
            guard digit <= 9 else { return nil }
            if index - first < 19 {
                magnitude = magnitude &* 10 &+ UInt64(digit)
            } else {
                let (product, isOver) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, isOverToo) = product.addingReportingOverflow(UInt64(digit))
                guard !isOver, !isOverToo else { return nil }
                magnitude = sum
            }
        }
        if isNegative, magnitude == 0 || magnitude > 1 << 63 { return nil }
        return (isNegative, magnitude)
    }

    /// The shape of a decimal number: an optional sign, digits, and at least a point or an exponent or none of both.
    struct Decimal {
        var isNegative: Bool
        /// The digits without the point, exact only when `digits` is at most 19.
        var mantissa: UInt64
        var digits: Int
        var exponent: Int
        var isInteger: Bool
    }

    /// Reads the number grammar of JSON, and `.5` and `5.` as spreadsheets and statistics programs write them.
    static func decimal(_ bytes: Bytes, _ start: Int, _ end: Int) -> Decimal? {
        var at = start
        var result = Decimal(isNegative: false, mantissa: 0, digits: 0, exponent: 0, isInteger: true)
        if at < end, bytes[at] == 0x2D {
            result.isNegative = true
            at += 1
        }
        let first = at
        func digitsRun(_ shift: Int) -> Int {
            let from = at
            while at < end, bytes[at] &- 0x30 <= 9 {
                if result.digits > 0 || bytes[at] != 0x30 {
                    result.digits += 1
                    if result.digits <= 19 { result.mantissa = result.mantissa &* 10 &+ UInt64(bytes[at] &- 0x30) }
                }
                at += 1
                result.exponent += shift
            }
            return at - from
        }
        let whole = digitsRun(0)
        if whole > 1, bytes[first] == 0x30 { return nil }
        var fraction = 0
        if at < end, bytes[at] == 0x2E {
            result.isInteger = false
            at += 1
            fraction = digitsRun(-1)
        }
        guard whole + fraction > 0 else { return nil }
        if at < end, bytes[at] | 0x20 == 0x65 {
            result.isInteger = false
            at += 1
            var isNegative = false
            if at < end, bytes[at] == 0x2B || bytes[at] == 0x2D {
                isNegative = bytes[at] == 0x2D
                at += 1
            }
            guard at < end else { return nil }
            var exponent = 0
            while at < end, bytes[at] &- 0x30 <= 9 {
                exponent = min(exponent * 10 + Int(bytes[at] &- 0x30), 1_000_000)
                at += 1
            }
            result.exponent += isNegative ? -exponent : exponent
        }
        return at == end ? result : nil
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// The double nearest to a number, or NaN and the infinities by name; nil for other text, numbers beyond float64,
    /// and integers beyond 2^53, which it may not hold exactly.
    static func float(_ bytes: Bytes, _ start: Int, _ end: Int) -> Double? {
        guard let decimal = decimal(bytes, start, end) else { return special(bytes, start, end) }
        if decimal.isInteger, decimal.digits > 16 || decimal.mantissa > 1 << 53 { return nil }
        // Both factors exact in a double: one rounding, so the result is the nearest (Clinger).
        if decimal.digits <= 15, (-22...22).contains(decimal.exponent) {
            let mantissa = Double(decimal.mantissa)
            let value =
                decimal.exponent < 0 ? mantissa / powers[-decimal.exponent] : mantissa * powers[decimal.exponent]
            return decimal.isNegative ? -value : value
        }
        return SimdjsonBridge.double(bytes, start, end)
    }

    private static func special(_ bytes: Bytes, _ start: Int, _ end: Int) -> Double? {
        var at = start
        let isNegative = at < end && bytes[at] == 0x2D
        if isNegative { at += 1 }
        guard (3...8).contains(end - at) else { return nil }
        var word: [UInt8] = []
        for index in at..<end { word.append(bytes[index] | 0x20) }
        switch String(decoding: word, as: UTF8.self) {
        case "nan" where !isNegative: return .nan
        case "inf", "infinity": return isNegative ? -.infinity : .infinity
        default: return nil
        }
    }
}
