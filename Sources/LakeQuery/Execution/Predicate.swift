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
        case .and(let terms): self.init(terms, all: !negated, negated: negated, rowNumber)
        case .or(let terms): self.init(terms, all: negated, negated: negated, rowNumber)
        case .not(let operand): self.init(operand, negated: !negated, rowNumber)
        default:
            if let rowNumber, let rows = RowNumber.rows(condition, field: rowNumber) {
                self = .rows(negated ? rows.complement : rows, field: rowNumber)
            } else {
                self = .leaf(negated ? .not(condition) : condition, fields: condition.fields)
            }
        }
    }

    /// Terms that fail on some values are decided behind the others, on the rows that these leave open: `n <> 0 AND
    /// 9 // n > 1` is an error nowhere.
    private init(_ terms: [Bound], all: Bool, negated: Bool, _ rowNumber: Int?) {
        let delicate = terms.filter(\.isDelicate)
        let others = terms.filter { !$0.isDelicate }
        guard !delicate.isEmpty else {
            let parts = terms.map { Predicate($0, negated: negated, rowNumber) }
            self = all ? .all(parts) : .any(parts)
            return
        }
        let inOrder = (others + delicate).map { negated ? Bound.not($0) : $0 }
        let last = all ? Bound.and(inOrder) : .or(inOrder)
        let leaf = Predicate.leaf(last, fields: last.fields)
        self = all ? .all(others.map { Predicate($0, negated: negated, rowNumber) } + [leaf]) : leaf
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

    /// The conditions that it is made of.
    var leaves: [Bound] {
        switch self {
        case .leaf(let leaf, _): [leaf]
        case .rows: []
        case .all(let terms), .any(let terms): terms.flatMap(\.leaves)
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
