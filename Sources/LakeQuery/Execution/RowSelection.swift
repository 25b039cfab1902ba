import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// Which rows of a shard a predicate selects, chunk by chunk. Everything that can be decided on keys is decided once, when
/// the selection is made; a chunk then only looks its keys up.
final class RowSelection: Sendable {
    indirect enum Node: Sendable {
        /// Rows whose key in `group` is in `keys`.
        case keys(group: Int, keys: Bitmap)
        /// Rows whose code in the row node of `field` is in `truth`.
        case codes(field: Int, truth: Bitmap)
        /// Rows by their numbers in the table.
        case numbers(RowRanges)
        /// Rows that are not deleted.
        case live
        /// Evaluated on the rows' values.
        case rows(Bound, fields: Set<Int>)
        case all([Node])
        case any([Node])
        case nothing
        case everything
    }

    private let scan: ShardScan
    let root: Node
    private let profile: QueryProfile?

    init(_ condition: ShardCondition, scan: ShardScan, profile: QueryProfile? = nil) throws {
        self.scan = scan
        self.profile = profile
        root = RowSelection.live(try RowSelection.root(condition, scan), scan)
    }

    private static func root(_ condition: ShardCondition, _ scan: ShardScan) throws -> Node {
        switch condition {
        case .everything: return .everything
        case .nothing: return .nothing
        case .some(let terms):
            // Terms that the keys of one group know are one condition on it.
            if let group = scan.domain(of: condition.fields) {
                return node(try keys(terms, group: group, scan), group)
            }
            return try planAll(terms, scan) { term in
                guard let (group, keys) = term.decided else { return try plan(term.predicate, scan) }
                return .keys(group: group, keys: keys)
            }
        }
    }

    /// A condition, for rows that are not deleted.
    private static func live(_ node: Node, _ scan: ShardScan) -> Node {
        guard scan.deleted != nil else { return node }
        switch node {
        case .nothing: return .nothing
        case .everything: return .live
        case .all(let terms): return .all([.live] + terms)
        default: return .all([.live, node])
        }
    }

    /// Whether no row of the shard can be selected.
    var isEmpty: Bool { if case .nothing = root { true } else { false } }

    /// The keys that rows must have, per group, when that is all there is to the selection.
    var keyConditions: [(group: Int, keys: Bitmap)]? {
        switch root {
        case .everything: return []
        case .keys(let group, let keys): return [(group, keys)]
        case .all(let terms):
            var conditions: [(group: Int, keys: Bitmap)] = []
            for term in terms {
                guard case .keys(let group, let keys) = term else { return nil }
                conditions.append((group, keys))
            }
            return conditions
        default: return nil
        }
    }

    /// The numbers of the selected rows, when nothing else selects.
    var rowNumbers: RowRanges? {
        switch root {
        case .numbers(let numbers): return numbers
        case .all(let terms):
            if terms.count == 1, case .numbers(let numbers) = terms[0] { return numbers }
            return nil
        default: return nil
        }
    }

    var isEverything: Bool { if case .everything = root { true } else { false } }

    /// The keys of a group that a predicate whose fields it knows selects.
    static func keys(_ predicate: Predicate, group: Int, _ scan: ShardScan) throws -> Bitmap {
        switch predicate {
        case .leaf(let leaf, let fields):
            // What only deleted rows have must not fail the query.
            if leaf.canFail, let live = try scan.liveKeys(group) {
                var vectors: [Int: ColumnVector] = [:]
                let positions = live.positions
                for field in fields { vectors[field] = try scan.keys(field, group: group).picking(positions) }
                let keys = try LeafEvaluation.rows(leaf, vectors: vectors, count: positions.count)
                return Bitmap.scattering(keys, to: positions, count: live.count)
            }
            if fields.count == 1, let field = fields.first, let bitmaps = try scan.bitmaps(field, group: group),
                case .codes(_, let dictionary) = try scan.keys(field, group: group).values
            {
                let truth = try LeafEvaluation.truth(leaf, dictionary, field: field)
                return Bitmap.union(of: truth.positions.map { bitmaps[Int($0)] }, count: scan.count(group))
            }
            var vectors: [Int: ColumnVector] = [:]
            for field in fields { vectors[field] = try scan.keys(field, group: group) }
            return try LeafEvaluation.rows(leaf, vectors: vectors, count: scan.count(group))
        case .all(let terms):
            guard let first = terms.first else { return Bitmap(count: scan.count(group), filled: true) }
            var result = try keys(first, group: group, scan)
            for term in terms.dropFirst() { result.formIntersection(try keys(term, group: group, scan)) }
            return result
        case .any(let terms):
            return Bitmap.union(of: try terms.map { try keys($0, group: group, scan) }, count: scan.count(group))
        case .rows: throw LakeError(.failed, "row numbers are not known to the keys of a group")
        }
    }

