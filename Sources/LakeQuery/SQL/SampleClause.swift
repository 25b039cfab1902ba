import LakeCore

/// A sample of the rows that pass WHERE: `FROM t TABLESAMPLE rows(1000, age, sex) REPEATABLE (7)`.
public struct SampleClause: Hashable, Sendable {
    /// Rows wanted of each combination of values of `per`; fewer where there are fewer.
    public var rows: Int
    public var per: [Expression]
    /// Another seed draws another sample.
    public var seed: Int64

    /// - Throws: `LakeError` (usage) when `rows` is not positive.
    public init(rows: Int, per: [Expression] = [], seed: Int64 = 0) throws(LakeError) {
        guard rows > 0 else {
            throw LakeError(.usage, "a sample of \(rows) rows", hint: "a sample has 1 row at least")
        }
        self.rows = rows
        self.per = per
        self.seed = seed
    }

    /// A sample per combination of columns of a table.
    /// - Parameter columns: their names, letters of either case.
    /// - Throws: `LakeError` (usage) when `rows` is not positive.
    public init(rows: Int, per columns: [String], seed: Int64 = 0) throws(LakeError) {
        try self.init(rows: rows, per: columns.map { Expression(.column(ColumnName($0)), at: -1) }, seed: seed)
    }
}

extension SelectParser {
    /// The sample of a table in FROM; nil when all rows are meant.
    func sample(_ fields: GrammarTree, of table: TableName) throws(LakeError) -> SampleClause? {
        guard case ("RangeTableSample", let sample)? = fields["fromClause"]?.elements.first?.node else { return nil }
        let hint = "a sample reads: FROM table TABLESAMPLE rows(1000) REPEATABLE (7), or rows(1000, age) per age"
        let position = sample["location"]?.number ?? 0
        let method = sample["method"]?.elements.compactMap { $0.node?.fields["sval"]?.string } ?? []
        guard method == ["rows"], let arguments = sample["args"]?.elements, let first = arguments.first else {
            throw source.error(
                "sampling by \(method.joined(separator: ".")) is not part of AlphaLake's SQL", at: position, hint: hint)
        }
        let expressions = ExpressionParser(source: source, bytes: bytes, table: table)
        let count = try expressions.expression(first)
        guard case .literal(.integer(let rows)) = count.node, rows > 0 else {
            throw source.error("a sample needs a number of rows from 1", at: count.position, hint: hint)
        }
        var per: [Expression] = []
        for argument in arguments.dropFirst() { per.append(try expressions.expression(argument)) }
        var seed: Int64 = 0
        if let tree = sample["repeatable"] {
            let value = try expressions.expression(tree)
            guard let number = SelectParser.whole(value) else {
                throw source.error("a seed is a whole number of 64 bits", at: value.position, hint: hint)
            }
            seed = number
        }
        return try SampleClause(rows: Int(rows), per: per, seed: seed)
    }

    private static func whole(_ expression: Expression) -> Int64? {
        switch expression.node {
        case .literal(.integer(let value)): value
        case .negate(let operand):
            if case .literal(.integer(let value)) = operand.node { 0 - value } else { nil }
        default: nil
        }
    }
}
