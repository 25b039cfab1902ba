import LakeBytes
import LakeCore

extension Binder {
    // MARK: CASE

    func choice(
        _ operand: Expression?, _ branches: [Expression.Branch], _ otherwise: Expression?,
        _ bind: (Expression) throws -> Bound
    ) throws -> Bound {
        let bound = try branches.map { try bind($0.condition) }
        let value = try operand.map { Binder.widened(try bind($0), beside: bound) }
        var conditions: [Bound] = []
        for (branch, condition) in zip(branches, bound) {
            if let operand, let value {
                conditions.append(
                    try Binder.comparable(
                        value, condition, operand, branch.condition, branch.condition, source
                    ).1)
            } else {
                guard condition.type == nil || condition.type == .bool else {
                    throw refuse(
                        "WHEN takes a condition; this is \(condition.type.map(\.description) ?? "")", branch.condition,
                        hint: TypeAdvice.conditions.hint(for: condition.type))
                }
                conditions.append(condition)
            }
        }
        let written = branches.map(\.value) + [otherwise].compactMap { $0 }
        let (values, type) = try CommonType.unify(try written.map(bind), written, source)
        return .choice(
            operand: value, zip(conditions, values).map { Bound.Branch(condition: $0, value: $1) },
            otherwise: otherwise == nil ? nil : values.last, type)
    }

    // MARK: LIKE

    func like(
        _ text: Bound, _ pattern: Expression, _ ignoringCase: Bool, _ expression: Expression,
        _ bind: (Expression) throws -> Bound
    ) throws -> Bound {
        guard text.type == nil || text.type?.physical == .bytes else {
            throw refuse(
                "LIKE on \(text.type.map(\.description) ?? ""); it takes text", expression,
                hint: TypeAdvice.text.hint(for: text.type))
        }
        var pattern = pattern
        let escape = try escape(&pattern)
        let bound = try bind(pattern)
        guard bound.type == nil || bound.type?.physical == .bytes else {
            throw refuse(
                "the pattern of LIKE is \(bound.type.map(\.description) ?? ""); it takes text", pattern,
                hint: "patterns stand in single quotes: x LIKE '1%'")
        }
        if case .constant(.bytes(let bytes), _) = bound {
            guard let pattern = TextPattern(bytes, escape: escape, ignoringCase: ignoringCase) else {
                throw refuse(
                    "the pattern ends in its escape character", pattern,
                    hint: "the escape character stands before another one, or twice for itself")
            }
            return .like(text, pattern: pattern)
        }
        let name = "\(ignoringCase ? "ILIKE" : "LIKE") \(escape.map(String.init) ?? "")"
        let function = Function(
            name, isDelicate: escape != nil,
            .values { values in
                guard case .bytes(let text) = values[0], case .bytes(let bytes) = values[1] else { return .null }
                guard let pattern = TextPattern(bytes, escape: escape, ignoringCase: ignoringCase) else {
                    throw LakeError(
                        .failed, "the pattern \(values[1].shown(as: .utf8)) ends in its escape character",
                        hint: "the escape character stands before another one, or twice for itself")
                }
                return .bool(pattern.matches(text[...]))
            })
        return .call(function, [text, bound], .bool, at: place(expression))
    }

    /// Takes `ESCAPE` off a pattern.
    private func escape(_ pattern: inout Expression) throws(LakeError) -> UInt8? {
        guard case .call("like_escape", let parts) = pattern.node, parts.count == 2 else { return nil }
        guard case .literal(.string(let mark)) = parts[1].node, mark.utf8.count <= 1 else {
            throw refuse("ESCAPE takes one ASCII character", parts[1], hint: "LIKE '50!%' ESCAPE '!'")
        }
        pattern = parts[0]
        return mark.utf8.first
    }

    // MARK: Lists

    func quantified(
        _ comparison: Expression.Comparison, _ value: (written: Expression, bound: Bound),
        _ list: (written: Expression, bound: Bound), _ all: Bool, _ expression: Expression
    ) throws -> Bound {
        let word = all ? "ALL" : "ANY"
        guard let element = list.bound.type?.element else {
            throw refuse(
                "\(word) takes a list; this is \(list.bound.type.map(\.description) ?? "NULL")", list.written,
                hint: "x IN (1, 2, 3) compares with several values")
        }
        guard value.bound.type?.element == nil else {
            throw refuse(
                "lists cannot be compared", value.written, hint: TypeAdvice.numbers.hint(for: value.bound.type))
        }
        let (_, bound) = try Binder.comparable(
            .field(0, element), value.bound, list.written, value.written, expression, source)
        return .quantified(comparison, bound, list: list.bound, all: all)
    }

    // MARK: Intervals

    /// A date or timestamp plus or minus an interval; nil when there is no interval.
    func moved(
        _ arithmetic: Expression.Arithmetic, _ left: Expression, _ right: Expression, _ expression: Expression,
        _ bind: (Expression) throws -> Bound
    ) throws -> Bound? {
        let (a, b) = (interval(left), interval(right))
        guard let interval = b ?? a else { return nil }
        guard a == nil || b == nil else {
            throw refuse(
                "an interval stands only beside a date or timestamp", expression,
                hint: "moment + INTERVAL '1 month' - INTERVAL '2 hours'")
        }
        guard arithmetic == .add || arithmetic == .subtract && b != nil else {
            throw refuse(
                "an interval is added to a date or timestamp, or subtracted from one", expression,
                hint: "moment + INTERVAL '1 month', moment - INTERVAL '2 hours'")
        }
        let operand = b == nil ? right : left
        let moment = try bind(operand)
        guard moment.type?.isCalendar ?? true else {
            throw refuse(
                "\(moment.type.map(\.description) ?? "") with an interval", operand,
                hint: "CAST(x AS DATE) + INTERVAL '1 day'")
        }
        let signed = arithmetic == .subtract ? interval.multiplied(by: -1) : interval
        guard let signed else {
            throw refuse(
                "an interval that is out of range", expression, hint: "years reach to 768614336404564650")
        }
        let type = moment.type ?? .timestamp
        let function = Function(
            "\(type) + \(signed.months) \(signed.days) \(signed.micros)", canFail: true,
            .integer { value in
                let (micros, overflow) = value.multipliedReportingOverflow(by: type == .date ? Interval.day : 1)
                guard !overflow, let result = signed.added(toMicros: micros) else {
                    throw LakeError.outOfCalendar("\(Scalar.integer(value).shown(as: type)) + INTERVAL '\(signed)'")
                }
                return result
            })
        return .call(function, [moment], .timestamp, at: place(expression))
    }

    /// The interval that an expression is: a literal, a negated one, one times a whole number, or a sum of two.
    private func interval(_ expression: Expression) -> Interval? {
        switch expression.node {
        case .literal(.interval(let interval)): return interval
        case .negate(let operand): return interval(operand)?.multiplied(by: -1)
        case .arithmetic(.multiply, let left, let right):
            if case .literal(.integer(let factor)) = right.node { return interval(left)?.multiplied(by: factor) }
            if case .literal(.integer(let factor)) = left.node { return interval(right)?.multiplied(by: factor) }
            return nil
        default: return nil
        }
    }
}