    /// The keys of a group that pass all terms of a condition whose fields it knows.
    static func keys(_ terms: [ShardCondition.Term], group: Int, _ scan: ShardScan) throws -> Bitmap {
        var result: Bitmap?
        for term in terms {
            let own: Bitmap
            if let decided = term.decided, decided.group == group {
                own = decided.keys
            } else {
                own = try keys(term.predicate, group: group, scan)
            }
            if result == nil { result = own } else { result?.formIntersection(own) }
        }
        return result ?? Bitmap(count: scan.count(group), filled: true)
    }

    private static func node(_ keys: Bitmap, _ group: Int) -> Node {
        keys.isEmpty ? .nothing : keys.population == keys.count ? .everything : .keys(group: group, keys: keys)
    }

    static func plan(_ predicate: Predicate, _ scan: ShardScan) throws -> Node {
        if let group = scan.domain(of: predicate.fields) {
            return node(try keys(predicate, group: group, scan), group)
        }
        switch predicate {
        case .leaf(let leaf, let fields):
            guard fields.count == 1, let field = fields.first, let node = try scan.codedNode(field),
                scan.deleted == nil || !leaf.canFail
            else {
                return .rows(leaf, fields: fields)
            }
            let truth = try LeafEvaluation.truth(leaf, node.dictionary(), field: field)
            return truth.isEmpty ? .nothing : .codes(field: field, truth: truth)
        case .rows(let rows, _):
            let own = rows.intersection(RowRanges([scan.rowNumbers]))
            return own == .none ? .nothing : own.ranges == [scan.rowNumbers] ? .everything : .numbers(own)
        case .any(let terms):
            let nodes = try terms.map { try plan($0, scan) }
            if nodes.contains(where: { if case .everything = $0 { true } else { false } }) { return .everything }
            let open = nodes.filter { if case .nothing = $0 { false } else { true } }
            return open.isEmpty ? .nothing : .any(open)
        case .all(let terms):
            return try planAll(terms, scan) { try plan($0, scan) }
        }
    }

    /// Terms of one group are decided together; a term that selects nothing decides all.
    private static func planAll<Term>(
        _ terms: [Term], _ scan: ShardScan, _ plan: (Term) throws -> Node
    ) throws -> Node {
        var perGroup: [Int: Bitmap] = [:]
        var others: [Node] = []
        var numbers: RowRanges?
        for term in terms {
            switch try plan(term) {
            case .nothing: return .nothing
            case .everything: continue
            case .keys(let group, let keys):
                guard var known = perGroup[group] else {
                    perGroup[group] = keys
                    continue
                }
                known.formIntersection(keys)
                if known.isEmpty { return .nothing }
                perGroup[group] = known
            case .numbers(let rows): numbers = numbers?.intersection(rows) ?? rows
            case let node: others.append(node)
            }
        }
        if numbers == RowRanges.none { return .nothing }
        let keyed = perGroup.sorted { $0.key < $1.key }.map { Node.keys(group: $0.key, keys: $0.value) }
        let nodes = (numbers.map { [.numbers($0)] } ?? []) + keyed + others
        if nodes.isEmpty { return .everything }
        // The most selective term first: it empties chunks before the others look at them.
        let shares = try nodes.map { try share($0, scan) }
        return .all(nodes.indices.sorted { (shares[$0], $0) < (shares[$1], $1) }.map { nodes[$0] })
    }

