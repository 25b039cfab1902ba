import LakeCore

/// Fits the expressions of a resolved statement to a table: finds fields, gives types, refuses what cannot be.
struct Binder {
    let schema: Schema
    let source: SQLSource
    /// The table's derived columns, if it may have any.
    var derived: DerivedColumns?
    /// Aggregates found so far, each once.
    private(set) var aggregates: [BoundAggregate] = []
    /// GROUP BY terms, by how they are written.
    private(set) var groups: [(written: Expression, bound: Bound)] = []

    init(schema: Schema, source: SQLSource) {
        self.schema = schema
        self.source = source
    }

    /// Binds the GROUP BY terms; expressions bound with `output` refer to them from then on.
    mutating func bindGroups(_ terms: [Expression]) throws -> [Bound] {
        for term in terms {
            let bound = try bind(term)
            if bound.type?.element != nil { throw refuse("lists cannot be grouped by", term) }
            groups.append((term, bound))
        }
        return groups.map(\.bound)
    }

    /// Binds an expression over groups: terms of GROUP BY and aggregates become references to results.
    mutating func output(_ expression: Expression) throws -> Bound {
        if let group = groups.firstIndex(where: { $0.written == expression }) {
            return .group(group, groups[group].bound.type ?? .int64)
        }
        if case .aggregate(let call) = expression.node {
            let bound = try aggregate(call, expression)
            if let known = aggregates.firstIndex(of: bound) { return .aggregate(known, bound.type) }
            aggregates.append(bound)
            return .aggregate(aggregates.count - 1, bound.type)
        }
        return try combine(expression) { binder, child in try binder.output(child) }
    }

    /// Binds an expression over rows.
    mutating func bind(_ expression: Expression) throws -> Bound {
        try combine(expression) { binder, child in try binder.bind(child) }
    }

    /// Binds a condition.
    mutating func condition(_ expression: Expression, output isOutput: Bool = false) throws -> Bound {
        let bound = isOutput ? try output(expression) : try bind(expression)
        guard bound.type == nil || bound.type == .bool else {
            throw refuse(
                "a condition must be true or false; this is \(bound.type.map(\.description) ?? "NULL")", expression)
        }
        return bound
    }

    func refuse(_ message: String, _ expression: Expression, hint: String? = nil) -> LakeError {
        source.error(message, at: expression.position, hint: hint)
    }

    private mutating func combine(
        _ expression: Expression, _ bind: (inout Binder, Expression) throws -> Bound
    ) throws -> Bound {
        switch expression.node {
        case .column(let column):
            let field = try schema.requiredIndex(of: column.name)
            return .field(field, try type(of: field, expression))
        case .literal(let literal): return Binder.constant(literal)
        case .comparison(let comparison, let left, let right):
            let (a, b) = try unified(bind(&self, left), bind(&self, right), left, right, expression)
            return .comparison(comparison, a, b)
        case .and(let terms): return .and(try terms.map { try checkedCondition($0, bind) })
        case .or(let terms): return .or(try terms.map { try checkedCondition($0, bind) })
        case .not(let operand): return .not(try checkedCondition(operand, bind))
        case .isNull(let operand, let negated):
            let test = Bound.isNull(try bind(&self, operand))
            return negated ? .not(test) : test
        case .inList(let operand, let list, let negated):
            var value = try bind(&self, operand)
            let items = try list.map { item in
                let (unifiedValue, unifiedItem) = try unified(value, bind(&self, item), operand, item, expression)
                value = unifiedValue
                return unifiedItem
            }
            let test = Binder.membership(value, items)
            return negated ? .not(test) : test
        case .between(let operand, let lower, let upper, let negated):
            let value = try bind(&self, operand)
            let (a, low) = try unified(value, bind(&self, lower), operand, lower, expression)
            let (b, high) = try unified(value, bind(&self, upper), operand, upper, expression)
            let test = Bound.and([.comparison(.greaterOrEqual, a, low), .comparison(.lessOrEqual, b, high)])
            return negated ? .not(test) : test
        case .like(let operand, let pattern, let ignoringCase, let negated):
            let text = try bind(&self, operand)
            guard text.type == nil || text.type?.physical == .bytes else {
                throw refuse("LIKE on \(text.type.map(\.description) ?? ""); it takes text", expression)
            }
            guard case .literal(.string(let string)) = pattern.node else {
                throw refuse("the pattern of LIKE must be a string literal", pattern)
            }
            let test = Bound.like(text, pattern: LikePattern(Array(string.utf8), ignoringCase: ignoringCase))
            return negated ? .not(test) : test
        case .arithmetic(let arithmetic, let left, let right):
            return try calculation(arithmetic, bind(&self, left), bind(&self, right), expression)
        case .negate(let operand):
            let value = try bind(&self, operand)
            let type = value.type ?? .int64
            guard Binder.isNumber(type) else { throw refuse("cannot negate \(type)", expression) }
            return .negate(value, type.physical == .float ? .float64 : .int64)
        case .cast(let operand, let type):
            guard type.element == nil else { throw refuse("casts to lists are not supported", expression) }
            let value = try bind(&self, operand)
            if let from = value.type, !Scalar.canCast(from, to: type) {
                throw refuse("\(from) cannot be cast to \(type)", expression)
            }
            return .cast(value, type)
        case .aggregate:
            throw refuse("an aggregate cannot stand here", expression)
        case .call(let name, _):
            throw refuse(
                "function '\(name)' is not supported yet", expression,
                hint: "aggregates are count, sum, avg, min and max")
        }
    }

