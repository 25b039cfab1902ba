import LakeBytes
import LakeCore
import LakeShard

/// Aggregation over one shard. Terms and arguments are numbered once per key; where every column of the query is known per
/// key, rows are never looked at: keys count as often as they have rows.
final class ShardAggregation: Sendable {
    private static let denseLimit = 1 << 18
    /// Cells of all key domains together; times the rows of a task they are numbered in 64 bits.
    private static let cellLimit = 1 << 40

    let scan: ShardScan
    private let selection: RowSelection
    private let groups: [Bound]
    private let aggregates: [BoundAggregate]
    private let condition: ShardCondition
    /// The group that knows everything, if there is one.
    private let keyDomain: Int?
    /// Per key group that is used, its terms.
    private let keyTerms: [(group: Int, terms: CombinedTerms)]
    /// Terms that are evaluated on rows.
    private let rowTerms: [Int]
    /// Per aggregate the domain of its argument and the values there; nil when it is evaluated on rows.
    private let inputs: [(group: Int, input: AggregateInput)?]
    /// How rows are added up where every term belongs to one group and every value to another.
    private let sums: KeyedSums?

    init(
        scan: ShardScan, predicate: Predicate?, groups: [Bound], aggregates: [BoundAggregate],
        profile: QueryProfile? = nil
    ) throws {
        self.scan = scan
        self.groups = groups
        self.aggregates = aggregates
        let condition = try ShardCondition(predicate, scan: scan)
        self.condition = condition
        var fields = condition.fields
        for bound in groups + aggregates.compactMap(\.argument) { fields.formUnion(bound.fields) }
        let domain = scan.domain(of: fields)
        // Keys come in the order of their first rows, deleted ones among them, but those of a nested group by their parents.
        let needsOrder = aggregates.contains { $0.takesFirst }
        keyDomain = domain.flatMap { group in
            let isOrdered = scan.reader.groups[group].record.parent == nil && scan.deleted == nil
            return needsOrder && !isOrdered ? nil : group
        }
        selection = try RowSelection(keyDomain == nil ? condition : .everything, scan: scan, profile: profile)
        guard keyDomain == nil, !selection.isEmpty else {
            (keyTerms, rowTerms, inputs, sums) = ([], [], [], nil)
            return
        }
        let domains = ShardAggregation.domains(of: groups + aggregates.compactMap(\.argument), scan)
        var perGroup: [Int: [(term: Int, numbers: TermNumbers)]] = [:]
        var rowTerms: [Int] = []
        for (term, bound) in groups.enumerated() {
            // A term that fails for some key is left to the selected rows, which may not have that key.
            guard let group = domains(bound), let numbers = try? ShardAggregation.numbers(bound, group, scan) else {
                rowTerms.append(term)
                continue
            }
            perGroup[group, default: []].append((term, numbers))
        }
        var cells = 1
        var keyTerms: [(group: Int, terms: CombinedTerms)] = []
        for (group, parts) in perGroup.sorted(by: { $0.key < $1.key }) {
            let terms = CombinedTerms(parts, count: scan.count(group))
            let (product, overflow) = cells.multipliedReportingOverflow(by: max(1, terms.cellCount))
            if overflow || product > ShardAggregation.cellLimit {
                rowTerms += terms.terms
            } else {
                cells = product
                keyTerms.append((group, terms))
            }
        }
        self.keyTerms = keyTerms
        self.rowTerms = rowTerms
        inputs = try aggregates.map { aggregate in
            guard let argument = aggregate.argument, let group = domains(argument) else { return nil }
            let vectors = try ShardAggregation.vectors(argument.fields, group, scan)
            return (try? AggregateInput(argument, vectors: vectors, count: scan.count(group))).map { (group, $0) }
        }
        sums =
            rowTerms.isEmpty && keyTerms.count == 1
            ? try KeyedSums(
                scan: scan, selection: selection, cellGroup: keyTerms[0].group, aggregates: aggregates, inputs: inputs)
            : nil
    }

