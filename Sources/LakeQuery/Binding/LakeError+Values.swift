import LakeCore

/// What values do to a query that is right otherwise. `Place` adds where in the SQL. Loops over values call these: they are kept
/// out of them.
extension LakeError {
    /// - Parameter what: the operation that leaves 64 bits.
    @inline(never)
    static func overflow(_ what: String) -> LakeError {
        LakeError(
            .failed, "integer overflow: \(what) does not fit 64 bits with a sign",
            hint: "floats reach further: CAST(x AS DOUBLE)")
    }

    @inline(never)
    static func overflow(_ arithmetic: Expression.Arithmetic, _ a: Scalar, _ b: Scalar) -> LakeError {
        let operation = arithmetic.rawValue
        var error = overflow("\(a.shown(as: .int64)) \(operation) \(b.shown(as: .int64))")
        error.hint = "floats reach further: CAST(x AS DOUBLE) \(operation == "//" ? "/" : operation) y"
        return error
    }

    @inline(never)
    static func divisionByZero(_ arithmetic: Expression.Arithmetic, _ dividend: Scalar) -> LakeError {
        let operation = arithmetic.rawValue
        return LakeError(
            .failed, "division by zero: \(dividend.shown(as: .float64)) \(operation) 0",
            hint: "x \(operation) nullif(y, 0) is NULL where y is 0")
    }

    /// - Parameter what: the operation that leaves the calendar.
    static func outOfCalendar(_ what: String) -> LakeError {
        LakeError(
            .failed, "\(what) is out of range",
            hint: "dates reach from the year -5877641 to 5881580, timestamps from -290308 to 294247")
    }

    /// A value that is none of another type.
    static func cast(_ value: Scalar, from: DataType, to type: DataType) -> LakeError {
        LakeError(
            .failed, "\(value.shown(as: from)) cannot be cast from \(from.nameInSQL) to \(type.nameInSQL)",
            hint: castHint(value, from, type))
    }

    private static func castHint(_ value: Scalar, _ from: DataType, _ type: DataType) -> String? {
        let cast = "CAST(x AS \(type.nameInSQL))"
        if case .bytes(let bytes) = value { return textHint(String(decoding: bytes, as: UTF8.self), cast, type) }
        if type == .float32 { return "DOUBLE PRECISION reaches further" }
        if type.isCalendar { return "timestamps reach from the year -290308 to 294247" }
        guard let number = value.number, let range = type.integerRange else { return nil }
        if !number.isFinite { return "CASE WHEN isfinite(x) THEN \(cast) END is NULL for NaN and infinities" }
        let limits =
            "\(type.nameInSQL) holds \(range.lowerBound) to \(type == .uint64 ? "\(UInt64.max)" : "\(range.upperBound)")"
        let isWide = type == .int64 || type == .uint64
        return limits + (number.magnitude < 9e18 && !isWide ? ", BIGINT more" : ", DOUBLE PRECISION more")
    }

    private static func textHint(_ text: String, _ cast: String, _ type: DataType) -> String? {
        if text.allSatisfy(\.isWhitespace) { return cast.replacing("(x ", with: "(nullif(x, '') ") + " is NULL for ''" }
        let pattern: String
        switch type {
        case .bool: return "true, t, yes, y and 1 are true; false, f, no, n and 0 are false"
        case .date, .timestamp:
            let form = type == .date ? "2020-12-31" : "2020-12-31 23:59:59"
            return
                "they are written \(form); CASE WHEN x ~ '^\\d{4}-\\d\\d-\\d\\d' THEN \(cast) END rules out most others"
        case .float32, .float64: pattern = "^-?\\d+(\\.\\d+)?$"
        case _ where Double(text.filter { !$0.isWhitespace })?.isFinite == true:
            return castHint(.float(Double(text.filter { !$0.isWhitespace }) ?? 0), .float64, type)
        default:
            let range = type.integerRange
            // As many digits as always fit.
            let digits = range.map { String($0.upperBound).count - 1 } ?? 18
            pattern = (range?.lowerBound == 0 ? "^" : "^-?") + "\\d{1,\(digits)}$"
        }
        return "CASE WHEN x ~ '\(pattern)' THEN \(cast) END is NULL for other texts"
    }
}

extension Scalar {
    /// The value for a message: text and dates in quotes, not longer than 60 characters, nothing that a terminal obeys.
    func shown(as type: DataType) -> String {
        let text = text(as: type)
        switch self {
        case .bytes: return "'\(text.shortened(to: 60).printable)'"
        case .integer where type.isCalendar: return "'\(text)'"
        default: return text
        }
    }
}

extension String {
    /// The first characters, with an ellipsis for the others.
    func shortened(to count: Int) -> String {
        let head = unicodeScalars.prefix(count)
        return head.endIndex == unicodeScalars.endIndex ? self : String(head) + "…"
    }

    /// With escapes for what a terminal would obey instead of showing it.
    var printable: String {
        unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                result += scalar.escaped(asASCII: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}

extension DataType {
    /// The type as `CAST(x AS type)` takes it.
    var nameInSQL: String {
        switch self {
        case .bool: "BOOLEAN"
        case .int8: "TINYINT"
        case .int16: "SMALLINT"
        case .int32: "INTEGER"
        case .int64: "BIGINT"
        case .uint8: "UTINYINT"
        case .uint16: "USMALLINT"
        case .uint32: "UINTEGER"
        case .uint64: "UBIGINT"
        case .float32: "REAL"
        case .float64: "DOUBLE PRECISION"
        case .date: "DATE"
        case .timestamp: "TIMESTAMP"
        case .utf8: "VARCHAR"
        case .binary: "BLOB"
        case .list(let element), .fixedList(let element, _): "\(element.nameInSQL)[]"
        }
    }
}
