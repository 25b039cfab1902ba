/// The ranges that an ad library gives instead of numbers.
enum RangeLadder {
    /// 0-99, 100-199 ... 1000-1499 ... 5000-5999 ... 10000-14999 ...; open from a million on.
    static func spend(_ value: Double) -> Ad.Range { range(value, smallest: 100) }

    /// 0-999, 1000-1999 ... 10000-14999 ...; open from a million on.
    static func impressions(_ value: Double) -> Ad.Range { range(value, smallest: 1_000) }

    /// 0-1000, 1001-5000, 5001-10000 ... 500001-1000000; open above.
    static func audience(_ value: Double) -> Ad.Range {
        var lower: Int64 = 0
        for upper: Int64 in [1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000] {
            if value <= Double(upper) { return Ad.Range(lower, upper) }
            lower = upper + 1
        }
        return Ad.Range(lower, nil)
    }

    private static func range(_ value: Double, smallest: Int64) -> Ad.Range {
        let whole = Int64(min(max(value, 0), 1e15))
        let step: Int64
        switch whole {
        case ..<1_000: step = 100
        case ..<5_000: step = 500
        case ..<10_000: step = 1_000
        case ..<50_000: step = 5_000
        case ..<100_000: step = 10_000
        case ..<200_000: step = 25_000
        case ..<500_000: step = 50_000
        case ..<1_000_000: step = 100_000
        default: return Ad.Range(1_000_000, nil)
        }
        let width = max(step, smallest)
        let lower = whole / width * width
        return Ad.Range(lower, lower + width - 1)
    }
}
