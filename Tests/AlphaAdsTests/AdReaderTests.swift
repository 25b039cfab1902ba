import Foundation
import LakeBytes
import LakeCore
import Testing

@testable import AlphaAds

@Suite struct AdReaderTests {
    private let reader = AdReader()

    private func columns(_ cells: [String: String]) -> [ColumnVector] {
        AdReader.fields.map { field in
            guard let cell = cells[field] else { return .nulls(1, of: .utf8) }
            return ColumnVector(.bytes(ByteStrings([cell])))
        }
    }

    private func outcomes(_ cells: [String: String], _ origin: AdReader.Origin = .json) -> [AdReader.Outcome] {
        reader.ads(columns(cells), row: 0, origin: origin)
    }

    /// The ad of a row; an ad without anything, flags included, where there is none.
    private func ad(_ cells: [String: String], _ origin: AdReader.Origin = .json) -> Ad {
        let outcomes = outcomes(cells, origin)
        guard outcomes.count == 1, case .ad(let ad)? = outcomes.first else { return Ad() }
        return ad
    }

    private static let csv = AdReader.Origin.csv(areIdsRounded: false)

    private func day(_ text: String) -> Int32? { CalendarText.days(parsing: text) }

    @Test func recordOfTheAPI() {
        let ad = ad([
            "id": "297895768721779", "page_id": "101691091213750", "page_name": "The Alliance ", "bylines": "Alliance",
            "ad_creative_bodies": #"["Sign.", "Vote. ", " ", ""]"#,
            "ad_creative_link_titles": #"["Sign the Petition"]"#,
            "ad_creative_link_captions": #"["a.org"]"#, "ad_creative_link_descriptions": #"[" "]"#,
            "ad_delivery_start_time": "2021-06-05", "ad_delivery_stop_time": "2021-07-01",
            "ad_creation_time": "2021-06-04", "publisher_platforms": #"["facebook", "instagram"]"#,
            "languages": #"["en"]"#, "currency": "usd", "media_text": "A flag.",
            "impressions": #"{"lower_bound": "1000000"}"#,
            "spend": #"{"lower_bound": "15000", "upper_bound": "20000"}"#,
            "estimated_audience_size": #"{"lower_bound": 100001, "upper_bound": 500000}"#,
            "ad_snapshot_url": "https://example.org",
            "demographic_distribution":
                """
            [{"percentage": "4.0E-5", "age": "18-24", "gender": "unknown"},
            {"percentage": "0.99996", "age": "65+", "gender": "male"}]
            """,
            "delivery_by_region":
                """
            [{"percentage": "0.5", "region": "Texas"},
            {"percentage": "0.5", "region": "Washington, District of Columbia"}]
            """,
        ])
        var wanted = Ad()
        wanted.id = 297_895_768_721_779
        wanted.pageID = 101_691_091_213_750
        (wanted.pageName, wanted.byline, wanted.currency) = ("The Alliance", "Alliance", "USD")
        (wanted.bodies, wanted.titles, wanted.captions) = (["Sign.", "Vote. "], ["Sign the Petition"], ["a.org"])
        (wanted.languages, wanted.platforms, wanted.mediaText) = (["en"], ["facebook", "instagram"], "A flag.")
        wanted.createdDate = day("2021-06-04")
        wanted.startDate = day("2021-06-05")
        wanted.stopDate = day("2021-07-01")
        wanted.impressions = Ad.Range(1_000_000, nil)
        wanted.spend = Ad.Range(15_000, 20_000)
        wanted.audience = Ad.Range(100_001, 500_000)
        wanted.demographicShares = shares([3 * 1 + 2: 4e-5, 3 * 6 + 1: 0.99996], 24)
        wanted.regionShares = shares([states("Texas"): 0.5, states("District of Columbia"): 0.5], 51)
        #expect(ad == wanted)
    }

    private func states(_ name: String) -> Int { Census.standard.state(named: name) ?? 0 }

    private func shares(_ cells: [Int: Double], _ count: Int) -> [Double] { (0..<count).map { cells[$0] ?? 0 } }

