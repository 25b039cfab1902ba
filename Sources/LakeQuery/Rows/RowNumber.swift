import LakeCore

/// The pseudo-column `rowid`: a row's number in the table version, int64 from 0 in the order of shards. It can be selected
/// and compared like a column, and is no part of `*`. A column of that name hides it.
enum RowNumber {
    static let name = "rowid"
    /// No column has this id.
    private static let id = 0

    /// The fields of a table with the pseudo-column behind them.
    static func extending(_ schema: Schema) -> Schema {
        var schema = schema
        schema.fields.append(Field(id: id, name: name, type: .int64, nullable: false))
        return schema
    }

    /// Its field in an extended schema.
    static func field(in schema: Schema) -> Int? { schema.fields.last?.id == id ? schema.fields.count - 1 : nil }

    /// The rows for which a condition on the row number alone is true; nil when it is another condition, or one that can only
    /// be told row by row.
    static func rows(_ condition: Bound, field: Int) -> RowRanges? {
        switch condition {
        case .comparison(let comparison, .field(field, _), .constant(let bound, _)):
            return rows(comparison, bound)
        case .comparison(let comparison, .constant(let bound, _), .field(field, _)):
            return rows(mirrored(comparison), bound)
        case .inSet(.field(field, _), let constants, let hasNull):
            guard constants.values.allSatisfy({ $0.number != nil }) else { return nil }
            // NOT IN a list with NULL is never true, which the complement of these rows does not say.
            return hasNull ? nil : RowRanges(rows: constants.values.compactMap { whole($0) })
        default: return nil
        }
    }

    /// A row number equal to the value.
    private static func whole(_ value: Scalar) -> Int? {
        switch value {
        case .integer(let row): row >= 0 && row < Int.max ? Int(row) : nil
        case .float(let row): Int(exactly: row).flatMap { $0 >= 0 ? $0 : nil }
        default: nil
        }
    }

    private static func mirrored(_ comparison: Expression.Comparison) -> Expression.Comparison {
        switch comparison {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: comparison
        }
    }

    private static func rows(_ comparison: Expression.Comparison, _ bound: Scalar) -> RowRanges? {
        guard case .integer(let value) = bound, value < Int64.max else { return nil }
        let below = RowRanges([0..<max(0, Int(value))])
        let upTo = RowRanges([0..<max(0, Int(value) + 1)])
        switch comparison {
        case .equal, .notDistinct: return upTo.intersection(below.complement)
        case .notEqual, .distinct: return upTo.intersection(below.complement).complement
        case .less: return below
        case .lessOrEqual: return upTo
        case .greater: return upTo.complement
        case .greaterOrEqual: return below.complement
        }
    }
}
