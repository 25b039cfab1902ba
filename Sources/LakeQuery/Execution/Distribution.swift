import LakeBytes
import LakeCore

/// The distinct values of one cell in ascending order, and how often each occurred.
struct Distribution {
    private let words: ArraySlice<UInt64>
    /// Nil where each value occurred once.
    private let weights: ArraySlice<Double>?
    /// The weights of the same values in a second distribution.
    private let others: ArraySlice<Double>
    private let coding: ValueCoding

    init(words: ArraySlice<UInt64>, weights: ArraySlice<Double>?, others: ArraySlice<Double>, coding: ValueCoding) {
        self.words = words
        self.weights = weights
        self.others = others
        self.coding = coding
    }

    private func value(_ index: Int) -> Scalar { coding.scalar(words[index]) }

    /// - Throws: `LakeError` (failed) for a sum of integers that leaves 64 bits.
    func result(_ aggregate: BoundAggregate) throws -> Scalar {
        guard !words.isEmpty else { return .null }
        switch aggregate.function {
        case .quantileDiscrete: return discrete(aggregate.fraction, descending: aggregate.descending)
        case .quantileContinuous: return continuous(aggregate)
        case .mode: return mode
        case .wasserstein: return distance
        default: return try overDistinct(aggregate)
        }
    }

    /// An aggregate that sees each value once.
    private func overDistinct(_ aggregate: BoundAggregate) throws -> Scalar {
        var once = aggregate
        once.distinct = false
        var accumulator = Accumulator(once, cells: 1)
        let values = words.map { coding.scalar($0) }
        let input: AggregateInput =
            switch aggregate.input.physical {
            case .integer where aggregate.input != .uint64: .integers(values.map { $0.integerBits ?? 0 }, nil)
            case .float: .floats(values.map { $0.number ?? 0 }, nil)
            default: .scalars(values)
            }
        let cells = [UInt32](repeating: 0, count: values.count)
        try accumulator.add(input, cells: cells, indices: nil, multiples: nil)
        return try accumulator.results()[0]
    }

    // MARK: Quantiles

    private var total: Double { weights?.reduce(0, +) ?? Double(words.count) }

    /// The value at a place among all, counted from the least or the greatest.
    private func value(at place: Double, descending: Bool) -> Scalar {
        let (first, last) = (words.startIndex, words.endIndex - 1)
        guard let weights else {
            let passed = min(max(0, Int(place.rounded(.down))), last - first)
            return value(descending ? last - passed : first + passed)
        }
        var passed = 0.0
        for step in 0...(last - first) {
            let index = descending ? last - step : first + step
            passed += weights[index]
            if passed > place { return value(index) }
        }
        return value(descending ? first : last)
    }

    private func discrete(_ fraction: Double, descending: Bool) -> Scalar {
        let total = total
        // A fraction such as 0.07 is no binary number: what is a whole number of values but for that, is meant as one.
        let product = total * fraction
        let nearest = product.rounded()
        let place = abs(product - nearest) <= 4 * product.ulp ? nearest : product.rounded(.up)
        return value(at: max(place, 1) - 1, descending: descending)
    }

    private func continuous(_ aggregate: BoundAggregate) -> Scalar {
        let place = (total - 1) * aggregate.fraction
        let low = value(at: place.rounded(.down), descending: aggregate.descending)
        let high = value(at: place.rounded(.up), descending: aggregate.descending)
        let part = place - place.rounded(.down)
        if aggregate.type == .timestamp {
            let scale: Int64 = aggregate.input == .date ? 86_400_000_000 : 1
            guard case .integer(let a) = low, case .integer(let b) = high else { return .null }
            let (first, overflow) = a.multipliedReportingOverflow(by: scale)
            let (second, otherOverflow) = b.multipliedReportingOverflow(by: scale)
            guard !overflow, !otherOverflow else { return .null }
            // From the nearer end, so that what a float cannot hold of a moment is not lost.
            let (width, isFar) = second.subtractingReportingOverflow(first)
            let step = (isFar ? Double(second) - Double(first) : Double(width)) * part
            return .integer(first &+ (Int64(exactly: step.rounded()) ?? 0))
        }
        guard let a = low.number, let b = high.number else { return .null }
        return .float(part == 0 ? a : a * (1 - part) + b * part)
    }

    // MARK: Others

    /// The value that occurred most often, the least of several.
    private var mode: Scalar {
        var best = words.startIndex
        if let weights { for index in words.indices where weights[index] > weights[best] { best = index } }
        return value(best)
    }

    /// The area between the two cumulative distributions; NULL where either has no weight.
    private var distance: Scalar {
        let (first, second) = (total, others.reduce(0, +))
        guard first > 0, second > 0, let weights else { return .null }
        var (area, a, b) = (0.0, 0.0, 0.0)
        for index in words.indices.dropLast() {
            a += weights[index]
            b += others[index]
            let difference = abs(a / first - b / second)
            // Past all weight there is no area, however far values are.
            guard difference > 0, let low = value(index).wide, let high = value(index + 1).wide else { continue }
            area += difference * (high - low)
        }
        return .float(area)
    }
}

extension Scalar {
    /// The number, or 0 and 1 for conditions.
    fileprivate var wide: Double? {
        if case .bool(let value) = self { return value ? 1 : 0 }
        return number
    }
}
