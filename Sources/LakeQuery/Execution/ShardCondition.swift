import LakeBytes
import LakeCore

/// What is left of a predicate in one shard once the terms that all of its rows pass are gone: with fewer columns to read, a
/// smaller domain may know them all.
enum ShardCondition: Sendable {
    case everything
    case nothing
    case some([Term])

    /// A term that some rows of the shard pass and others do not.
    struct Term: Sendable {
        var predicate: Predicate
        /// The keys that pass, where a group knows.
        var decided: (group: Int, keys: Bitmap)?
    }

    init(_ predicate: Predicate?, scan: ShardScan) throws {
        guard let predicate else {
            self = .everything
            return
        }
        let terms: [Predicate]
        if case .all(let all) = predicate { terms = all } else { terms = [predicate] }
        var open: [Term] = []
        for term in terms {
            guard let group = scan.domain(of: term.fields) else {
                open.append(Term(predicate: term))
                continue
            }
            let keys = try RowSelection.keys(term, group: group, scan)
            if keys.isEmpty {
                self = .nothing
                return
            }
            if keys.population < keys.count { open.append(Term(predicate: term, decided: (group, keys))) }
        }
        self = open.isEmpty ? .everything : .some(open)
    }

    /// The fields that it still reads.
    var fields: Set<Int> {
        guard case .some(let terms) = self else { return [] }
        return terms.reduce(into: []) { $0.formUnion($1.predicate.fields) }
    }

    var isNothing: Bool { if case .nothing = self { true } else { false } }
}
