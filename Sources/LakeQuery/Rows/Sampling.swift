import LakeBytes
import LakeCore
import LakeShard
import Synchronization

/// A sample's clause, bound to the table.
struct BoundSample: Sendable {
    /// Rows wanted, of each combination of values of `per`.
    var rows: Int
    var per: [Bound]
    var seed: UInt64

    /// - Throws: `LakeError` (usage) for what has no single values.
    init(_ clause: SampleClause, _ binder: inout Binder) throws {
        rows = clause.rows
        per = try clause.per.map { expression in
            let bound = try binder.bind(expression)
            guard bound.type?.element == nil else {
                throw binder.source.error("a sample cannot be drawn per list", at: expression.position)
            }
            return bound
        }
        seed = UInt64(bitPattern: clause.seed)
    }
}

/// Draws a sample: of the rows that pass WHERE those whose numbers have the smallest hashes. So a row's luck depends on the seed
/// and on where it stands in the table version alone, not on threads, chunks, or which other rows there are.
struct Sampling {
    /// What a candidate and a combination take in memory, the combination besides its key.
    private static let candidateBytes = 64
    private static let combinationBytes = 160

    private let query: PreparedQuery
    private let run: QueryRun
    private let sample: BoundSample
    private let key: UInt64

    init(_ query: PreparedQuery, _ run: QueryRun, _ sample: BoundSample) {
        self.query = query
        self.run = run
        self.sample = sample
        key = SplitMix64.mixed(sample.seed &+ SplitMix64.step)
    }

    private func hash(_ row: Int) -> UInt64 { SplitMix64.mixed(key &+ (UInt64(row) &+ 1) &* SplitMix64.step) }

    private struct Candidate: Sendable {
        var hash: UInt64
        var row: Int

        static func isBefore(_ a: Candidate, _ b: Candidate) -> Bool {
            a.hash == b.hash ? a.row < b.row : a.hash < b.hash
        }
    }

    /// Candidates by the bytes of their combination's key.
    private typealias Strata = [[UInt8]: [Candidate]]

    /// The rows of the sample.
    func rows() throws -> RowRanges {
        let scan = try RowScan(query, predicate: query.predicate)
        // Hashes that are too large already, by combination.
        let limits = Mutex<[[UInt8]: UInt64]>([:])
        var strata: Strata = [:]
        var held = 0
        defer { run.budget.release(held) }
        let run = run
        try orderedFlow(count: scan.steps.count, workers: query.workers, room: run.readAhead) { index, outlet in
            let step = scan.steps[index]
            defer { scan.finish(step) }
            guard let found = try scan.rows(step, run: run) else { return }
            let reader = MorselReader(found.scan, chunk: found.chunk, keys: found.keys, rows: found.rows)
            let best = try candidates(reader, found.scan.rowNumbers(ofChunk: found.chunk), limits.withLock { $0 })
            let count = best.values.reduce(0) { $0 + $1.count }
            if count > 0 { try outlet.send(best, bytes: count * Sampling.candidateBytes) }
        } consume: { best in
            for (stratum, candidates) in best {
                let before = strata[stratum]?.count ?? 0
                if before == 0 { try hold(stratum.count + Sampling.combinationBytes, &held) }
                var all = (strata[stratum] ?? []) + candidates
                if all.count >= 2 * sample.rows {
                    all = first(all)
                    if let last = all.last { limits.withLock { $0[stratum] = last.hash } }
                }
                try hold((all.count - before) * Sampling.candidateBytes, &held)
                strata[stratum] = all
            }
            return true
        }
        return RowRanges(rows: strata.values.flatMap { first($0).map(\.row) })
    }

    private func hold(_ bytes: Int, _ held: inout Int) throws {
        guard bytes > 0 else {
            run.budget.release(-bytes)
            held += bytes
            return
        }
        guard run.budget.reserve(bytes) else {
            throw LakeError(
                .failed, "a sample of so many rows does not fit the memory budget of \(run.budget.limit >> 20)M",
                hint: "ask for fewer rows, or allow more memory with --memory")
        }
        held += bytes
    }

    /// The first of some candidates by their hashes, as many as are wanted.
    private func first(_ candidates: [Candidate]) -> [Candidate] {
        Array(candidates.sorted(by: Candidate.isBefore).prefix(sample.rows))
    }

    /// What a chunk's selected rows contribute at most.
    private func candidates(
        _ reader: MorselReader, _ numbers: Range<Int>, _ limits: [[UInt8]: UInt64]
    ) throws -> Strata {
        let positions = reader.rows.positions
        let (strata, keys) = try combinations(reader)
        let highest = keys.map { limits[$0] ?? .max }
        var best = [[Candidate]](repeating: [], count: keys.count)
        for (index, position) in positions.enumerated() {
            let row = numbers.lowerBound + Int(position)
            let stratum = Int(strata?[index] ?? 0)
            let hash = hash(row)
            if hash <= highest[stratum] { best[stratum].append(Candidate(hash: hash, row: row)) }
        }
        var result: Strata = [:]
        for (key, candidates) in zip(keys, best) where !candidates.isEmpty {
            result[key] = candidates.count > sample.rows ? first(candidates) : candidates
        }
        return result
    }

    /// Per row the number of its combination (nil when there is but one), and the key of each combination.
    private func combinations(_ reader: MorselReader) throws -> (numbers: [UInt32]?, keys: [[UInt8]]) {
        guard !sample.per.isEmpty else { return (nil, [[]]) }
        let columns = try reader.batch(sample.per, 0..<reader.rows.count).columns
        var numbers = [UInt32](repeating: 0, count: reader.rows.count)
        var interner = IntegerInterner()
        for column in columns {
            guard case .codes(let codes, let dictionary) = column.coded().values else { continue }
            interner = IntegerInterner()
            for row in numbers.indices {
                let code = min(codes[row], UInt32(dictionary.count))
                numbers[row] = interner.intern(Int64(numbers[row]) << 32 | Int64(code))
            }
        }
        // One row of each combination tells its values.
        var examples = [Int](repeating: 0, count: interner.values.count)
        for (row, number) in numbers.enumerated() { examples[Int(number)] = row }
        let term = SortKeys.Term(descending: false, nullsFirst: false)
        let keys = SortKeys(columns.map { $0.gathering(examples) }, columns.map { _ in term })
        return (numbers, examples.indices.map { Array(keys.key($0)) })
    }
}
