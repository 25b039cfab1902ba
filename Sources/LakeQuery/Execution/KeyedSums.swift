import LakeBytes
import LakeCore
import LakeShard

/// Sums and counts of what one key group knows, per key of another: the answers to questions, weighted by respondents.
///
/// The cells are keys, so that no row is looked up in a table; values of keys that are not selected are 0, so that rows need
/// not be picked; and what belongs to a respondent is copied to the rows in the order of their keys.
struct KeyedSums: Sendable {
    /// With fewer of the keys selected, picking rows is cheaper.
    private static let leastShare = 1.0 / 16

    private struct Column: Sendable {
        /// Per key of the value group: the value, or 0 where it is NULL or not selected.
        var values: [Double]
        /// Per key 1 or 0.
        var counts: [Double]
    }

    private let scan: ShardScan
    private let cellGroup: Int
    private let valueGroup: Int
    /// The keys of the cell group whose rows count; nil for all.
    private let cellKeys: Bitmap?
    private let columns: [Column]
    /// Per aggregate its column; the last for `count(*)`.
    private let columnOfAggregate: [Int]

    /// - Parameters:
    ///   - cellGroup: the group that knows every GROUP BY term.
    ///   - inputs: per aggregate where its argument is known, and its values there.
    /// - Returns: nil when the query is not of this kind.
    init?(
        scan: ShardScan, selection: RowSelection, cellGroup: Int, aggregates: [BoundAggregate],
        inputs: [(group: Int, input: AggregateInput)?]
    ) throws {
        guard let conditions = selection.keyConditions, scan.count(cellGroup) <= ShardFormat.chunkRows else {
            return nil
        }
        let lineage = scan.lineage(of: cellGroup)
        let groups = Set(inputs.compactMap { $0?.group } + conditions.map(\.group).filter { !lineage.contains($0) })
        guard let valueGroup = groups.first, groups.count == 1, !lineage.contains(valueGroup) else { return nil }
        var (selected, cellKeys): (Bitmap?, Bitmap?)
        for (group, keys) in conditions {
            if group == valueGroup {
                selected = keys
            } else {
                let own =
                    group == cellGroup
                    ? keys : Aggregation.rows(try scan.ancestors(of: cellGroup, in: group), in: keys)
                cellKeys?.formIntersection(own)
                if cellKeys == nil { cellKeys = own }
            }
        }
        if let selected, Double(selected.population) < KeyedSums.leastShare * Double(selected.count) { return nil }
        if let cellKeys {
            let rows = Aggregation.total(try scan.rowsPerKey(cellGroup), in: cellKeys)
            if Double(rows) < KeyedSums.leastShare * Double(scan.reader.rowCount) { return nil }
        }
        let count = scan.count(valueGroup)
        let ones =
            selected.map { keys in (0..<count).map { keys[$0] ? 1.0 : 0 } } ?? [Double](repeating: 1, count: count)
        var columns: [Column] = []
        var columnOfAggregate: [Int] = []
        var known: [Bound: Int] = [:]
        for (aggregate, input) in zip(aggregates, inputs) {
            if aggregate == .rows {
                columnOfAggregate.append(-1)
                continue
            }
            guard [.counts, .sums].contains(aggregate.state), let argument = aggregate.argument,
                case .floats(let floats, let validity)? = input?.input
            else { return nil }
            if known[argument] == nil {
                known[argument] = columns.count
                let values = floats.indices.map { ones[$0] != 0 && validity?[$0] ?? true ? floats[$0] : 0 }
                let counts = validity.map { valid in ones.indices.map { valid[$0] ? ones[$0] : 0 } } ?? ones
                columns.append(Column(values: values, counts: counts))
            }
            columnOfAggregate.append(known[argument] ?? 0)
        }
        let counting = columns.firstIndex { $0.counts == ones } ?? columns.count
        if counting == columns.count {
            columns.append(Column(values: [Double](repeating: 0, count: count), counts: ones))
        }
        self.scan = scan
        self.cellGroup = cellGroup
        self.valueGroup = valueGroup
        self.cellKeys = cellKeys
        self.columns = columns
        self.columnOfAggregate = (columnOfAggregate + [counting]).map { $0 < 0 ? counting : $0 }
    }

    /// What is summed up, in words.
    var way: String {
        let names = scan.reader.groups
        return "sums of \(names[valueGroup].record.name) per key of \(names[cellGroup].record.name)"
    }

    /// Adds the rows of some chunks up.
    /// - Parameter terms: of the cell group.
    /// - Returns: the number of rows and the aggregates per cell of `terms`.
    func rows(
        chunks: Range<Int>, terms: CombinedTerms, aggregates: [BoundAggregate]
    ) throws -> (counter: Accumulator, accumulators: [Accumulator]) {
        var sums = columns.map { _ in PairSums(cellCount: scan.count(cellGroup)) }
        var targets = [[Double]](repeating: [], count: 2 * columns.count)
        for chunk in chunks {
            try Cancellation.checkCurrent()
            let codes = try ChunkKeys(scan.reader, chunk: chunk).codes(cellGroup)
            try scan.reader.groups[valueGroup].expand(
                columns.flatMap { [$0.values, $0.counts] }, chunk: chunk, into: &targets)
            for index in columns.indices {
                guard sums[index].add(codes, values: targets[2 * index], counts: targets[2 * index + 1]) else {
                    throw LakeError(
                        .corrupt, "key codes that are out of range", at: .init(file: scan.reader.path, chunk: chunk))
                }
            }
        }
        var counter = Accumulator(.rows, cells: terms.cellCount)
        var accumulators = aggregates.map { Accumulator($0, cells: terms.cellCount) }
        for key in terms.numbers.indices where cellKeys?[key] ?? true {
            let cell = Int(terms.numbers[key])
            for index in accumulators.indices {
                let (sum, count) = sums[columnOfAggregate[index]][key]
                if count > 0 { accumulators[index].add(sum: sum, count: count, to: cell) }
            }
            counter.add(sum: 0, count: sums[columnOfAggregate[aggregates.count]][key].count, to: cell)
        }
        return (counter, accumulators)
    }
}
