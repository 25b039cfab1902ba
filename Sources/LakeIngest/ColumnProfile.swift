import LakeCore

/// What an input holds in one column: the basis for choosing a type, or for checking a given one.
public struct ColumnProfile: Sendable {
    public let name: String
    /// JSON numbers and literals, and every cell of a CSV column.
    var bare = SeenKinds()
    /// The content of JSON strings. `"12"` is text to inference, but a column that is int64 already takes it.
    var strings = SeenKinds()
    /// The elements of JSON arrays; at most one entry (a value cannot hold itself).
    var elements: [ColumnProfile] = []

    init(name: String) {
        self.name = name
    }

    mutating func merge(_ other: ColumnProfile) {
        bare.merge(other.bare)
        strings.merge(other.strings)
        guard let child = other.elements.first else { return }
        if elements.isEmpty { elements = [child] } else { elements[0].merge(child) }
    }

    /// The type that holds every value seen without losing any; text when no other does.
    ///
    /// Numbers are int64, uint64 where that is needed, float64 when some have a point or an exponent and no integer
    /// lies beyond 2^53. Only strings that are all dates or all times become such. Arrays of scalars become lists,
    /// everything nested stays JSON text.
    public var inferredType: DataType {
        if bare.has(.nested) { return .utf8 }
        if let child = elements.first {
            let isAlone = strings.isEmpty && !strings.has(.empty) && bare.misfit(of: [.list]) == nil
            return isAlone ? .list(child.inferredType) : .utf8
        }
        if bare.isEmpty {
            if strings.isEmpty { return .utf8 }
            return [DataType.date, .timestamp].first { misfit($0) == nil } ?? .utf8
        }
        if !strings.isEmpty || strings.has(.empty) { return .utf8 }
        if bare.misfit(of: [.special]) == nil { return .utf8 }
        let candidates: [DataType] = [.bool, .int64, .uint64, .float64, .date, .timestamp]
        return candidates.first { misfit($0) == nil } ?? .utf8
    }

    /// The first value that a column of `type` cannot hold; nil when it can hold all.
    func misfit(_ type: DataType) -> Evidence? {
        switch type {
        case .utf8: return nil
        case .binary: return bare.misfit(of: [.date, .timestamp, .special, .text, .integer, .largeInteger, .bool])
        case .list(let element), .fixedList(let element, _):
            if let evidence = bare.misfit(of: element == .utf8 ? [.list, .nested] : [.list]) { return evidence }
            if let evidence = ValueKind.allCases.lazy.compactMap({ strings[$0] }).first { return evidence }
            return elements.first?.misfit(element)
        default: return ColumnProfile.misfit(bare, type) ?? ColumnProfile.misfit(strings, type)
        }
    }

    private static func misfit(_ seen: SeenKinds, _ type: DataType) -> Evidence? {
        switch type {
        case .bool: return seen.misfit(of: [.bool])
        case .float32, .float64:
            return seen.misfit(of: [.integer, .negativeZero, .real, .special, .largeInteger])
                ?? seen[.largeInteger]
        case .date: return seen.misfit(of: [.date])
        case .timestamp: return seen.misfit(of: [.date, .timestamp])
        default:
            if let evidence = seen.misfit(of: [.integer, .largeInteger]) { return evidence }
            guard let any = seen[.integer] ?? seen[.largeInteger] else { return nil }
            let limits = type.integerLimits
            if seen.minimum < limits.low, seen.minimum != .max {
                return Evidence(file: any.file, line: any.line, value: String(seen.minimum))
            }
            guard seen.maximum > limits.high else { return nil }
            let first = seen.maximum > 1 << 53 ? seen[.largeInteger] ?? any : any
            return Evidence(file: first.file, line: first.line, value: String(seen.maximum))
        }
    }
}

extension DataType {
    /// The integers that a type holds; `uint64` reaches beyond what `integerRange` can say.
    var integerLimits: (low: Int64, high: UInt64) {
        if self == .uint64 { return (0, .max) }
        guard let range = integerRange else { return (0, 0) }
        return (range.lowerBound, UInt64(range.upperBound))
    }

    /// What a message calls a value of the type.
    var article: String {
        switch self {
        case .int8, .int16, .int32, .int64: "an \(self)"
        default: "a \(self)"
        }
    }
}
