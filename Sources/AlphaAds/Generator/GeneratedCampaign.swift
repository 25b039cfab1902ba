/// A campaign: variants of one message that run at one time on similar budgets.
struct GeneratedCampaign {
    let page: GeneratedPage
    let message: AdMessage
    let count: Int
    private let people: PeopleMix
    /// What the campaign tries out: brackets, genders, places, with running sums of how often each comes.
    private let ages: [Int]
    private let ageSums: [Double]
    private let womenFirst: Double
    private let places: [PlaceMix]
    private let placeSums: [Double]
    private let start: Int
    private let days: Int
    private let budget: Double
    private let yield: Double
    private let audience: Double
    private let platforms: [String]
    /// Texts written so far, and the places that they name.
    private var texts: [(place: Int, bodies: [String])] = []

    private static let sites = [
        ["facebook", "instagram"], ["facebook"], ["facebook", "instagram", "audience_network", "messenger"],
        ["instagram"],
    ]

    init(_ page: GeneratedPage, _ message: AdMessage, count: Int, start: Int, _ draws: inout AdDraws) {
        self.page = page
        self.message = message
        self.count = count
        self.start = start
        people = PeopleMix(&draws)
        (ages, ageSums) = GeneratedCampaign.ages(page, &draws)
        womenFirst = page.kind.axis == .gender ? 0.35 + 0.3 * draws.unit() : page.gender == 0 ? 1 : 0
        places = GeneratedCampaign.places(page, &draws)
        placeSums = runningSums(of: places.indices.map { $0 == 0 ? 1.2 : 1 })
        days = GeneratedCampaign.days(&draws)
        budget = 0.6 * page.budget + 0.74 * draws.normal()
        yield = 0.4 * page.yield + 0.35 * draws.normal()
        audience = draws.normal() - 3
        platforms = GeneratedCampaign.sites[draws.position([0.675, 0.985, 0.993, 1])]
    }

    /// The brackets next to the page's, when it tries out ages.
    private static func ages(_ page: GeneratedPage, _ draws: inout AdDraws) -> ([Int], [Double]) {
        guard page.kind.axis == .age else { return ([page.age], [1]) }
        var ages = Array(1...6)
        draws.shuffle(&ages)
        ages.removeAll { $0 == page.age }
        ages = [page.age] + ages.prefix(draws.between(3, 5))
        return (ages, runningSums(of: ages.indices.map { $0 == 0 ? 1.5 : 1 }))
    }

    private static func places(_ page: GeneratedPage, _ draws: inout AdDraws) -> [PlaceMix] {
        guard page.kind.axis == .region else {
            if page.states.count == 1 { return [PlaceMix(state: page.state)] }
            return [PlaceMix(top: page.state, states: page.states, page, &draws)]
        }
        let count = page.count < 6 ? 2 : draws.between(3, 8)
        let single = draws.chance(0.64)
        var tops = page.states.filter { $0 != page.state }
        draws.shuffle(&tops)
        let around = page.states.count > 12 ? draws.sample(draws.between(6, 14), below: 51) : page.states
        return ([page.state] + tops.prefix(count - 1)).map { top in
            if single { return PlaceMix(state: top) }
            return PlaceMix(top: top, states: [top] + around.filter { $0 != top }, page, &draws)
        }
    }

    /// How long the campaign runs, as real ads do: half of them for 11 days or less, a few for half a year.
    private static func days(_ draws: inout AdDraws) -> Int {
        let marks = [0, 0, 1, 4, 11, 23, 47, 69, 174, 295]
        let shares = [0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1]
        let share = draws.unit()
        let next = shares.firstIndex { $0 > share } ?? 9
        let part = (share - shares[next - 1]) / (shares[next] - shares[next - 1])
        return marks[next - 1] + Int(part * Double(marks[next] - marks[next - 1]) + 0.5)
    }

