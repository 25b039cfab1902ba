import LakeCore

/// Makes expressions of the grammar's tree.
struct ExpressionParser {
    let source: SQLSource
    let bytes: [UInt8]
    let table: TableName

    /// Nesting of expressions at most: AND, OR and IN lists count once, however long. A level takes 3 KB of stack (17 KB
    /// without optimisation) here, and whoever evaluates the expression goes as deep.
    static let depthLimit = 200

    func expression(_ tree: GrammarTree) throws(LakeError) -> Expression {
        try expression(tree, depth: 0)
    }

    func expression(_ tree: GrammarTree, depth: Int) throws(LakeError) -> Expression {
        guard let (type, fields) = tree.node else { throw source.error("the SQL cannot be read", at: 0) }
        let position = fields["location"]?.number ?? fields["arg"]?.node?.fields["location"]?.number ?? 0
        guard depth < ExpressionParser.depthLimit else {
            throw source.error(
                "the SQL is nested deeper than \(ExpressionParser.depthLimit) levels", at: position,
                hint: "long lists of alternatives belong into IN (...)")
        }
        switch type {
        case "ColumnRef": return try column(fields, at: position)
        case "A_Const": return Expression(.literal(try literal(fields, at: position)), at: position)
        case "A_Expr": return try operation(fields, at: position, depth: depth + 1)
        case "BoolExpr": return try boolean(fields, at: position, depth: depth + 1)
        case "NullTest":
            let operand = try operand(fields["arg"], position, depth + 1)
            return Expression(
                .isNull(operand, negated: fields["nulltesttype"]?.string == "IS_NOT_NULL"), at: position)
        case "BooleanTest": return try booleanTest(fields, at: position, depth: depth + 1)
        case "FuncCall": return try call(fields, at: position, depth: depth + 1)
        case "TypeCast": return try cast(fields, depth: depth + 1)
        case "GroupingFunc":
            return Expression(.call("grouping", try list(fields["args"], depth + 1)), at: position)
        case "CoalesceExpr":
            return Expression(.call("coalesce", try list(fields["args"], depth + 1)), at: position)
        case "MinMaxExpr":
            let name = fields["op"]?.string == "IS_LEAST" ? "least" : "greatest"
            return Expression(.call(name, try list(fields["args"], depth + 1)), at: position)
        case "CaseExpr": return try choice(fields, at: position, depth: depth + 1)
        case "A_Indirection": return try subscripted(fields, at: position, depth: depth + 1)
        default: throw unsupported(type, fields, at: position)
        }
    }

    func operand(_ tree: GrammarTree?, _ position: Int, _ depth: Int) throws(LakeError) -> Expression {
        guard let tree else { throw source.error("an operand is missing", at: position) }
        return try expression(tree, depth: depth)
    }

    func list(_ tree: GrammarTree?, _ depth: Int) throws(LakeError) -> [Expression] {
        var result: [Expression] = []
        for element in tree?.elements ?? [] { result.append(try expression(element, depth: depth)) }
        return result
    }

    private func unsupported(_ type: String, _ fields: GrammarTree, at position: Int) -> LakeError {
        let (what, hint): (String, String?) =
            switch type {
            case "SubLink": ("subqueries are", SelectParser.exportHint)
            case "A_ArrayExpr":
                ("ARRAY[...] outside of ANY and ALL is", "x IN (1, 2, 3) compares with several values")
            case "RowExpr": ("rows of values are", "compare column by column, joined by AND")
            case "ParamRef": ("parameters are", "write the value itself")
            case "CollateClause": ("COLLATE is", "text compares byte by byte")
            case "SQLValueFunction"
            where fields["op"]?.string?.hasPrefix("SVFOP_CURRENT_") == true
                || fields["op"]?.string?.hasPrefix("SVFOP_LOCAL") == true:
                (
                    "the current date, time or user is",
                    "the same query must give the same answer tomorrow: write DATE '2026-01-31'"
                )
            case "SQLValueFunction":
                ("this keyword is", "for a column of that name, put the name in double quotes")
            default: ("this is", "Schemas/SQL.md lists what is")
            }
        return source.error("\(what) not part of AlphaLake's SQL", at: position, hint: hint)
    }

    // MARK: Columns

