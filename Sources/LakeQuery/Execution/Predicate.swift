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
    /// Rows by their numbers; `field` is the pseudo-column.
    case rows(RowRanges, field: Int)

    /// - Parameter rowNumber: the field of the pseudo-column `rowid`.
    init(_ condition: Bound, rowNumber: Int? = nil) { self.init(condition, negated: false, rowNumber) }

    private init(_ condition: Bound, negated: Bool, _ rowNumber: Int?) {
        switch condition {
        case .and(let terms):
            let parts = terms.map { Predicate($0, negated: negated, rowNumber) }
            self = negated ? .any(parts) : .all(parts)
        case .or(let terms):
            let parts = terms.map { Predicate($0, negated: negated, rowNumber) }
            self = negated ? .all(parts) : .any(parts)
        case .not(let operand): self.init(operand, negated: !negated, rowNumber)
        default:
            if let rowNumber, let rows = RowNumber.rows(condition, field: rowNumber) {
                self = .rows(negated ? rows.complement : rows, field: rowNumber)
            } else {
                self = .leaf(negated ? .not(condition) : condition, fields: condition.fields)
            }
        }
    }

    /// Rows outside of which the predicate is true nowhere.
    var bounds: RowRanges {
        switch self {
        case .leaf: .all
        case .rows(let rows, _): rows
        case .all(let terms): terms.reduce(.all) { $0.intersection($1.bounds) }
        case .any(let terms):
            terms.contains { $0.bounds == .all } ? .all : RowRanges(terms.flatMap { $0.bounds.ranges })
        }
    }

    var fields: Set<Int> {
        switch self {
        case .leaf(_, let fields): fields
        case .rows(_, let field): [field]
        case .all(let terms), .any(let terms): terms.reduce(into: []) { $0.formUnion($1.fields) }
        }
    }
}