    /// The share of the rows that a condition selects, exact where the index counts them; conditions on values that have to
    /// be read come after all others.
    static func share(_ node: Node, _ scan: ShardScan) throws -> Double {
        switch node {
        case .nothing: return 0
        case .everything: return 1
        case .keys(let group, let keys):
            return Double(Aggregation.total(try scan.rowsPerKey(group), in: keys)) / Double(scan.reader.rowCount)
        case .codes(let field, let truth):
            guard let counts = try scan.rowNode(field)?.counts() else { return 1 }
            let totals = counts.totals(codeCount: truth.count)
            return Double(truth.positions.reduce(0) { $0 + totals[Int($1)] }) / Double(scan.reader.rowCount)
        case .numbers: return 0
        case .live: return Double(scan.liveRows) / Double(scan.reader.rowCount)
        case .rows(_, let fields): return 2 + Double(fields.count)
        case .all(let terms): return try terms.map { try share($0, scan) }.min() ?? 1
        case .any(let terms): return try terms.map { try share($0, scan) }.reduce(0, +)
        }
    }

    /// The selected rows of a chunk; nil when there are none.
    /// - Parameter keys: the chunk's, so that what is decoded here is at hand later.
    func rows(ofChunk chunk: Int, keys: ChunkKeys) throws -> Bitmap? {
        try profile.timed(.select) {
            let rows = try rows(root, chunk, keys, within: nil)
            profile?.selected(rows?.population ?? 0)
            return rows.flatMap { $0.isEmpty ? nil : $0 }
        }
    }

    /// The selected rows of a chunk whose keys an order leaves; nil when there are none.
    func rows(ofChunk chunk: Int, keys: ChunkKeys, limit: KeyLimit) throws -> Bitmap? {
        try profile.timed(.select) {
            let count = scan.reader.rows(ofChunk: chunk)
            guard let near = try keyedRows(limit.group, limit.keys, chunk, count, keys, .order), !near.isEmpty else {
                return nil
            }
            var rows = near
            if !limit.isWhole {
                guard let selected = try self.rows(root, chunk, keys, within: near) else { return nil }
                rows.formIntersection(selected)
            }
            profile?.selected(rows.population)
            return rows.isEmpty ? nil : rows
        }
    }

    /// The rows of a chunk where a condition holds; nil when there are none.
    /// - Parameter known: rows outside of which nobody asks; nil for all.
    private func rows(_ node: Node, _ chunk: Int, _ chunkKeys: ChunkKeys, within known: Bitmap?) throws -> Bitmap? {
        let count = scan.reader.rows(ofChunk: chunk)
        switch node {
        case .nothing: return nil
        case .everything: return Bitmap(count: count, filled: true)
        case .keys(let group, let keys):
            // The keys of few rows are looked up one by one.
            if let known, known.population * 16 < count {
                return try chunkKeys.rows(group, in: keys, within: known)
            }
            return try keyedRows(group, keys, chunk, count, chunkKeys)
        case .codes(let field, let truth): return try codedRows(field, truth, chunk, count)
        case .live:
            var rows = Bitmap(count: count, filled: true)
            if let gone = scan.deleted?.rows(ofChunk: chunk) { rows.subtract(gone) }
            return rows.isEmpty ? nil : rows
        case .numbers(let numbers): return numberedRows(numbers, scan.rowNumbers(ofChunk: chunk))
        case .rows(let leaf, let fields):
            if try isPruned(leaf, chunk) {
                profile?.pruned(.statistics)
                return nil
            }
            return try evaluatedRows(leaf, fields, chunk, count, chunkKeys, within: known)
        case .all(let terms):
            var result = known
            for term in terms {
                guard var rows = try rows(term, chunk, chunkKeys, within: result), !rows.isEmpty else { return nil }
                if let known = result {
                    rows.formIntersection(known)
                    if rows.isEmpty { return nil }
                }
                result = rows
            }
            return result
        case .any(let terms):
            var result = Bitmap(count: count)
            for term in terms {
                if let rows = try rows(term, chunk, chunkKeys, within: known) { result.formUnion(rows) }
            }
            return result
        }
    }

    /// Few rows, and all rows whose text is asked for, are picked before their values are read.
    private func evaluatedRows(
        _ leaf: Bound, _ fields: Set<Int>, _ chunk: Int, _ count: Int, _ chunkKeys: ChunkKeys, within known: Bitmap?
    ) throws -> Bitmap {
        var vectors: [Int: ColumnVector] = [:]
        let cost = try fields.contains(where: isText) ? 1 : 4
        guard let known, known.population * cost < count || scan.deleted != nil && leaf.canFail else {
            for field in fields { vectors[field] = try scan.rows(field, chunk: chunk) }
            return try LeafEvaluation.rows(leaf, vectors: vectors, count: count)
        }
        let positions = known.positions
        for field in fields {
            vectors[field] = try scan.rows(field, chunk: chunk, at: positions) {
                try chunkKeys.codes($0, at: positions)
            }
        }
        let rows = try LeafEvaluation.rows(leaf, vectors: vectors, count: positions.count)
        return Bitmap.scattering(rows, to: positions, count: count)
    }

