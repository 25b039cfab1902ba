/// Reads ranges: `{"lower_bound": "0", "upper_bound": "99"}`, `lower_bound: 0, upper_bound: 99`, `0-99`, or two cells.
struct RangeReader {
    private static let greatest: Int64 = 1 << 62

    private enum Bound {
        case absent
        case value(Int64)
        /// Negative, or too great.
        case refused
        case unreadable
    }

    private var lower = Bound.absent
    private var upper = Bound.absent

    /// The range in one cell.
    static func range(_ cell: AdCell, _ flags: inout Set<AdFlag>) -> Ad.Range? {
        guard !cell.isAbsent else { return nil }
        var reader = RangeReader()
        reader.read(cell.data.span, cell.start, cell.end)
        return reader.range(&flags)
    }

    /// The range in two cells, of which either may be missing.
    static func range(lower: AdCell?, upper: AdCell?, _ flags: inout Set<AdFlag>) -> Ad.Range? {
        var reader = RangeReader()
        if let lower { reader.lower = bound(lower.data.span, lower.start, lower.end) }
        if let upper { reader.upper = bound(upper.data.span, upper.start, upper.end) }
        return reader.range(&flags)
    }

    private mutating func read(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        if readNumbers(bytes, start, end) { return }
        var at = start
        var members = 0
        while at < end {
            let byte = bytes[at]
            if LooseValue.isBlank(byte) || byte == 0x2C || byte == 0x7B || byte == 0x7D {
                at += 1
                continue
            }
            members += 1
            guard let key = LooseValue.key(bytes, &at, end), at < end else {
                LooseValue.skip(bytes, &at, end)
                continue
            }
            guard !LooseValue.isOpening(bytes[at]), let value = LooseValue.scalar(bytes, &at, end) else {
                LooseValue.skip(bytes, &at, end)
                if isBound(bytes, key, "lower_bound") || isBound(bytes, key, "upper_bound") { lower = .unreadable }
                continue
            }
            let bound = RangeReader.bound(bytes, value.start, value.end)
            if isBound(bytes, key, "lower_bound") { lower = bound }
            if isBound(bytes, key, "upper_bound") { upper = bound }
        }
        if members > 0, case .absent = lower, case .absent = upper { lower = .unreadable }
    }

    private func isBound(_ bytes: Span<UInt8>, _ key: LooseValue.Text, _ name: String) -> Bool {
        LooseValue.equals(bytes, key.start, key.end, name)
    }

    /// `0-99`, and one number, which is both bounds.
    private mutating func readNumbers(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard start < end, LooseValue.isDigit(bytes[start]) || bytes[start] == 0x2D else { return false }
        if LooseNumber(bytes, start, end) != nil {
            lower = RangeReader.bound(bytes, start, end)
            upper = lower
            return true
        }
        var hyphen = start + 1
        while hyphen < end, bytes[hyphen] != 0x2D { hyphen += 1 }
        guard hyphen < end, LooseNumber(bytes, start, hyphen) != nil, LooseNumber(bytes, hyphen + 1, end) != nil else {
            return false
        }
        lower = RangeReader.bound(bytes, start, hyphen)
        upper = RangeReader.bound(bytes, hyphen + 1, end)
        return true
    }

    private static func bound(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bound {
        if LooseValue.isAbsent(bytes, start, end) { return .absent }
        guard let number = LooseNumber(bytes, start, end) else { return .unreadable }
        if number.isNegative && number.mantissa != 0 || number.isBeyond { return .refused }
        guard let value = number.integer else { return .unreadable }
        return value > greatest ? .refused : .value(value)
    }

    private func range(_ flags: inout Set<AdFlag>) -> Ad.Range? {
        switch (lower, upper) {
        case (.unreadable, _), (_, .unreadable): flags.insert(.rangeUnreadable)
        case (.refused, _), (_, .refused): flags.insert(.rangeRefused)
        case (.absent, .absent): break
        case (.value(let lower), .absent): return Ad.Range(lower, nil)
        case (.absent, .value(let upper)): return Ad.Range(0, upper)
        case (.value(let lower), .value(let upper)):
            if lower <= upper { return Ad.Range(lower, upper) }
            flags.insert(.rangeRefused)
        }
        return nil
    }
}
