import LakeBytes
import LakeCore

extension Bound {
    /// Where a condition is true, false and unknown, as `evaluate` has it place by place.
    /// - Throws: `LakeError` (failed) for overflow and casts that do not fit, at places where they are reached.
    func truth(over fields: FieldVectors) throws -> Truth {
        if case .field(let field, _) = self {
            return fields.vectors[field].map { Truth($0) } ?? Truth(nil, count: fields.count)
        }
        if case .one(let field) = reads, let (values, numbers) = fields.distinct(field) {
            return try spelledTruth(over: values).spread(over: numbers)
        }
        return try spelledTruth(over: fields)
    }

    private func spelledTruth(over fields: FieldVectors) throws -> Truth {
        if fields.count >= 1_024 { try Cancellation.checkCurrent() }
        switch self {
        case .constant(let value, _):
            if case .bool(let value) = value { return Truth(value, count: fields.count) }
            return Truth(nil, count: fields.count)
        case .not(let operand): return try operand.truth(over: fields).negated
        case .and(let terms):
            return try Bound.joined(terms, fields, start: true, rest: \.falses) { $0.formConjunction($1) }
        case .or(let terms):
            return try Bound.joined(terms, fields, start: false, rest: \.trues) { $0.formDisjunction($1) }
        case .isNull(let operand):
            guard let known = try operand.vector(over: fields).known else { return Truth(false, count: fields.count) }
            return Truth(passes: known, known: nil).negated
        case .comparison(let comparison, let a, let b):
            return try Bound.compared(comparison, a, b, over: fields)
        case .inSet(let operand, let set, let hasNull):
            let vector = try operand.vector(over: fields)
            let type = operand.type ?? .int64
            var truth: Truth
            if case .integers(let values) = vector.values, type.isNumber || type.isCalendar, type != .uint64 {
                truth = Truth(passes: set.rows(values), known: vector.validity)
            } else {
                var passes = Bitmap(count: fields.count)
                for place in 0..<fields.count where set.contains(vector.scalar(place, type)) { passes[place] = true }
                truth = Truth(passes: passes, known: vector.known)
            }
            if hasNull { truth.falses = Bitmap(count: fields.count) }
            return truth
        case .like(let operand, let pattern):
            let vector = try operand.vector(over: fields).spelledOut()
            guard case .bytes(let strings) = vector.values else { return Truth(nil, count: fields.count) }
            return Truth(passes: try pattern.rows(strings), known: vector.validity)
        case .quantified(let comparison, let value, let list, let all):
            return try Bound.quantified(comparison, value, list, all: all, over: fields)
        case .call(let function, let arguments, _, _):
            guard case .search(let body) = function.kernel, let text = arguments.first,
                case let vector = try text.vector(over: fields).spelledOut(), case .bytes(let strings) = vector.values
            else { return Truth(try vector(over: fields)) }
            return Truth(passes: try body(strings), known: vector.validity)
        default: return Truth(try vector(over: fields))
        }
    }

    /// ANY is true when it is for one element, and ALL false when it is for one; a NULL among the elements leaves open
    /// what they do not decide. Over a list that is empty or NULL, ANY is false and ALL true, as in DuckDB.
    private static func quantified(
        _ comparison: Expression.Comparison, _ value: Bound, _ list: Bound, all: Bool, over fields: FieldVectors
    ) throws -> Truth {
        var result = Truth(all, count: fields.count)
        guard let lists = ListValues(try list.vector(over: fields)) else { return result }
        let element = list.type?.element ?? .int64
        let values = try value.vector(over: fields)
        let truth = try lists.compared(comparison.mirrored, element, with: value, values)
        let (decided, open) = all ? (truth.falses, truth.trues) : (truth.trues, truth.falses)
        for place in 0..<fields.count where !lists.isNull(place) {
            let elements = lists[place]
            let isDecided = elements.contains { decided[$0] }
            if isDecided || elements.allSatisfy({ open[$0] }) {
                result.trues[place] = isDecided != all
                result.falses[place] = isDecided == all
            } else {
                result.trues[place] = false
                result.falses[place] = false
            }
        }
        return result
    }

    /// AND and OR: terms that can fail see only the places that are not decided yet.
    private static func joined(
        _ terms: [Bound], _ fields: FieldVectors, start: Bool, rest decided: KeyPath<Truth, Bitmap>,
        _ join: (inout Truth, Truth) -> Void
    ) throws -> Truth {
        var result = Truth(start, count: fields.count)
        for term in terms {
            guard term.canFail, !result[keyPath: decided].isEmpty else {
                join(&result, try term.truth(over: fields))
                continue
            }
            var open = result[keyPath: decided]
            open.invert()
            let positions = open.positions
            if positions.isEmpty { return result }
            let part = try term.truth(over: fields.gathering(positions.map { Int($0) }, for: term))
            join(&result, part.scattered(to: positions, count: fields.count, rest: start))
        }
        return result
    }

