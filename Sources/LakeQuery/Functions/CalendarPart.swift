import LakeCore

/// A part of a date or timestamp that can be taken out of it, or that it can be cut off to.
enum CalendarPart: String, CaseIterable, Sendable {
    case year, month, day, hour, minute, second, millisecond, microsecond
    case quarter, week, decade, century, millennium
    /// 0 is Sunday.
    case dow
    /// 1 is Monday, 7 is Sunday.
    case isodow
    case doy, isoyear, yearweek, epoch, julian, era

    private static let aliases: [String: CalendarPart] = [
        "y": .year, "yr": .year, "yrs": .year, "mon": .month, "mons": .month, "d": .day, "dayofmonth": .day, "h": .hour,
        "hr": .hour, "hrs": .hour, "m": .minute, "min": .minute, "mins": .minute, "s": .second, "sec": .second,
        "secs": .second, "ms": .millisecond, "msec": .millisecond, "us": .microsecond, "usec": .microsecond,
        "w": .week, "weekofyear": .week, "centuries": .century, "c": .century, "millenniums": .millennium,
        "millennia": .millennium, "mil": .millennium, "dayofweek": .dow, "weekday": .dow, "dayofyear": .doy,
    ]

    /// By a name of it, in lower case and possibly in plural.
    init?(named name: String) {
        let name = name.lowercased()
        let singular = name.hasSuffix("s") ? String(name.dropLast()) : name
        guard
            let part = CalendarPart(rawValue: name) ?? CalendarPart.aliases[name] ?? CalendarPart(rawValue: singular)
        else { return nil }
        self = part
    }

    /// Its value at a moment; not for `epoch` and `julian`, which are no whole numbers.
    /// - Parameters:
    ///   - day: days since 1970-01-01.
    ///   - micros: of the day.
    func value(day: Int, micros: Int64) -> Int64 {
        switch self {
        case .hour: return micros / 3_600_000_000
        case .minute: return micros / 60_000_000 % 60
        case .second: return micros / 1_000_000 % 60
        case .millisecond: return micros % 60_000_000 / 1_000
        case .microsecond: return micros % 60_000_000
        case .dow: return Int64(CalendarPart.modulo(day + 4, 7))
        case .isodow: return Int64(CalendarPart.modulo(day + 3, 7) + 1)
        case .week: return Int64(CalendarPart.week(day).week)
        case .isoyear: return Int64(CalendarPart.week(day).year)
        case .yearweek:
            let (year, week) = CalendarPart.week(day)
            return Int64(year * 100 + (year < 0 ? -week : week))
        case .epoch: return Int64(day) * 86_400 + micros / 1_000_000
        case .julian: return Int64(day) + 2_440_588
        default: break
        }
        let date = CalendarText.civil(day)
        switch self {
        case .month: return Int64(date.month)
        case .day: return Int64(date.day)
        case .quarter: return Int64((date.month + 2) / 3)
        case .doy: return Int64(day - CalendarText.days(year: date.year, month: 1, day: 1) + 1)
        case .decade: return Int64(date.year / 10)
        case .century: return Int64(date.year > 0 ? (date.year - 1) / 100 + 1 : date.year / 100 - 1)
        case .millennium: return Int64(date.year > 0 ? (date.year - 1) / 1_000 + 1 : date.year / 1_000 - 1)
        case .era: return date.year > 0 ? 1 : 0
        default: return Int64(date.year)
        }
    }

    /// The first moment, in micros since 1970-01-01, of the part that a moment lies in; nil for parts that cannot be
    /// cut off to, and for moments that are out of range.
    func start(day: Int, micros: Int64) -> Int64? {
        let unit: Int64? =
            switch self {
            case .microsecond: 1
            case .millisecond: 1_000
            case .second, .epoch: 1_000_000
            case .minute: 60_000_000
            case .hour: 3_600_000_000
            case .day, .dow, .isodow, .doy, .julian: Interval.day
            default: nil
            }
        if let unit { return CalendarPart.moment(day, micros / unit * unit) }
        return firstDay(day).flatMap { CalendarPart.moment($0, 0) }
    }

    private func firstDay(_ day: Int) -> Int? {
        let date = CalendarText.civil(day)
        func year(_ length: Int) -> Int { CalendarText.days(year: date.year / length * length, month: 1, day: 1) }
        switch self {
        case .month: return day - date.day + 1
        case .quarter: return CalendarText.days(year: date.year, month: (date.month - 1) / 3 * 3 + 1, day: 1)
        case .year: return year(1)
        case .decade: return year(10)
        case .century: return year(100)
        case .millennium: return year(1_000)
        case .week, .yearweek: return day - CalendarPart.modulo(day + 3, 7)
        case .isoyear: return CalendarPart.firstWeek(CalendarPart.week(day).year)
        default: return nil
        }
    }

    /// Whether a moment can be cut off to it.
    var isUnit: Bool { self != .era }

    private static func moment(_ day: Int, _ micros: Int64) -> Int64? {
        let (midnight, a) = Int64(day).multipliedReportingOverflow(by: Interval.day)
        let (moment, b) = midnight.addingReportingOverflow(micros)
        return a || b ? nil : moment
    }

    private static func modulo(_ value: Int, _ divisor: Int) -> Int { ((value % divisor) + divisor) % divisor }

    /// ISO 8601: weeks begin on Monday, and the first of a year has its first Thursday.
    private static func week(_ day: Int) -> (year: Int, week: Int) {
        let thursday = day - modulo(day + 3, 7) + 3
        let year = CalendarText.civil(thursday).year
        return (year, (thursday - CalendarText.days(year: year, month: 1, day: 1)) / 7 + 1)
    }

    /// The Monday of the first week of a year.
    private static func firstWeek(_ year: Int) -> Int {
        let fourth = CalendarText.days(year: year, month: 1, day: 4)
        return fourth - modulo(fourth + 3, 7)
    }
}

/// A date or timestamp taken apart.
struct Moment {
    /// Days since 1970-01-01.
    let day: Int
    /// Micros of the day.
    let micros: Int64

    /// - Parameter value: days or micros since 1970-01-01, by the type.
    init(_ value: Int64, _ type: DataType) {
        if type == .date {
            (day, micros) = (Int(value), 0)
        } else {
            let (quotient, rest) = value.quotientAndRemainder(dividingBy: Interval.day)
            (day, micros) = rest < 0 ? (Int(quotient) - 1, rest + Interval.day) : (Int(quotient), rest)
        }
    }
}
