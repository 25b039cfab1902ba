import LakeCore

/// An expression fitted to a table: columns are field positions, types are known, literals have the type that they are
/// compared with.
indirect enum Bound: Hashable, Sendable {
    case field(Int, DataType)
    case constant(Scalar, DataType)
    case comparison(Expression.Comparison, Bound, Bound)
    case and([Bound])
    case or([Bound])
    case not(Bound)
    case isNull(Bound)
    case inList(Bound, [Bound])
    /// IN a list of constants; `hasNull` when NULL was among them.
    case inSet(Bound, Set<Scalar>, hasNull: Bool)
    case like(Bound, pattern: LikePattern)
    case arithmetic(Expression.Arithmetic, Bound, Bound, DataType)
    case negate(Bound, DataType)
    case cast(Bound, DataType)
    /// What an aggregate takes in, evaluated side by side; rows that do not pass the filter are left out.
    case inputs([Bound], filter: Bound?)
    /// The result of an aggregate, once there is one.
    case aggregate(Int, DataType)
    /// The value of a GROUP BY term.
    case group(Int, DataType)

    /// Nil for the untyped NULL.
    var type: DataType? {
        switch self {
        case .field(_, let type), .arithmetic(_, _, _, let type), .negate(_, let type), .cast(_, let type),
            .aggregate(_, let type), .group(_, let type):
            type
        case .constant(let value, let type): value.isNull ? nil : type
        case .inputs(let inputs, _): inputs.first?.type
        case .comparison, .and, .or, .not, .isNull, .inList, .inSet, .like: .bool
        }
    }

    var children: [Bound] {
        switch self {
        case .field, .constant, .aggregate, .group: []
        case .comparison(_, let a, let b), .arithmetic(_, let a, let b, _): [a, b]
        case .and(let terms), .or(let terms): terms
        case .not(let a), .isNull(let a), .like(let a, _), .inSet(let a, _, _), .negate(let a, _), .cast(let a, _): [a]
        case .inList(let a, let list): [a] + list
        case .inputs(let inputs, let filter): inputs + (filter.map { [$0] } ?? [])
        }
    }

    /// The fields it reads.
    var fields: Set<Int> {
        if case .field(let field, _) = self { return [field] }
        return children.reduce(into: []) { $0.formUnion($1.fields) }
    }
}

/// A LIKE pattern, taken apart once.
struct LikePattern: Hashable, Sendable {
    private enum Part: Hashable {
        case any, one
        case byte(UInt8)
    }

    private let parts: [Part]
    private let ignoringCase: Bool

    /// - Throws: nothing; a trailing backslash stands for itself, as in DuckDB without ESCAPE.
    init(_ pattern: [UInt8], ignoringCase: Bool) {
        self.ignoringCase = ignoringCase
        parts = (ignoringCase ? LikePattern.folded(pattern) : pattern).map { byte in
            switch byte {
            case UInt8(ascii: "%"): .any
            case UInt8(ascii: "_"): .one
            default: .byte(byte)
            }
        }
    }

    private static func folded(_ bytes: [UInt8]) -> [UInt8] {
        Array(String(decoding: bytes, as: UTF8.self).lowercased().utf8)
    }

    func matches(_ text: [UInt8]) -> Bool {
        let text = ignoringCase ? LikePattern.folded(text) : text
        var (at, part) = (0, 0)
        var retry: (part: Int, at: Int)?
        while at < text.count {
            if part < parts.count {
                switch parts[part] {
                case .any:
                    retry = (part, at)
                    part += 1
                    continue
                case .one:
                    at = LikePattern.next(after: at, in: text)
                    part += 1
                    continue
                case .byte(let byte) where byte == text[at]:
                    at += 1
                    part += 1
                    continue
                case .byte: break
                }
            }
            guard let again = retry else { return false }
            at = LikePattern.next(after: again.at, in: text)
            part = again.part + 1
            retry = (again.part, at)
        }
        return parts[min(part, parts.count)...].allSatisfy { $0 == .any } && at == text.count
    }

    /// Where the character after the one at `index` begins.
    private static func next(after index: Int, in text: [UInt8]) -> Int {
        var next = index + 1
        while next < text.count, text[next] & 0xC0 == 0x80 { next += 1 }
        return next
    }
}
