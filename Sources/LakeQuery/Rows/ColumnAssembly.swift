import LakeBytes
import LakeCore

/// Puts a column together from single values of other vectors. Values of dictionaries stay codes: what several dictionaries
/// hold is united in one.
struct ColumnAssembly {
    /// Distinct values that a united dictionary may have; a column with more is spelled out.
    private static let dictionaryLimit = 1 << 20

    private let type: DataType
    private(set) var count = 0
    private var integers: [Int64] = []
    private var floats: [Double] = []
    private var strings = ByteStrings()
    private var codes: [UInt32] = []
    private var lists: [ColumnVector] = []
    private var validity = Bitmap()
    private var isCoded = true
    private let union: DictionaryUnion

    /// - Parameter union: the dictionaries of the column, kept from batch to batch.
    init(_ type: DataType, union: DictionaryUnion) {
        self.type = type
        self.union = union
        isCoded = type.element == nil
    }

    /// Appends value `row` of `vector`.
    mutating func append(_ vector: ColumnVector, _ row: Int) {
        count += 1
        if isCoded {
            if case .codes(let own, let dictionary) = vector.values, union.count < ColumnAssembly.dictionaryLimit {
                return codes.append(union.code(own[row], of: dictionary))
            }
            spellOut()
        }
        appendPlain(vector, row)
    }

    /// Goes on without a dictionary.
    private mutating func spellOut() {
        isCoded = false
        guard !codes.isEmpty else { return }
        let vector = union.vector(codes)
        for row in codes.indices { appendPlain(vector, row) }
        codes = []
    }

    private mutating func appendPlain(_ vector: ColumnVector, _ row: Int) {
        let isNull = vector.isNull(row)
        validity.append(!isNull)
        switch vector.values {
        case .codes(let codes, let dictionary):
            appendValue(dictionary.values, isNull ? nil : Int(codes[row]))
        case .lists: lists.append(vector.slicing(row..<(row + 1)))
        default: appendValue(vector, isNull ? nil : row)
        }
    }

    private mutating func appendValue(_ vector: ColumnVector, _ row: Int?) {
        switch vector.values {
        case .integers(let values): integers.append(row.map { values[$0] } ?? 0)
        case .floats(let values): floats.append(row.map { values[$0] } ?? 0)
        case .bytes(let values): strings.append(row.map { values[$0] } ?? [])
        case .codes, .lists: break
        }
    }

    /// What has been appended, in the memory that it takes; the next `append` begins anew.
    mutating func take() -> ColumnVector {
        defer { self = ColumnAssembly(type, union: union) }
        if isCoded, count > 0 { return union.vector(codes) }
        let known = validity.population == count ? nil : validity
        switch type.physical {
        case .integer: return ColumnVector(.integers(integers), validity: known)
        case .float: return ColumnVector(.floats(floats), validity: known)
        case .bytes: return ColumnVector(.bytes(strings), validity: known)
        case .list: return lists.isEmpty ? .nulls(0, of: type) : .joining(lists)
        }
    }
}

/// Several dictionaries of a column as one, whose values are in order of their first use.
final class DictionaryUnion {
    private let type: DataType
    private var sources: [ObjectIdentifier: (dictionary: ValueDictionary, codes: [UInt32])] = [:]
    private var last: (dictionary: ValueDictionary, codes: [UInt32])?
    private var known: [Scalar: UInt32] = [:]
    private var values: [Scalar] = []
    private var dictionary: ValueDictionary?

    init(_ type: DataType) { self.type = type }

    var count: Int { values.count }

    /// The code for code `code` of a dictionary; `UInt32.max` for NULL.
    func code(_ code: UInt32, of dictionary: ValueDictionary) -> UInt32 {
        guard Int(code) < dictionary.count else { return .max }
        if dictionary === self.dictionary { return code }
        if last?.dictionary !== dictionary { switchTo(dictionary) }
        if let found = last?.codes[Int(code)], found != .max { return found }
        let scalar = dictionary.values.scalar(Int(code), type)
        // Zeros of both signs are equal, and yet two values.
        let name =
            if case .float(let value) = scalar { Scalar.integer(Int64(bitPattern: value.bitPattern)) } else { scalar }
        let united = known[name] ?? UInt32(values.count)
        if united == values.count {
            values.append(scalar)
            known[name] = united
        }
        last?.codes[Int(code)] = united
        return united
    }

    private func switchTo(_ dictionary: ValueDictionary) {
        if let last { sources[ObjectIdentifier(last.dictionary)] = last }
        last =
            sources.removeValue(forKey: ObjectIdentifier(dictionary))
            ?? (dictionary, [UInt32](repeating: .max, count: dictionary.count))
    }

    /// Codes of this union as a vector.
    func vector(_ codes: [UInt32]) -> ColumnVector {
        let values = self.values
        let dictionary =
            dictionary.flatMap { $0.count == values.count ? $0 : nil } ?? ValueDictionary(.of(values, type))
        self.dictionary = dictionary
        let null = UInt32(values.count)
        return ColumnVector(.codes(codes.map { $0 == .max ? null : $0 }, dictionary: dictionary))
    }
}
