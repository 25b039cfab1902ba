import LakeCore
import Testing

@Suite struct CalendarTextTests {
    @Test(
        arguments: [
            (0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (18_321, "2020-02-29"),
            (-719_528, "0000-01-01"),
            (-719_529, "-0001-12-31"), (2_932_896, "9999-12-31"), (2_932_897, "+10000-01-01"),
            (Int32.max, "+5881580-07-11"), (Int32.min, "-5877641-06-23"),
        ] as [(Int32, String)])
    func dates(_ days: Int32, _ text: String) {
        #expect(CalendarText.date(days) == text)
        #expect(CalendarText.days(parsing: text) == days)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999Z"), (1_500_000, "1970-01-01T00:00:01.5Z"),
            (Int64.max, "+294247-01-10T04:00:54.775807Z"), (Int64.min, "-290308-12-21T19:59:05.224192Z"),
        ] as [(Int64, String)])
    func timestamps(_ micros: Int64, _ text: String) {
        #expect(CalendarText.timestamp(micros) == text)
        #expect(CalendarText.micros(parsing: text) == micros || micros == .min)
    }

    @Test func otherSpellings() {
        #expect(CalendarText.micros(parsing: "1970-01-02") == 86_400_000_000)
        #expect(CalendarText.micros(parsing: "1970-01-01 01:30+01:30") == 0)
        #expect(CalendarText.micros(parsing: "1970-01-01T00:00:00.1234567-0100") == 3_600_123_456)
    }

    @Test(arguments: [
        "", "2020", "2020-1-1", "2020-02-30", "2021-02-29", "2020-13-01", "2020-00-10", "2020-01-00", "2020-01-01x",
        "é",
    ])
    func refuses(_ text: String) {
        #expect(CalendarText.days(parsing: text) == nil)
        #expect(CalendarText.micros(parsing: text) == nil)
    }

    @Test func everyDayRoundTrips() {
        for days in stride(from: Int32(-1_000_000), to: 4_000_000, by: 37) {
            #expect(CalendarText.days(parsing: CalendarText.date(days)) == days)
        }
    }
}
