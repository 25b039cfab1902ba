import LakeBytes

/// A number that names an ad or a page, as a source has it.
enum AdId: Equatable {
    case exact(Int64)
    /// Written as a number with a fraction or an exponent, which lost nothing.
    case repaired(Int64)
    /// What is left of a number that has lost digits.
    case rounded(Int64)
    /// No such number.
    case unreadable

    /// Above this, numbers with a fraction have been doubles that may not hold them.
    private static let greatestExact: Int64 = 1 << 53

    /// - Parameter isRounded: whether numbers of 16 or more digits have lost those behind the 15th.
    init(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, isRounded: Bool) {
        var (at, last) = (start, end)
        AdId.unwrap(bytes, &at, &last)
        guard let number = LooseNumber(bytes, at, last), let value = number.integer, value > 0 else {
            self = .unreadable
            return
        }
        if number.isPlain {
            self = isRounded && number.digits >= RoundedIds.digits ? .rounded(value) : .exact(value)
            return
        }
        // With an exponent that reaches beyond the digits, digits are missing: 3.00692E+15.
        let isWhole = number.exponent <= 0 && value < AdId.greatestExact
        let isLong = value >= RoundedIds.leastLong
        self = isWhole && !(isRounded && isLong) ? .repaired(value) : .rounded(value)
    }

    /// Passes over what people put around a number so that a spreadsheet leaves it alone: `'123`, `="123"`, quotes.
    private static func unwrap(_ bytes: Span<UInt8>, _ at: inout Int, _ last: inout Int) {
        LooseValue.trim(bytes, &at, &last)
        if at < last, bytes[at] == 0x3D { at += 1 }
        if at < last, LooseValue.isQuote(bytes[at]) {
            if last - at >= 2, bytes[last - 1] == bytes[at] { last -= 1 }
            at += 1
        }
    }
}

/// Finds out whether a spreadsheet has rounded the ids of a file: it keeps 15 digits and puts zeros for the others.
public struct RoundedIds: Sendable {
    /// An id of so many digits is longer than what a spreadsheet keeps.
    static let digits = 16
    static let leastLong: Int64 = 1_000_000_000_000_000
    /// So many long ids have to end in 0 before that is no chance.
    private static let leastCount = 3

    private var long = 0
    private var ending = 0

    public init() {}

    /// Takes note of the id of a row.
    public mutating func see(_ id: ArraySlice<UInt8>) {
        // At most 19 digits and what may be around them.
        guard id.count <= 40 else { return }
        see(AdId(Array(id).span, 0, id.count, isRounded: false))
    }

    /// Takes note of the id of a row in columns as `AdReader.ads(_:row:origin:)` takes them.
    public mutating func see(_ columns: [ColumnVector], row: Int) {
        see(AdReader.id(columns, row: row, isRounded: false))
    }

    private mutating func see(_ id: AdId) {
        switch id {
        case .exact(let value), .repaired(let value):
            guard value >= RoundedIds.leastLong else { return }
            long += 1
            if value % 10 == 0 { ending += 1 }
        case .rounded, .unreadable: return
        }
    }

    /// Whether there were three long ids or more, and all of them end in 0.
    public var areRounded: Bool { long >= RoundedIds.leastCount && long == ending }
}