    /// Where each expression is evaluated: on the fewest keys, but a group that another used one nests in is read through
    /// that one, so that a row's codes are looked up once.
    private static func domains(of expressions: [Bound], _ scan: ShardScan) -> (Bound) -> Int? {
        let used = Set(expressions.compactMap { scan.domain(of: $0.fields) })
        func isNested(_ group: Int, _ ancestor: Int) -> Bool {
            var parent = scan.reader.groups[group].record.parent
            while let next = parent {
                if next == ancestor { return true }
                parent = scan.reader.groups[next].record.parent
            }
            return false
        }
        return { bound in
            guard let own = scan.domain(of: bound.fields) else { return nil }
            return used.filter { isNested($0, own) }.min() ?? own
        }
    }

    private static func vectors(_ fields: Set<Int>, _ group: Int, _ scan: ShardScan) throws -> [Int: ColumnVector] {
        var vectors: [Int: ColumnVector] = [:]
        for field in fields { vectors[field] = try scan.keys(field, group: group) }
        return vectors
    }

    private static func numbers(_ term: Bound, _ group: Int, _ scan: ShardScan) throws -> TermNumbers {
        try TermNumbers(
            term, vectors: vectors(term.fields, group, scan), count: scan.count(group))
    }

    /// How the shard is aggregated, in words; nil when none of its rows is selected.
    var way: String? {
        if condition.isNothing { return nil }
        if let keyDomain { return "keys of \(scan.reader.groups[keyDomain].record.name), rows are not read" }
        if selection.isEmpty { return nil }
        return sums.map { $0.way } ?? "rows into cells"
    }

    /// Whether rows have to be looked at; if not, `keys()` is the whole result.
    var needsRows: Bool { keyDomain == nil && !selection.isEmpty }

    /// Whether the shard has nothing for the query.
    var isPruned: Bool { keyDomain == nil ? selection.isEmpty : condition.isNothing }

    /// Whether partial results may be large: of many groups, or with values that are kept.
    var expectsManyGroups: Bool {
        if aggregates.contains(where: { $0.state == .values }) { return true }
        let many = 1 << 16
        if let keyDomain { return !groups.isEmpty && scan.count(keyDomain) > many }
        var count = keyTerms.reduce(1) { min(many + 1, $0 * max(1, $1.terms.cellCount)) }
        for term in rowTerms where count <= many { count *= values(of: self.groups[term], most: many + 1) }
        return count > many
    }

    /// How many values a term has at most, as far as dictionaries tell.
    private func values(of term: Bound, most: Int) -> Int {
        if term.type == .bool { return 3 }
        var count = 1
        for field in term.fields where count < most {
            // What cannot be opened is reported by whoever reads it.
            guard let nodes = try? scan.nodes(field), !nodes.isEmpty, nodes.allSatisfy(\.isDictionaryCoded) else {
                return most
            }
            count *= nodes.reduce(1) { $0 + Int($1.nullCode) }
        }
        return min(count, most)
    }

    /// The result over keys; nil when none are selected.
    func keys() throws -> PartialGroups? {
        guard let group = keyDomain, !condition.isNothing else { return nil }
        let all = try scan.rowsPerKey(group)
        var selected: Bitmap?
        if case .some(let terms) = condition {
            let keys = try RowSelection.keys(terms, group: group, scan)
            if keys.isEmpty { return nil }
            selected = keys.population == keys.count ? nil : keys
        }
        if let live = try scan.liveKeys(group) {
            if selected?.formIntersection(live) == nil { selected = live }
            if selected?.isEmpty == true { return nil }
        }
        if groups.isEmpty, aggregates.allSatisfy({ $0 == .rows }) {
            let rows = selected.map { Aggregation.total(all, in: $0) } ?? scan.liveRows
            var counter = Accumulator(.rows, cells: 1)
            try counter.add(nil, cells: [0], indices: nil, multiples: [UInt32(rows)])
            return partial(counter, aggregates.map { _ in counter }, [])
        }
        let positions = selected?.positions
        let multiples = positions.map { Aggregation.pick(all, at: $0) } ?? all
        // Only keys that are selected are evaluated: others must not fail the query.
        func vectors(_ bound: Bound) throws -> [Int: ColumnVector] {
            let all = try ShardAggregation.vectors(bound.fields, group, scan)
            return positions.map { positions in all.mapValues { $0.picking(positions) } } ?? all
        }
        let parts = try groups.enumerated().map { term, bound in
            (term, try TermNumbers(bound, vectors: vectors(bound), count: multiples.count))
        }
        let terms = CombinedTerms(parts, count: multiples.count)
        var counter = Accumulator(.rows, cells: terms.cellCount)
        try counter.add(nil, cells: terms.numbers, indices: nil, multiples: multiples)
        let accumulators = try aggregates.map { aggregate in
            if aggregate == .rows { return counter }
            var accumulator = Accumulator(aggregate, cells: terms.cellCount)
            let input = try aggregate.argument.map {
                try AggregateInput($0, vectors: vectors($0), count: multiples.count)
            }
            try accumulator.add(input, cells: terms.numbers, indices: nil, multiples: multiples)
            return accumulator
        }
        return partial(counter, accumulators, [terms])
    }

