/// A sample, as far as its page decides it.
struct Sample: Sendable {
    var task: SampleTask
    var split: SampleSplit
    /// Positions in the page; `noAd` for none.
    var ad: Int32
    var target: Int32
    /// Numbers of `AudienceGroups`.
    var sourceGroup = AudienceGroups.none
    var targetGroup = AudienceGroups.none
    var age = AudienceGroups.none
    var gender = AudienceGroups.none
    var state = AudienceGroups.none

    static let noAd: Int32 = -1

    /// The order of samples of one page.
    var rank: (UInt8, Int32, Int32, UInt8, UInt8) { (task.rawValue, ad, target, sourceGroup, targetGroup) }
}

/// Makes the samples of a page's ads, by the rules of `Schemas/ads/tasks.json`.
struct PageSamples {
    let page: PageAds
    let rules: TaskRules
    let groups: AudienceGroups
    /// By task, whether it is wanted.
    private let isWanted: [Bool]
    private let isTestAdvertiser: Bool
    private var samples: [Sample] = []
    private(set) var comparisons = 0
    /// Kin of some ads within reach and on the whole page, where that is larger.
    private(set) var recall = (within: 0, all: 0)

    init(_ page: PageAds, rules: TaskRules, tasks: Set<SampleTask>, groups: AudienceGroups) {
        self.page = page
        self.rules = rules
        self.groups = groups
        isWanted = SampleTask.allCases.map { tasks.contains($0) }
        isTestAdvertiser = rules.isTestAdvertiser(page.page)
    }

    /// All samples, in order.
    mutating func make() -> [Sample] {
        makeOfOne()
        let wantsPairs = SampleTask.allCases.contains { $0.isPair && isWanted[Int($0.rawValue)] }
        if wantsPairs, page.count > 1 {
            var pairs = PagePairs(page, rules)
            var variants: [(Int32, Int32)] = []
            var rewordings: [(Int32, Int32)] = []
            pairs.forEach(
                variant: { variants.append((Int32($0), Int32($1))) },
                rewording: { rewordings.append((Int32($0), Int32($1))) })
            comparisons = pairs.comparisons
            recall = pairs.recall()
            for (one, other) in rewordings { addRewording(Int(one), Int(other)) }
            for (one, other) in variants {
                addVariant(Int(one), to: Int(other))
                addVariant(Int(other), to: Int(one))
            }
        }
        samples.sort { $0.rank < $1.rank }
        return samples
    }

    // MARK: One ad

    private mutating func makeOfOne() {
        let contrasts = Contrasts(page)
        for ad in 0..<page.count {
            if page.hasAudience(ad) {
                addContrasts(ad, contrasts)
                if page.impressionsLower[ad] >= rules.impressionsFrom {
                    add(.tapImpressions, ad)
                    if page.hasKeywords[ad] { add(.tagImpressions, ad) }
                }
            }
            guard page.budgets[ad] >= 0 else { continue }
            if page.topGender[ad] >= 0, page.topAge[ad] >= 0 {
                add(.tapBudget, ad, source: groups.people)
                if page.hasKeywords[ad] { add(.tagBudget, ad, source: groups.people) }
            }
            if page.topState[ad] >= 0 {
                add(.tapBudget, ad, source: groups.places)
                if page.hasKeywords[ad] { add(.tagBudget, ad, source: groups.places) }
            }
        }
    }

    private mutating func addContrasts(_ ad: Int, _ contrasts: Contrasts) {
        let tops = [
            AudienceGroups.gender(Int(page.topGender[ad])), AudienceGroups.age(Int(page.topAge[ad])),
            AudienceGroups.state(Int(page.topState[ad])),
        ]
        let tasks: [(tag: SampleTask, tap: SampleTask)] = [
            (.tagGender, .tapGender), (.tagAge, .tapAge), (.tagRegion, .tapRegion),
        ]
        for axis in 0..<3 where contrasts.hasContrast(ad, axis: axis) {
            add(tasks[axis].tap, ad, target: tops[axis])
            if !contrasts.sharesBody(ad, axis: axis) { add(tasks[axis].tag, ad, target: tops[axis]) }
        }
    }

    private mutating func add(
        _ task: SampleTask, _ ad: Int, source: UInt8 = AudienceGroups.none, target: UInt8 = AudienceGroups.none
    ) {
        guard isWanted[Int(task.rawValue)] else { return }
        var sample = Sample(task: task, split: split(ad), ad: Int32(ad), target: Sample.noAd)
        sample.sourceGroup = source
        sample.targetGroup = target
        (sample.age, sample.gender, sample.state) = audience(ad)
        samples.append(sample)
    }

    // MARK: Two ads

    /// What both ads have as their top; `none` where they differ or have none.
    private func shared(_ one: Int, _ other: Int) -> (age: UInt8, gender: UInt8, state: UInt8) {
        let (a, b) = (audience(one), audience(other))
        return (
            a.age == b.age ? a.age : AudienceGroups.none, a.gender == b.gender ? a.gender : AudienceGroups.none,
            a.state == b.state ? a.state : AudienceGroups.none
        )
    }

