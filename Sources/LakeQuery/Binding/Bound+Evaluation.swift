import LakeBytes
import LakeCore

extension Bound {
    /// The value for one row (or key, or group), under SQL's three-valued logic.
    /// - Parameters:
    ///   - leaf: the value of a field, aggregate or group.
    /// - Throws: `LakeError` (failed) for overflow and casts that do not fit.
    func evaluate(_ leaf: (Bound) throws -> Scalar) throws -> Scalar {
        switch self {
        case .field, .aggregate, .group: return try leaf(self)
        case .constant(let value, _): return value
        case .comparison(let comparison, let a, let b):
            return Bound.compare(comparison, try a.evaluate(leaf), try b.evaluate(leaf))
        case .and(let terms):
            var unknown = false
            for term in terms {
                switch try term.evaluate(leaf) {
                case .bool(false): return .bool(false)
                case .bool(true): continue
                default: unknown = true
                }
            }
            return unknown ? .null : .bool(true)
        case .or(let terms):
            var unknown = false
            for term in terms {
                switch try term.evaluate(leaf) {
                case .bool(true): return .bool(true)
                case .bool(false): continue
                default: unknown = true
                }
            }
            return unknown ? .null : .bool(false)
        case .not(let operand):
            guard case .bool(let value) = try operand.evaluate(leaf) else { return .null }
            return .bool(!value)
        case .isNull(let operand): return .bool(try operand.evaluate(leaf).isNull)
        case .inList(let operand, let list):
            let value = try operand.evaluate(leaf)
            if value.isNull { return .null }
            var unknown = false
            for item in list {
                let item = try item.evaluate(leaf)
                if item.isNull { unknown = true } else if item.compare(value) == 0 { return .bool(true) }
            }
            return unknown ? .null : .bool(false)
        case .inSet(let operand, let set, let hasNull):
            let value = try operand.evaluate(leaf)
            if value.isNull { return .null }
            return set.contains(value) ? .bool(true) : hasNull ? .null : .bool(false)
        case .like(let operand, let pattern):
            guard case .bytes(let text) = try operand.evaluate(leaf) else { return .null }
            return .bool(pattern.matches(text[...]))
        case .arithmetic(let arithmetic, let a, let b, let type, _):
            let (x, y) = (try a.evaluate(leaf), try b.evaluate(leaf))
            do { return try Bound.calculate(arithmetic, x, y, type) } catch { throw place.showing(error) }
        case .negate(let operand, _, _):
            let value = try operand.evaluate(leaf)
            do { return try value.negated() } catch { throw place.showing(error) }
        case .inputs: return .null
        case .cast(let operand, let type, _):
            let value = try operand.evaluate(leaf)
            do { return try value.cast(from: operand.type ?? type, to: type) } catch { throw place.showing(error) }
        case .choice(let operand, let branches, let otherwise, let type):
            let value = try operand?.evaluate(leaf)
            for branch in branches {
                let condition = try branch.condition.evaluate(leaf)
                let isTaken = value.map { Bound.compare(.equal, $0, condition) } ?? condition
                if isTaken == .bool(true) { return try branch.value.evaluate(leaf).widened(to: type) }
            }
            return try otherwise?.evaluate(leaf).widened(to: type) ?? .null
        case .coalesce(let terms, let type):
            for term in terms {
                let value = try term.evaluate(leaf)
                if !value.isNull { return value.widened(to: type) }
            }
            return .null
        case .call(let function, let arguments, let type, _):
            let values = try arguments.map { try $0.evaluate(leaf) }
            do { return try function.scalar(values, type) } catch { throw place.showing(error) }
        // Lists stand in columns only: none is the value of an aggregate or a group.
        case .quantified: return .null
        }
    }

    static func compare(_ comparison: Expression.Comparison, _ a: Scalar, _ b: Scalar) -> Scalar {
        if a.isNull || b.isNull {
            switch comparison {
            case .distinct: return .bool(a.isNull != b.isNull)
            case .notDistinct: return .bool(a.isNull == b.isNull)
            default: return .null
            }
        }
        let order = a.compare(b)
        switch comparison {
        case .equal, .notDistinct: return .bool(order == 0)
        case .notEqual, .distinct: return .bool(order != 0)
        case .less: return .bool(order < 0)
        case .lessOrEqual: return .bool(order <= 0)
        case .greater: return .bool(order > 0)
        case .greaterOrEqual: return .bool(order >= 0)
        }
    }

    /// One operation.
    /// - Throws: `LakeError` (failed) where the result leaves 64 bits, and for whole division by zero.
    static func calculate(
        _ arithmetic: Expression.Arithmetic, _ a: Scalar, _ b: Scalar, _ type: DataType
    ) throws -> Scalar {
        if a.isNull || b.isNull { return .null }
        if type.physical == .integer {
            guard case .integer(let x) = a, case .integer(let y) = b else { throw LakeError.overflow(arithmetic, a, b) }
            let result: (partialValue: Int64, overflow: Bool)
            switch arithmetic {
            case .add: result = x.addingReportingOverflow(y)
            case .subtract: result = x.subtractingReportingOverflow(y)
            case .multiply: result = x.multipliedReportingOverflow(by: y)
            case .divide, .integerDivide:
                if y == 0 { throw LakeError.divisionByZero(arithmetic, a) }
                result = x.dividedReportingOverflow(by: y)
            case .remainder:
                if y == 0 { throw LakeError.divisionByZero(arithmetic, a) }
                result = x.remainderReportingOverflow(dividingBy: y)
            }
            if result.overflow { throw LakeError.overflow(arithmetic, a, b) }
            return .integer(result.partialValue)
        }
        guard let x = a.number, let y = b.number else { return .null }
        let result: Double
        switch arithmetic {
        case .add: result = x + y
        case .subtract: result = x - y
        case .multiply: result = x * y
        case .divide: result = x / y
        case .integerDivide:
            // DuckDB's meaning: floats are divided as they are, but not by zero.
            if y == 0 { throw LakeError.divisionByZero(arithmetic, a) }
            result = x / y
        case .remainder: result = x.truncatingRemainder(dividingBy: y)
        }
        return .float(type == .float32 ? Double(Float(result)) : result)
    }
}

extension Scalar {
    /// - Throws: `LakeError` (failed) where the negative number leaves 64 bits.
    func negated() throws -> Scalar {
        switch self {
        case .integer(let value):
            guard value != .min else { throw LakeError.overflow("-(\(value))") }
            return .integer(-value)
        case .float(let value): return .float(-value)
        case .unsigned(let value): throw LakeError.overflow("-\(value)")
        default: return .null
        }
    }
}