    /// The groups that have rows. A cell is a number of cells of the `parts`, the first the lowest digit.
    private func partial(_ counter: Accumulator, _ accumulators: [Accumulator], _ parts: [CombinedTerms])
        -> PartialGroups
    {
        var result = PartialGroups(terms: groups.count, accumulators: accumulators)
        for part in parts { for (term, values) in zip(part.terms, part.values) { result.values[term] = values } }
        result.cells = counter.counts.indices.filter { counter.counts[$0] > 0 }
        var rests = result.cells
        for part in parts { part.take(from: &rests, to: &result.numbers) }
        return result
    }

    /// The result over the rows of some chunks; nil when none are selected.
    func rows(chunks: Range<Int>) throws -> PartialGroups? {
        if let sums {
            let terms = keyTerms[0].terms
            let (counter, accumulators) = try sums.rows(chunks: chunks, terms: terms, aggregates: aggregates)
            let result = partial(counter, accumulators, [terms])
            return result.cells.isEmpty ? nil : result
        }
        var state = RowState(
            dense: keyTerms.reduce(1) { $0 * max(1, $1.terms.cellCount) }, terms: groups.count, aggregates,
            isOneChunk: chunks.count == 1)
        for chunk in chunks {
            try Cancellation.checkCurrent()
            let keys = ChunkKeys(scan.reader, chunk: chunk)
            guard let rows = try selection.rows(ofChunk: chunk, keys: keys) else { continue }
            try add(rows, chunk, keys, &state)
        }
        return try result(&state)
    }

    /// What a task accumulates.
    fileprivate struct RowState {
        /// Cells of the key domains together.
        let dense: Int
        var isHashed: Bool
        /// Values come distinct from the one chunk.
        let isOneChunk: Bool
        var cells = IntegerInterner()
        /// Per term: an integer and a float that are equal are one value, but not of one type.
        var rowValues: [[Scalar: UInt32]]
        var rowTuples = IntegerInterner()
        var rowScalars: [[Scalar]]
        var counter: Accumulator
        var accumulators: [Accumulator]

        init(dense: Int, terms: Int, _ aggregates: [BoundAggregate], isOneChunk: Bool) {
            self.dense = dense
            self.isOneChunk = isOneChunk
            isHashed = dense > ShardAggregation.denseLimit
            counter = Accumulator(.rows, cells: 0)
            accumulators = aggregates.map { Accumulator($0, cells: 0) }
            rowValues = Array(repeating: [:], count: terms)
            rowScalars = Array(repeating: [], count: terms)
        }

        mutating func number(of value: Scalar, term: Int) -> UInt32 {
            let number = UInt32(rowScalars[term].count)
            if !isOneChunk {
                if let known = rowValues[term][value] { return known }
                rowValues[term][value] = number
            }
            rowScalars[term].append(value)
            return number
        }

        mutating func grow(to count: Int) {
            counter.grow(to: count)
            for index in accumulators.indices { accumulators[index].grow(to: count) }
        }
    }

