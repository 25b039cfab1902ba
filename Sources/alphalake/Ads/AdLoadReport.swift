import AlphaAds
import LakeCore

/// What an import of ads did, on standard error: rows read, kept, repaired, flagged and left out.
struct AdLoadReport {
    let counts: AdIntake.Counts
    let seconds: Double

    func print(_ console: Console) throws {
        var table = ReportTable([
            OutputColumn("rows", .utf8, alignment: .right), OutputColumn("what became of them", .utf8),
        ])
        func line(_ count: Int, _ text: String) {
            if count > 0 { table.append([.text(Quantities.count(count)), .text(text)]) }
        }
        line(counts.read, "read")
        line(counts.kept, "kept")
        for rule in CleaningRule.allCases {
            line(counts.dropped[rule] ?? 0, "left out (\(rule.rawValue)): \(rule.explanation)")
        }
        line(counts.unreadable, "left out: could not be read")
        for flag in AdFlag.allCases { line(counts.flags[flag] ?? 0, "\(flag.rawValue): \(flag.explanation)") }
        line(counts.matched, "with a rounded id are ads that are there, by digits, page and start date")
        line(counts.apart, "with a rounded id are nobody else's: kept apart, ad_id is NULL")
        try table.print(.table, to: console.notes)
        console.note(
            "imported \(Quantities.count(counts.kept, "ad")) in \(Quantities.time(seconds: seconds))"
                + Quantities.rate(counts.read, seconds: seconds))
    }
}

extension AdFlag {
    /// What it says to people.
    var explanation: String {
        switch self {
        case .textRepaired: "text had been read in a wrong encoding; put right"
        case .regionsDoubled: "a region came twice; its shares were added up"
        case .demographicsDoubled: "an age and gender came twice; their shares were added up"
        case .idRepaired: "the id was written with a fraction or exponent; nothing lost"
        case .idRounded: "the id has lost digits; kept in rounded_id"
        case .idUnreadable: "the id is no number of 64 bits; ad_id is NULL"
        case .pageUnreadable: "the page's id is no such number, or has lost digits; page_id is NULL"
        case .stopUnknown: "a stop time that is none, such as 999"
        case .demographicsOff: "shares of age and gender do not sum to 1 within 1 %"
        case .regionsOff: "shares of regions do not sum to 1 within 1 %"
        case .sharesDropped: "shares that could not be read were left out"
        case .rangeRefused: "a range was negative or upside down; it counts as unknown"
        case .rangeUnreadable: "a range was no number; it counts as unknown"
        case .dateUnreadable: "a date could not be read; it counts as unknown"
        case .dateEarly: "starts before the year 2000"
        case .stopBeforeStart: "stops before it starts"
        case .textDamaged: "damaged UTF-8 was replaced"
        }
    }
}
