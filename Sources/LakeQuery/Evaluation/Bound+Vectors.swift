import LakeBytes
import LakeCore

extension Bound {
    /// The values over whole vectors, as `evaluate` has them place by place.
    ///
    /// What reads one dictionary-coded field is computed once per value of it that occurs, and comes back coded.
    /// - Throws: `LakeError` (failed) for overflow and casts that do not fit, at places where they are reached.
    func vector(over fields: FieldVectors) throws -> ColumnVector {
        switch self {
        case .field(let field, let type): return fields.vectors[field] ?? .nulls(fields.count, of: type)
        case .constant(let value, let type): return .repeating(value, type, count: fields.count)
        default: break
        }
        switch reads {
        case .nothing where fields.count > 1:
            return try computed(over: FieldVectors([:], count: 1))
                .spread(over: [UInt32](repeating: 0, count: fields.count))
        case .one(let field):
            guard let (values, numbers) = fields.distinct(field) else { break }
            return try computed(over: values).spread(over: numbers)
        default: break
        }
        return try computed(over: fields)
    }

    private func computed(over fields: FieldVectors) throws -> ColumnVector {
        if fields.count >= 1_024 { try Cancellation.checkCurrent() }
        switch self {
        case .comparison, .and, .or, .not, .isNull, .inSet, .like, .quantified: return try truth(over: fields).vector
        case .choice(let operand, let branches, let otherwise, let type):
            return try Bound.choose(operand, branches, otherwise, type, over: fields)
        case .coalesce(let terms, let type): return try Bound.coalesced(terms, type, over: fields)
        case .call(let function, let arguments, let type, let place):
            let vectors = try arguments.map { try $0.vector(over: fields) }
            return try place.showing {
                try function.vector(
                    vectors, types: arguments.map(\.type), type, count: fields.count, textLimit: fields.textLimit)
            }
        case .arithmetic(let arithmetic, let a, let b, let type, let place):
            let (x, y) = (try a.vector(over: fields).spelledOut(), try b.vector(over: fields).spelledOut())
            do {
                if let result = try Arithmetic.vector(arithmetic, x, y, types: (a.type, b.type), type) {
                    return result
                }
                return try Bound.mapped((x, a.type), (y, b.type), type) {
                    try Bound.calculate(arithmetic, $0, $1, type)
                }
            } catch {
                throw place.showing(error)
            }
        case .negate(let operand, let type, let place):
            let vector = try operand.vector(over: fields)
            let from = operand.type ?? type
            return try place.showing {
                .of(try (0..<fields.count).map { try vector.scalar($0, from).negated() }, type)
            }
        case .cast(let operand, let type, let place):
            let vector = try operand.vector(over: fields)
            let from = operand.type ?? type
            return try place.showing {
                .of(try (0..<fields.count).map { try vector.scalar($0, from).cast(from: from, to: type) }, type)
            }
        default: return try byRows(fields)
        }
    }

    private static func mapped(
        _ a: (ColumnVector, DataType?), _ b: (ColumnVector, DataType?), _ type: DataType,
        _ body: (Scalar, Scalar) throws -> Scalar
    ) throws -> ColumnVector {
        let scalars = try (0..<a.0.count).map { place in
            try body(a.0.scalar(place, a.1 ?? .int64), b.0.scalar(place, b.1 ?? .int64))
        }
        return .of(scalars, type)
    }

    private func byRows(_ fields: FieldVectors) throws -> ColumnVector {
        let scalars = try (0..<fields.count).map { place in
            try evaluate { part in
                guard case .field(let field, let type) = part else { return .null }
                return fields.scalar(field, type, at: place)
            }
        }
        return .of(scalars, type ?? .int64)
    }
}

extension Bound {
    /// How many fields an expression reads.
    enum Reads: Equatable {
        case nothing
        case one(Int)
        case several
    }

    var reads: Reads {
        if case .field(let field, _) = self { return .one(field) }
        var result = Reads.nothing
        for child in children {
            let more = child.reads
            if more == .several || result != .nothing && more != .nothing && more != result { return .several }
            if result == .nothing { result = more }
        }
        return result
    }

    /// Whether there are values for which it is an error.
    var canFail: Bool {
        switch self {
        case .field, .constant, .aggregate, .group: false
        case .arithmetic(_, _, _, let type, _) where type.physical == .integer: true
        case .negate(_, let type, _) where type.physical == .integer: true
        case .arithmetic(.integerDivide, _, _, _, _), .cast: true
        case .call(let function, let arguments, _, _): function.canFail || arguments.contains(where: \.canFail)
        default: children.contains(where: \.canFail)
        }
    }

    /// Whether there are ordinary values for which it is an error: a divisor of 0, text that is no number, a product of two
    /// columns. What else is out of range does not count.
    var isDelicate: Bool {
        switch self {
        case .arithmetic(.integerDivide, let a, let b, _, _), .arithmetic(.remainder, let a, let b, .int64, _):
            if case .constant(let divisor, _) = b, divisor.number != 0 { return a.isDelicate }
            return true
        case .arithmetic(.multiply, let a, let b, let type, _) where type.physical == .integer:
            if case .constant = a { return b.isDelicate }
            if case .constant = b { return a.isDelicate }
            return true
        case .cast(let operand, let type, _) where operand.type?.physical == .bytes && type.physical != .bytes:
            return true
        case .call(let function, let arguments, _, _):
            return function.isDelicate || arguments.contains(where: \.isDelicate)
        default: return children.contains(where: \.isDelicate)
        }
    }
}
