import LakeCore

/// A cell that should hold a date.
enum AdDate: Equatable {
    /// Days since 1970-01-01, as the date is written: a time and its offset from UTC do not move it.
    case day(Int32)
    /// A word for no value, such as `NaT`.
    case absent
    /// A short number, as some put for "still running".
    case number
    case unreadable

    init(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        var (at, last) = (start, end)
        LooseValue.trim(bytes, &at, &last)
        if LooseValue.isAbsent(bytes, at, last) {
            self = .absent
            return
        }
        let first = at
        guard let one = AdDate.number(bytes, &at, last) else {
            self = AdDate.other(bytes, first, last)
            return
        }
        guard at < last, let separator = AdDate.separator(bytes[at]) else {
            self = AdDate.other(bytes, first, last)
            return
        }
        at += 1
        guard let two = AdDate.number(bytes, &at, last), at < last, bytes[at] == separator else {
            self = AdDate.other(bytes, first, last)
            return
        }
        at += 1
        guard let three = AdDate.number(bytes, &at, last), AdDate.isTime(bytes, at, last) else {
            self = .unreadable
            return
        }
        if one.digits == 4 {
            self = AdDate.day(year: one.value, month: two.value, day: three.value)
        } else if separator == 0x2F, one.digits <= 2, three.digits == 4 || three.digits == 2 {
            // As spreadsheets show dates; two digits are of this century.
            let year = three.digits == 2 ? 2000 + three.value : three.value
            self = AdDate.day(year: year, month: one.value, day: two.value)
        } else {
            self = .unreadable
        }
    }

    private static func separator(_ byte: UInt8) -> UInt8? { byte == 0x2D || byte == 0x2F ? byte : nil }

    private static func number(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> (value: Int, digits: Int)? {
        let start = at
        var value = 0
        while at < end, at - start < 4, LooseValue.isDigit(bytes[at]) {
            value = value * 10 + Int(bytes[at] - 0x30)
            at += 1
        }
        return at > start ? (value, at - start) : nil
    }

    /// Whether a date ends here, or a time of day follows: digits, colons, points, AM and PM, an offset.
    private static func isTime(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard start < end else { return true }
        guard end - start >= 2, bytes[start] | 0x20 == 0x74 || bytes[start] == 0x20 || bytes[start] == 0x2C else {
            return false
        }
        var digits = 0
        for index in (start + 1)..<end {
            let byte = bytes[index]
            if LooseValue.isDigit(byte) {
                digits += 1
                continue
            }
            switch byte {
            case 0x20, 0x2B, 0x2D, 0x2E, 0x3A: continue
            default: break
            }
            switch byte | 0x20 {
            case 0x61, 0x63, 0x6D, 0x70, 0x74, 0x75, 0x7A: continue  // AM, PM, UTC, Z
            default: return false
            }
        }
        return digits > 0
    }

    private static func day(year: Int, month: Int, day: Int) -> AdDate {
        guard year > 0, (1...12).contains(month), day >= 1 else { return .unreadable }
        let first = CalendarText.days(year: year, month: month, day: 1)
        let next = CalendarText.days(year: month == 12 ? year + 1 : year, month: month == 12 ? 1 : month + 1, day: 1)
        guard first + day <= next, let days = Int32(exactly: first + day - 1) else { return .unreadable }
        return .day(days)
    }

    /// Numbers: `999`, `20220715`, and times in seconds or milliseconds since 1970.
    private static func other(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> AdDate {
        guard let number = LooseNumber(bytes, start, end), let value = number.integer else { return .unreadable }
        switch value {
        case -99_999...99_999: return .number
        case 19_000_101...20_991_231:
            return day(year: Int(value / 10_000), month: Int(value / 100 % 100), day: Int(value % 100))
        case 100_000_000...9_999_999_999: return .day(Int32(value / 86_400))
        case 100_000_000_000...9_999_999_999_999: return .day(Int32(value / 86_400_000))
        default: return .unreadable
        }
    }
}
