import LakeCore

/// One node of a parsed expression and where it stands in the SQL.
///
/// Two expressions are equal when they say the same thing, wherever they stand: that is how a GROUP BY term is found
/// again among the selected items.
public struct Expression: Sendable {
    public var node: Node
    /// Byte offset in the SQL of the token that names the node: a column's name, an operator, a function's name.
    public var position: Int

    public init(_ node: Node, at position: Int) {
        self.node = node
        self.position = position
    }

    /// What an expression is; without its place in the SQL.
    public indirect enum Node: Hashable, Sendable {
        case column(ColumnName)
        case literal(Literal)
        case comparison(Comparison, Expression, Expression)
        /// Two terms or more.
        case and([Expression])
        /// Two terms or more.
        case or([Expression])
        case not(Expression)
        case isNull(Expression, negated: Bool)
        case inList(Expression, [Expression], negated: Bool)
        case between(Expression, lower: Expression, upper: Expression, negated: Bool)
        case like(Expression, pattern: Expression, ignoringCase: Bool, negated: Bool)
        case arithmetic(Arithmetic, Expression, Expression)
        case negate(Expression)
        case aggregate(AggregateCall)
        /// A function that is not an aggregate, its name in lower case.
        case call(String, [Expression])
        case cast(Expression, DataType)
        /// CASE; with an operand, a branch is taken when the operand equals its condition.
        case choice(Expression?, [Branch], otherwise: Expression?)
        /// `value = ANY (list)`, `value <> ALL (list)`.
        case quantified(Comparison, Expression, Expression, all: Bool)
    }

    /// WHEN condition THEN value.
    public struct Branch: Hashable, Sendable {
        public var condition: Expression
        public var value: Expression

        public init(condition: Expression, value: Expression) {
            self.condition = condition
            self.value = value
        }
    }

    /// Comparison operators, as SQL writes them.
    public enum Comparison: String, Hashable, Sendable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        /// Like `notEqual`, but NULL is a value: never NULL itself.
        case distinct = "IS DISTINCT FROM"
        /// Like `equal`, but NULL equals NULL. `x IS TRUE` is `x IS NOT DISTINCT FROM true`.
        case notDistinct = "IS NOT DISTINCT FROM"
    }

    /// Arithmetic operators, as SQL writes them.
    public enum Arithmetic: String, Hashable, Sendable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        /// DuckDB's meaning: always a float64, `7 / 2` is 3.5.
        case divide = "/"
        /// `7 // 2` is 3.
        case integerDivide = "//"
        case remainder = "%"
    }

    /// A constant of the SQL.
    public enum Literal: Hashable, Sendable {
        case null
        case bool(Bool)
        case integer(Int64)
        /// An integer above `Int64.max`.
        case unsigned(UInt64)
        case float(Double)
        case string(String)
        /// Days since 1970-01-01.
        case date(Int32)
        /// Microseconds since 1970-01-01T00:00:00Z.
        case timestamp(Int64)
        case interval(Interval)
    }
}

/// A column as the SQL writes it; `SelectStatement.resolved(against:)` replaces `name` by the schema's spelling.
public struct ColumnName: Hashable, Sendable {
    public var name: String
    /// In double quotes: matches a schema name exactly; otherwise in lower case, as PostgreSQL's grammar gives it.
    public var quoted: Bool

    public init(_ name: String, quoted: Bool = false) {
        self.name = name
        self.quoted = quoted
    }
}

extension Expression: Hashable {
    public static func == (left: Expression, right: Expression) -> Bool { left.node == right.node }

    public func hash(into hasher: inout Hasher) { hasher.combine(node) }
}

extension Expression {
    /// The expressions this one is made of, left to right; an aggregate's argument and filter among them.
    public var children: [Expression] {
        switch node {
        case .column, .literal: []
        case .comparison(_, let left, let right), .arithmetic(_, let left, let right): [left, right]
        case .and(let terms), .or(let terms), .call(_, let terms): terms
        case .not(let operand), .isNull(let operand, _), .negate(let operand), .cast(let operand, _): [operand]
        case .inList(let operand, let values, _): [operand] + values
        case .between(let operand, let lower, let upper, _): [operand, lower, upper]
        case .like(let left, let right, _, _), .quantified(_, let left, let right, _): [left, right]
        case .choice(let operand, let branches, let otherwise):
            [operand].compactMap { $0 } + branches.flatMap { [$0.condition, $0.value] }
                + [otherwise].compactMap { $0 }
        case .aggregate(let call): call.parts
        }
    }

    /// Whether an aggregate stands anywhere in it.
    public var containsAggregate: Bool {
        if case .aggregate = node { return true }
        return children.contains(where: \.containsAggregate)
    }
}
