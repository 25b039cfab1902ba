import LakeCore

/// A WHERE clause with every NOT pushed down to its leaves.
///
/// A row passes when the clause is true; what is false and what is unknown are alike from then on, so that AND and OR are
/// plain intersections and unions of the rows where their terms are true.
indirect enum Predicate: Sendable {
    case all([Predicate])
    case any([Predicate])
    /// Evaluated value by value; `fields` are those it reads.
    case leaf(Bound, fields: Set<Int>)

    init(_ condition: Bound) { self.init(condition, negated: false) }

    private init(_ condition: Bound, negated: Bool) {
        switch condition {
        case .and(let terms):
            let parts = terms.map { Predicate($0, negated: negated) }
            self = negated ? .any(parts) : .all(parts)
        case .or(let terms):
            let parts = terms.map { Predicate($0, negated: negated) }
            self = negated ? .all(parts) : .any(parts)
        case .not(let operand): self.init(operand, negated: !negated)
        default: self = .leaf(negated ? .not(condition) : condition, fields: condition.fields)
        }
    }

    var fields: Set<Int> {
        switch self {
        case .leaf(_, let fields): fields
        case .all(let terms), .any(let terms): terms.reduce(into: []) { $0.formUnion($1.fields) }
        }
    }
}
