import LakeCore

extension Binder {
    /// Binds an aggregate: its arguments over rows, its type.
    mutating func aggregate(_ call: AggregateCall, _ expression: Expression) throws -> BoundAggregate {
        let name = call.function.rawValue
        var result = BoundAggregate(function: call.function.computed, argument: nil, type: .int64)
        result.place = Place(source, at: expression.position)
        if let argument = call.argument {
            let bound = try bind(argument)
            let input = bound.type ?? ([.boolAnd, .boolOr].contains(call.function) ? .bool : .int64)
            result.argument = bound
            result.input = input
            result.type = try Binder.type(of: call.function, over: input) {
                refuse("\(name) of \(input); it takes \($0)", expression, hint: Binder.advice($0, input))
            }
            // The middle one of texts is one of them.
            if call.function == .median, input == .bool || input.physical == .bytes {
                result.function = .quantileDiscrete
            }
        } else if call.function == .share {
            result.type = .float64
        }
        try bindOthers(call, expression, &result)
        if call.distinct {
            guard ![.share, .ess, .wasserstein].contains(result.function) else {
                throw refuse(
                    "\(name)(DISTINCT ...) has no meaning", expression, hint: "\(name)(...) without DISTINCT")
            }
            if result.argument?.type?.element != nil {
                throw refuse(
                    "\(name)(DISTINCT ...) of a list", expression,
                    hint: TypeAdvice.text.hint(for: result.argument?.type))
            }
            // DISTINCT changes nothing there.
            result.distinct = result.state != .extremes
        }
        if let filter = call.filter {
            let condition = try condition(filter)
            switch result.argument {
            case .inputs(let inputs, _)?: result.argument = .inputs(inputs, filter: condition)
            case let argument:
                result.argument = .inputs([argument ?? .constant(.integer(1), .int64)], filter: condition)
            }
            if call.argument == nil { result.input = .int64 }
        }
        return result
    }

    private mutating func bindOthers(
        _ call: AggregateCall, _ expression: Expression, _ result: inout BoundAggregate
    ) throws {
        switch call.function {
        case .quantile, .quantileContinuous, .quantileDiscrete, .percentileContinuous, .percentileDiscrete:
            guard let fraction = call.others.first else { return }
            result.fraction = try self.fraction(fraction)
            result.descending = (call.within == .descending) != (result.fraction.sign == .minus)
            result.fraction = result.fraction.magnitude
        case .share:
            guard !call.others.isEmpty else { return }
            result.within = try call.others.map { term in
                guard let group = groups.firstIndex(where: { $0.written == term }) else {
                    throw refuse(
                        "share counts within terms of GROUP BY; this is none of them", term,
                        hint: "share(x, a, b): this group's part of all groups that agree in a and b")
                }
                return group
            }
        case .wasserstein:
            guard let value = result.argument else { return }
            var inputs = [value]
            for term in call.others.prefix(2) { inputs.append(try condition(term)) }
            if call.others.count > 2 {
                let weight = try bind(call.others[2])
                guard (weight.type ?? .int64).isNumber else {
                    throw refuse(
                        "a weight is a number", call.others[2], hint: TypeAdvice.numbers.hint(for: weight.type))
                }
                inputs.append(weight)
            }
            result.argument = .inputs(inputs, filter: nil)
        default: break
        }
    }

    /// GROUPING(a, b): per term a bit that says that a row's group is not by that term.
    mutating func grouping(_ expression: Expression) throws -> Bound? {
        guard case .call(let name, let arguments) = expression.node, name == "grouping" || name == "grouping_id" else {
            return nil
        }
        let terms = try arguments.map { argument in
            guard let group = groups.firstIndex(where: { $0.written == argument }) else {
                throw refuse(
                    "GROUPING asks about terms of GROUP BY; this is none of them", argument,
                    hint: "add it to GROUP BY")
            }
            return group
        }
        guard terms.count < 64 else {
            throw refuse(
                "GROUPING asks about 63 terms at most", expression, hint: "several GROUPING(...) ask about more")
        }
        groupings.append(terms)
        return .group(groups.count + groupings.count - 1, .int64)
    }

    /// The constant that says where a quantile stands. Below 0, it counts from the greatest value, as in DuckDB.
    private func fraction(_ expression: Expression) throws -> Double {
        let literal: Expression
        var sign = 1.0
        if case .negate(let operand) = expression.node {
            (literal, sign) = (operand, -1)
        } else {
            literal = expression
        }
        let value: Double? =
            switch literal.node {
            case .literal(.float(let value)): value * sign
            case .literal(.integer(let value)): Double(value) * sign
            default: nil
            }
        guard let value, value.magnitude <= 1 else {
            throw refuse(
                "the fraction of a quantile is a number from 0 to 1", expression, hint: "quantile(x, 0.9)")
        }
        return value
    }

    /// What makes of a type one that an aggregate takes.
    private static func advice(_ wanted: String, _ type: DataType) -> String? {
        let kind = TypeAdvice(rawValue: wanted) ?? (wanted.hasPrefix("numbers") ? .numbers : .lists)
        return type.element == nil ? kind.hint(for: type) : TypeAdvice.numbers.hint(for: type)
    }

    /// The type of an aggregate's result.
    /// - Parameter refuse: the error for an argument of another kind than this.
    private static func type(
        of function: AggregateCall.Function, over input: DataType, refuse: (String) -> LakeError
    ) throws -> DataType {
        func require(_ condition: Bool, _ kind: String) throws { if !condition { throw refuse(kind) } }
        let isTime = input == .date || input == .timestamp
        switch function {
        case .count: return .int64
        case .sum:
            try require(input.isNumber || input == .bool, "numbers")
            return input.physical == .float ? .float64 : .int64
        case .share, .ess, .avg, .stddev, .stddevSample, .stddevPopulation, .variance, .varianceSample,
            .variancePopulation:
            try require(input.isNumber, "numbers")
            return .float64
        case .wasserstein:
            try require(input.isNumber || isTime || input == .bool, "numbers, dates and conditions")
            return .float64
        case .boolAnd, .boolOr:
            try require(input == .bool, "conditions")
            return .bool
        case .median where input == .bool || input.physical == .bytes: return input
        case .median, .quantileContinuous, .percentileContinuous:
            try require(input.isNumber || isTime, "numbers, dates and timestamps")
            return isTime ? .timestamp : .float64
        case .min, .max, .anyValue, .mode, .quantile, .quantileDiscrete, .percentileDiscrete:
            try require(input.element == nil, "no lists")
            return input
        }
    }
}
