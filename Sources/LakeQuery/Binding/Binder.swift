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
    /// Per GROUPING(...) the terms that it asks about.
    var groupings: [[Int]] = []

    init(schema: Schema, source: SQLSource) {
        self.schema = schema
        self.source = source
    }

    /// Binds the GROUP BY terms; expressions bound with `output` refer to them from then on.
    mutating func bindGroups(_ terms: [Expression]) throws -> [Bound] {
        for term in terms {
            let bound = try bind(term)
            if bound.type?.element != nil {
                throw refuse("lists cannot be grouped by", term, hint: TypeAdvice.text.hint(for: bound.type))
            }
            groups.append((term, bound))
        }
        return groups.map(\.bound)
    }

    /// Binds an expression over groups: terms of GROUP BY and aggregates become references to results.
    mutating func output(_ expression: Expression) throws -> Bound {
        if let group = groups.firstIndex(where: { $0.written == expression }) {
            return .group(group, groups[group].bound.type ?? .int64)
        }
        if let grouping = try grouping(expression) { return grouping }
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
                "a condition must be true or false; this is \(bound.type.map(\.description) ?? "NULL")", expression,
                hint: TypeAdvice.conditions.hint(for: bound.type))
        }
        return bound
    }

    func refuse(_ message: String, _ expression: Expression, hint: String? = nil) -> LakeError {
        source.error(message, at: expression.position, hint: hint)
    }

    func place(_ expression: Expression) -> Place { Place(source, at: expression.position) }

    private mutating func combine(
        _ expression: Expression, _ bind: (inout Binder, Expression) throws -> Bound
    ) throws -> Bound {
        switch expression.node {
        case .column(let column):
            let field = try schema.requiredIndex(of: column.name)
            return .field(field, try type(of: field, expression))
        case .literal(let literal): return try constant(literal, expression)
        case .comparison(let comparison, let left, let right):
            let (a, b) = try Binder.comparable(bind(&self, left), bind(&self, right), left, right, expression, source)
            return .comparison(comparison, a, b)
        case .and(let terms): return .and(try terms.map { try checkedCondition($0, bind) })
        case .or(let terms): return .or(try terms.map { try checkedCondition($0, bind) })
        case .not(let operand): return .not(try checkedCondition(operand, bind))
        case .isNull(let operand, let negated):
            let test = Bound.isNull(try bind(&self, operand))
            return negated ? .not(test) : test
        case .inList(let operand, let list, let negated):
            var value = try bind(&self, operand)
            if let only = list.first, list.count == 1 {
                let bound = try bind(&self, only)
                if bound.type?.element != nil {
                    let test = try quantified(.equal, (operand, value), (only, bound), false, expression)
                    return negated ? .not(test) : test
                }
            }
            let bound = try list.map { try bind(&self, $0) }
            value = Binder.widened(value, beside: bound)
            let items = try zip(bound, list).map { item, written in
                try Binder.comparable(value, item, operand, written, expression, source).1
            }
            let test = Binder.membership(value, items)
            return negated ? .not(test) : test
        case .between(let operand, let lower, let upper, let negated):
            let value = try bind(&self, operand)
            let (a, low) = try Binder.comparable(value, bind(&self, lower), operand, lower, expression, source)
            let (b, high) = try Binder.comparable(value, bind(&self, upper), operand, upper, expression, source)
            let test = Binder.between(a, low, b, high)
            return negated ? .not(test) : test
        case .like(let operand, let pattern, let ignoringCase, let negated):
            let test = try like(try bind(&self, operand), pattern, ignoringCase, expression) { try bind(&self, $0) }
            return negated ? .not(test) : test
        case .arithmetic(let arithmetic, let left, let right):
            if let moved = try moved(arithmetic, left, right, expression, { try bind(&self, $0) }) { return moved }
            return try calculation(arithmetic, bind(&self, left), bind(&self, right), expression)
        case .negate(let operand):
            let value = try bind(&self, operand)
            let type = value.type ?? .int64
            guard type.isNumber else {
                throw refuse(
                    "cannot negate \(type)", expression,
                    hint: type == .bool ? "NOT x" : TypeAdvice.numbers.hint(for: type))
            }
            return .negate(value, type.physical == .float ? type : .int64, at: place(expression))
        case .cast(let operand, let type):
            guard type.element == nil else {
                throw refuse("casts to lists are not supported", expression, hint: "CAST(x[1] AS BIGINT)")
            }
            let value = try bind(&self, operand)
            if let from = value.type, !Scalar.canCast(from, to: type) {
                throw refuse(
                    "\(from.nameInSQL) cannot be cast to \(type.nameInSQL)", expression,
                    hint: TypeAdvice.castHint(from, to: type))
            }
            return .cast(value, type, at: place(expression))
        case .aggregate:
            throw refuse("an aggregate cannot stand here", expression)
        case .call(let name, let arguments):
            let call = FunctionCall(
                name: name, arguments: try arguments.map { try bind(&self, $0) }, expression: expression,
                written: arguments, source: source)
            return try FunctionTable.bind(call)
        case .choice(let operand, let branches, let otherwise):
            return try choice(operand, branches, otherwise) { try bind(&self, $0) }
        case .quantified(let comparison, let value, let list, let all):
            return try quantified(
                comparison, (value, try bind(&self, value)), (list, try bind(&self, list)), all, expression)
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
        return .inSet(value, ConstantSet(constants), hasNull: hasNull)
    }

    private mutating func checkedCondition(
        _ expression: Expression, _ bind: (inout Binder, Expression) throws -> Bound
    ) throws -> Bound {
        let bound = try bind(&self, expression)
        guard bound.type == nil || bound.type == .bool else {
            throw refuse(
                "AND, OR and NOT take conditions; this is \(bound.type.map(\.description) ?? "")", expression,
                hint: TypeAdvice.conditions.hint(for: bound.type))
        }
        return bound
    }
}
