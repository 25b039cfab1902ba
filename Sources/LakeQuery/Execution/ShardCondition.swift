import LakeBytes
import LakeCore

/// What is left of a predicate in one shard once the terms that all of its rows pass are gone: with fewer columns to read, a
/// smaller domain may know them all.
enum ShardCondition: Sendable {
    case everything
    case nothing
    case some(Predicate)

    init(_ predicate: Predicate?, scan: ShardScan) throws {
        guard let predicate else {
            self = .everything
            return
        }
        let terms: [Predicate]
        if case .all(let all) = predicate { terms = all } else { terms = [predicate] }
        var open: [Predicate] = []
        for term in terms {
            guard let group = scan.domain(of: term.fields) else {
                open.append(term)
                continue
            }
            let keys = try RowSelection.keys(term, group: group, scan)
            if keys.isEmpty {
                self = .nothing
                return
            }
            if keys.population < keys.count { open.append(term) }
        }
        switch open.count {
        case 0: self = .everything
        case 1: self = .some(open[0])
        default: self = .some(.all(open))
        }
    }

    /// The fields that it still reads.
    var fields: Set<Int> { if case .some(let predicate) = self { predicate.fields } else { [] } }

    var isNothing: Bool { if case .nothing = self { true } else { false } }
}
