import LakeCore

/// The one type of several expressions that stand for each other: branches of CASE, arguments of COALESCE.
enum CommonType {
    /// The expressions, cast where that is needed, and their type.
    /// - Throws: `LakeError` (usage) with a caret under the first that does not fit.
    static func unify(
        _ terms: [Bound], _ written: [Expression], _ source: SQLSource
    ) throws(LakeError) -> (terms: [Bound], type: DataType) {
        var common: DataType?
        for (term, expression) in zip(terms, written) {
            guard let type = term.type else { continue }
            if let element = type.element {
                throw source.error("a list of \(element) cannot stand here", at: expression.position)
            }
            // A string literal becomes a date beside dates; so do others read what the others are.
            if isLiteral(term), type == .utf8, let known = common, known.isCalendar { continue }
            guard let known = common, known != type else {
                common = type
                continue
            }
            guard let joint = joint(known, type) else {
                let hint = "write a CAST to the type that is meant"
                throw source.error("\(known) and \(type) have no common type", at: expression.position, hint: hint)
            }
            common = joint
        }
        if common == .utf8 { common = calendarBesideLiterals(terms) ?? common }
        let type = common ?? .int64
        var result: [Bound] = []
        for (term, expression) in zip(terms, written) { result.append(try fit(term, expression, type, source)) }
        return (result, type)
    }

    private static func isLiteral(_ term: Bound) -> Bool { if case .constant = term { true } else { false } }

    /// The calendar type of terms that are all either that or string literals.
    private static func calendarBesideLiterals(_ terms: [Bound]) -> DataType? {
        let others = Set(terms.filter { !isLiteral($0) || $0.type != .utf8 }.compactMap(\.type))
        guard let only = others.first, others.count == 1, only.isCalendar else { return nil }
        return only
    }

    private static func joint(_ a: DataType, _ b: DataType) -> DataType? {
        if a.isNumber, b.isNumber {
            if a.physical == .float || b.physical == .float {
                return a == .float64 || b == .float64 ? .float64 : .float32
            }
            if a == .uint64 || b == .uint64 { return a == b ? a : nil }
            return .int64
        }
        if a.isCalendar, b.isCalendar { return .timestamp }
        if a.physical == .bytes, b.physical == .bytes || !isPlain(b) { return .utf8 }
        if b.physical == .bytes, !isPlain(a) { return .utf8 }
        return nil
    }

    /// Types that do not become text by standing beside it: a string literal beside them is a mistake.
    private static func isPlain(_ type: DataType) -> Bool { type.isNumber || type == .bool }

    private static func fit(
        _ term: Bound, _ expression: Expression, _ type: DataType, _ source: SQLSource
    ) throws(LakeError) -> Bound {
        guard let own = term.type, own != type else { return term.type == nil ? .constant(.null, type) : term }
        if type.isCalendar, case .constant(.bytes(let text), _) = term {
            return try Binder.calendar(text, type, expression, source)
        }
        // Integers need no cast to a wider integer, nor floats to a wider float.
        if own.physical == type.physical, own.isNumber, type == .int64 && own != .uint64 || type == .float64 {
            return term
        }
        if own.physical == .bytes, type.physical == .bytes { return term }
        if case .constant(.integer(let value), _) = term, type == .float64 {
            return .constant(.float(Double(value)), .float64)
        }
        return .cast(term, type, at: Place(source, at: expression.position))
    }
}
