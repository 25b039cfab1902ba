import LakeCore

extension Scalar {
    private static let microsPerDay: Int64 = 86_400_000_000

    /// Whether values of one type can be cast to another at all, as in DuckDB: dates and timestamps only to each other
    /// and to text.
    static func canCast(_ from: DataType, to type: DataType) -> Bool {
        let calendar: [DataType] = [.date, .timestamp]
        if from.element != nil || type.element != nil { return false }
        if from.physical == .bytes || type.physical == .bytes { return true }
        return calendar.contains(from) == calendar.contains(type)
    }

    /// The value in another type, as DuckDB casts: floats are rounded to the nearest even integer, what does not fit is an
    /// error.
    /// - Throws: `LakeError` (failed) when the value is none of `type`.
    func cast(from: DataType, to type: DataType) throws(LakeError) -> Scalar {
        if isNull { return .null }
        switch type {
        case .utf8, .binary: return .bytes(Array(text(as: from).utf8))
        case .date, .timestamp: return try calendar(from, type)
        case .float32, .float64: return try float(from, type)
        case .bool: return try truth(from)
        default: return try integer(from, type)
        }
    }

    /// The value as text, for casts and errors.
    func text(as type: DataType) -> String {
        switch self {
        case .null: "NULL"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value) where type == .date: CalendarText.date(Int32(clamping: value))
        case .integer(let value) where type == .timestamp: Scalar.timestamp(value)
        case .integer(let value): String(value)
        case .unsigned(let value): String(value)
        case .float(let value) where type == .float32: Scalar.float(String(Float(value)))
        case .float(let value): Scalar.float(String(value))
        case .bytes(let value): String(decoding: value, as: UTF8.self)
        }
    }

    /// `2020-12-31 23:59:59.5`, as DuckDB writes timestamps.
    private static func timestamp(_ micros: Int64) -> String {
        CalendarText.timestamp(micros).replacing("T", with: " ").replacing("Z", with: "")
    }

    /// Exponents have two digits at least, as in C.
    private static func float(_ text: String) -> String {
        guard let sign = text.lastIndex(where: { $0 == "-" || $0 == "+" }), sign != text.startIndex else { return text }
        let digits = text[text.index(after: sign)...]
        return digits.count < 2 ? "\(text[...sign])0\(digits)" : text
    }

    private func refuse(_ from: DataType, _ type: DataType) -> LakeError { .cast(self, from: from, to: type) }

    private func calendar(_ from: DataType, _ type: DataType) throws(LakeError) -> Scalar {
        switch self {
        case .bytes:
            let text = text(as: from)
            if type == .date, let days = CalendarText.days(parsing: text) { return .integer(Int64(days)) }
            if let micros = CalendarText.micros(parsing: text) {
                return try Scalar.integer(micros).calendar(.timestamp, type)
            }
        case .integer(let value) where from == type: return .integer(value)
        case .integer(let days) where from == .date:
            let (micros, overflow) = days.multipliedReportingOverflow(by: Scalar.microsPerDay)
            if !overflow { return .integer(micros) }
        case .integer(let micros) where from == .timestamp:
            let (days, rest) = micros.quotientAndRemainder(dividingBy: Scalar.microsPerDay)
            return .integer(rest < 0 ? days - 1 : days)
        default: break
        }
        throw refuse(from, type)
    }

    private func float(_ from: DataType, _ type: DataType) throws(LakeError) -> Scalar {
        let number: Double?
        switch self {
        case .bool(let value): number = value ? 1 : 0
        case .bytes: number = Double(text(as: from).trimmed)
        default: number = self.number
        }
        guard let number else { throw refuse(from, type) }
        guard type == .float32 else { return .float(number) }
        let short = Float(number)
        if short.isInfinite, number.isFinite { throw refuse(from, type) }
        return .float(Double(short))
    }

    private func truth(_ from: DataType) throws(LakeError) -> Scalar {
        switch self {
        case .bool: return self
        case .bytes:
            switch text(as: from).lowercased() {
            case "true", "t", "yes", "y", "1": return .bool(true)
            case "false", "f", "no", "n", "0": return .bool(false)
            default: throw refuse(from, .bool)
            }
        default: return .bool(number != 0)
        }
    }

    private func integer(_ from: DataType, _ type: DataType) throws(LakeError) -> Scalar {
        let whole: Scalar?
        switch self {
        case .bool(let value): whole = .integer(value ? 1 : 0)
        case .integer, .unsigned: whole = self
        case .float(let value): whole = Scalar(rounding: value)
        case .bytes:
            let text = text(as: from).trimmed
            whole =
                Int64(text).map { .integer($0) } ?? UInt64(text).map { .unsigned($0) }
                ?? Double(text).flatMap { Scalar(rounding: $0) }
        case .null: whole = nil
        }
        switch whole {
        case .integer(let value) where type.integerRange?.contains(value) ?? false: return .integer(value)
        case .unsigned(let value) where type == .uint64: return .unsigned(value)
        default: throw refuse(from, type)
        }
    }

    /// The nearest 64-bit integer, ties to even; nil when there is none.
    private init?(rounding value: Double) {
        let rounded = value.rounded(.toNearestOrEven)
        if let whole = Int64(exactly: rounded) {
            self = .integer(whole)
        } else if let whole = UInt64(exactly: rounded) {
            self = .unsigned(whole)
        } else {
            return nil
        }
    }
}

extension String {
    /// Without blanks around it.
    fileprivate var trimmed: String {
        let from = drop { $0.isWhitespace }
        return String(from[..<(from.lastIndex { !$0.isWhitespace }.map { from.index(after: $0) } ?? from.startIndex)])
    }
}
