import LakeCore

extension ExpressionParser {
    /// A_Const: the literals of the grammar.
    func literal(_ fields: GrammarTree, at position: Int) throws(LakeError) -> Expression.Literal {
        if fields["isnull"] != nil { return .null }
        if let value = fields["boolval"] { return .bool(value["boolval"]?.isTrue == true) }
        if let value = fields["sval"] { return .string(value["sval"]?.string ?? "") }
        if let value = fields["ival"] {
            return .integer(value["ival"]?.number.map(Int64.init) ?? signedInteger(at: position))
        }
        if let text = fields["fval"]?["fval"]?.string { return try number(text, at: position) }
        throw source.error(
            "bit strings are not part of AlphaLake's SQL", at: position, hint: "strings are in single quotes: 'text'")
    }

    /// The integer whose sign or digits start at `position`: libpg_query leaves out all that are not above zero.
    private func signedInteger(at position: Int) -> Int64 {
        var lexer = SQLLexer(bytes, at: position)
        var negative = false
        while let token = lexer.next() {
            if lexer.isMark(token, "-") { negative.toggle() }
            if token.kind == .number {
                let value = Int64(lexer.text(token)) ?? 0
                return negative ? -value : value
            }
        }
        return 0
    }

    /// Numbers that are no 32-bit integers arrive as text.
    private func number(_ text: String, at position: Int) throws(LakeError) -> Expression.Literal {
        if let value = Int64(text) { return .integer(value) }
        if let value = UInt64(text) { return .unsigned(value) }
        guard let value = Double(text), value.isFinite else {
            throw source.error(
                "the number \(text.prefix(40)) is out of range", at: position,
                hint: "floats reach to 1.7976931348623157e308")
        }
        return .float(value)
    }

    /// TypeCast; one of a string literal to a date, timestamp, number or bool becomes a literal itself.
    func cast(_ fields: GrammarTree, depth: Int) throws(LakeError) -> Expression {
        let typeName = fields["typeName"]
        let typePosition = typeName?["location"]?.number ?? 0
        let operand = try operand(fields["arg"], typePosition, depth)
        if (typeName?["names"]?.elements ?? []).last?.node?.fields["sval"]?.string == "interval" {
            return try interval(operand, typeName, at: typePosition)
        }
        let type = try type(typeName, at: typePosition)
        guard case .literal(.string(let text)) = operand.node else {
            return Expression(.cast(operand, type), at: typePosition)
        }
        guard let literal = ExpressionParser.literal(text, as: type) else {
            let form = type == .date ? "dates are written '2020-12-31'" : "timestamps are written '2020-12-31 23:59:59'"
            throw source.error("'\(text.prefix(40))' is not a valid \(type)", at: operand.position, hint: form)
        }
        return Expression(literal.map(Expression.Node.literal) ?? .cast(operand, type), at: operand.position)
    }

    /// `INTERVAL '1 day'`, `INTERVAL '2' MONTH` and `'3 days'::INTERVAL`.
    private func interval(
        _ operand: Expression, _ typeName: GrammarTree?, at position: Int
    ) throws(LakeError) -> Expression {
        guard case .literal(.string(let text)) = operand.node else {
            throw source.error("only string literals become intervals", at: position, hint: "INTERVAL '3 days'")
        }
        var unit: String?
        if let mask = typeName?["typmods"]?.elements.first?.node?.fields["ival"]?["ival"]?.number {
            // PostgreSQL's bits for the fields of an interval.
            let units = [1: "month", 2: "year", 3: "day", 10: "hour", 11: "minute", 12: "second"]
            unit = units.first { 1 << $0.key == mask }?.value
            if unit == nil, mask != 0x7FFF {
                throw source.error("an interval counts one unit", at: position, hint: "INTERVAL '1 year 2 months'")
            }
        }
        guard let interval = Interval(parsing: text, unit: unit) else {
            throw source.error(
                "'\(text.prefix(40))' is not an interval", at: operand.position,
                hint: "INTERVAL '1 day 2 hours'; units are year, quarter, month, week, day, hour, minute, second")
        }
        return Expression(.literal(.interval(interval)), at: operand.position)
    }

    /// Nil when the text is not of the type; nil inside when the cast is left to be evaluated.
    private static func literal(_ text: String, as type: DataType) -> Expression.Literal?? {
        let trimmed = text.drop { $0 == " " }
        switch type {
        case .utf8: return .some(.string(text))
        case .date: return CalendarText.days(parsing: trimmed).map { .date($0) }
        case .timestamp: return CalendarText.micros(parsing: trimmed).map { .timestamp($0) }
        default: return .some(nil)
        }
    }

    /// PostgreSQL's and DuckDB's names for the column types, after the grammar's own renaming.
    private static let types: [String: DataType] = [
        "bool": .bool, "boolean": .bool, "logical": .bool, "int1": .int8, "tinyint": .int8, "int2": .int16,
        "smallint": .int16, "int4": .int32, "int": .int32, "int32": .int32, "int8": .int64, "bigint": .int64,
        "int64": .int64, "int16": .int16, "utinyint": .uint8, "uint8": .uint8, "usmallint": .uint16,
        "uint16": .uint16, "uinteger": .uint32, "uint32": .uint32, "ubigint": .uint64, "uint64": .uint64,
        "float4": .float32, "float32": .float32, "float8": .float64, "float64": .float64, "double": .float64,
        "text": .utf8, "varchar": .utf8, "bpchar": .utf8, "string": .utf8, "utf8": .utf8, "date": .date,
        "timestamp": .timestamp, "timestamptz": .timestamp, "datetime": .timestamp, "bytea": .binary,
        "blob": .binary, "binary": .binary,
    ]

    private func type(_ tree: GrammarTree?, at position: Int) throws(LakeError) -> DataType {
        let names = (tree?["names"]?.elements ?? []).compactMap { $0.node?.fields["sval"]?.string }
        guard let name = names.last, let type = ExpressionParser.types[name], tree?["arrayBounds"] == nil else {
            if tree?["arrayBounds"] != nil {
                throw source.error(
                    "casts to lists are not part of AlphaLake's SQL", at: position, hint: "CAST(x[1] AS BIGINT)")
            }
            throw source.error(
                "'\(names.last ?? "this")' is not a type of AlphaLake's SQL", at: position,
                hint:
                    "types are BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, VARCHAR, BLOB, DATE, TIMESTAMP"
            )
        }
        return type
    }
}
