import LakeCore

/// What functions, operators and clauses take, and how a value of another type is made that.
enum TypeAdvice: String {
    case text, numbers, integers, lists, conditions
    case moments = "dates and timestamps"

    /// What to write; nil where nothing makes one of the other.
    func hint(for type: DataType?) -> String? {
        guard let type else { return nil }
        if type.element != nil {
            return self == .text
                ? "array_to_string(x, ', ') makes text of a list, x[1] is its first element"
                : "x[1] is the first element of a list, length(x) their number, list_max(x) the greatest"
        }
        switch self {
        case .text: return "CAST(x AS VARCHAR) makes text of it"
        case .lists: return "`alphalake schema` shows which columns are lists"
        case .conditions:
            return type.physical == .bytes
                ? "compare it: x = 'text', x IS NOT NULL" : "compare it: x > 0, x IS NOT NULL"
        case .moments:
            return type.physical == .bytes
                ? "CAST(x AS DATE) reads 2020-12-31" : "DATE '1970-01-01' + n is the date n days later"
        case .numbers, .integers:
            if type == .bool { return "CAST(x AS INTEGER) is 1 where it is true, else 0" }
            if type.isCalendar { return "year(x), epoch(x) and the like are numbers" }
            if type.physical == .bytes { return "CAST(x AS \(self == .integers ? "BIGINT" : "DOUBLE")) reads a number" }
            return "CAST(x AS BIGINT) rounds it"
        }
    }

    /// For casts that there are none of.
    static func castHint(_ from: DataType, to type: DataType) -> String? {
        if from.element != nil { return TypeAdvice.text.hint(for: from) }
        if type.element != nil { return nil }
        if from.isCalendar {
            return "year(x) and the like are numbers, x - DATE '1970-01-01' the days, epoch(x) the seconds"
        }
        return from == .bool ? "CASE WHEN x THEN DATE '2020-12-31' END" : TypeAdvice.moments.hint(for: from)
    }

    /// For a comparison of two types that do not compare; `isLiteral` where one side is written out.
    static func comparisonHint(_ a: DataType, _ b: DataType, isLiteral: Bool) -> String {
        let kinds = [a, b]
        if kinds.contains(.bool) {
            return kinds.contains { $0.isNumber }
                ? "truth values are no numbers: x = true, x IS TRUE, or CAST(x AS INTEGER)"
                : "truth values stand without quotes: x = true"
        }
        if kinds.contains(where: \.isNumber), kinds.contains(where: { $0.physical == .bytes }) {
            return isLiteral
                ? "text stands in single quotes, numbers without"
                : "CAST(x AS DOUBLE) reads a number, CAST(x AS VARCHAR) makes text"
        }
        if kinds.contains(where: \.isCalendar), kinds.contains(where: \.isNumber) {
            return "dates are written DATE '2020-12-31'; year(x) and the like are numbers"
        }
        return "write a CAST to the type that is meant"
    }

    /// For an operator between types that it does not take.
    static func operationHint(_ arithmetic: Expression.Arithmetic, _ a: DataType, _ b: DataType) -> String? {
        if a.isCalendar || b.isCalendar { return "date + 7, timestamp + INTERVAL '7 days', date_diff('day', a, b)" }
        if arithmetic == .add, a.physical == .bytes, b.physical == .bytes { return "a || b puts texts together" }
        return TypeAdvice.numbers.hint(for: a.isNumber ? b : a)
    }
}
