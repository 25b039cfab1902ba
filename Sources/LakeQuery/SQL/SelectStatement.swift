import LakeCore

/// One SELECT over one table, as the SQL says it; `resolved(against:)` then fits it to the table's columns.
public struct SelectStatement: Sendable {
    /// The SQL it was parsed from, for errors that point into it.
    public var source: SQLSource
    public var distinct: Bool
    public var items: [SelectItem]
    public var table: TableName
    /// WHERE.
    public var predicate: Expression?
    /// Terms of GROUP BY. An ordinal stands here as an integer literal, and an output name as a column, until resolved.
    public var groupBy: [Expression]
    /// For ROLLUP, CUBE and GROUPING SETS, per set which terms it groups by; nil where all rows are grouped by all terms.
    public var groupingSets: [[Int]]?
    public var having: Expression?
    public var orderBy: [SortKey]
    /// Rows at most; nil for all.
    public var limit: Int?
    /// Rows left out at the start.
    public var offset: Int
    /// What is drawn of the rows that pass WHERE; nil for all.
    public var sample: SampleClause?
    /// What EXPLAIN in front of it asks for; nil to run it.
    public var explain: Explain?

    /// Whether rows are grouped: by GROUP BY, or all into one by an aggregate or HAVING.
    public var isAggregate: Bool {
        !groupBy.isEmpty || groupingSets != nil || having != nil
            || items.contains { $0.expression?.containsAggregate == true }
            || orderBy.contains { $0.expression.containsAggregate }
    }
}

/// What EXPLAIN asks for instead of a query's rows.
public enum Explain: Hashable, Sendable {
    /// How it is going to be run.
    case plan
    /// That, and what running it took.
    case analysis
}

/// One output of a SELECT.
public struct SelectItem: Hashable, Sendable {
    /// Nil for `*`, which `resolved(against:)` replaces by all columns.
    public var expression: Expression?
    /// The name after AS.
    public var alias: String?
    /// Byte offset in the SQL.
    public var position: Int

    public init(_ expression: Expression?, alias: String? = nil, at position: Int) {
        self.expression = expression
        self.alias = alias
        self.position = position
    }

    public var isStar: Bool { expression == nil }

    /// The output's name: the alias, else the column's name, else the expression as SQL (`count(*)`, `sum(weight)`).
    public var name: String {
        if let alias { return alias }
        guard let expression else { return "*" }
        if case .column(let column) = expression.node { return column.name }
        return expression.description
    }
}

/// The table of FROM.
public struct TableName: Hashable, Sendable {
    public var name: String
    /// In double quotes: matches exactly.
    public var quoted: Bool
    public var alias: String?
    /// Byte offset in the SQL.
    public var position: Int

    public init(name: String, quoted: Bool = false, alias: String? = nil, position: Int) {
        self.name = name
        self.quoted = quoted
        self.alias = alias
        self.position = position
    }
}

/// One term of ORDER BY.
public struct SortKey: Hashable, Sendable {
    /// An ordinal stands here as an integer literal, and an output name as a column, until resolved.
    public var expression: Expression
    public var descending: Bool
    /// DuckDB's meaning where the SQL says nothing: last, ascending and descending alike.
    public var nullsFirst: Bool
}
