import LakeBytes
import LakeCore
import LakeQuery
import LakeShard

/// Samples of some pages that a table has, with the numbers of their rows: what a build after a change of the ads keeps of them
/// and what it takes away.
public struct ExistingSamples {
    /// All that is in a sample.
    struct Key: Hashable {
        var ad: Int64
        var target: Int64
        /// task, split, source, target group, age, gender, state: a byte each.
        var parts: UInt64

        init(ad: Int64, target: Int64, _ parts: [UInt8]) {
            self.ad = ad
            self.target = target
            self.parts = parts.reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private static let columns = [
        "rowid", "ad", "target_ad", "task", "split", "source_group", "target_group", "age", "gender", "region",
    ]
    /// Pages that one query asks for.
    private static let pagesPerQuery = 256

    private let groups: AudienceGroups
    private var rows: [Key: Int64] = [:]

    /// - Parameters:
    ///   - engine: at the version of `samples` that the build starts from.
    ///   - pages: by their ids.
    public init(_ engine: QueryEngine, pages: [Int64], census: Census = .standard) throws {
        groups = AudienceGroups(census)
        for start in stride(from: 0, to: pages.count, by: ExistingSamples.pagesPerQuery) {
            let some = pages[start..<min(pages.count, start + ExistingSamples.pagesPerQuery)]
            let list = some.map { String($0) }.joined(separator: ", ")
            let columns = ExistingSamples.columns.joined(separator: ", ")
            try engine.prepare("SELECT \(columns) FROM samples WHERE page IN (\(list))").run { add($0) }
        }
    }

    private mutating func add(_ batch: Batch) {
        let numbers = batch.columns[0..<3].map { AdColumn($0) }
        let coded = batch.columns[3...].enumerated().map { place, column in
            codes(column, place < 2 ? [SampleTask.names, SampleSplit.names][place] : groups.names)
        }
        for row in 0..<batch.count {
            let key = Key(
                ad: numbers[1].integer(row) ?? -1, target: numbers[2].integer(row) ?? -1, coded.map { $0[row] })
            rows[key] = numbers[0].integer(row) ?? -1
        }
    }

    /// The numbers of a column's texts in a list of names, `AudienceGroups.none` for NULL.
    private func codes(_ vector: ColumnVector, _ names: [String]) -> [UInt8] {
        func number(_ text: String) -> UInt8 { names.firstIndex(of: text).map { UInt8($0) } ?? AudienceGroups.none }
        if case .codes(let codes, let dictionary) = vector.values, case .bytes(let texts) = dictionary.values.values {
            let known = (0..<texts.count).map { number(texts.string($0)) } + [AudienceGroups.none]
            return codes.map { known[min(Int($0), known.count - 1)] }
        }
        let column = AdColumn(vector)
        return (0..<vector.count).map { row in column.text(row).map { number($0) } ?? AudienceGroups.none }
    }

    /// Takes the row of a sample out.
    /// - Returns: whether there was one.
    mutating func remove(_ sample: Sample, of page: PageAds) -> Bool {
        let key = Key(
            ad: page.ads[Int(sample.ad)], target: sample.target < 0 ? -1 : page.ads[Int(sample.target)],
            [
                sample.task.rawValue, sample.split.rawValue, sample.sourceGroup, sample.targetGroup, sample.age,
                sample.gender, sample.state,
            ])
        return rows.removeValue(forKey: key) != nil
    }

    /// The numbers of the rows that are left, ascending.
    public var remainingRows: [Int64] { rows.values.sorted() }
}

extension MadePage {
    /// The page with those of its samples alone that are not there yet; the others are taken out of `existing`.
    /// - Parameter changed: keys of ads that have changed: what stands with a sample of such an ad is to be written anew.
    public func without(_ existing: inout ExistingSamples, changed: Set<Int64>) -> MadePage {
        var copy = self
        copy.samples = samples.filter { sample in
            changed.contains(page.ads[Int(sample.ad)]) || !existing.remove(sample, of: page)
        }
        return copy
    }
}