    /// The next ad.
    /// - Parameters:
    ///   - position: among the campaign's ads.
    ///   - number: among all ads.
    mutating func ad(_ position: Int, number: Int, _ draws: inout AdDraws) -> Ad {
        let inputs = page.inputs
        var ad = Ad()
        ad.isSynthetic = true
        ad.id = inputs.adNumbers.number(number)
        ad.pageID = page.id
        ad.pageName = page.nameText
        ad.byline = page.byline
        ad.currency = "USD"
        ad.languages = message.languages
        ad.platforms = platforms
        setDates(&ad, position, &draws)
        setFigures(&ad, &draws)

        var age = ages[draws.position(ageSums)]
        var gender = draws.chance(womenFirst) ? 0 : 1
        var place = places[draws.position(placeSums)]
        var top = place.top
        // Few ads are off their campaign's track, and in one respect only.
        if draws.chance(3 * page.deviation) {
            switch draws.below(3) {
            case 0: age = draws.between(1, 6)
            case 1: gender = 1 - gender
            default:
                top = place.isSingle ? draws.below(51) : place.states[draws.below(place.states.count)]
                if place.isSingle { place = PlaceMix(state: top) }
            }
        }
        let floor = GeneratedCampaign.floor(ad)
        ad.demographicShares = people.shares(gender: gender, age: age, floor: floor, inputs, &draws)
        let delivery = place.delivery(top: top, floor: floor, inputs, &draws)
        ad.regionShares = delivery.states
        ad.otherRegions = delivery.others
        let states = place.states.reduce(0) { $0 + inputs.census.statePopulations[$1] }
        if !draws.chance(0.03) {
            ad.audience = RangeLadder.audience(states * AdDraws.exponential(audience + 0.3 * draws.normal()))
        }
        setTexts(&ad, place.place, &draws)
        if draws.chance(0.015) { GeneratedCampaign.spoil(&ad, &draws) }
        return ad
    }

    private func setDates(_ ad: inout Ad, _ position: Int, _ draws: inout AdDraws) {
        // Variants follow each other within a week.
        let first = start + min(days, 6) * position / max(count, 1)
        let last = draws.chance(0.75) ? first + days : first + draws.below(days + 1)
        ad.createdDate = Int32(clamping: first - (draws.chance(0.7) ? 0 : draws.between(1, 3)))
        ad.startDate = Int32(clamping: first)
        if !draws.chance(0.009) { ad.stopDate = Int32(clamping: max(last, first)) }
    }

    private func setFigures(_ ad: inout Ad, _ draws: inout AdDraws) {
        let level = budget + 0.24 * draws.normal() - 0.253
        // Three of five ads cost less than 100; above, one in ten of the others costs ten times as much as they do.
        let spend = AdDraws.exponential(4.605 + level * (level > 0 ? 2.09 : 3.3))
        ad.spend = RangeLadder.spend(spend)
        ad.impressions = RangeLadder.impressions(spend * AdDraws.exponential(3.9 + yield + 0.8 * draws.normal()))
    }

    /// An ad that few have seen cannot have small shares.
    private static func floor(_ ad: Ad) -> Double {
        guard let seen = ad.impressions?.lower, seen < 20_000 else { return 2e-6 }
        return 0.8 / Double(seen + 200)
    }

    /// A text of its own, or one that another ad of the campaign has in the same place.
    private mutating func setTexts(_ ad: inout Ad, _ place: Int, _ draws: inout AdDraws) {
        let setting = AdMessage.Setting(place: place, page.inputs, &draws)
        var found: Int?
        if !texts.isEmpty, !draws.chance(0.38) {
            for _ in 0..<4 where found == nil {
                let candidate = draws.below(texts.count)
                if texts[candidate].place == place { found = candidate }
            }
        }
        if let found {
            ad.bodies = texts[found].bodies
        } else {
            ad.bodies = message.bodies(setting, &draws)
            texts.append((place, ad.bodies))
        }
        if !message.titles.isEmpty { ad.titles = [message.line(message.titles, setting, &draws)] }
        if !message.descriptions.isEmpty { ad.descriptions = [message.line(message.descriptions, setting, &draws)] }
        if let caption = message.caption { ad.captions = [caption] }
        if !message.media.isEmpty { ad.mediaText = message.line([message.media], setting, &draws) }
    }

    /// Takes from an ad what the cleaning asks for.
    private static func spoil(_ ad: inout Ad, _ draws: inout AdDraws) {
        switch draws.below(3) {
        case 0: ad.bodies = draws.chance(0.5) ? [] : [""]
        case 1:
            ad.demographicShares = nil
            ad.regionShares = nil
            ad.otherRegions = []
        default:
            ad.startDate = nil
            ad.stopDate = nil
        }
    }
}
