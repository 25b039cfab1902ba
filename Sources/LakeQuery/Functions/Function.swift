import LakeBytes
import LakeCore

/// What a function does to values, fitted to its arguments. Two of one name are the same.
struct Function: Hashable, Sendable {
    /// How values are computed. Unless it says otherwise, NULL among the arguments gives NULL and the kernel does not
    /// see it.
    enum Kernel: Sendable {
        /// A float of a number.
        case float(@Sendable (Double) -> Double)
        /// An integer of an integer, date or timestamp.
        case integer(@Sendable (Int64) throws -> Int64)
        /// An integer of text.
        case measure(@Sendable (ArraySlice<UInt8>) -> Int64)
        /// Text of text, all at once.
        case text(@Sendable (ByteStrings) -> ByteStrings)
        /// Whether text is something, all at once.
        case search(@Sendable (ByteStrings) throws -> Bitmap)
        /// Anything, value by value.
        case values(@Sendable ([Scalar]) throws -> Scalar)
        /// Anything, value by value, and NULL is a value.
        case nullable(@Sendable ([Scalar]) throws -> Scalar)
        /// Of a list and further arguments; it sees NULL.
        case list(@Sendable (ListValues, [ColumnVector]) throws -> ColumnVector)
    }

    /// Its name, with the constants that are part of it.
    let name: String
    /// Whether there are values for which it is an error.
    let canFail: Bool
    /// Whether these are others than those which lead out of a type's range.
    let isDelicate: Bool
    let kernel: Kernel

    init(_ name: String, canFail: Bool = false, isDelicate: Bool = false, _ kernel: Kernel) {
        self.name = name
        self.canFail = canFail || isDelicate
        self.isDelicate = isDelicate
        self.kernel = kernel
    }

    static func == (a: Function, b: Function) -> Bool { a.name == b.name }

    func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Function {
    /// The values over whole vectors.
    /// - Parameters:
    ///   - arguments: of one length, `count`.
    ///   - types: of the arguments; nil for a NULL without a type.
    ///   - type: of the result.
    ///   - textLimit: bytes of text that may be computed value by value.
    /// - Throws: `LakeError`; `TextTooWide` for more.
    func vector(
        _ arguments: [ColumnVector], types: [DataType?], _ type: DataType, count: Int, textLimit: Int = .max
    ) throws -> ColumnVector {
        func byRows() throws -> ColumnVector {
            try self.byRows(arguments, types, type, count: count, textLimit: textLimit)
        }
        guard let first = arguments.first else { return try byRows() }
        switch kernel {
        case .float(let body):
            let vector = first.spelledOut()
            switch vector.values {
            case .floats(let values): return ColumnVector(.floats(values.map(body)), validity: vector.validity)
            case .integers(let values) where types[0] != .uint64:
                return ColumnVector(.floats(values.map { body(Double($0)) }), validity: vector.validity)
            default: return try byRows()
            }
        case .integer(let body):
            let vector = first.spelledOut()
            guard case .integers(let values) = vector.values else { return .nulls(count, of: type) }
            guard let validity = vector.validity else { return ColumnVector(.integers(try values.map(body))) }
            var result = [Int64](repeating: 0, count: count)
            for place in validity.positions { result[Int(place)] = try body(values[Int(place)]) }
            return ColumnVector(.integers(result), validity: validity)
        case .measure(let body):
            let vector = first.spelledOut()
            guard case .bytes(let strings) = vector.values else { return .nulls(count, of: type) }
            let values = (0..<strings.count).map { body(strings[$0]) }
            return ColumnVector(.integers(values), validity: vector.validity)
        case .text(let body):
            let vector = first.spelledOut()
            guard case .bytes(let strings) = vector.values else { return .nulls(count, of: type) }
            return ColumnVector(.bytes(body(strings)), validity: vector.validity)
        case .search(let body):
            let vector = first.spelledOut()
            guard case .bytes(let strings) = vector.values else { return .nulls(count, of: type) }
            return Truth(passes: try body(strings), known: vector.validity).vector
        case .values, .nullable: return try byRows()
        case .list(let body):
            guard let list = ListValues(first) else { return .nulls(count, of: type) }
            return try body(list, Array(arguments.dropFirst()))
        }
    }

    private func byRows(
        _ arguments: [ColumnVector], _ types: [DataType?], _ type: DataType, count: Int, textLimit: Int
    ) throws -> ColumnVector {
        let typed = zip(arguments, types).map { ($0, $1 ?? .int64) }
        var (scalars, bytes): ([Scalar], Int) = ([], 0)
        scalars.reserveCapacity(count)
        for place in 0..<count {
            if place % 1_024 == 1_023 { try Cancellation.checkCurrent() }
            let value = try scalar(typed.map { $0.scalar(place, $1) }, type)
            if case .bytes(let text) = value { bytes += text.count }
            if bytes > textLimit, place > 0 { throw TextTooWide() }
            scalars.append(value)
        }
        return .of(scalars, type)
    }

    /// The value for one row.
    func scalar(_ arguments: [Scalar], _ type: DataType) throws -> Scalar {
        switch kernel {
        case .nullable(let body): return try body(arguments)
        case _ where arguments.contains(where: \.isNull): return .null
        case .values(let body): return try body(arguments)
        case .float(let body): return arguments[0].number.map { .float(body($0)) } ?? .null
        case .integer(let body):
            return try arguments[0].integerBits.map { Scalar(bits: try body($0), type: type) } ?? .null
        case .measure, .text, .search:
            return try vector([.of(arguments, .utf8)], types: [.utf8], type, count: 1).scalar(0, type)
        // Lists stand in columns only: none is the value of an aggregate or a group.
        case .list: return .null
        }
    }
}

/// Lists and their elements.
struct ListValues {
    let offsets: [Int]
    let elements: ColumnVector
    let validity: Bitmap?

    var count: Int { offsets.count - 1 }

    /// Nil for what is no vector of lists.
    init?(_ vector: ColumnVector) {
        guard case .lists(let offsets, let child) = vector.values else { return nil }
        self.offsets = offsets
        elements = child.vector
        validity = vector.validity
    }

    func isNull(_ index: Int) -> Bool { validity.map { !$0[index] } ?? false }

    subscript(index: Int) -> Range<Int> { offsets[index]..<offsets[index + 1] }

    /// For each element the list that it is in.
    var owners: [UInt32] {
        var result = [UInt32](repeating: 0, count: elements.count)
        for list in 0..<count { for element in self[list] { result[element] = UInt32(list) } }
        return result
    }
}