    @Test func spreadsheet() {
        let ad = ad(
            [
                "id": "1201617523711460", "ad_delivery_start_time": "2020-05-13 00:00:00",
                "ad_delivery_stop_time": "999",
                "ad_creative_bodies": "['today‚Äôs \\xa0gas', \"it's\"]", "page_name": "nan", "bylines": "None",
                "impressions.lower_bound": "1000000", "spend.lower_bound": "0", "spend.upper_bound": "100.0",
                "delivery_by_region": "[{'percentage': '1', 'region': \"Hawai'i\"}]",
            ], .csv(areIdsRounded: true))
        #expect(ad.id == nil && ad.roundedID == 1_201_617_523_711_460)
        #expect(ad.flags == [.idRounded, .stopUnknown, .textRepaired])
        #expect(ad.startDate == day("2020-05-13") && ad.stopDate == nil)
        #expect(ad.bodies == ["today’s \u{A0}gas", "it's"])
        #expect(ad.pageName == nil && ad.byline == nil)
        #expect(ad.impressions == Ad.Range(1_000_000, nil) && ad.spend == Ad.Range(0, 100))
        #expect(ad.otherRegions == [.init(name: "Hawai'i", share: 1)])
        #expect(ad.regionShares == shares([:], 51))
    }

    @Test func exportOfTheSite() {
        let ad = ad(
            [
                "ad_archive_id": "643413457271484", "byline": "B", "ad_creative_bodies": "Vote, \"now\"",
                "impressions": "lower_bound: 900000, upper_bound: 999999", "publisher_platforms": "facebook,instagram",
                "languages": "en", "spend": "lower_bound: 1000000",
                "demographic_distribution":
                    """
                {"age":"65+","gender":"female","percentage":0.25},
                {"age":"13-17","gender":"male","percentage":0.75}
                """,
                "delivery_by_region":
                    #"{"region":"Catalu\u00f1a","percentage":1.0e-5},{"region":"OHIO","percentage":0.99999}"#,
            ], Self.csv)
        #expect(ad.id == 643_413_457_271_484 && ad.flags.isEmpty)
        #expect(ad.bodies == ["Vote, \"now\""] && ad.platforms == ["facebook", "instagram"])
        #expect(ad.impressions == Ad.Range(900_000, 999_999) && ad.spend == Ad.Range(1_000_000, nil))
        #expect(ad.demographicShares == shares([3 * 6: 0.25, 1: 0.75], 24))
        #expect(ad.regionShares == shares([states("Ohio"): 0.99999], 51))
        #expect(ad.otherRegions == [.init(name: "Cataluña", share: 1e-5)])
    }

    @Test func olderNames() {
        let ad = ad([
            "adid": "7", "ad_creative_body": "Body", "funding_entity": "F", "ad_creative_link_title": "T",
            "ad_creative_link_caption": "C", "ad_creative_link_description": "D",
            "potential_reach_lower_bound": "1", "potential_reach_upper_bound": "2",
            "region_distribution": #"[{"region": "Iowa", "percentage": "1"}]"#,
        ])
        #expect(ad.id == 7 && ad.byline == "F" && ad.audience == Ad.Range(1, 2))
        #expect([ad.bodies, ad.titles, ad.captions, ad.descriptions] == [["Body"], ["T"], ["C"], ["D"]])
        #expect(ad.regionShares?[states("Iowa")] == 1)
    }

    @Test func nothingThere() {
        let nothing = AdReader.Outcome.unreadable(reason: "no field of an ad has a value")
        #expect(outcomes([:]) == [nothing])
        #expect(outcomes(["page_name": " ", "ad_snapshot_url": "https://example.org"]) == [nothing])
        #expect(reader.ads([], row: 0, origin: .json).count == 1)
        #expect(ad(["page_name": "None"]).pageName == "None")
    }

