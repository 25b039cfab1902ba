import LakeBytes
import LakeCore

/// An expression fitted to a table: columns are field positions, types are known, literals have the type that they are
/// compared with.
indirect enum Bound: Hashable, Sendable {
    case field(Int, DataType)
    case constant(Scalar, DataType)
    case comparison(Expression.Comparison, Bound, Bound)
    case and([Bound])
    case or([Bound])
    case not(Bound)
    case isNull(Bound)
    case inList(Bound, [Bound])
    /// IN a list of constants; `hasNull` when NULL was among them.
    case inSet(Bound, ConstantSet, hasNull: Bool)
    case like(Bound, pattern: TextPattern)
    case arithmetic(Expression.Arithmetic, Bound, Bound, DataType, at: Place = .unknown)
    case negate(Bound, DataType, at: Place = .unknown)
    case cast(Bound, DataType, at: Place = .unknown)
    /// What an aggregate takes in, evaluated side by side; rows that do not pass the filter are left out.
    case inputs([Bound], filter: Bound?)
    /// CASE. With an operand, a branch is taken when the operand equals its condition. Branches that are not taken are
    /// not evaluated.
    case choice(operand: Bound?, [Branch], otherwise: Bound?, DataType)
    /// The first that is not NULL; those behind it are not evaluated.
    case coalesce([Bound], DataType)
    /// How a value stands to the elements of a list: to any, or to all of them.
    case quantified(Expression.Comparison, Bound, list: Bound, all: Bool)
    case call(Function, [Bound], DataType, at: Place = .unknown)
    /// The result of an aggregate, once there is one.
    case aggregate(Int, DataType)
    /// The value of a GROUP BY term.
    case group(Int, DataType)

    /// WHEN condition THEN value.
    struct Branch: Hashable, Sendable {
        var condition: Bound
        var value: Bound
    }

    /// Nil for the untyped NULL.
    var type: DataType? {
        switch self {
        case .field(_, let type), .arithmetic(_, _, _, let type, _), .negate(_, let type, _), .cast(_, let type, _),
            .aggregate(_, let type), .group(_, let type), .choice(_, _, _, let type), .coalesce(_, let type),
            .call(_, _, let type, _):
            type
        case .constant(let value, let type): value.isNull ? nil : type
        case .inputs(let inputs, _): inputs.first?.type
        case .comparison, .and, .or, .not, .isNull, .inList, .inSet, .like, .quantified: .bool
        }
    }

    /// Where it stands in the SQL, of what can fail. Only errors ask: taken along on the way it would be counted per row.
    var place: Place {
        switch self {
        case .arithmetic(_, _, _, _, let place), .negate(_, _, let place), .cast(_, _, let place),
            .call(_, _, _, let place):
            place
        default: .unknown
        }
    }

    var children: [Bound] {
        switch self {
        case .field, .constant, .aggregate, .group: []
        case .comparison(_, let a, let b), .arithmetic(_, let a, let b, _, _), .quantified(_, let a, let b, _): [a, b]
        case .and(let terms), .or(let terms), .coalesce(let terms, _), .call(_, let terms, _, _): terms
        case .choice(let operand, let branches, let otherwise, _):
            [operand].compactMap { $0 } + branches.flatMap { [$0.condition, $0.value] }
                + [otherwise].compactMap { $0 }
        case .not(let a), .isNull(let a), .like(let a, _), .inSet(let a, _, _), .negate(let a, _, _),
            .cast(let a, _, _):
            [a]
        case .inList(let a, let list): [a] + list
        case .inputs(let inputs, let filter): inputs + (filter.map { [$0] } ?? [])
        }
    }

    /// The fields it reads.
    var fields: Set<Int> {
        if case .field(let field, _) = self { return [field] }
        return children.reduce(into: []) { $0.formUnion($1.fields) }
    }
}
