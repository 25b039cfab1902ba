import LakeBytes
import LakeCore

/// Expressions where the keys of a group know all that they read.
extension ShardScan {
    /// Whether the values of a field take so little that they can be looked at for all keys.
    func isSmall(_ field: Int) throws -> Bool {
        switch schema.fields[field].type.physical {
        case .integer, .float: true
        case .bytes: try !isDerived(field) && isDictionaryCoded(field)
        case .list: false
        }
    }

    /// Expressions for all keys; nil when one fails for some of them, which may be no selected row's.
    func values(_ expressions: [Bound], group: Int) throws -> [ColumnVector]? {
        var columns: [ColumnVector] = []
        for expression in expressions {
            var inputs: [Int: ColumnVector] = [:]
            for field in expression.fields { inputs[field] = try keys(field, group: group) }
            if case .field(let field, _) = expression, let column = inputs[field] {
                columns.append(column)
                continue
            }
            guard let column = try? expression.vector(over: FieldVectors(inputs, count: count(group))) else {
                return nil
            }
            columns.append(column)
        }
        return columns
    }
}