    @Test func answerOfTheAPI() {
        let data = #"[{"id": "1", "ad_creative_bodies": ["a\n\"b\""], "spend": {"lower_bound": "5"}, "x": [1]},"#
        let outcomes = outcomes([
            "data": data + #" 7, {"id": 2.0, "bylines": null, "ad_creative_body": "é"}, {"y": 1}]"#
        ])
        guard outcomes.count == 4, case .ad(let one) = outcomes[0], case .ad(let three) = outcomes[2] else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(one.id == 1 && one.bodies == ["a\n\"b\""] && one.spend == Ad.Range(5, nil))
        #expect(outcomes[1] == .unreadable(reason: "element 2 of 'data' is no object"))
        #expect(three.id == 2 && three.bodies == ["é"] && three.flags == [.idRepaired])
        #expect(outcomes[3] == .unreadable(reason: "no field of an ad has a value"))
        #expect(self.outcomes(["data": "[]"]) == [])
        #expect(self.outcomes(["data": "text"]) == [.unreadable(reason: "'data' holds no list of ads")])
        let cut = self.outcomes(["data": data + #"{"id": "2", "ad_creative_bod"#])
        #expect(cut.count == 2)
        #expect(cut.last == .unreadable(reason: "'data' cannot be read from its element 2 on"))
    }

    @Test(arguments: [
        ("3006923696230883", AdId.exact(3_006_923_696_230_883)), ("9223372036854775807", .exact(.max)),
        ("3006923696230883.0", .repaired(3_006_923_696_230_883)),
        ("6.79519169286328E+14", .repaired(679_519_169_286_328)),
        ("3.00692E+15", .rounded(3_006_920_000_000_000)), ("12345678901234568.0", .rounded(12_345_678_901_234_568)),
        ("'123", .exact(123)), ("=\"123\"", .exact(123)), ("\"123\"", .exact(123)), (" 123 ", .exact(123)),
        ("0", .unreadable), ("-5", .unreadable), ("9223372036854775808", .unreadable), ("1.5", .unreadable),
        ("abc", .unreadable), ("", .unreadable), ("nan", .unreadable), ("12 34", .unreadable),
    ])
    func ids(text: String, id: AdId) {
        let bytes = Array(text.utf8)
        #expect(AdId(bytes.span, 0, bytes.count, isRounded: false) == id)
    }

    @Test func roundedIds() {
        func areRounded(_ ids: [String]) -> Bool {
            var rounded = RoundedIds()
            for id in ids { rounded.see(Array(id.utf8)[...]) }
            return rounded.areRounded
        }
        #expect(areRounded(["1201617523711460", "1201617523711470", "1201617523711480", "647789590465164"]))
        #expect(!areRounded(["1201617523711460", "1201617523711470", "647789590465164"]))
        #expect(!areRounded(["1201617523711460", "1201617523711470", "1201617523711480", "1201617523711481"]))
        var rounded = RoundedIds()
        for _ in 0..<3 { rounded.see(columns(["id": "1201617523711460"]), row: 0) }
        #expect(rounded.areRounded)
        let origin = AdReader.Origin.csv(areIdsRounded: true)
        #expect(ad(["id": "647789590465164"], origin).id == 647_789_590_465_164)
        #expect(ad(["id": "1201617523711460.0"], origin).roundedID == 1_201_617_523_711_460)
    }

    @Test func dates() {
        func date(_ text: String) -> AdDate {
            let bytes = Array(text.utf8)
            return AdDate(bytes.span, 0, bytes.count)
        }
        let day = AdDate.day(18_395)
        for text in [
            "2020-05-13", "2020-05-13 00:00:00", "2020-05-13T07:00:00+0000", "2020-05-13T23:59:59.5-08:00", "5/13/2020",
            "05/13/20", "5/13/2020 0:00", "5/13/2020, 1:30 PM", "2020/05/13", "2020-5-13", "20200513", "1589328000",
            "1589328000000", "2020-05-13T00:00Z", " 2020-05-13 00:00 UTC ",
        ] { #expect(date(text) == day, "\(text)") }
        for text in ["2020-02-30", "2020-13-01", "13/5/2020", "2020-05", "2020-05-13x", "yesterday", "2020-05-13 soon"]
        {
            #expect(date(text) == .unreadable, "\(text)")
        }
        for text in ["", "NaN", "NaT", "None", "null", "N/A"] { #expect(date(text) == .absent, "\(text)") }
        for text in ["999", "0", "-1", "999.0"] { #expect(date(text) == .number, "\(text)") }
        let early = ad(["ad_delivery_start_time": "1999-12-31", "ad_delivery_stop_time": "1999-12-30"])
        #expect(early.flags == [.dateEarly, .stopBeforeStart] && early.startDate == 10_956 && early.stopDate == 10_955)
        #expect(ad(["ad_delivery_start_time": "soon", "id": "1"]).flags == [.dateUnreadable])
        #expect(ad(["ad_delivery_start_time": "NaN", "ad_delivery_stop_time": "NaT"]).flags == [.stopUnknown])
    }

    @Test(arguments: [
        (#"{"lower_bound": "0", "upper_bound": "99"}"#, Ad.Range(0, 99), nil),
        ("{'lower_bound': 0, 'upper_bound': None}", Ad.Range(0, nil), nil), ("0-99", Ad.Range(0, 99), nil),
        (#"{"upper_bound": "99"}"#, Ad.Range(0, 99), nil), ("{}", nil, nil), ("nan", nil, nil),
        ("1500", Ad.Range(1500, 1500), nil), ("lower_bound: 1e3, upper_bound: 2000.0", Ad.Range(1000, 2000), nil),
        ("lower_bound: -1, upper_bound: 5", nil, AdFlag.rangeRefused),
        ("lower_bound: 6, upper_bound: 5", nil, .rangeRefused),
        ("lower_bound: 1e30", nil, .rangeRefused), ("lower_bound: 4611686018427387905", nil, .rangeRefused),
        ("lower_bound: 4611686018427387904", Ad.Range(1 << 62, nil), nil), ("lower_bound: x", nil, .rangeUnreadable),
        ("lower_bound: 1.5", nil, .rangeUnreadable), ("many", nil, .rangeUnreadable), ("{x: 1}", nil, .rangeUnreadable),
        ("{\"lower_bound\": [1]}", nil, .rangeUnreadable),
    ])
    func ranges(text: String, range: Ad.Range?, flag: AdFlag?) {
        let ad = ad(["id": "1", "spend": text])
        #expect(ad.spend == range)
        #expect(ad.flags == (flag.map { [$0] } ?? []))
    }

    @Test func doubledAndOddShares() {
        let ad = ad([
            "demographic_distribution": """
            [{"age": "65+", "gender": "Female", "percentage": "0.5"},
            {"age": "65+", "gender": "female", "percentage": 0.25},
            {"age": "unknown", "gender": "X", "percentage": 0.25}]
            """,
            "delivery_by_region": """
            [{"region": "District of Columbia", "percentage": 0.5}, {"region": "washington, d.c.", "percentage": 0.25},
            {"region": "England", "percentage": 0.125}, {"region": "England", "percentage": 0.125},
            {"region": null, "percentage": 0}]
            """,
        ])
        #expect(ad.demographicShares == shares([18: 0.75, 23: 0.25], 24))
        #expect(ad.regionShares == shares([states("District of Columbia"): 0.75], 51))
        #expect(ad.otherRegions == [.init(name: "England", share: 0.25), .init(name: "Unknown", share: 0)])
        #expect(ad.flags == [.demographicsDoubled, .regionsDoubled])
    }

    @Test func droppedShares() {
        func flags(_ list: String) -> Set<AdFlag> { ad(["id": "1", "delivery_by_region": list]).flags }
        #expect(flags(#"[{"region": "Iowa", "percentage": 1.005}]"#) == [])
        #expect(flags(#"[{"region": "Iowa", "percentage": 0.98}]"#) == [.regionsOff])
        #expect(
            flags(#"[{"region": "Iowa", "percentage": 1}, {"region": "Ohio", "percentage": -0.1}]"#) == [.sharesDropped]
        )
        #expect(
            flags(#"[{"region": "Iowa", "percentage": 1}, {"region": "Ohio", "percentage": 1.02}]"#) == [.sharesDropped]
        )
        #expect(flags(#"[{"region": "Iowa", "percentage": 1}, {"percentage": 0.5}, 5]"#) == [.sharesDropped])
        #expect(flags(#"[{"region": "Iowa", "percentage": 1}, {"region": "Oh"#) == [.sharesDropped])
        #expect(flags("rubbish") == [.sharesDropped])
        for none in ["[]", "nan", "None", " "] {
            #expect(ad(["id": "1", "delivery_by_region": none]).regionShares == nil)
        }
        #expect(flags("[]") == [])
    }

    @Test func manyRegions() {
        let entries = (0..<2000).map { #"{"region": "Region \#($0 % 1500)", "percentage": "0.0005"}"# }
        let ad = ad(["delivery_by_region": "[" + entries.joined(separator: ", ") + "]"])
        #expect(ad.otherRegions.count == 1500 && ad.otherRegions[3] == .init(name: "Region 3", share: 0.001))
        #expect(ad.flags == [.regionsDoubled])
    }

    /// Whatever is in the cells, something comes of it.
    @Test func damagedCells() {
        var random = SplitMix64(seed: 5)
        let seeds = [
            #"[{"percentage": "4.0E-5", "age": "18-24", "gender": "unknown", "region": "Texas"}]"#,
            "lower_bound: 0, upper_bound: 99", "['it\\'s', \"caf\\u00e9 ‚Äô\"]", "2020-05-13 00:00:00", "3.0E+15",
            #"[{"id": "1", "spend": {"lower_bound": 1}}]"#,
        ].map { Array($0.utf8) }
        let marks = Array("[]{}()'\"\\:,u0e+-. \n".utf8) + [0xC3, 0xE2, 0xF0, 0x80, 0xFF]
        var count = 0
        for round in 0..<2000 {
            let columns = AdReader.fields.map { _ in
                var bytes = seeds[Int(random.next() % UInt64(seeds.count))]
                for _ in 0..<(round % 7) where !bytes.isEmpty {
                    bytes[Int(random.next() % UInt64(bytes.count))] = marks[Int(random.next() % UInt64(marks.count))]
                }
                if round % 3 == 0 { bytes = Array(bytes.prefix(Int(random.next() % 60))) }
                var strings = ByteStrings()
                strings.append(bytes)
                return ColumnVector(.bytes(strings))
            }
            count += reader.ads(columns, row: 0, origin: round % 2 == 0 ? .json : Self.csv).count
        }
        #expect(count > 1000)
    }
}
