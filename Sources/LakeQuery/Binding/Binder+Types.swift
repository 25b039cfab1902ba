import LakeCore

extension Binder {
    func constant(_ literal: Expression.Literal, _ expression: Expression) throws(LakeError) -> Bound {
        switch literal {
        case .null: .constant(.null, .int64)
        case .bool(let value): .constant(.bool(value), .bool)
        case .integer(let value): .constant(.integer(value), .int64)
        case .unsigned(let value): .constant(.unsigned(value), .uint64)
        case .float(let value): .constant(.float(value), .float64)
        case .string(let value): .constant(.bytes(Array(value.utf8)), .utf8)
        case .date(let days): .constant(.integer(Int64(days)), .date)
        case .timestamp(let micros): .constant(.integer(micros), .timestamp)
        case .interval:
            throw refuse(
                "an interval stands only beside a date or timestamp", expression,
                hint: "moment + INTERVAL '1 month', moment - INTERVAL '2 hours'")
        }
    }

    /// Both sides in types that can be compared: text literals beside dates become dates, and decimals beside float32
    /// are rounded to that, as in DuckDB.
    static func comparable(
        _ a: Bound, _ b: Bound, _ left: Expression, _ right: Expression, _ whole: Expression, _ source: SQLSource
    ) throws(LakeError) -> (Bound, Bound) {
        guard let x = a.type, let y = b.type else { return (a, b) }
        if x.element != nil || y.element != nil {
            throw source.error(
                "lists cannot be compared", at: (x.element != nil ? left : right).position,
                hint: "x = ANY(list) looks a value up in a list")
        }
        if x.isNumber, y.isNumber { return (narrowed(a, beside: y, left), narrowed(b, beside: x, right)) }
        if x.physical == .bytes, y.physical == .bytes || x == y { return (a, b) }
        if x == y { return (a, b) }
        if x.isCalendar, case .constant(.bytes(let text), _) = b { return (a, try calendar(text, x, right, source)) }
        if y.isCalendar, case .constant(.bytes(let text), _) = a { return (try calendar(text, y, left, source), b) }
        if x == .date, y == .timestamp { return (.cast(a, .timestamp, at: Place(source, at: left.position)), b) }
        if x == .timestamp, y == .date { return (a, .cast(b, .timestamp, at: Place(source, at: right.position))) }
        throw source.error(
            "\(x) cannot be compared with \(y)", at: whole.position,
            hint: TypeAdvice.comparisonHint(x, y, isLiteral: isConstant(a) || isConstant(b)))
    }

    private static func isConstant(_ bound: Bound) -> Bool { if case .constant = bound { true } else { false } }

    /// A date that is compared with a timestamp among others, as a timestamp.
    static func widened(_ value: Bound, beside others: [Bound]) -> Bound {
        value.type == .date && others.contains { $0.type == .timestamp } ? .cast(value, .timestamp) : value
    }

    /// A decimal literal beside float32 as the nearest of those.
    private static func narrowed(_ bound: Bound, beside type: DataType, _ written: Expression) -> Bound {
        guard type == .float32, case .constant(.float(let value), _) = bound, Float(value).isFinite else {
            return bound
        }
        switch written.node {
        case .literal, .negate: return .constant(.float(Double(Float(value))), .float32)
        default: return bound
        }
    }

    static func calendar(
        _ bytes: [UInt8], _ type: DataType, _ expression: Expression, _ source: SQLSource
    ) throws(LakeError) -> Bound {
        let text = String(decoding: bytes, as: UTF8.self)
        if type == .date, let days = CalendarText.days(parsing: text) {
            return .constant(.integer(Int64(days)), .date)
        }
        if type == .timestamp, let micros = CalendarText.micros(parsing: text) {
            return .constant(.integer(micros), .timestamp)
        }
        throw source.error(
            "'\(text)' is no \(type)", at: expression.position, hint: "dates are written '2020-12-31'")
    }

    /// The operand of BETWEEN twice, once per bound: what is more than a column is computed once.
    static func between(_ a: Bound, _ low: Bound, _ b: Bound, _ high: Bound) -> Bound {
        if a.children.isEmpty || a != b {
            return .and([.comparison(.greaterOrEqual, a, low), .comparison(.lessOrEqual, b, high)])
        }
        let function = Function(
            "between",
            .nullable { values in
                let lower = Bound.compare(.greaterOrEqual, values[0], values[1])
                let upper = Bound.compare(.lessOrEqual, values[0], values[2])
                if lower == .bool(false) || upper == .bool(false) { return .bool(false) }
                return lower.isNull || upper.isNull ? .null : .bool(true)
            })
        return .call(function, [a, low, high], .bool)
    }

    func calculation(
        _ arithmetic: Expression.Arithmetic, _ a: Bound, _ b: Bound, _ expression: Expression
    ) throws(LakeError) -> Bound {
        let (x, y) = (a.type ?? .int64, b.type ?? .int64)
        if x.isNumber, y.isNumber { return Bound.calculation(arithmetic, a, b, at: place(expression)) }
        if x == .date, y.isNumber, y.physical == .integer, arithmetic == .add || arithmetic == .subtract {
            return shifted(a, by: b, arithmetic, expression)
        }
        if y == .date, x.isNumber, x.physical == .integer, arithmetic == .add {
            return shifted(b, by: a, .add, expression)
        }
        if x == .date, y == .date, arithmetic == .subtract { return .arithmetic(.subtract, a, b, .int64) }
        if x.isCalendar, y.isCalendar, arithmetic == .subtract {
            throw refuse(
                "\(x) - \(y) is an interval, which is not supported", expression,
                hint:
                    "date_diff('day', b, a) counts the days between, or other parts; epoch(a) - epoch(b) is the seconds"
            )
        }
        throw refuse(
            "\(x) \(arithmetic.rawValue) \(y) is not supported; both sides must be numbers", expression,
            hint: TypeAdvice.operationHint(arithmetic, x, y))
    }

    /// A date some days later or earlier.
    private func shifted(
        _ date: Bound, by days: Bound, _ arithmetic: Expression.Arithmetic, _ expression: Expression
    ) -> Bound {
        let function = Function(
            "date \(arithmetic.rawValue) days", canFail: true,
            .values { values in
                guard let sum = try? Bound.calculate(arithmetic, values[0], values[1], .int64),
                    case .integer(let day) = sum, Int32(exactly: day) != nil
                else {
                    let (from, days) = (values[0].shown(as: .date), values[1].shown(as: .int64))
                    throw LakeError.outOfCalendar("\(from) \(arithmetic.rawValue) \(days) days")
                }
                return sum
            })
        return .call(function, [date, days], .date, at: place(expression))
    }
}

extension Bound {
    /// The operation in the type that numbers of two types make.
    static func calculation(
        _ arithmetic: Expression.Arithmetic, _ a: Bound, _ b: Bound, at place: Place
    ) -> Bound {
        let (x, y) = (a.type ?? .int64, b.type ?? .int64)
        if x.physical == .integer, y.physical == .integer {
            return .arithmetic(arithmetic, a, b, arithmetic == .divide ? .float64 : .int64, at: place)
        }
        // Literals take the width of what they stand beside, as DuckDB's decimals do.
        func isNarrow(_ bound: Bound, _ type: DataType) -> Bool {
            if case .constant = bound { return true }
            return type == .float32 || type.physical == .integer
        }
        let narrow = isNarrow(a, x) && isNarrow(b, y) && (x == .float32 || y == .float32)
        return .arithmetic(arithmetic, a, b, narrow ? .float32 : .float64, at: place)
    }
}
