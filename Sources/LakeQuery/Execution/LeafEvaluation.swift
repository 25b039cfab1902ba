import LakeBytes
import LakeCore

/// Where a leaf of a predicate is true, over vectors of equal length.
enum LeafEvaluation {
    /// - Parameter vectors: the fields that the leaf reads.
    static func rows(_ leaf: Bound, vectors: [Int: ColumnVector], count: Int) throws -> Bitmap {
        try rows(leaf, FieldVectors(vectors, count: count, textLimit: TextTooWide.limit))
    }

    private static func rows(_ leaf: Bound, _ fields: FieldVectors) throws -> Bitmap {
        do {
            return try leaf.truth(over: fields).trues
        } catch is TextTooWide {
            var result = Bitmap(count: fields.count)
            for half in [0..<(fields.count / 2), (fields.count / 2)..<fields.count] {
                result.place(try rows(leaf, fields.slicing(half)), at: half.lowerBound)
            }
            return result
        }
    }

    /// For which values of a dictionary a leaf over one column is true; the last bit is for NULL.
    static func truth(_ leaf: Bound, _ dictionary: ValueDictionary, field: Int) throws -> Bitmap {
        var result = try rows(leaf, vectors: [field: dictionary.values], count: dictionary.count)
        if leaf.isUnknownForNull {
            result.append(false)
        } else {
            let null = ColumnVector(.codes([UInt32(dictionary.count)], dictionary: dictionary)).spelledOut()
            result.append(try !rows(leaf, vectors: [field: null], count: 1).isEmpty)
        }
        return result
    }
}

extension Bound {
    /// Whether it is a plain condition on a column, which is never true where the column is NULL.
    fileprivate var isUnknownForNull: Bool {
        switch self {
        case .comparison(let comparison, .field, .constant), .comparison(let comparison, .constant, .field):
            comparison != .distinct && comparison != .notDistinct
        case .like(.field, _), .inSet(.field, _, _): true
        default: false
        }
    }
}
