import LakeBytes
import LakeCore

/// Arithmetic over whole vectors, with the meaning of `Bound.calculate`.
enum Arithmetic {
    /// Nil where the operands are left to scalars.
    /// - Throws: `LakeError` (failed) for integer overflow where both operands are not NULL.
    static func vector(
        _ arithmetic: Expression.Arithmetic, _ a: ColumnVector, _ b: ColumnVector, types: (DataType?, DataType?),
        _ type: DataType
    ) throws -> ColumnVector? {
        guard types.0 != .uint64, types.1 != .uint64, a.count == b.count else { return nil }
        var known = a.validity ?? b.validity
        if a.validity != nil, let other = b.validity { known?.formIntersection(other) }
        if type.physical == .integer {
            guard case .integers(let x) = a.values, case .integers(let y) = b.values else { return nil }
            return try integers(arithmetic, x, y, known).map { ColumnVector(.integers($0), validity: known) }
        }
        guard let x = floats(a), let y = floats(b) else { return nil }
        var values: [Double]
        switch arithmetic {
        case .add: values = map(x, y) { $0 + $1 }
        case .subtract: values = map(x, y) { $0 - $1 }
        case .multiply: values = map(x, y) { $0 * $1 }
        case .divide: values = map(x, y) { $0 / $1 }
        case .integerDivide: return nil
        case .remainder: values = map(x, y) { $0.truncatingRemainder(dividingBy: $1) }
        }
        if type == .float32 { for place in values.indices { values[place] = Double(Float(values[place])) } }
        return ColumnVector(.floats(values), validity: known)
    }

    private static func floats(_ vector: ColumnVector) -> [Double]? {
        switch vector.values {
        case .floats(let values): values
        case .integers(let values): values.map { Double($0) }
        default: nil
        }
    }

    private static func integers(
        _ arithmetic: Expression.Arithmetic, _ x: [Int64], _ y: [Int64], _ known: Bitmap?
    ) throws -> [Int64]? {
        switch arithmetic {
        case .add: return try checked(arithmetic, x, y, known) { $0.addingReportingOverflow($1) }
        case .subtract: return try checked(arithmetic, x, y, known) { $0.subtractingReportingOverflow($1) }
        case .multiply: return try checked(arithmetic, x, y, known) { $0.multipliedReportingOverflow(by: $1) }
        case .divide, .integerDivide, .remainder: return nil
        }
    }

    /// - Throws: `LakeError` (failed) when an operation overflows at a place that is not NULL.
    @inline(__always)
    private static func checked(
        _ arithmetic: Expression.Arithmetic, _ x: [Int64], _ y: [Int64], _ known: Bitmap?,
        _ operation: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
    ) throws -> [Int64] {
        var overflow = false
        var result = [Int64](repeating: 0, count: x.count)
        for place in x.indices {
            let (value, isOver) = operation(x[place], y[place])
            overflow = overflow || isOver
            result[place] = value
        }
        guard overflow else { return result }
        for place in x.indices where operation(x[place], y[place]).overflow {
            guard known.map({ $0[place] }) ?? true else { continue }
            throw LakeError.overflow(arithmetic, .integer(x[place]), .integer(y[place]))
        }
        return result
    }

    @inline(__always)
    private static func map(_ x: [Double], _ y: [Double], _ operation: (Double, Double) -> Double) -> [Double] {
        var result = [Double](repeating: 0, count: x.count)
        for place in x.indices { result[place] = operation(x[place], y[place]) }
        return result
    }
}
