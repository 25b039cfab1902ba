import LakeCore

extension FunctionTable {
    static let dates: [FunctionEntry] =
        [
            FunctionEntry(
                "date_part", aliases: ["datepart", "extract"], "part, moment", "int64; float64 for epoch and julian",
                "A part of a date or timestamp; also `extract(part FROM moment)`. Parts: year, quarter, month, week, "
                    + "day, hour, minute, second, millisecond, microsecond, dow (0 is Sunday), isodow (7 is Sunday), doy, "
                    + "isoyear, yearweek, decade, century, millennium, era, epoch, julian.", counts: 2...2
            ) { call throws(LakeError) in
                try call.moment(1)
                let text = try call.literal(0, "the part")
                guard let part = CalendarPart(named: text) else { throw unknown(text, call) }
                return taking(part, of: call.arguments[1], call)
            },
            FunctionEntry(
                "date_trunc", aliases: ["datetrunc"], "part, moment", "timestamp",
                "The beginning of the part that the moment lies in: of its month, week (Monday), hour ...",
                counts: 2...2
            ) { call throws(LakeError) in
                try call.moment(1)
                let text = try call.literal(0, "the part")
                guard let part = CalendarPart(named: text), part.isUnit else { throw unknown(text, call) }
                let type = call.type(1) ?? .timestamp
                let function = Function(
                    "date_trunc(\(part), \(type))", canFail: true,
                    .integer { value in
                        let moment = Moment(value, type)
                        guard let start = part.start(day: moment.day, micros: moment.micros) else {
                            let shown = Scalar.integer(value).shown(as: type)
                            throw LakeError.outOfCalendar("the beginning of the \(part) of \(shown)")
                        }
                        return start
                    })
                return call.call(function, .timestamp, of: [call.arguments[1]])
            },
            FunctionEntry("make_date", "year, month, day", "date", "The date of three numbers.", counts: 3...3) {
                call throws(LakeError) in
                try call.integer(0, 1, 2)
                let function = Function(
                    "make_date", isDelicate: true,
                    .values { values in
                        guard case .integer(let year) = values[0], case .integer(let month) = values[1],
                            case .integer(let day) = values[2], year.magnitude < 5_000_000, (1...12).contains(month),
                            day >= 1,
                            day <= CalendarText.length(year: Int(year), month: Int(month))
                        else {
                            let text = values.map { $0.text(as: .int64) }.joined(separator: "-")
                            throw LakeError(
                                .failed, "there is no date \(text)",
                                hint: "months are 1 to 12; last_day(make_date(year, month, 1)) is a month's last day")
                        }
                        return .integer(Int64(CalendarText.days(year: Int(year), month: Int(month), day: Int(day))))
                    })
                return call.call(function, .date)
            },
            FunctionEntry("last_day", "moment", "date", "The last day of its month.", counts: 1...1) {
                call throws(LakeError) in
                try call.moment(0)
                let type = call.type(0) ?? .date
                let function = Function(
                    "last_day(\(type))",
                    .integer { value in
                        let date = CalendarText.civil(Moment(value, type).day)
                        let length = CalendarText.length(year: date.year, month: date.month)
                        return Int64(CalendarText.days(year: date.year, month: date.month, day: length))
                    })
                return call.call(function, .date)
            },
            named("monthname", "The English name of its month.", months) { Int($0.value(of: .month)) - 1 },
            named("dayname", "The English name of its day of the week.", weekdays) { Int($0.value(of: .dow)) },
            FunctionEntry(
                "strftime", "moment, format", "text",
                "As text. In the format `%Y` `%m` `%d` `%H` `%M` `%S` are year to second, `%f` micros, `%j` the day of "
                    + "the year, `%a` `%A` `%b` `%B` names of day and month, `%y` `%I` `%p` `%u` `%w` `%V` `%G` as in "
                    + "C, `%-d` without zeros.",
                counts: 2...2
            ) { call throws(LakeError) in
                try call.moment(0)
                let type = call.type(0) ?? .timestamp
                guard let format = CalendarFormat(try call.literal(1, "the format")) else {
                    throw call.refuse(
                        "a format with a letter that is not supported", at: 1, hint: "'%Y-%m-%d %H:%M:%S'")
                }
                let function = Function(
                    "strftime(\(call.constants), \(type))",
                    .values { values in
                        guard let bits = values[0].integerBits else { return .null }
                        return .bytes(Array(format.text(Moment(bits, type)).utf8))
                    })
                return call.call(function, .utf8, of: [call.arguments[0]])
            },
        ] + differences + parts

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// `year(moment)` and the like.
    private static let parts: [FunctionEntry] = [
        ("year", []), ("quarter", []), ("month", []), ("week", ["weekofyear"]), ("day", ["dayofmonth"]), ("hour", []),
        ("minute", []), ("second", []), ("millisecond", []), ("microsecond", []), ("dayofweek", ["weekday"]),
        ("isodow", []), ("dayofyear", []), ("isoyear", []), ("yearweek", []), ("decade", []), ("century", []),
        ("millennium", []), ("era", []), ("epoch", []), ("julian", []),
    ].compactMap { (name: String, aliases: [String]) in
        CalendarPart(named: name).map { part in
            let isWhole = part != .epoch && part != .julian
            return FunctionEntry(
                name, aliases: aliases, "moment", isWhole ? "int64" : "float64", "As `date_part('\(name)', moment)`.",
                counts: 1...1
            ) { call throws(LakeError) in
                try call.moment(0)
                return taking(part, of: call.arguments[0], call)
            }
        }
    }

    private static func taking(_ part: CalendarPart, of moment: Bound, _ call: FunctionCall) -> Bound {
        let type = moment.type ?? .timestamp
        let name = "date_part(\(part), \(type))"
        guard part == .epoch || part == .julian else {
            let function = Function(
                name,
                .integer { value in
                    let moment = Moment(value, type)
                    return part.value(day: moment.day, micros: moment.micros)
                })
            return call.call(function, .int64, of: [moment])
        }
        let function = Function(
            name,
            .values { values in
                guard let bits = values[0].integerBits else { return .null }
                if part == .epoch { return .float(type == .date ? Double(bits) * 86_400 : Double(bits) / 1e6) }
                let moment = Moment(bits, type)
                return .float(Double(moment.day + 2_440_588) + Double(moment.micros) / Double(Interval.day))
            })
        return call.call(function, .float64, of: [moment])
    }

    private static func named(
        _ name: String, _ summary: String, _ names: [String], _ number: @escaping @Sendable (Moment) -> Int
    ) -> FunctionEntry {
        FunctionEntry(name, "moment", "text", summary, counts: 1...1) { call throws(LakeError) in
            try call.moment(0)
            let type = call.type(0) ?? .timestamp
            let function = Function(
                "\(name)(\(type))",
                .values { values in
                    guard let bits = values[0].integerBits else { return .null }
                    return .bytes(Array(names[number(Moment(bits, type))].utf8))
                })
            return call.call(function, .utf8)
        }
    }

    static func unknown(_ part: String, _ call: FunctionCall) -> LakeError {
        let near = suggestion(for: part, among: CalendarPart.allCases.map(\.rawValue))
        return call.refuse(
            "'\(part)' is no part of a date", at: 0,
            hint: near ?? "parts are year, month, day, hour, minute, second, week ...")
    }

}

extension Moment {
    func value(of part: CalendarPart) -> Int64 { part.value(day: day, micros: micros) }
}
