import LakeBytes
import LakeCore

/// Where a leaf of a predicate is true, over vectors of equal length.
enum LeafEvaluation {
    /// Values, and bytes of text, after which a condition on text is interrupted to look whether the run is still wanted: a
    /// regular expression can take a second for a chunk.
    private static let sliceValues = 1 << 14
    private static let sliceBytes = 1 << 20

    /// - Parameter vectors: the fields that the leaf reads.
    static func rows(
        _ leaf: Bound, vectors: [Int: ColumnVector], count: Int, _ cancellation: Cancellation? = nil
    ) throws -> Bitmap {
        try rows(leaf, FieldVectors(vectors, count: count, textLimit: TextTooWide.limit), cancellation)
    }

    private static func rows(_ leaf: Bound, _ fields: FieldVectors, _ cancellation: Cancellation?) throws -> Bitmap {
        do {
            return try truth(leaf, fields, cancellation).trues
        } catch is TextTooWide {
            var result = Bitmap(count: fields.count)
            for half in [0..<(fields.count / 2), (fields.count / 2)..<fields.count] {
                result.place(try rows(leaf, fields.slicing(half), cancellation), at: half.lowerBound)
            }
            return result
        }
    }

    private static func truth(_ leaf: Bound, _ fields: FieldVectors, _ cancellation: Cancellation?) throws -> Truth {
        guard let cancellation, leaf.isSlow else { return try leaf.truth(over: fields) }
        try cancellation.check()
        if case .one(let field) = leaf.reads, let (values, numbers) = fields.distinct(field) {
            return try sliced(leaf, values, cancellation).spread(over: numbers)
        }
        return try sliced(leaf, fields, cancellation)
    }

    private static func sliced(_ leaf: Bound, _ fields: FieldVectors, _ cancellation: Cancellation) throws -> Truth {
        let bytes = fields.vectors.values.reduce(0) { sum, vector in
            if case .bytes(let strings) = vector.values { sum + strings.data.count } else { sum }
        }
        let slices = max(fields.count / sliceValues, bytes / sliceBytes)
        // Values that are dictionary-coded are looked at once each; slices would do so again.
        let isCoded = fields.vectors.values.contains { if case .codes = $0.values { true } else { false } }
        guard slices > 1, !isCoded else { return try leaf.truth(over: fields) }
        // Of whole words.
        let length = (fields.count / slices + 64) & ~63
        var (trues, falses): ([UInt64], [UInt64]) = ([], [])
        for start in stride(from: 0, to: fields.count, by: length) {
            try cancellation.check()
            let part = start..<min(start + length, fields.count)
            let truth = try leaf.truth(over: fields.slicing(part))
            trues += truth.trues.words
            falses += truth.falses.words
        }
        return Truth(
            trues: Bitmap(words: trues, count: fields.count), falses: Bitmap(words: falses, count: fields.count))
    }

    /// For which values of a dictionary a leaf over one column is true; the last bit is for NULL.
    static func truth(
        _ leaf: Bound, _ dictionary: ValueDictionary, field: Int, _ cancellation: Cancellation? = nil
    ) throws -> Bitmap {
        var result = try rows(leaf, vectors: [field: dictionary.values], count: dictionary.count, cancellation)
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

    /// Whether it looks into text, or computes value by value.
    fileprivate var isSlow: Bool {
        switch self {
        case .like, .call: true
        default: children.contains(where: \.isSlow)
        }
    }
}
