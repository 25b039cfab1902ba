import LakeBytes
import LakeCore
import Testing

@testable import AlphaAds

@Suite struct AdGeneratorTests {
    /// 6,000 ads by page, made once.
    private static let pages: [[Ad]] = {
        let generator = AdGenerator(seed: 7, count: 6_000)
        return (0..<generator.pageCount).map { generator.page($0) }
    }()

    private static let ads = pages.flatMap { $0 }

    @Test(arguments: [0, 1, 2, 5, 11, 12, 100, 999, 25_000])
    func sizesAddUp(count: Int) {
        for seed: UInt64 in [0, 7, .max] {
            let generator = AdGenerator(seed: seed, count: count)
            let sizes = (0..<generator.pageCount).map { generator.size(ofPage: $0) }
            #expect(sizes.reduce(0, +) == count)
            #expect(sizes.allSatisfy { $0 > 0 })
            #expect(abs(generator.pageCount - count / 12) <= 1)
        }
    }

    @Test func sizesAreHeavyTailed() {
        let generator = AdGenerator(seed: 3, count: 120_000)
        let sizes = (0..<generator.pageCount).map { generator.size(ofPage: $0) }.sorted()
        #expect(sizes[sizes.count / 2] <= 2)
        #expect(sizes[sizes.count * 3 / 4] <= 5)
        #expect((1_800...3_600).contains(sizes.last ?? 0))
        #expect(sizes.suffix(sizes.count / 100).reduce(0, +) > 36_000)
    }

    @Test func oddCountsAndPages() {
        #expect(AdGenerator(seed: 1, count: -5).count == 0)
        #expect(AdGenerator(seed: 1, count: -5).pageCount == 0)
        let generator = AdGenerator(seed: 1, count: 30)
        for index in [-1, generator.pageCount, Int.max] {
            #expect(generator.size(ofPage: index) == 0)
            #expect(generator.page(index).isEmpty)
        }
    }

    @Test func pagesAreTheSameInAnyOrder() {
        let generator = AdGenerator(seed: 7, count: 6_000)
        for index in stride(from: generator.pageCount - 1, through: 0, by: -37) {
            #expect(generator.page(index) == Self.pages[index])
        }
        let other = AdGenerator(seed: 8, count: 6_000)
        #expect(other.page(0) != Self.pages[0])
    }

    @Test func numbersAreDifferent() {
        #expect(Self.ads.count == 6_000)
        #expect(Set(Self.ads.compactMap(\.id)).count == 6_000)
        #expect(Set(Self.pages.compactMap { $0.first?.pageID }).count == Self.pages.count)
        #expect(Self.pages.allSatisfy { page in page.allSatisfy { $0.pageID == page.first?.pageID } })
        let numbers = LibraryNumbers(seed: 1, stream: 1, fifteen: 4, sixteen: 3)
        var seen: Set<Int64> = []
        for index in 0..<20_000 {
            let number = numbers.number(index)
            #expect(number >= 100_000_000_000_000 && number < 100_000_000_000_000_000)
            seen.insert(number)
        }
        #expect(seen.count == 20_000)
    }

