import LakeBytes
import LakeCore
import LakeShard

/// Samples of some pages on their way into a shard: by task, within a task page by page.
public struct SampleBlock {
    /// The samples of one task.
    private struct Rows {
        var ad: [UInt32] = []
        var target: [Int64] = []
        var split: [UInt8] = []
        var source: [UInt8] = []
        var targetGroup: [UInt8] = []
        var age: [UInt8] = []
        var gender: [UInt8] = []
        var state: [UInt8] = []
    }

    private let groups: AudienceGroups
    private let dictionaries: Dictionaries
    private var rows = [Rows](repeating: Rows(), count: SampleTask.allCases.count)
    private var ads = (key: [Int64](), page: [Int64](), topic: TextColumn(), start: NumberColumn<Int64>())
    private var numbers = (spend: NumberColumn<Double>(), impressions: NumberColumn<Double>(), synthetic: [Int64]())
    /// Samples held.
    public private(set) var count = 0

    private struct Dictionaries {
        let tasks = ValueDictionary(SampleTask.names)
        let splits = ValueDictionary(SampleSplit.names)
        let groups: ValueDictionary
        let ages = ValueDictionary(Census.ages)
        let genders = ValueDictionary(Census.genders)
        let states: ValueDictionary
        let axes = ValueDictionary(["age", "budget", "engagement", "gender", "impressions", "region"])

        init(_ groups: AudienceGroups, _ census: Census) {
            self.groups = ValueDictionary(groups.names)
            states = ValueDictionary(census.states)
        }
    }

    public init(census: Census = .standard) {
        groups = AudienceGroups(census)
        dictionaries = Dictionaries(groups, census)
    }

    /// The same without samples.
    public func emptied() -> SampleBlock {
        var copy = self
        copy.rows = [Rows](repeating: Rows(), count: SampleTask.allCases.count)
        copy.ads = ([], [], TextColumn(), NumberColumn<Int64>())
        copy.numbers = (NumberColumn<Double>(), NumberColumn<Double>(), [])
        copy.count = 0
        return copy
    }

    /// Takes in the samples of a page, in their order.
    public mutating func append(_ made: MadePage) {
        let page = made.page
        let first = UInt32(ads.key.count)
        for ad in 0..<page.count {
            ads.key.append(page.ads[ad])
            ads.page.append(page.page)
            ads.topic.append(page.topics[ad])
            ads.start.append(days: page.startDates[ad])
            numbers.spend.append(page.spends[ad])
            numbers.impressions.append(page.impressions[ad])
            numbers.synthetic.append(page.synthetic[ad] ? 1 : 0)
        }
        for sample in made.samples {
            let task = Int(sample.task.rawValue)
            rows[task].ad.append(first + UInt32(sample.ad))
            rows[task].target.append(sample.target < 0 ? -1 : page.ads[Int(sample.target)])
            rows[task].split.append(sample.split.rawValue)
            rows[task].source.append(sample.sourceGroup)
            rows[task].targetGroup.append(sample.targetGroup)
            rows[task].age.append(sample.age)
            rows[task].gender.append(sample.gender)
            rows[task].state.append(sample.state)
        }
        count += made.samples.count
    }

    /// The keys of the key group `ad`, and which of them have samples.
    public var keys: (table: KeyTable, live: Bitmap?) {
        let table = KeyTable(
            count: ads.key.count,
            columns: [
                ColumnVector(.integers(ads.key)), ColumnVector(.integers(ads.page)), ads.topic.vector,
                numbers.spend.vector, numbers.impressions.vector, ads.start.vector,
                ColumnVector(.integers(numbers.synthetic)),
            ])
        var live = Bitmap(count: ads.key.count)
        for task in rows { for ad in task.ad { live[Int(ad)] = true } }
        return (table, live)
    }

    /// Hands out the samples in their order, in pieces: of each its ad, a position in `keys`, and the columns of the table
    /// `samples` that do not depend on the ad, without its surrogate key.
    public func forEachPiece(_ body: (_ codes: [UInt32], _ columns: [ColumnVector]) throws -> Void) rethrows {
        for task in SampleTask.allCases {
            let all = rows[Int(task.rawValue)]
            for start in stride(from: 0, to: all.ad.count, by: ShardFormat.chunkRows) {
                let range = start..<min(all.ad.count, start + ShardFormat.chunkRows)
                try body(Array(all.ad[range]), columns(task, all, range))
            }
        }
    }

    /// task, split, target_ad, axis, source_group, target_group, age, gender, region.
    private func columns(_ task: SampleTask, _ rows: Rows, _ range: Range<Int>) -> [ColumnVector] {
        func constant(_ code: Int, _ dictionary: ValueDictionary) -> ColumnVector {
            ColumnVector(.codes([UInt32](repeating: UInt32(code), count: range.count), dictionary: dictionary))
        }
        func coded(_ values: [UInt8], _ first: Int, _ dictionary: ValueDictionary) -> ColumnVector {
            let null = UInt32(dictionary.count)
            return ColumnVector(
                .codes(
                    values[range].map { $0 == AudienceGroups.none ? null : UInt32($0) - UInt32(first) },
                    dictionary: dictionary))
        }
        let axes = ["age", "budget", "engagement", "gender", "impressions", "region"]
        let target =
            task.isPair
            ? ColumnVector(.integers(Array(rows.target[range]))) : ColumnVector.nulls(range.count, of: .int64)
        return [
            constant(Int(task.rawValue), dictionaries.tasks),
            ColumnVector(.codes(rows.split[range].map { UInt32($0) }, dictionary: dictionaries.splits)),
            target, constant(axes.firstIndex(of: task.axis) ?? 0, dictionaries.axes),
            coded(rows.source, 0, dictionaries.groups), coded(rows.targetGroup, 0, dictionaries.groups),
            coded(rows.age, 0, dictionaries.ages), coded(rows.gender, AudienceGroups.firstGender, dictionaries.genders),
            coded(rows.state, AudienceGroups.firstState, dictionaries.states),
        ]
    }

    /// How many samples there are of each task.
    public var counts: [Int] { rows.map(\.ad.count) }
}

/// A page with the samples of its ads.
public struct MadePage: Sendable {
    public let page: PageAds
    var samples: [Sample]
    /// Comparisons of bodies that it took.
    public let comparisons: Int
    /// Of a page with more ads than an ad is compared with: kin of some ads within reach, and on the whole page.
    public let recall: (within: Int, all: Int)

    /// Roughly what it takes in memory.
    public var bytes: Int { samples.count * MemoryLayout<Sample>.stride + page.count * 700 }

    public var count: Int { samples.count }

    /// Reads a page and makes its samples.
    public init(
        _ unread: AdPages.Unread, rules: TaskRules, tasks: Set<SampleTask>, census: Census = .standard,
        stopWords: StopWords = .standard
    ) {
        let page = unread.read(census: census, stopWords: stopWords)
        var samples = PageSamples(page, rules: rules, tasks: tasks, groups: AudienceGroups(census))
        self.samples = samples.make()
        self.page = page
        comparisons = samples.comparisons
        recall = samples.recall
    }
}
