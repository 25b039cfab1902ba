import LakeCore

extension FunctionTable {
    static let differences: [FunctionEntry] = [
        FunctionEntry(
            "date_diff", aliases: ["datediff"], "part, from, to", "int64",
            "How many beginnings of a year, month, day, hour ... lie between two moments, negative where `to` is the "
                + "earlier one: from 23:59 to 00:01 is one day. Weeks are seven days each.", counts: 3...3
        ) { call throws(LakeError) in
            try call.moment(1, 2)
            let text = try call.literal(0, "the part")
            guard let part = CalendarPart(named: text), part.isUnit else { throw unknown(text, call) }
            let types = (call.type(1) ?? .timestamp, call.type(2) ?? .timestamp)
            let function = Function(
                "date_diff(\(part), \(types.0), \(types.1))", canFail: true,
                .values { values in
                    guard let from = values[0].integerBits, let to = values[1].integerBits else { return .null }
                    guard let first = part.number(Moment(from, types.0)), let last = part.number(Moment(to, types.1)),
                        case (let difference, let overflow) = last.subtractingReportingOverflow(first), !overflow
                    else {
                        let shown = (values[0].shown(as: types.0), values[1].shown(as: types.1))
                        throw LakeError.outOfCalendar("the \(part)s between \(shown.0) and \(shown.1)")
                    }
                    return .integer(part == .week || part == .yearweek ? difference / 7 : difference)
                })
            return call.call(function, .int64, of: Array(call.arguments.dropFirst()))
        }
    ]
}

extension CalendarPart {
    /// Which one of its kind a moment lies in, counted from any fixed one; nil for what has no number in 64 bits.
    fileprivate func number(_ moment: Moment) -> Int64? {
        let day = Int64(moment.day)
        func year() -> Int64 { moment.value(of: .year) }
        func clock(_ unit: Int64) -> Int64? {
            let (units, a) = day.multipliedReportingOverflow(by: Interval.day / unit)
            let (number, b) = units.addingReportingOverflow(moment.micros / unit)
            return a || b ? nil : number
        }
        switch self {
        case .year: return year()
        case .decade: return year() / 10
        case .century: return year() / 100
        case .millennium: return year() / 1_000
        case .quarter: return year() * 4 + moment.value(of: .quarter)
        case .month: return year() * 12 + moment.value(of: .month)
        case .isoyear: return moment.value(of: .isoyear)
        // A week is counted by its days, whichever it begins with.
        case .week, .yearweek, .day, .dow, .isodow, .doy, .julian: return day
        case .hour: return clock(3_600_000_000)
        case .minute: return clock(60_000_000)
        case .second, .epoch: return clock(1_000_000)
        case .millisecond: return clock(1_000)
        case .microsecond: return clock(1)
        case .era: return nil
        }
    }
}
