/// Dates and timestamps as ISO 8601 text, in the proleptic Gregorian calendar (the year 0 is 1 BC).
public enum CalendarText {
    /// `2026-11-23`. Years outside of 0 to 9999 carry a sign: `+12026-01-01`, `-0044-03-15`.
    /// - Parameter days: days since 1970-01-01.
    public static func date(_ days: Int32) -> String {
        let (year, month, day) = civil(Int(days))
        return "\(yearText(year))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// `2026-11-23T20:15:00Z`, with up to six decimals of the second where they are not zero.
    /// - Parameter micros: microseconds since 1970-01-01T00:00:00Z.
    public static func timestamp(_ micros: Int64) -> String {
        let (days, rest) = floorDivide(Int(micros), 86_400_000_000)
        let (year, month, day) = civil(days)
        let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000)
        var text = "\(yearText(year))-\(padded(month, 2))-\(padded(day, 2))T"
        text += "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        if fraction != 0 {
            var digits = padded(fraction, 6)
            while digits.last == "0" { digits.removeLast() }
            text += "." + digits
        }
        return text + "Z"
    }

    /// The days since 1970-01-01 of `YYYY-MM-DD` (or a signed year of 4 to 6 digits), nil when it is no such date.
    public static func days(parsing text: some StringProtocol) -> Int32? {
        var reader = Reader(text)
        guard let days = reader.date(), reader.isAtEnd else { return nil }
        return Int32(exactly: days)
    }

    /// The microseconds since 1970-01-01T00:00:00Z of a date, optionally followed by `T` or a blank, a time `HH:MM`,
    /// `HH:MM:SS` or `HH:MM:SS.ffffff`, and `Z` or an offset `+HH`, `+HH:MM`; UTC where there is none. Decimals after
    /// the sixth are cut off. Nil when it is no such text.
    public static func micros(parsing text: some StringProtocol) -> Int64? {
        var reader = Reader(text)
        guard let days = reader.date() else { return nil }
        var micros = 0
        if !reader.isAtEnd {
            guard reader.skip("T") || reader.skip(" ") || reader.skip("t"), let time = reader.time() else { return nil }
            micros = time
            _ = reader.skip(" ")
            guard let offset = reader.zone(), reader.isAtEnd else { return nil }
            micros -= offset
        }
        let (product, over) = Int64(days).multipliedReportingOverflow(by: 86_400_000_000)
        let (sum, overSum) = product.addingReportingOverflow(Int64(micros))
        return over || overSum ? nil : sum
    }

    /// Days since 1970-01-01 of a calendar date; month from 1, day from 1, both in range.
    public static func days(year: Int, month: Int, day: Int) -> Int {
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, eras have 400 years.
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shifted, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The calendar date of a number of days since 1970-01-01.
    public static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func floorDivide(_ value: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func yearText(_ year: Int) -> String {
        switch year {
        case ..<0: "-" + padded(-year, 4)
        case 10_000...: "+" + String(year)
        default: padded(year, 4)
        }
    }
}

/// Reads the parts of a date or time from the front of a text.
private struct Reader {
    private var bytes: ArraySlice<UInt8>

    init(_ text: some StringProtocol) { bytes = Array(text.utf8)[...] }

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = bytes.first, UInt32(first) == character.value else { return false }
        bytes.removeFirst()
        return true
    }

    private mutating func digits(_ counts: ClosedRange<Int>) -> (value: Int, count: Int)? {
        var value = 0
        var count = 0
        while count < counts.upperBound, let byte = bytes.first, (0x30...0x39).contains(byte) {
            value = value * 10 + Int(byte - 0x30)
            count += 1
            bytes.removeFirst()
        }
        return counts.contains(count) ? (value, count) : nil
    }

    mutating func date() -> Int? {
        let negative = skip("-")
        let signed = negative || skip("+")
        guard let year = digits(signed ? 4...7 : 4...4), skip("-"), let month = digits(2...2), skip("-"),
            let day = digits(2...2), (1...12).contains(month.value), day.value >= 1
        else { return nil }
        let civilYear = negative ? -year.value : year.value
        let next = month.value == 12 ? (civilYear + 1, 1) : (civilYear, month.value + 1)
        let first = CalendarText.days(year: civilYear, month: month.value, day: 1)
        let length = CalendarText.days(year: next.0, month: next.1, day: 1) - first
        return day.value <= length ? first + day.value - 1 : nil
    }

    mutating func time() -> Int? {
        guard let hour = digits(2...2)?.value, hour < 24, skip(":"), let minute = digits(2...2)?.value, minute < 60
        else { return nil }
        var micros = (hour * 60 + minute) * 60_000_000
        guard skip(":") else { return micros }
        guard let second = digits(2...2)?.value, second < 60 else { return nil }
        micros += second * 1_000_000
        guard skip(".") else { return micros }
        guard var fraction = digits(1...6) else { return nil }
        while fraction.count < 6 { fraction = (fraction.value * 10, fraction.count + 1) }
        while digits(1...1) != nil {}
        return micros + fraction.value
    }

    /// The offset from UTC in microseconds, 0 where none is given.
    mutating func zone() -> Int? {
        if isAtEnd || skip("Z") || skip("z") { return 0 }
        let negative = skip("-")
        guard negative || skip("+"), let hour = digits(2...2)?.value, hour < 24 else { return nil }
        var minutes = hour * 60
        let colon = skip(":")
        if colon || !isAtEnd {
            guard let minute = digits(2...2)?.value, minute < 60 else { return nil }
            minutes += minute
        }
        return (negative ? -minutes : minutes) * 60_000_000
    }
}