    /// Whether a column's rows are text that has to be decompressed.
    private func isText(_ field: Int) throws -> Bool {
        try scan.rowNode(field).map { $0.type.physical == .bytes && !$0.isDictionaryCoded } ?? false
    }

    private func keyedRows(
        _ group: Int, _ keys: Bitmap, _ chunk: Int, _ count: Int, _ chunkKeys: ChunkKeys,
        _ reason: QueryProfile.Pruning = .keys
    ) throws -> Bitmap? {
        let reader = scan.reader.groups[group]
        if reader.parent == nil, let bounds = try reader.codeNode.directory()[chunk].statistics.integers,
            bounds.low >= 0, bounds.high < keys.count, bounds.low <= bounds.high
        {
            let selected = keys.slice(Int(bounds.low)..<(Int(bounds.high) + 1)).population
            if selected == 0 {
                profile?.pruned(reason)
                return nil
            }
            if selected == Int(bounds.high - bounds.low) + 1 { return Bitmap(count: count, filled: true) }
        }
        return try chunkKeys.rows(group, in: keys)
    }

    private func numberedRows(_ numbers: RowRanges, _ chunk: Range<Int>) -> Bitmap? {
        let inside = numbers.overlapping(chunk)
        guard !inside.isEmpty else { return nil }
        var rows = Bitmap(count: chunk.count)
        for range in inside {
            let part = range.clamped(to: chunk)
            rows.fill((part.lowerBound - chunk.lowerBound)..<(part.upperBound - chunk.lowerBound))
        }
        return rows
    }

    private func codedRows(_ field: Int, _ truth: Bitmap, _ chunk: Int, _ count: Int) throws -> Bitmap? {
        guard let node = try scan.rowNode(field) else { return nil }
        if let counts = try node.counts() {
            let wanted = counts.part(chunk).filter { Int($0.code) < truth.count && truth[Int($0.code)] }
            let rows = wanted.reduce(0) { $0 + Int($1.rows) }
            if rows == 0 {
                profile?.pruned(.counts)
                return nil
            }
            if rows == count { return Bitmap(count: count, filled: true) }
            if wanted.count <= 4, node.record.bitmaps != 0 {
                var result = Bitmap(count: count)
                for (code, _) in wanted {
                    if let rows = try node.indexedRows(code: code, chunk: chunk, count: count) {
                        result.formUnion(rows)
                    }
                }
                return result
            }
        }
        if let rows = try node.rows(withCodes: truth, chunk: chunk) { return rows }
        var codes: [UInt32] = []
        try node.codes(chunk: chunk, into: &codes)
        return Aggregation.rows(codes, in: truth)
    }

    /// Whether a chunk's statistics rule a comparison with a constant out.
    private func isPruned(_ leaf: Bound, _ chunk: Int) throws -> Bool {
        guard case .comparison(let comparison, .field(let field, let type), .constant(let constant, _)) = leaf,
            let node = try scan.rowNode(field), node.type == type, type != .uint64
        else { return false }
        let statistics = try node.directory()[chunk].statistics
        let (low, high): (Scalar, Scalar)
        if type.physical == .integer, let bounds = statistics.integers {
            (low, high) = (Scalar(bits: bounds.low, type: type), Scalar(bits: bounds.high, type: type))
        } else if type.physical == .float, let bounds = statistics.floats, !statistics.hasNaN {
            (low, high) = (.float(bounds.low), .float(bounds.high))
        } else {
            return false
        }
        guard !constant.isNull else { return comparison != .distinct && comparison != .notDistinct }
        switch comparison {
        case .equal: return constant.compare(low) < 0 || constant.compare(high) > 0
        case .less: return low.compare(constant) >= 0
        case .lessOrEqual: return low.compare(constant) > 0
        case .greater: return high.compare(constant) <= 0
        case .greaterOrEqual: return high.compare(constant) < 0
        case .notEqual, .distinct, .notDistinct: return false
        }
    }
}