    private static func compared(
        _ comparison: Expression.Comparison, _ a: Bound, _ b: Bound, over fields: FieldVectors
    ) throws -> Truth {
        if case .constant(let constant, _) = b, !constant.isNull {
            let vector = try a.vector(over: fields).spelledOut()
            if let passes = vector.passes(comparison.test, constant, a.type) {
                return truth(comparison, passes, vector.validity, nil)
            }
        }
        if case .constant(let constant, _) = a, !constant.isNull {
            let vector = try b.vector(over: fields).spelledOut()
            if let passes = vector.passes(comparison.test.mirrored, constant, b.type) {
                return truth(comparison, passes, nil, vector.validity)
            }
        }
        let (x, y) = (try a.vector(over: fields), try b.vector(over: fields))
        let (left, right) = (x.spelledOut(), y.spelledOut())
        if let passes = left.passes(comparison.test, right, a.type, b.type) {
            return truth(comparison, passes, left.validity, right.validity)
        }
        let types = (a.type ?? .int64, b.type ?? .int64)
        var result = Truth(nil, count: fields.count)
        for place in 0..<fields.count {
            switch compare(comparison, x.scalar(place, types.0), y.scalar(place, types.1)) {
            case .bool(true): result.trues[place] = true
            case .bool(false): result.falses[place] = true
            default: continue
            }
        }
        return result
    }

    /// What a comparison is where it passes for values; `a` and `b` say where those are not NULL.
    private static func truth(
        _ comparison: Expression.Comparison, _ passes: Bitmap, _ a: Bitmap?, _ b: Bitmap?
    ) -> Truth {
        var known = a ?? b
        if a != nil, let b { known?.formIntersection(b) }
        guard let known, comparison == .distinct || comparison == .notDistinct else {
            return Truth(passes: passes, known: known)
        }
        // NULLs are equal to each other and to nothing else.
        var bothNull = a ?? Bitmap(count: passes.count, filled: true)
        bothNull.formUnion(b ?? Bitmap(count: passes.count, filled: true))
        bothNull.invert()
        var equal = Truth(passes: passes, known: known)
        if comparison == .distinct { equal = equal.negated }
        equal.trues.formUnion(bothNull)
        var rest = equal.trues
        rest.invert()
        equal.falses = rest
        return comparison == .distinct ? equal.negated : equal
    }
}

extension Expression.Comparison {
    /// With its sides exchanged.
    var mirrored: Expression.Comparison {
        switch self {
        case .equal, .notEqual, .distinct, .notDistinct: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }

    /// The test between two values that are not NULL.
    var test: Comparison.Test {
        switch self {
        case .equal, .notDistinct: .equal
        case .notEqual, .distinct: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        }
    }
}

extension ColumnVector {
    /// Where a value stands so to a constant; nil where that is left to scalars. Places that are NULL say anything.
    fileprivate func passes(_ test: Comparison.Test, _ constant: Scalar, _ type: DataType?) -> Bitmap? {
        switch (values, constant) {
        case (.integers(let values), .integer(let bound)) where type != .uint64:
            Comparison.rows(values, test, bound)
        case (.integers(let values), .bool(let bound)): Comparison.rows(values, test, bound ? 1 : 0)
        case (.floats(let values), .float(let bound)) where !bound.isNaN: Comparison.rows(values, test, bound)
        case (.floats(let values), .integer(let bound)) where bound.magnitude < 1 << 53:
            Comparison.rows(values, test, Double(bound))
        case (.bytes(let strings), .bytes(let bound)): Comparison.rows(strings, test, bound)
        default: nil
        }
    }

    fileprivate func passes(
        _ test: Comparison.Test, _ other: ColumnVector, _ type: DataType?, _ otherType: DataType?
    ) -> Bitmap? {
        switch (values, other.values) {
        case (.integers(let a), .integers(let b)) where type != .uint64 && otherType != .uint64:
            Comparison.rows(a, test, b)
        case (.floats(let a), .floats(let b)): Comparison.rows(a, test, b)
        case (.bytes(let a), .bytes(let b)): Comparison.rows(a, test, b)
        default: nil
        }
    }
}
