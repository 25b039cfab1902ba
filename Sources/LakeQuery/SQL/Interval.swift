import LakeCore

/// A span of time: months and days are as long as the calendar makes them.
public struct Interval: Hashable, Sendable {
    public var months: Int64
    public var days: Int64
    public var micros: Int64

    public init(months: Int64 = 0, days: Int64 = 0, micros: Int64 = 0) {
        self.months = months
        self.days = days
        self.micros = micros
    }

    /// Micros of a second, and of what is longer and always as long.
    static let second: Int64 = 1_000_000
    static let day: Int64 = 86_400 * second

    /// What one of a unit is; nil for no unit. Names in lower case, in plural too.
    private static func unit(_ name: some StringProtocol) -> Interval? {
        switch name {
        case "year", "years", "yr", "yrs", "y": Interval(months: 12)
        case "quarter", "quarters": Interval(months: 3)
        case "month", "months", "mon", "mons": Interval(months: 1)
        case "week", "weeks", "w": Interval(days: 7)
        case "day", "days", "d": Interval(days: 1)
        case "hour", "hours", "hr", "hrs", "h": Interval(micros: 3_600 * second)
        case "minute", "minutes", "min", "mins", "m": Interval(micros: 60 * second)
        case "second", "seconds", "sec", "secs", "s": Interval(micros: second)
        case "millisecond", "milliseconds", "ms": Interval(micros: 1_000)
        case "microsecond", "microseconds", "us": Interval(micros: 1)
        case "decade", "decades": Interval(months: 120)
        case "century", "centuries": Interval(months: 1_200)
        default: nil
        }
    }

    /// Reads `1 day 2 hours`, `-3 months`, `1.5 days`, `01:30:00`; nil for anything else and for what is out of range.
    /// - Parameter unit: what a number without a unit counts.
    public init?(parsing text: String, unit defaultUnit: String? = nil) {
        self.init()
        var words = text.lowercased().split { $0 == " " || $0 == "\t" || $0 == "\n" }[...]
        guard !words.isEmpty else { return nil }
        while let word = words.popFirst() {
            if word.contains(":") {
                guard let time = Interval.clock(word), add(Interval(micros: time), 1) else { return nil }
                continue
            }
            let number = word.prefix { $0.isNumber || "+-.".contains($0) }
            var name = word.dropFirst(number.count)
            if name.isEmpty, let next = words.first, Interval.unit(next) != nil {
                name = next
                words.removeFirst()
            }
            guard let count = Double(number), let unit = Interval.unit(name.isEmpty ? defaultUnit ?? "" : String(name)),
                add(unit, count)
            else { return nil }
        }
    }

    /// `HH:MM` or `HH:MM:SS`, with a sign and decimals of the second where they are wanted.
    private static func clock(_ text: Substring) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" || $0 == "+" }.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hours = Int64(parts[0]), (0...1_000_000).contains(hours),
            let minutes = Int64(parts[1]), (0..<60).contains(minutes),
            let seconds = parts.count == 3 ? Double(parts[2]) : 0, seconds >= 0, seconds < 60
        else { return nil }
        let micros = (hours * 60 + minutes) * 60 * second + Int64((seconds * Double(second)).rounded())
        return isNegative ? -micros : micros
    }

    /// Adds `count` times another; what is left of a month or a day spills into the next smaller part.
    private mutating func add(_ unit: Interval, _ count: Double) -> Bool {
        let months = Double(unit.months) * count
        let days = Double(unit.days) * count + (months - months.rounded(.towardZero)) * 30
        let micros = Double(unit.micros) * count + (days - days.rounded(.towardZero)) * Double(Interval.day)
        guard let wholeMonths = Int64(exactly: months.rounded(.towardZero)),
            let wholeDays = Int64(exactly: days.rounded(.towardZero)),
            let wholeMicros = Int64(exactly: micros.rounded()),
            let sum = adding(Interval(months: wholeMonths, days: wholeDays, micros: wholeMicros))
        else { return false }
        self = sum
        return true
    }

    /// The sum; nil where it is out of range.
    func adding(_ other: Interval) -> Interval? {
        let (months, a) = months.addingReportingOverflow(other.months)
        let (days, b) = days.addingReportingOverflow(other.days)
        let (micros, c) = micros.addingReportingOverflow(other.micros)
        return a || b || c ? nil : Interval(months: months, days: days, micros: micros)
    }

    /// `factor` times the interval; nil where it is out of range.
    func multiplied(by factor: Int64) -> Interval? {
        let (months, a) = months.multipliedReportingOverflow(by: factor)
        let (days, b) = days.multipliedReportingOverflow(by: factor)
        let (micros, c) = micros.multipliedReportingOverflow(by: factor)
        return a || b || c ? nil : Interval(months: months, days: days, micros: micros)
    }

    /// A timestamp moved by the interval: by its months, where the day is at most the month's last, then by its days
    /// and its time. Nil where that is out of range.
    func added(toMicros timestamp: Int64) -> Int64? {
        var day = timestamp / Interval.day
        var rest = timestamp % Interval.day
        if rest < 0 { (day, rest) = (day - 1, rest + Interval.day) }
        if months != 0 {
            guard let moved = Interval.adding(months: months, toDays: day) else { return nil }
            day = moved
        }
        let (sum, a) = day.addingReportingOverflow(days)
        let (midnight, b) = sum.multipliedReportingOverflow(by: Interval.day)
        let (moment, c) = midnight.addingReportingOverflow(rest)
        let (result, d) = moment.addingReportingOverflow(micros)
        return a || b || c || d ? nil : result
    }

    private static func adding(months: Int64, toDays days: Int64) -> Int64? {
        let date = CalendarText.civil(Int(days))
        let (total, overflow) = Int64(date.year * 12 + date.month - 1).addingReportingOverflow(months)
        guard !overflow, total.magnitude < 12 * 1_000_000 else { return nil }
        let year = Int((Double(total) / 12).rounded(.down))
        let month = Int(total) - year * 12 + 1
        let first = CalendarText.days(year: year, month: month, day: 1)
        return Int64(first + min(date.day, CalendarText.length(year: year, month: month)) - 1)
    }
}

extension Interval: CustomStringConvertible {
    /// `1 month 2 days 00:00:03`, as `init(parsing:)` reads it.
    public var description: String {
        var parts: [String] = []
        if months != 0 { parts.append("\(months) month\(months == 1 ? "" : "s")") }
        if days != 0 { parts.append("\(days) day\(days == 1 ? "" : "s")") }
        if micros != 0 || parts.isEmpty { parts.append("\(Double(micros) / Double(Interval.second)) seconds") }
        return parts.joined(separator: " ")
    }
}

extension CalendarText {
    /// The days of a month.
    static func length(year: Int, month: Int) -> Int {
        days(year: month == 12 ? year + 1 : year, month: month == 12 ? 1 : month + 1, day: 1)
            - days(year: year, month: month, day: 1)
    }
}
