import LakeCore

/// A run of variable-length values laid end to end: value `i` is `data[offsets[i]..<offsets[i + 1]]`.
public struct ByteStrings: Sendable, Hashable {
    /// `count + 1` ascending positions in `data`, the first 0.
    public var offsets: [Int]
    public var data: [UInt8]

    public init() {
        offsets = [0]
        data = []
    }

    public init(_ strings: some Sequence<String>) {
        self.init()
        for string in strings { append(string) }
    }

    public init(offsets: [Int], data: [UInt8]) {
        self.offsets = offsets
        self.data = data
    }

    public var count: Int { offsets.count - 1 }

    public subscript(index: Int) -> ArraySlice<UInt8> { data[offsets[index]..<offsets[index + 1]] }

    /// Value `index` as text; damaged UTF-8 is replaced, never trapped on.
    public func string(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }

    public mutating func append(_ string: String) {
        data.append(contentsOf: string.utf8)
        offsets.append(data.count)
    }

    public mutating func append(_ bytes: some Collection<UInt8>) {
        data.append(contentsOf: bytes)
        offsets.append(data.count)
    }

    /// The same for a slice; generic code is not specialised over modules, and this is called per value.
    public mutating func append(_ bytes: ArraySlice<UInt8>) {
        data.append(contentsOf: bytes)
        offsets.append(data.count)
    }

    public mutating func removeAll() {
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
        data.removeAll(keepingCapacity: true)
    }
}

/// The values of one column for a run of rows, in memory: what importers hand to writers and scans hand to callers.
public struct ColumnVector: Sendable {
    /// The values, one case per way to hold them; places that `validity` marks as NULL hold anything.
    public enum Values: Sendable {
        /// bool (0 and 1), integers, date (days), timestamp (microseconds); `uint64` as its bit pattern.
        case integers([Int64])
        /// float32 (widened) and float64.
        case floats([Double])
        /// utf8 and binary.
        case bytes(ByteStrings)
        /// Any scalar type: positions in `dictionary`; the position `dictionary.count` stands for NULL.
        case codes([UInt32], dictionary: ValueDictionary)
        /// Lists: element `i` is `child[offsets[i]..<offsets[i + 1]]`; `count + 1` offsets.
        case lists(offsets: [Int], child: ListChild)
    }

    public var values: Values
    /// Which values are not NULL; nil when all are (and always nil for `.codes`).
    public var validity: Bitmap?

    public init(_ values: Values, validity: Bitmap? = nil) {
        self.values = values
        self.validity = validity
    }

    public var count: Int {
        switch values {
        case .integers(let values): values.count
        case .floats(let values): values.count
        case .bytes(let values): values.count
        case .codes(let codes, _): codes.count
        case .lists(let offsets, _): offsets.count - 1
        }
    }

    /// Bytes that the values take in memory; of a dictionary nothing, which is shared.
    public var byteCount: Int {
        let bits = validity.map { 8 * $0.words.count } ?? 0
        return switch values {
        case .integers(let values): bits + 8 * values.count
        case .floats(let values): bits + 8 * values.count
        case .bytes(let values): bits + 8 * values.offsets.count + values.data.count
        case .codes(let codes, _): 4 * codes.count
        case .lists(let offsets, let child): bits + 8 * offsets.count + child.vector.byteCount
        }
    }

    /// Whether value `index` is NULL.
    public func isNull(_ index: Int) -> Bool {
        if case .codes(let codes, let dictionary) = values { return Int(codes[index]) >= dictionary.count }
        guard let validity else { return false }
        return !validity[index]
    }

    /// `count` NULLs of a scalar or list type.
    public static func nulls(_ count: Int, of type: DataType) -> ColumnVector {
        let validity = Bitmap(count: count, filled: false)
        switch type.physical {
        case .integer: return ColumnVector(.integers([Int64](repeating: 0, count: count)), validity: validity)
        case .float: return ColumnVector(.floats([Double](repeating: 0, count: count)), validity: validity)
        case .bytes:
            return ColumnVector(
                .bytes(ByteStrings(offsets: [Int](repeating: 0, count: count + 1), data: [])), validity: validity)
        case .list:
            var offsets = [Int](repeating: 0, count: count + 1)
            var child = ColumnVector.nulls(0, of: type.element ?? .int64)
            if case .fixedList(let element, let size) = type {
                for index in offsets.indices { offsets[index] = index * size }
                child = .nulls(count * size, of: element)
            }
            return ColumnVector(.lists(offsets: offsets, child: ListChild(child)), validity: validity)
        }
    }
}

/// Distinct values that codes refer to, shared between vectors without copying.
public final class ValueDictionary: Sendable {
    /// The values, none of them NULL; never `.codes` or `.lists`.
    public let values: ColumnVector
    public let count: Int

    public init(_ values: ColumnVector) {
        self.values = values
        self.count = values.count
    }

    public convenience init(_ strings: some Sequence<String>) {
        self.init(ColumnVector(.bytes(ByteStrings(strings))))
    }
}

/// The elements of a list vector; a class because a value cannot hold itself.
public final class ListChild: Sendable {
    public let vector: ColumnVector

    public init(_ vector: ColumnVector) {
        self.vector = vector
    }
}
