import LakeBytes
import LakeCore

/// Where a leaf of a predicate is true, over vectors of equal length.
enum LeafEvaluation {
    /// - Parameter vectors: the fields that the leaf reads.
    static func rows(_ leaf: Bound, vectors: [Int: ColumnVector], schema: Schema, count: Int) throws -> Bitmap {
        if vectors.count == 1, let (field, vector) = vectors.first {
            let type = schema.fields[field].type
            if case .codes(let codes, let dictionary) = vector.values {
                return Aggregation.rows(codes, in: try truth(leaf, dictionary, type))
            }
            if let rows = compared(leaf, vector) { return rows }
        }
        var result = Bitmap(count: count)
        for row in 0..<count {
            let value = try leaf.evaluate { part in
                guard case .field(let field, let type) = part, let vector = vectors[field] else { return .null }
                return vector.scalar(row, type)
            }
            if value == .bool(true) { result[row] = true }
        }
        return result
    }

    /// For which values of a dictionary a leaf over one column is true; the last bit is for NULL.
    static func truth(_ leaf: Bound, _ dictionary: ValueDictionary, _ type: DataType) throws -> Bitmap {
        var truth = Bitmap(count: dictionary.count + 1)
        for code in 0...dictionary.count {
            let value = code < dictionary.count ? dictionary.values.scalar(code, type) : .null
            if try leaf.evaluate({ _ in value }) == .bool(true) { truth[code] = true }
        }
        return truth
    }

    /// Integers and floats compared with a constant, without going through scalars.
    private static func compared(_ leaf: Bound, _ vector: ColumnVector) -> Bitmap? {
        guard case .comparison(let comparison, .field(_, let type), .constant(let constant, _)) = leaf else {
            return nil
        }
        var rows: Bitmap?
        switch (vector.values, constant) {
        case (.integers(let values), .integer(let bound)) where type != .uint64:
            rows = Comparison.rows(values, test(comparison), bound)
        case (.floats(let values), .float(let bound)) where !bound.isNaN && comparison != .distinct:
            rows = Comparison.rows(values, test(comparison), bound)
        case (.floats(let values), .integer(let bound)) where comparison != .distinct && bound.magnitude < 1 << 53:
            rows = Comparison.rows(values, test(comparison), Double(bound))
        default: return nil
        }
        guard var rows else { return nil }
        if let validity = vector.validity {
            rows.formIntersection(validity)
            if comparison == .distinct {
                var nulls = validity
                nulls.invert()
                rows.formUnion(nulls)
            }
        }
        return rows
    }

    private static func test(_ comparison: Expression.Comparison) -> Comparison.Test? {
        switch comparison {
        case .equal, .notDistinct: .equal
        case .notEqual, .distinct: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        }
    }
}
