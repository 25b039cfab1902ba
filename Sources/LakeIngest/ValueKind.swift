import LakeBytes

/// What a value in a text input looks like, told apart as finely as the choice of a column's type needs.
enum ValueKind: Int, CaseIterable, Sendable {
    case null
    case bool
    /// An integer of at most 64 bits, in its shortest spelling.
    case integer
    /// An integer beyond 2^53, which float64 may not hold exactly.
    case largeInteger
    /// An integer beyond 64 bits.
    case hugeInteger
    /// `-0`, whose sign only a float keeps.
    case negativeZero
    /// A number with a point or an exponent.
    case real
    /// A number with a point or an exponent, beyond float64.
    case overflow
    /// NaN and the infinities by name; a column of nothing else is text.
    case special
    case date
    case timestamp
    /// An empty text, which stands for '' in text columns and for NULL in all others.
    case empty
    /// Anything else.
    case text
    /// A JSON array of scalars.
    case list
    /// A JSON object, or an array that holds objects or arrays.
    case nested
}

/// Where a kind of value was seen first.
struct Evidence: Sendable, Equatable {
    var file: String
    var line: Int
    /// The value, shortened.
    var value: String
}

/// The kinds of values that were seen in one place, with the range of the integers among them.
struct SeenKinds: Sendable {
    private var first = [Evidence?](repeating: nil, count: ValueKind.allCases.count)
    /// One bit per kind in `first`.
    private var present: UInt32 = 0
    var minimum = Int64.max
    var maximum: UInt64 = 0

    subscript(kind: ValueKind) -> Evidence? {
        get { first[kind.rawValue] }
        set {
            first[kind.rawValue] = newValue
            present = newValue == nil ? present & ~(1 << UInt32(kind.rawValue)) : present | 1 << UInt32(kind.rawValue)
        }
    }

    @inline(__always)
    func has(_ kind: ValueKind) -> Bool { present >> UInt32(kind.rawValue) & 1 == 1 }

    /// Kinds that say something about the type.
    var isEmpty: Bool { !ValueKind.allCases.contains { $0 != .null && $0 != .empty && has($0) } }

    @inline(__always)
    mutating func include(isNegative: Bool, magnitude: UInt64) {
        if isNegative {
            minimum = min(minimum, Int64(bitPattern: 0 &- magnitude))
        } else {
            maximum = max(maximum, magnitude)
            if let small = Int64(exactly: magnitude) { minimum = min(minimum, small) }
        }
    }

    mutating func merge(_ other: SeenKinds) {
        for kind in ValueKind.allCases where !has(kind) { self[kind] = other[kind] }
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
    }

    /// The first value that is of none of `kinds` (NULL and empty texts fit everywhere); nil when all are.
    func misfit(of kinds: Set<ValueKind>) -> Evidence? {
        for kind in ValueKind.allCases where kind != .null && kind != .empty && !kinds.contains(kind) {
            if let evidence = self[kind] { return evidence }
        }
        return nil
    }
}

extension CellParser {
    /// What a text that is not empty spells, with the integer when it is one.
    static func kind(_ bytes: Bytes, _ start: Int, _ end: Int) -> (
        kind: ValueKind, integer: (isNegative: Bool, magnitude: UInt64)?
    ) {
        switch bytes[start] {
        case 0x30...0x39, 0x2D, 0x2E:
            if let integer = integer(bytes, start, end) {
                return (integer.magnitude > 1 << 53 ? .largeInteger : .integer, integer)
            }
            if end - start >= 10, bytes[start + 4] == 0x2D {
                if date(bytes, start, end) != nil { return (.date, nil) }
                if timestamp(bytes, start, end) != nil { return (.timestamp, nil) }
            }
            guard let decimal = decimal(bytes, start, end) else {
                return (float(bytes, start, end) == nil ? .text : .special, nil)
            }
            if decimal.isInteger { return (decimal.digits == 0 ? .negativeZero : .hugeInteger, nil) }
            return (float(bytes, start, end) == nil ? .overflow : .real, nil)
        case 0x54, 0x74, 0x46, 0x66: return (bool(bytes, start, end) == nil ? .text : .bool, nil)
        case 0x4E, 0x6E, 0x49, 0x69: return (float(bytes, start, end) == nil ? .text : .special, nil)
        default: return (.text, nil)
        }
    }
}

extension SeenKinds {
    /// Adds what each of `texts` spells; `lines` are theirs.
    mutating func classify(_ texts: ByteStrings, lines: [Int64], file: String) {
        let bytes = texts.data.span
        for index in 0..<texts.count {
            let (start, end) = (texts.offsets[index], texts.offsets[index + 1])
            note(bytes, start, end, line: Int(lines[index]), file: file)
            // Plain text settles the question.
            if has(.text) { return }
        }
    }

    /// Adds what the text `start..<end` of `bytes` spells.
    @inline(__always)
    mutating func note(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, line: Int, file: String) {
        let (kind, integer) = start == end ? (.empty, nil) : CellParser.kind(bytes, start, end)
        if let integer { include(isNegative: integer.isNegative, magnitude: integer.magnitude) }
        if !has(kind) { self[kind] = SeenKinds.evidence(bytes, start, end, line: line, file: file) }
    }

    private static func evidence(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, line: Int, file: String) -> Evidence {
        var shown: [UInt8] = []
        for at in start..<min(end, start + 56) { shown.append(bytes[at]) }
        return Evidence(file: file, line: line, value: String(decoding: shown, as: UTF8.self))
    }
}
