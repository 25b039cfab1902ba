import LakeBytes
import LakeCore

/// Puts a column together from single values of several vectors. Values of dictionaries stay codes: what the dictionaries
/// hold is united in one.
struct ColumnAssembly {
    /// A value: which of the vectors it is in, and where.
    struct Pick {
        var source: Int32
        var row: Int32
    }

    /// Distinct values that a united dictionary may have; a column with more is spelled out.
    private static let dictionaryLimit = 1 << 20

    private let type: DataType
    private let union: DictionaryUnion

    /// - Parameter union: the dictionaries of the column, kept from batch to batch.
    init(_ type: DataType, union: DictionaryUnion) {
        self.type = type
        self.union = union
    }

    /// The picked values of `vectors`, which are of this column.
    func column(_ vectors: [ColumnVector], _ picks: [Pick]) -> ColumnVector {
        if let codes = codes(vectors, picks) { return union.vector(codes) }
        if let plain = numbers(vectors, picks) { return plain }
        var parts = PlainValues()
        for pick in picks { parts.append(vectors[Int(pick.source)], Int(pick.row)) }
        return parts.column(type)
    }

    /// Codes of the united dictionary; nil when some vector has none, or there are too many values.
    private func codes(_ vectors: [ColumnVector], _ picks: [Pick]) -> [UInt32]? {
        guard type.element == nil, union.count < ColumnAssembly.dictionaryLimit else { return nil }
        var sources: [(codes: [UInt32], table: DictionaryUnion.Table)] = []
        for vector in vectors {
            guard case .codes(let codes, let dictionary) = vector.values else { return nil }
            sources.append((codes, union.table(of: dictionary)))
        }
        return picks.map { pick in
            let source = sources[Int(pick.source)]
            return source.table.code(source.codes[Int(pick.row)])
        }
    }

    /// Numbers of which none is NULL; nil for other values.
    private func numbers(_ vectors: [ColumnVector], _ picks: [Pick]) -> ColumnVector? {
        guard vectors.allSatisfy({ $0.validity == nil }) else { return nil }
        var (integers, floats): ([[Int64]], [[Double]]) = ([], [])
        for vector in vectors {
            switch vector.values {
            case .integers(let values): integers.append(values)
            case .floats(let values): floats.append(values)
            default: return nil
            }
        }
        if integers.count == vectors.count {
            return ColumnVector(.integers(picks.map { integers[Int($0.source)][Int($0.row)] }))
        }
        guard floats.count == vectors.count else { return nil }
        return ColumnVector(.floats(picks.map { floats[Int($0.source)][Int($0.row)] }))
    }

    /// Values of any kind, one by one.
    private struct PlainValues {
        var integers: [Int64] = []
        var floats: [Double] = []
        var strings = ByteStrings()
        var lists: [ColumnVector] = []
        var validity = Bitmap()

        mutating func append(_ vector: ColumnVector, _ row: Int) {
            let isNull = vector.isNull(row)
            validity.append(!isNull)
            switch vector.values {
            case .codes(let codes, let dictionary): append(dictionary.values, value: isNull ? nil : Int(codes[row]))
            case .lists: lists.append(vector.slicing(row..<(row + 1)))
            default: append(vector, value: isNull ? nil : row)
            }
        }

        private mutating func append(_ vector: ColumnVector, value row: Int?) {
            switch vector.values {
            case .integers(let values): integers.append(row.map { values[$0] } ?? 0)
            case .floats(let values): floats.append(row.map { values[$0] } ?? 0)
            case .bytes(let values): strings.append(row.map { values[$0] } ?? [])
            case .codes, .lists: break
            }
        }

        func column(_ type: DataType) -> ColumnVector {
            let known = validity.population == validity.count ? nil : validity
            switch type.physical {
            case .integer: return ColumnVector(.integers(integers), validity: known)
            case .float: return ColumnVector(.floats(floats), validity: known)
            case .bytes: return ColumnVector(.bytes(strings), validity: known)
            case .list: return lists.isEmpty ? .nulls(0, of: type) : .joining(lists)
            }
        }
    }
}

/// Several dictionaries of a column as one, whose values are in order of their first use. Used by one thread.
final class DictionaryUnion {
    /// One of the dictionaries, and the codes of its values in the union.
    final class Table {
        private let union: DictionaryUnion
        private let dictionary: ValueDictionary
        /// Per value its code in the union, `UInt32.max` as long as nobody has asked.
        private var codes: [UInt32]

        fileprivate init(_ dictionary: ValueDictionary, _ union: DictionaryUnion) {
            self.dictionary = dictionary
            self.union = union
            codes = [UInt32](repeating: .max, count: dictionary.count)
        }

        /// The code in the union for code `code` of the dictionary; `UInt32.max` for NULL.
        func code(_ code: UInt32) -> UInt32 {
            guard Int(code) < codes.count else { return .max }
            let known = codes[Int(code)]
            if known != .max { return known }
            let found = union.code(dictionary.values.scalar(Int(code), union.type))
            codes[Int(code)] = found
            return found
        }
    }

    fileprivate let type: DataType
    private var tables: [ObjectIdentifier: Table] = [:]
    private var known: [Scalar: UInt32] = [:]
    private var values: [Scalar] = []
    private var dictionary: ValueDictionary?

    init(_ type: DataType) { self.type = type }

    var count: Int { values.count }

    func table(of dictionary: ValueDictionary) -> Table {
        if let table = tables[ObjectIdentifier(dictionary)] { return table }
        let table = Table(dictionary, self)
        // The table holds its dictionary, so that no other takes its place in memory.
        tables[ObjectIdentifier(dictionary)] = table
        return table
    }

    private func code(_ value: Scalar) -> UInt32 {
        // Zeros of both signs are equal, and yet two values.
        let name =
            if case .float(let number) = value { Scalar.integer(Int64(bitPattern: number.bitPattern)) } else { value }
        if let code = known[name] { return code }
        let code = UInt32(values.count)
        values.append(value)
        known[name] = code
        return code
    }

    /// Codes of this union as a vector.
    func vector(_ codes: [UInt32]) -> ColumnVector {
        let dictionary =
            dictionary.flatMap { $0.count == values.count ? $0 : nil } ?? ValueDictionary(.of(values, type))
        self.dictionary = dictionary
        let null = UInt32(values.count)
        return ColumnVector(.codes(codes.map { $0 == .max ? null : $0 }, dictionary: dictionary))
    }
}