    private mutating func type(of field: Int, _ expression: Expression) throws -> DataType {
        do {
            return try derived?.use(field) ?? schema.fields[field].type
        } catch let error as LakeError {
            let shown = source.error(error.message, at: expression.position)
            throw LakeError(error.code, shown.message, at: error.location, hint: error.hint)
        }
    }

    /// A list of constants is looked up, not walked.
    private static func membership(_ value: Bound, _ items: [Bound]) -> Bound {
        var constants = Set<Scalar>()
        for item in items {
            guard case .constant(let constant, _) = item else { return .inList(value, items) }
            constants.insert(constant)
        }
        let hasNull = constants.remove(.null) != nil
        return .inSet(value, constants, hasNull: hasNull)
    }

    private mutating func checkedCondition(
        _ expression: Expression, _ bind: (inout Binder, Expression) throws -> Bound
    ) throws -> Bound {
        let bound = try bind(&self, expression)
        guard bound.type == nil || bound.type == .bool else {
            throw refuse("AND, OR and NOT take conditions; this is \(bound.type.map(\.description) ?? "")", expression)
        }
        return bound
    }

    private static func constant(_ literal: Expression.Literal) -> Bound {
        switch literal {
        case .null: .constant(.null, .int64)
        case .bool(let value): .constant(.bool(value), .bool)
        case .integer(let value): .constant(.integer(value), .int64)
        case .unsigned(let value): .constant(.unsigned(value), .uint64)
        case .float(let value): .constant(.float(value), .float64)
        case .string(let value): .constant(.bytes(Array(value.utf8)), .utf8)
        case .date(let days): .constant(.integer(Int64(days)), .date)
        case .timestamp(let micros): .constant(.integer(micros), .timestamp)
        }
    }

    static func isNumber(_ type: DataType) -> Bool {
        type.physical == .float || type.physical == .integer && ![.bool, .date, .timestamp].contains(type)
    }

    private func calculation(
        _ arithmetic: Expression.Arithmetic, _ a: Bound, _ b: Bound, _ expression: Expression
    ) throws -> Bound {
        let (x, y) = (a.type ?? .int64, b.type ?? .int64)
        guard Binder.isNumber(x), Binder.isNumber(y) else {
            throw refuse("\(x) \(arithmetic.rawValue) \(y) is not supported; both sides must be numbers", expression)
        }
        let isInteger = x.physical == .integer && y.physical == .integer && arithmetic != .divide
        return .arithmetic(arithmetic, a, b, isInteger ? .int64 : .float64)
    }

    /// Both sides in types that can be compared: text literals beside dates become dates.
    private func unified(
        _ a: Bound, _ b: Bound, _ left: Expression, _ right: Expression, _ whole: Expression
    ) throws -> (Bound, Bound) {
        guard let x = a.type, let y = b.type else { return (a, b) }
        if x.element != nil || y.element != nil {
            throw refuse("lists cannot be compared", x.element != nil ? left : right)
        }
        if Binder.isNumber(x), Binder.isNumber(y) { return (a, b) }
        if x.physical == .bytes, y.physical == .bytes || x == y { return (a, b) }
        if x == y { return (a, b) }
        if [.date, .timestamp].contains(x), case .constant(.bytes(let text), _) = b {
            return (a, try calendar(text, x, right))
        }
        if [.date, .timestamp].contains(y), case .constant(.bytes(let text), _) = a {
            return (try calendar(text, y, left), b)
        }
        if x == .date, y == .timestamp { return (Binder.micros(a), b) }
        if x == .timestamp, y == .date { return (a, Binder.micros(b)) }
        throw refuse(
            "\(x) cannot be compared with \(y)", whole,
            hint: Binder.isNumber(x) || Binder.isNumber(y)
                ? "text stands in single quotes, numbers without" : "write a CAST to the type that is meant")
    }

    private static func micros(_ date: Bound) -> Bound {
        .arithmetic(.multiply, date, .constant(.integer(86_400_000_000), .int64), .int64)
    }

    private func calendar(_ bytes: [UInt8], _ type: DataType, _ expression: Expression) throws -> Bound {
        let text = String(decoding: bytes, as: UTF8.self)
        if type == .date, let days = CalendarText.days(parsing: text) {
            return .constant(.integer(Int64(days)), .date)
        }
        if type == .timestamp, let micros = CalendarText.micros(parsing: text) {
            return .constant(.integer(micros), .timestamp)
        }
        throw refuse("'\(text)' is no \(type)", expression, hint: "dates are written '2020-12-31'")
    }
}
