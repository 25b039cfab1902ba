import LakeCore

extension CellParser {
    /// Days since 1970-01-01 of `YYYY-MM-DD`, years 0001 to 9999 of the Gregorian calendar.
    @inline(__always)
    static func date(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int64? {
        guard end - start == 10 else { return nil }
        return day(bytes, start)
    }

    /// Microseconds since 1970-01-01T00:00:00Z of a date, or of a date and time by RFC 3339 or ISO 8601:
    /// `YYYY-MM-DD`, then `T`, `t` or a space, `HH:MM`, optionally `:SS` and a fraction, optionally `Z`, `+HH:MM`,
    /// `+HHMM` or `+HH`. Without an offset it is taken as UTC. Nil for finer fractions than microseconds and for leap
    /// seconds, which have no place on this scale.
    static func timestamp(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int64? {
        guard end - start >= 10, let days = day(bytes, start) else { return nil }
        let midnight = days * 86_400_000_000
        if end - start == 10 { return midnight }
        var at = start + 10
        guard end - at >= 6, bytes[at] == 0x20 || bytes[at] | 0x20 == 0x74, bytes[at + 3] == 0x3A else { return nil }
        guard let hour = pair(bytes, at + 1), let minute = pair(bytes, at + 4), hour < 24, minute < 60 else {
            return nil
        }
        at += 6
        var micros = (hour * 60 + minute) * 60_000_000
        if at < end, bytes[at] == 0x3A {
            guard end - at >= 3, let second = pair(bytes, at + 1), second < 60 else { return nil }
            micros += second * 1_000_000
            at += 3
            if at < end, bytes[at] == 0x2E || bytes[at] == 0x2C {
                at += 1
                guard let fraction = fraction(bytes, &at, end) else { return nil }
                micros += fraction
            }
        }
        guard let offset = zone(bytes, at, end) else { return nil }
        return midnight + micros - offset * 60_000_000
    }

    private static func fraction(_ bytes: Bytes, _ at: inout Int, _ end: Int) -> Int64? {
        var scale: Int64 = 100_000
        var micros: Int64 = 0
        let first = at
        while at < end, bytes[at] &- 0x30 <= 9 {
            let digit = Int64(bytes[at] &- 0x30)
            if scale == 0, digit != 0 { return nil }
            micros += digit * scale
            scale /= 10
            at += 1
        }
        return at > first ? micros : nil
    }

    /// Minutes east of UTC.
    private static func zone(_ bytes: Bytes, _ at: Int, _ end: Int) -> Int64? {
        if at == end { return 0 }
        let mark = bytes[at]
        if mark | 0x20 == 0x7A { return at + 1 == end ? 0 : nil }
        guard mark == 0x2B || mark == 0x2D, end - at >= 3, let hours = pair(bytes, at + 1), hours < 24 else {
            return nil
        }
        var minutes: Int64 = 0
        switch end - at {
        case 3: break
        case 5:
            guard let value = pair(bytes, at + 3) else { return nil }
            minutes = value
        case 6 where bytes[at + 3] == 0x3A:
            guard let value = pair(bytes, at + 4) else { return nil }
            minutes = value
        default: return nil
        }
        guard minutes < 60 else { return nil }
        return (mark == 0x2D ? -1 : 1) * (hours * 60 + minutes)
    }

    @inline(__always)
    private static func pair(_ bytes: Bytes, _ at: Int) -> Int64? {
        let (tens, ones) = (bytes[at] &- 0x30, bytes[at + 1] &- 0x30)
        guard tens <= 9, ones <= 9 else { return nil }
        return Int64(tens) * 10 + Int64(ones)
    }

    @inline(__always)
    private static func day(_ bytes: Bytes, _ start: Int) -> Int64? {
        guard bytes[start + 4] == 0x2D, bytes[start + 7] == 0x2D, let century = pair(bytes, start),
            let rest = pair(bytes, start + 2), let month = pair(bytes, start + 5), let day = pair(bytes, start + 8)
        else { return nil }
        let year = century * 100 + rest
        guard year > 0, (1...12).contains(month), day >= 1, day <= length(of: month, in: year) else { return nil }
        return Int64(CalendarText.days(year: Int(year), month: Int(month), day: Int(day)))
    }

    @inline(__always)
    private static func length(of month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