    private func column(_ fields: GrammarTree, at position: Int) throws(LakeError) -> Expression {
        let parts = fields["fields"]?.elements ?? []
        let names = parts.compactMap { $0.node?.fields["sval"]?.string }
        guard let last = names.last, names.count == parts.count else {
            throw source.error(
                "* stands only in SELECT and in count(*)", at: position, hint: "name a column")
        }
        var start = position
        if let qualifier = names.first, names.count > 1 {
            try checkQualifier(qualifier, count: names.count - 1, at: position)
            var lexer = SQLLexer(bytes, at: position)
            for _ in 0..<2 { _ = lexer.next() }
            start = lexer.next()?.range.lowerBound ?? position
        }
        let name = SQLName(last, at: start, in: bytes)
        return Expression(.column(ColumnName(name.text, quoted: name.quoted)), at: start)
    }

    /// What stands before the dot must be the table or its alias.
    func checkQualifier(_ qualifier: String, count: Int, at position: Int) throws(LakeError) {
        let known = table.alias ?? table.name
        let matches = qualifier == known || qualifier == known.asciiLowercased
        guard matches, count == 1 else {
            throw source.error(
                "'\(qualifier)' is not the table of this query", at: position,
                hint: "the table is '\(known)'; the part before the dot can be left out")
        }
    }

    // MARK: Logic

    private func boolean(_ fields: GrammarTree, at position: Int, depth: Int) throws(LakeError) -> Expression {
        let terms = try list(fields["args"], depth)
        switch (fields["boolop"]?.string, terms.first) {
        case ("AND_EXPR", _?): return Expression(.and(terms), at: position)
        case ("OR_EXPR", _?): return Expression(.or(terms), at: position)
        case ("NOT_EXPR", let operand?): return Expression(.not(operand), at: position)
        default: throw source.error("the condition cannot be read", at: position)
        }
    }

    private func booleanTest(_ fields: GrammarTree, at position: Int, depth: Int) throws(LakeError) -> Expression {
        let operand = try operand(fields["arg"], position, depth)
        func test(_ value: Bool, _ comparison: Expression.Comparison) -> Expression {
            let literal = Expression(.literal(.bool(value)), at: position)
            return Expression(.comparison(comparison, operand, literal), at: position)
        }
        switch fields["booltesttype"]?.string {
        case "IS_TRUE": return test(true, .notDistinct)
        case "IS_NOT_TRUE": return test(true, .distinct)
        case "IS_FALSE": return test(false, .notDistinct)
        case "IS_NOT_FALSE": return test(false, .distinct)
        case "IS_NOT_UNKNOWN": return Expression(.isNull(operand, negated: true), at: position)
        default: return Expression(.isNull(operand, negated: false), at: position)
        }
    }

    // MARK: Functions

    private func call(_ fields: GrammarTree, at position: Int, depth: Int) throws(LakeError) -> Expression {
        func refuse(_ what: String, at place: Int? = nil, hint: String? = nil) -> LakeError {
            source.error("\(what) not part of AlphaLake's SQL", at: place ?? position, hint: hint)
        }
        let names = (fields["funcname"]?.elements ?? []).compactMap { $0.node?.fields["sval"]?.string }
        guard let name = names.last, names.count == 1 || names.first == "pg_catalog" else {
            throw refuse("functions with a schema are", hint: "write the name alone: \(names.last ?? "")(...)")
        }
        if let over = fields["over"] {
            throw refuse("window functions are", at: over["location"]?.number, hint: SelectParser.exportHint)
        }
        if fields["func_variadic"]?.isTrue == true {
            throw refuse("VARIADIC is", hint: "write the arguments one by one")
        }
        if let argument = fields["args"]?.elements.first(where: { $0.node?.type == "NamedArgExpr" }) {
            throw refuse(
                "named arguments are", at: argument.node?.fields["location"]?.number,
                hint: "arguments stand in their order, without names")
        }
        let arguments = try list(fields["args"], depth)
        if let function = AggregateCall.Function(rawValue: name) {
            return try aggregate(function, arguments, fields, at: position, depth: depth)
        }
        if ["agg_star", "agg_distinct", "agg_filter", "agg_order"].contains(where: { fields[$0] != nil }) {
            throw source.error(
                "'\(name)' is not an aggregate of AlphaLake's SQL", at: position,
                hint: suggestion(for: name, among: AggregateCall.Function.allCases.map(\.rawValue))
                    ?? AggregateCall.hint)
        }
        // What the grammar writes as keywords has names that are none.
        let plain = names.count > 1 ? ["extract": "date_part", "position": "strpos"][name] : nil
        return Expression(.call(plain ?? name, arguments), at: position)
    }
}
