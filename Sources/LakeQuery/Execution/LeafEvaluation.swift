import LakeBytes
import LakeCore

/// Where a leaf of a predicate is true, over vectors of equal length.
enum LeafEvaluation {
    /// - Parameter vectors: the fields that the leaf reads.
    static func rows(_ leaf: Bound, vectors: [Int: ColumnVector], count: Int) throws -> Bitmap {
        try leaf.truth(over: FieldVectors(vectors, count: count)).trues
    }

    /// For which values of a dictionary a leaf over one column is true; the last bit is for NULL.
    static func truth(_ leaf: Bound, _ dictionary: ValueDictionary, field: Int) throws -> Bitmap {
        let all = ColumnVector(.codes((0...UInt32(dictionary.count)).map { $0 }, dictionary: dictionary))
        let values = FieldVectors([field: all.spelledOut()], count: dictionary.count + 1)
        return try leaf.truth(over: values).trues
    }
}