    private func audience(_ ad: Int) -> (age: UInt8, gender: UInt8, state: UInt8) {
        let (age, gender, state) = (page.topAge[ad], page.topGender[ad], page.topState[ad])
        return (
            age < 0 ? AudienceGroups.none : AudienceGroups.age(Int(age)),
            gender < 0 ? AudienceGroups.none : AudienceGroups.gender(Int(gender)),
            state < 0 ? AudienceGroups.none : AudienceGroups.state(Int(state))
        )
    }

    private mutating func addRewording(_ one: Int, _ other: Int) {
        let none = AudienceGroups.none
        let common = shared(one, other)
        let areKnown = page.budgets[one] >= 0 && page.budgets[other] >= 0
        guard areKnown, page.currencies[one] == page.currencies[other] else { return }
        let isSame = common.age != none && common.gender != none && common.state != none
        let (budget, otherBudget) = (page.budgets[one], page.budgets[other])
        guard budget == otherBudget else {
            guard isSame else { return }
            let (low, high) = budget < otherBudget ? (one, other) : (other, one)
            return add(.tsBudget, low, high, common)
        }
        let (engagement, otherEngagement) = (page.engagements[one], page.engagements[other])
        guard engagement == engagement, otherEngagement == otherEngagement else { return }
        if isSame, engagement != otherEngagement {
            let (low, high) = engagement < otherEngagement ? (one, other) : (other, one)
            add(.tsEngagement, low, high, common)
        }
        func addSegment(_ task: SampleTask, _ group: UInt8, _ audience: (age: UInt8, gender: UInt8, state: UInt8)) {
            let (share, otherShare) = (page.share(one, group), page.share(other, group))
            let (value, otherValue) = (engagement * share, otherEngagement * otherShare)
            guard share > 0, otherShare > 0, value != otherValue else { return }
            let (low, high) = value < otherValue ? (one, other) : (other, one)
            add(task, low, high, audience, source: group, target: group)
        }
        if common.gender != none, common.state != none, isWanted[Int(SampleTask.tsAge.rawValue)] {
            for age in 0..<7 {
                let group = AudienceGroups.age(age)
                addSegment(.tsAge, group, (group, common.gender, common.state))
            }
        }
        if common.age != none, common.state != none, isWanted[Int(SampleTask.tsGender.rawValue)] {
            for gender in 0..<2 {
                let group = AudienceGroups.gender(gender)
                addSegment(.tsGender, group, (common.age, group, common.state))
            }
        }
        if common.age != none, common.gender != none, isWanted[Int(SampleTask.tsRegion.rawValue)] {
            for state in 0..<51 {
                let (rank, otherRank) = (page.stateRank(one, state), page.stateRank(other, state))
                guard rank > 0, otherRank > 0, max(rank, otherRank) <= rules.statesCompared else { continue }
                let group = AudienceGroups.state(state)
                addSegment(.tsRegion, group, (common.age, common.gender, group))
            }
        }
    }

    /// Samples of an ad and one that does well with another audience.
    private mutating func addVariant(_ ad: Int, to target: Int) {
        let none = AudienceGroups.none
        let common = shared(ad, target)
        let (own, theirs) = (audience(ad), audience(target))
        if common.gender != none, common.state != none, own.age != none, theirs.age != none, own.age != theirs.age {
            add(.tcAge, ad, target, (theirs.age, common.gender, common.state), source: own.age, target: theirs.age)
        }
        if common.age != none, common.state != none, own.gender != none, theirs.gender != none,
            own.gender != theirs.gender
        {
            add(
                .tcGender, ad, target, (common.age, theirs.gender, common.state), source: own.gender,
                target: theirs.gender)
        }
        guard common.age != none, common.gender != none, isWanted[Int(SampleTask.tcRegion.rawValue)] else { return }
        for (state, rank) in topStates(target) {
            let there = Int(page.stateRank(ad, state))
            let before = there > 0 ? there : 51
            let group = AudienceGroups.state(state)
            guard before - rank >= rules.rankDifference, group != own.state else { continue }
            add(.tcRegion, ad, target, (common.age, common.gender, group), source: own.state, target: group)
        }
    }

    /// The states with the first ranks, by rank and then alphabetically: where they are tied, not all that have the last.
    private func topStates(_ ad: Int) -> [(state: Int, rank: Int)] {
        var found: [(state: Int, rank: Int)] = []
        for state in 0..<51 {
            let rank = Int(page.stateRank(ad, state))
            if rank > 0, rank <= rules.topStates { found.append((state, rank)) }
        }
        found.sort { ($0.rank, $0.state) < ($1.rank, $1.state) }
        return Array(found.prefix(rules.topStates))
    }

    private mutating func add(
        _ task: SampleTask, _ ad: Int, _ target: Int, _ audience: (age: UInt8, gender: UInt8, state: UInt8),
        source: UInt8 = AudienceGroups.none, target group: UInt8 = AudienceGroups.none
    ) {
        guard isWanted[Int(task.rawValue)] else { return }
        var sample = Sample(task: task, split: split(ad, target), ad: Int32(ad), target: Int32(target))
        (sample.sourceGroup, sample.targetGroup) = (source, group)
        (sample.age, sample.gender, sample.state) = audience
        samples.append(sample)
    }

    // MARK: Splits

    private func split(_ ads: Int...) -> SampleSplit {
        if isTestAdvertiser { return .testAdvertiser }
        for ad in ads { if let start = page.startDates[ad], start > rules.testAfter { return .testTime } }
        return .train
    }
}