    private func add(_ rows: Bitmap, _ chunk: Int, _ keys: ChunkKeys, _ state: inout RowState) throws {
        let count = rows.population
        let positions = count == rows.count ? nil : rows.positions
        var codes: [Int: [UInt32]] = [:]
        for group in Set(keyTerms.map(\.group) + inputs.compactMap { $0?.group }) {
            codes[group] = try keys.codes(group, at: positions)
        }
        let rows = ChunkVectors(scan, chunk: chunk, keys: keys, at: positions)
        let cells = try cells(count, rows, codes, &state)
        try state.counter.add(nil, cells: cells, indices: nil, multiples: nil)
        // Aggregates of one argument share what it comes to.
        var rowInputs: [Bound: AggregateInput] = [:]
        for (index, aggregate) in aggregates.enumerated() where aggregate != .rows {
            if let (group, input) = inputs[index] {
                try state.accumulators[index].add(input, cells: cells, indices: codes[group], multiples: nil)
            } else {
                let input = try aggregate.argument.map { argument in
                    if let known = rowInputs[argument] { return known }
                    let input = try AggregateInput(argument, vectors: rows.vectors(argument.fields), count: count)
                    rowInputs[argument] = input
                    return input
                }
                try state.accumulators[index].add(input, cells: cells, indices: nil, multiples: nil)
            }
        }
    }

    /// The cell of each selected row.
    private func cells(
        _ count: Int, _ rows: ChunkVectors, _ codes: [Int: [UInt32]], _ state: inout RowState
    ) throws -> [UInt32] {
        var tuples: [UInt32]?
        for term in rowTerms {
            let numbers = try TermNumbers(
                groups[term], vectors: rows.vectors(groups[term].fields), count: count)
            // Numbers of this chunk to numbers of the task.
            let known = numbers.values.map { state.number(of: $0, term: term) }
            let earlier = tuples
            tuples = numbers.numbers.enumerated().map { row, number in
                let before = earlier.map { Int64($0[row]) + 1 } ?? 0
                return state.rowTuples.intern(before << 32 | Int64(known[Int(number)]))
            }
        }
        if !state.isHashed, state.dense * max(1, state.rowTuples.count) > ShardAggregation.denseLimit { state.rehash() }
        if state.isHashed {
            var keys = tuples.map { $0.map { Int64($0) * Int64(state.dense) } } ?? [Int64](repeating: 0, count: count)
            var stride: Int64 = 1
            for (group, terms) in keyTerms {
                guard let codes = codes[group] else { continue }
                for row in keys.indices { keys[row] += Int64(terms.numbers[Int(codes[row])]) * stride }
                stride *= Int64(terms.cellCount)
            }
            let cells = keys.map { state.cells.intern($0) }
            state.grow(to: state.cells.count)
            return cells
        }
        var cells = tuples.map { $0.map { $0 * UInt32(state.dense) } } ?? [UInt32](repeating: 0, count: count)
        var stride: UInt32 = 1
        for (group, terms) in keyTerms {
            guard let codes = codes[group],
                Aggregation.addCells(&cells, ids: terms.numbers, indices: codes, stride: stride)
            else { throw LakeError(.corrupt, "key codes that are out of range", at: .init(file: scan.reader.path)) }
            stride *= UInt32(terms.cellCount)
        }
        state.grow(to: state.dense * max(1, state.rowTuples.count))
        return cells
    }

    private func result(_ state: inout RowState) throws -> PartialGroups? {
        let accumulators = state.accumulators.map { $0.aggregate == .rows ? state.counter : $0 }
        var result = PartialGroups(terms: groups.count, accumulators: accumulators)
        for (_, terms) in keyTerms {
            for (term, values) in zip(terms.terms, terms.values) { result.values[term] = values }
        }
        for term in rowTerms { result.values[term] = state.rowScalars[term] }
        result.cells = state.counter.counts.indices.filter { state.counter.counts[$0] > 0 }
        var rests = state.isHashed ? result.cells.map { Int(state.cells.values[$0]) } : result.cells
        for (_, terms) in keyTerms { terms.take(from: &rests, to: &result.numbers) }
        for term in rowTerms.reversed() {
            let tuples = state.rowTuples.values
            result.numbers[term] = rests.map { UInt32(truncatingIfNeeded: tuples[$0]) }
            for index in rests.indices { rests[index] = Int(tuples[rests[index]] >> 32) - 1 }
        }
        return result.cells.isEmpty ? nil : result
    }
}

extension ShardAggregation.RowState {
    /// Gives up dense cells: those that have rows keep their place in a hash table.
    fileprivate mutating func rehash() {
        isHashed = true
        for cell in 0..<counter.counts.count { _ = cells.intern(Int64(cell)) }
    }
}

extension BoundAggregate {
    static let rows = BoundAggregate(function: .count, argument: nil, type: .int64)
}
