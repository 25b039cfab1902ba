import LakeBytes

/// What a condition is at each of some places: true, false or, where neither bit is set, unknown.
struct Truth {
    var trues: Bitmap
    var falses: Bitmap

    var count: Int { trues.count }

    init(trues: Bitmap, falses: Bitmap) {
        self.trues = trues
        self.falses = falses
    }

    /// The same everywhere; nil for unknown.
    init(_ value: Bool?, count: Int) {
        trues = Bitmap(count: count, filled: value == true)
        falses = Bitmap(count: count, filled: value == false)
    }

    /// - Parameters:
    ///   - passes: where the condition holds, meaningless at places that are not known.
    ///   - known: where operands are not NULL; nil when they are nowhere.
    init(passes: Bitmap, known: Bitmap?) {
        var rest = passes
        rest.invert()
        (trues, falses) = (passes, rest)
        if let known {
            trues.formIntersection(known)
            falses.formIntersection(known)
        }
    }

    /// A vector of bools.
    init(_ vector: ColumnVector) {
        switch vector.values {
        case .integers(let values):
            self.init(passes: Comparison.rows(values, .notEqual, 0), known: vector.validity)
        case .codes(let codes, let dictionary):
            let inner = Truth(dictionary.values)
            self.init(
                trues: Aggregation.rows(codes, in: inner.trues), falses: Aggregation.rows(codes, in: inner.falses))
        default: self.init(nil, count: vector.count)
        }
    }

    /// As a vector of bools.
    var vector: ColumnVector {
        var known = trues
        known.formUnion(falses)
        let values = (0..<count).map { trues[$0] ? Int64(1) : 0 }
        return ColumnVector(.integers(values), validity: known.population == count ? nil : known)
    }

    var negated: Truth { Truth(trues: falses, falses: trues) }

    /// AND.
    mutating func formConjunction(_ other: Truth) {
        trues.formIntersection(other.trues)
        falses.formUnion(other.falses)
    }

    /// OR.
    mutating func formDisjunction(_ other: Truth) {
        trues.formUnion(other.trues)
        falses.formIntersection(other.falses)
    }

    /// Each place as the place `numbers` says.
    func spread(over numbers: [UInt32]) -> Truth {
        Truth(trues: Aggregation.rows(numbers, in: trues), falses: Aggregation.rows(numbers, in: falses))
    }

    /// The places put to `positions` of `count`, and `rest` elsewhere.
    func scattered(to positions: [Int32], count: Int, rest: Bool) -> Truth {
        var result = Truth(rest, count: count)
        for (place, position) in positions.enumerated() {
            result.trues[Int(position)] = trues[place]
            result.falses[Int(position)] = falses[place]
        }
        return result
    }
}