    @Test func adsAreComplete() {
        var lacking = 0
        for ad in Self.ads {
            #expect(ad.isSynthetic)
            #expect(ad.flags.isEmpty)
            #expect(ad.currency == "USD")
            #expect(!ad.platforms.isEmpty)
            #expect(ad.pageName?.isEmpty == false)
            if ad.bodies.allSatisfy(\.isEmpty) || ad.regionShares == nil || ad.startDate == nil { lacking += 1 }
            if let start = ad.startDate, let stop = ad.stopDate { #expect(stop >= start) }
            if let start = ad.startDate { #expect((17_652...19_911).contains(start)) }
        }
        #expect((30...160).contains(lacking))
    }

    @Test func sharesAreMillionths() {
        for ad in Self.ads {
            guard let people = ad.demographicShares, let states = ad.regionShares else { continue }
            #expect(people.count == 24 && states.count == 51)
            let other = ad.otherRegions.reduce(0) { $0 + $1.share }
            #expect(abs(people.reduce(0, +) - 1) < 2e-6)
            #expect(abs(states.reduce(0, +) + other - 1) < 2e-6)
            let off = (people + states + ad.otherRegions.map(\.share)).contains {
                $0 < 0 || abs($0 * 1_000_000 - ($0 * 1_000_000).rounded()) > 1e-6
            }
            #expect(!off)
        }
    }

    @Test func textsHaveNoSlots() {
        for ad in Self.ads {
            let texts =
                ad.bodies + ad.titles + ad.descriptions + ad.captions + [ad.pageName, ad.byline].compactMap { $0 }
            for text in texts + [ad.mediaText ?? ""] {
                let odd = text.utf8.contains { ($0 < 0x20 && $0 != 0x0A) || $0 == 0x7B || $0 == 0x7D }
                #expect(!odd, "\(text)")
                #expect(!text.contains("\u{FFFD}"))
            }
        }
    }

    @Test func rangesAreTheLibrarys() {
        func spend(_ value: Double) -> [Int64?] { [RangeLadder.spend(value).lower, RangeLadder.spend(value).upper] }
        #expect(spend(0) == [0, 99])
        #expect(spend(999.5) == [900, 999])
        #expect(spend(1_499) == [1_000, 1_499])
        #expect(spend(14_000) == [10_000, 14_999])
        #expect(spend(124_999) == [100_000, 124_999])
        #expect(spend(1e300) == [1_000_000, nil])
        #expect(spend(-3) == [0, 99])
        #expect(RangeLadder.impressions(999) == Ad.Range(0, 999))
        #expect(RangeLadder.impressions(4_700) == Ad.Range(4_000, 4_999))
        #expect(RangeLadder.impressions(230_000) == Ad.Range(200_000, 249_999))
        #expect(RangeLadder.impressions(2e6) == Ad.Range(1_000_000, nil))
        #expect(RangeLadder.audience(1_000) == Ad.Range(0, 1_000))
        #expect(RangeLadder.audience(1_001) == Ad.Range(1_001, 5_000))
        #expect(RangeLadder.audience(5e6) == Ad.Range(1_000_001, nil))
    }

    /// Within a third of what real ads, or the tasks, ask for.
    @Test func statisticsAreThoseAimedAt() {
        var statistics = AdStatistics()
        for ad in Self.ads { statistics.add(ad, census: .standard) }
        let rows = Dictionary(uniqueKeysWithValues: statistics.rows.map { ($0.name, $0.value) })
        let aims: [(String, Double)] = [
            ("ads per page, mean", 12), ("texts, share that is distinct", 0.43), ("ads seen in one state", 0.5),
            ("age brackets, mean", 5.03), ("gender not known, mean share", 0.0065), ("top gender's part, mean", 0.656),
            ("top age's part, mean", 0.414), ("spend below 100", 0.6), ("impressions of 1000 or more", 0.55),
            ("days, median", 11),
        ]
        for (name, aim) in aims {
            let value = rows[name] ?? 0
            #expect(value > aim / 1.35 && value < aim * 1.35, "\(name): \(value), not \(aim)")
        }
        #expect(statistics.rows.map(\.name) == AdStatistics().rows.map(\.name))
    }

    @Test func statisticsOfPartsAddUp() {
        var (whole, first, second) = (AdStatistics(), AdStatistics(), AdStatistics())
        for (index, ad) in Self.ads.enumerated() {
            whole.add(ad, census: .standard)
            if index < 2_500 { first.add(ad, census: .standard) } else { second.add(ad, census: .standard) }
        }
        first.add(second)
        for (part, all) in zip(first.rows, whole.rows) { #expect(abs(part.value - all.value) < 1e-9, "\(part.name)") }
    }

    @Test func statisticsOfFewAds() {
        var ad = Ad()
        ad.pageID = 5
        ad.bodies = ["one", "two"]
        ad.regionShares = (0..<51).map { $0 == 4 ? 1 : 0 }
        ad.spend = Ad.Range(0, 100)
        var statistics = AdStatistics()
        for _ in 0..<2 { statistics.add(ad, census: .standard) }
        ad.bodies = [String(repeating: "x", count: 10_000)]
        ad.regionShares = [1, 2, 3]
        statistics.add(ad, census: .standard)
        let rows = Dictionary(uniqueKeysWithValues: statistics.rows.map { ($0.name, $0.value) })
        #expect(rows["ads"] == 3)
        #expect(rows["ads per page, most"] == 3)
        #expect(rows["text bytes, median"] == 7)
        #expect(rows["texts, share that is distinct"] == 2.0 / 3)
        #expect(rows["ads with regions"] == 2.0 / 3)
        #expect(rows["ads seen in one state"] == 1)
        #expect(rows["top state's part, mean"] == 1)
        #expect(rows["spend below 100"] == 1)
        #expect(rows["frames, mean"] == 5.0 / 3)
    }

    /// A page tries out one thing at a time.
    @Test func audiencesDifferInOneRespect() {
        var (pairs, alike) = (0, [0, 0, 0, 0])
        for page in Self.pages where page.count > 20 {
            let tops = page.compactMap(Self.audience)
            for (one, two) in zip(tops, tops.dropFirst()) {
                pairs += 1
                alike[zip(one, two).count { $0 == $1 }] += 1
            }
        }
        #expect(pairs > 2_000)
        // Indexes are how many of the three parts agree.
        #expect((alike[0] + alike[1]) * 10 < pairs)
        #expect(alike[2] * 2 > pairs)
        #expect(alike[3] * 5 > pairs)
    }

    /// Top gender, age bracket and state.
    private static func audience(_ ad: Ad) -> [Int]? {
        guard let people = ad.demographicShares, let states = ad.regionShares else { return nil }
        let census = Census.standard
        var ages = [Double](repeating: 0, count: 7)
        var genders = [Double](repeating: 0, count: 2)
        for (cell, share) in people.enumerated() where cell < 21 {
            ages[cell / 3] += share / census.agePopulations[cell / 3]
            if cell % 3 < 2 { genders[cell % 3] += share / census.genderPopulations[cell % 3] }
        }
        let appeals = states.indices.map { states[$0] / census.statePopulations[$0] }
        return [genders, ages, appeals].map { list in list.indices.max { list[$0] < list[$1] } ?? -1 }
    }

    @Test func wordsAreRead() throws {
        let words = AdVocabulary.standard
        #expect(words.subjects.count >= 40)
        #expect(words.monthStarts.first == 17_652)
        #expect(words.monthStarts.count == 75)
        #expect(words.leans.count { $0 != 0 } > 40)
        for name in AdVocabulary.listNames { #expect(!words[name].isEmpty, "\(name)") }
        // One start in eight is later than June 2023.
        #expect(words.day(at: 0) == 17_652)
        #expect(words.day(at: 1) <= 19_904)
        #expect(words.day(at: 0.85) <= 19_538)
        #expect(words.day(at: 0.9) > 19_538)
    }

    @Test func badWordsAreRefused() {
        for text in ["", "{}", "[1]", #"{"months": {"first": "2018-05", "weights": []}}"#] {
            let error = #expect(throws: LakeError.self) {
                try AdVocabulary(json: Array(text.utf8), census: .standard)
            }
            #expect(error?.description.contains("words of the generator") == true)
        }
        #expect(TextSlot.encoded("no {such} slot") == nil)
        #expect(TextSlot.encoded("open {cause") == nil)
        #expect(TextSlot.encoded("{cause}!") == [TextSlot.cause.rawValue, 0x21])
    }

    @Test func drawsAreTheSameEverywhere() {
        var draws = AdDraws(seed: 1, stream: 2)
        var (sum, squares) = (0.0, 0.0)
        for _ in 0..<10_000 {
            let value = draws.normal()
            sum += value
            squares += value * value
        }
        #expect(abs(sum / 10_000) < 0.03)
        #expect(abs(squares / 10_000 - 1) < 0.04)
        for x in [-20, -3.5, -1, 0, 0.25, 1, 7, 20] {
            #expect(abs(AdDraws.exponential(x) / FloatMath.exponential(x) - 1) < 1e-9)
        }
        #expect(AdDraws.exponential(1e300) == AdDraws.exponential(20))
        #expect((0..<100).allSatisfy { _ in draws.position([0, 0, 2, 2]) == 2 })
        #expect(draws.below(0) == 0)
        #expect(draws.sample(3, below: 2).sorted() == [0, 1])
        #expect(draws.sample(-3, below: 2).isEmpty)
    }
}
