import LakeBytes
import LakeCore
import LakeShard
import LakeTable
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
    /// Rows that are hashed at a time where none has to be selected.
    private static let blockRows = 1 << 18

    private let query: PreparedQuery
    private let run: QueryRun
    private let sample: BoundSample
    private let hashes: RowHashes

    init(_ query: PreparedQuery, _ run: QueryRun, _ sample: BoundSample) {
        self.query = query
        self.run = run
        self.sample = sample
        hashes = RowHashes(seed: sample.seed)
    }

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
        if sample.per.isEmpty, query.predicate == nil, !query.snapshot.hasDeletions { return try ofAllRows() }
        // What the sample leaves is selected again, and counted then.
        var uncounted = run
        uncounted.profile = nil
        let scan = try RowScan(query, predicate: query.predicate, run: uncounted)
        let combinations = sample.per.isEmpty ? nil : SampleCombinations(sample.per, shards: scan.shards)
        // Hashes that are too large already, by combination.
        let limits = Mutex<[[UInt8]: UInt64]>([:])
        var strata: Strata = [:]
        var held = 0
        defer { run.budget.release(held) }
        let run = run
        try orderedFlow(count: scan.steps.count, workers: query.workers, room: run.readAhead) { index, outlet in
            let step = scan.steps[index]
            defer { if scan.finish(step) { combinations?.finish(step.shard) } }
            let best = try run.profile.timed(.sample) { () -> Strata in
                guard let found = try scan.rows(step, run: run) else { return [:] }
                let known = limits.withLock { $0 }
                let numbers = found.scan.rowNumbers(ofChunk: found.chunk)
                guard let combinations else {
                    return [[]: candidates(found.rows, numbers, upTo: known[[]] ?? .max)]
                }
                let codes = try combinations.codes(step.shard, found)
                return try candidates(found.rows, numbers, codes, known)
            }
            let count = best.values.reduce(0) { $0 + $1.count }
            if count > 0 { try outlet.send(best, bytes: count * Sampling.candidateBytes) }
        } consume: { best in
            for (stratum, candidates) in best {
                let before = strata[stratum]?.count ?? 0
                if before == 0 { try hold(stratum.count + Sampling.combinationBytes, &held) }
                strata[stratum, default: []].append(contentsOf: candidates)
                var count = before + candidates.count
                if count / 2 >= sample.rows, let all = strata[stratum] {
                    let least = first(all)
                    strata[stratum] = least
                    count = least.count
                    if let last = least.last { limits.withLock { $0[stratum] = last.hash } }
                }
                try hold((count - before) * Sampling.candidateBytes, &held)
            }
            return true
        }
        return run.profile.timed(.sample) { RowRanges(rows: strata.values.flatMap { first($0).map(\.row) }) }
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
        var candidates = candidates
        if candidates.count / 4 >= sample.rows {
            // Only those are sorted that are likely among the first.
            let limit = limit(among: candidates.count)
            let near = candidates.filter { $0.hash <= limit }
            if near.count >= sample.rows { candidates = near }
        }
        return Array(candidates.sorted(by: Candidate.isBefore).prefix(sample.rows))
    }

    /// A hash that as many of `count` rows as are wanted do not exceed, very likely.
    private func limit(among count: Int) -> UInt64 {
        let wanted = Double(sample.rows)
        let share = (wanted + 4 * wanted.squareRoot() + 10) / Double(max(count, 1))
        return share < 0.99 ? UInt64(share * 0x1p64) : .max
    }

    // MARK: Without combinations

    /// A sample of the whole table, of which nothing but the number of rows has to be known.
    private func ofAllRows() throws -> RowRanges {
        let total = query.snapshot.shards.reduce(0) { $0 + $1.rows }
        var limit = limit(among: total)
        while true {
            let found = try allRows(total, upTo: limit)
            if found.count >= sample.rows || limit == .max { return RowRanges(rows: first(found).map(\.row)) }
            limit = limit > .max / 2 ? .max : 2 * limit
        }
    }

    private func allRows(_ total: Int, upTo limit: UInt64) throws -> [Candidate] {
        var held = 0
        defer { run.budget.release(held) }
        var all: [Candidate] = []
        let run = run
        let blocks = (total + Sampling.blockRows - 1) / Sampling.blockRows
        try orderedFlow(count: blocks, workers: query.workers, room: run.readAhead) { block, outlet in
            try run.cancellation.check()
            let start = block * Sampling.blockRows
            let rows = start..<min(total, start + Sampling.blockRows)
            let found = run.profile.timed(.sample) { candidates(.range(0..<rows.count), rows, within: limit) }
            try outlet.send(found, bytes: found.count * Sampling.candidateBytes)
        } consume: { found in
            try hold(found.count * Sampling.candidateBytes, &held)
            all += found
            return true
        }
        return all
    }

    /// What a chunk's selected rows contribute at most.
    private func candidates(_ rows: ChunkRows, _ numbers: Range<Int>, upTo highest: UInt64) -> [Candidate] {
        var limit = min(highest, limit(among: rows.count))
        while true {
            let found = candidates(rows, numbers, within: limit)
            if found.count >= sample.rows || limit == highest { return found }
            limit = limit > highest / 2 ? highest : 2 * limit
        }
    }

    /// The rows among some of a chunk whose hashes are at most `limit`, ascending.
    private func candidates(_ rows: ChunkRows, _ numbers: Range<Int>, within limit: UInt64) -> [Candidate] {
        switch rows {
        case .range(let range):
            let first = numbers.lowerBound + range.lowerBound
            let (places, found) = hashes.rows(first..<(first + range.count), upTo: limit)
            return places.indices.map { Candidate(hash: found[$0], row: first + Int(places[$0])) }
        case .positions(let positions):
            if positions.count * 8 < numbers.count {
                return positions.compactMap { position in
                    let row = numbers.lowerBound + Int(position)
                    let hash = hashes.hash(row)
                    return hash <= limit ? Candidate(hash: hash, row: row) : nil
                }
            }
            return candidates(.range(0..<numbers.count), numbers, within: limit).filter { candidate in
                rows.contains(Int32(candidate.row - numbers.lowerBound))
            }
        }
    }

    // MARK: Per combination

    /// What a chunk's selected rows contribute at most to each combination.
    private func candidates(
        _ rows: ChunkRows, _ numbers: Range<Int>, _ codes: SampleCombinations.Codes, _ limits: [[UInt8]: UInt64]
    ) throws -> Strata {
        let highest = codes.keys.map { limits[$0] ?? .max }
        let perCode = codes.combinations.map { highest[Int($0)] }
        var best = [[Candidate]](repeating: [], count: codes.keys.count)
        func add(_ place: Int, _ hash: UInt64, _ row: Int) {
            best[Int(codes.combinations[Int(codes.ofRows[place])])].append(Candidate(hash: hash, row: row))
        }
        switch rows {
        case .range(let range):
            let first = numbers.lowerBound + range.lowerBound
            let (places, found) = try hashes.rows(first..<(first + range.count), codes: codes.ofRows, limits: perCode)
            for (place, hash) in zip(places, found) { add(Int(place), hash, first + Int(place)) }
        case .positions(let positions):
            for (place, position) in positions.enumerated() {
                let row = numbers.lowerBound + Int(position)
                let hash = hashes.hash(row)
                if hash <= perCode[Int(codes.ofRows[place])] { add(place, hash, row) }
            }
        }
        var result: Strata = [:]
        for (key, candidates) in zip(codes.keys, best) where !candidates.isEmpty {
            // Values that are equal and differ in their bits are of one combination.
            result[key, default: []] += candidates.count > sample.rows ? first(candidates) : candidates
        }
        return result
    }
}
