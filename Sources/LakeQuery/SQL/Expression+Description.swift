import LakeCore

extension Expression: CustomStringConvertible {
    /// The expression as SQL, in one spelling: names outputs that have no alias, and says in errors what is meant.
    public var description: String {
        switch node {
        case .column(let column): column.description
        case .literal(let literal): literal.description
        case .comparison(let comparison, let left, let right):
            "\(left.operand) \(comparison.rawValue) \(right.operand)"
        case .and(let terms): terms.map(\.operand).joined(separator: " AND ")
        case .or(let terms): terms.map(\.operand).joined(separator: " OR ")
        case .not(let operand): "NOT \(operand.operand)"
        case .isNull(let operand, let negated): "\(operand.operand) IS \(negated ? "NOT " : "")NULL"
        case .inList(let operand, let values, let negated):
            "\(operand.operand) \(negated ? "NOT " : "")IN (\(values.map(\.description).joined(separator: ", ")))"
        case .between(let operand, let lower, let upper, let negated):
            "\(operand.operand) \(negated ? "NOT " : "")BETWEEN \(lower.operand) AND \(upper.operand)"
        case .like(let operand, let pattern, let ignoringCase, let negated):
            "\(operand.operand) \(negated ? "NOT " : "")\(ignoringCase ? "ILIKE" : "LIKE") \(pattern.likePattern)"
        case .arithmetic(let arithmetic, let left, let right):
            "\(left.operand) \(arithmetic.rawValue) \(right.operand)"
        case .negate(let operand): "-\(operand.operand)"
        case .aggregate(let call): call.description
        case .call("||", let arguments): arguments.map(\.operand).joined(separator: " || ")
        case .call(let name, let arguments): "\(name)(\(arguments.map(\.description).joined(separator: ", ")))"
        case .cast(let operand, let type): "CAST(\(operand) AS \(type.nameInSQL))"
        case .choice(let operand, let branches, let otherwise):
            "CASE " + (operand.map { "\($0) " } ?? "")
                + branches.map { "WHEN \($0.condition) THEN \($0.value) " }.joined()
                + (otherwise.map { "ELSE \($0) " } ?? "") + "END"
        case .quantified(let comparison, let left, let right, let all):
            "\(left.operand) \(comparison.rawValue) \(all ? "ALL" : "ANY")(\(right))"
        }
    }

    /// What stands behind LIKE.
    private var likePattern: String {
        guard case .call("like_escape", let parts) = node, parts.count == 2 else { return operand }
        return "\(parts[0].operand) ESCAPE \(parts[1].operand)"
    }

    /// The description, in parentheses where it would not hold together within another expression.
    private var operand: String {
        switch node {
        case .call("||", _): "(\(description))"
        case .column, .literal, .aggregate, .call, .cast, .choice: description
        default: "(\(description))"
        }
    }
}

extension ColumnName: CustomStringConvertible {
    /// The name, in double quotes unless it is a plain identifier.
    public var description: String {
        let plain = name.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
        return plain && !name.isEmpty ? name : quote(name, with: "\"")
    }
}

extension Expression.Literal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .null: "NULL"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .unsigned(let value): String(value)
        case .float(let value): String(value)
        case .string(let value): quote(value, with: "'")
        case .date(let days): "DATE '\(CalendarText.date(days))'"
        case .interval(let interval): "INTERVAL '\(interval)'"
        case .timestamp(let micros): "TIMESTAMP '\(CalendarText.timestamp(micros))'"
        }
    }
}

private func quote(_ text: String, with mark: Character) -> String {
    var result = String(mark)
    for character in text {
        if character == mark { result.append(mark) }
        result.append(character)
    }
    result.append(mark)
    return result
}
