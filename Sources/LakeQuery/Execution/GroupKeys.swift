import LakeBytes
import LakeCore

/// The values of GROUP BY terms as bytes, which are equal exactly when the values are: NaN is one value, and so are 0 and
/// -0.
struct GroupKeys: Sendable {
    /// Of the terms, in their order.
    let types: [DataType]

    private enum Tag {
        static let null: UInt8 = 0
        static let word: UInt8 = 1
        static let bytes: UInt8 = 2
    }

    func append(_ value: Scalar, term: Int, to bytes: inout [UInt8]) {
        if value.isNull {
            bytes.append(Tag.null)
        } else if case .bytes(let text) = value {
            bytes.append(Tag.bytes)
            GroupKeys.append(UInt64(text.count), width: 4, to: &bytes)
            bytes.append(contentsOf: text)
        } else {
            bytes.append(Tag.word)
            GroupKeys.append(word(value, term), width: 8, to: &bytes)
        }
    }

    private func word(_ value: Scalar, _ term: Int) -> UInt64 {
        guard types[term].physical == .float else { return UInt64(bitPattern: value.integerBits ?? 0) }
        let number = value.number ?? 0
        return (number.isNaN ? .nan : number == 0 ? 0 : number).bitPattern
    }

    private static func append(_ value: UInt64, width: Int, to bytes: inout [UInt8]) {
        for byte in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
    }

    private static func word(_ bytes: ArraySlice<UInt8>, at start: Int, width: Int) -> UInt64 {
        var value: UInt64 = 0
        for byte in 0..<width { value |= UInt64(bytes[start + byte]) << UInt64(8 * byte) }
        return value
    }

    /// The bytes of each term in turn.
    func parts(_ key: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var start = key.startIndex
        return types.map { _ in
            var end = start + 1
            switch key[start] {
            case Tag.word: end += 8
            case Tag.bytes: end += 4 + Int(GroupKeys.word(key, at: start + 1, width: 4))
            default: break
            }
            defer { start = end }
            return key[start..<end]
        }
    }

    func values(_ key: ArraySlice<UInt8>) -> [Scalar] {
        zip(parts(key), types).map { part, type in
            switch part[part.startIndex] {
            case Tag.word:
                let word = GroupKeys.word(part, at: part.startIndex + 1, width: 8)
                return type.physical == .float
                    ? .float(Double(bitPattern: word)) : Scalar(bits: Int64(bitPattern: word), type: type)
            case Tag.bytes: return .bytes(Array(part.dropFirst(5)))
            default: return .null
            }
        }
    }
}

/// Groups with their keys as bytes, sorted into the partitions that they belong to.
struct EncodedGroups: Sendable {
    static let partitions = 64

    var keys: ByteStrings
    private let hashes: [UInt64]
    /// Per group its cell in the accumulators.
    let cells: [Int]
    let accumulators: [Accumulator]
    /// Groups of partition `p` from `starts[p]` on, in their order.
    private let order: [Int]
    private let starts: [Int]

    init(keys: ByteStrings, cells: [Int], accumulators: [Accumulator]) {
        self.keys = keys
        self.cells = cells
        self.accumulators = accumulators
        let hashes = keys.hashes()
        var starts = [Int](repeating: 0, count: EncodedGroups.partitions + 1)
        for hash in hashes { starts[EncodedGroups.partition(hash) + 1] += 1 }
        for partition in 0..<EncodedGroups.partitions { starts[partition + 1] += starts[partition] }
        var next = starts
        var order = [Int](repeating: 0, count: hashes.count)
        for (group, hash) in hashes.enumerated() {
            let partition = EncodedGroups.partition(hash)
            order[next[partition]] = group
            next[partition] += 1
        }
        (self.hashes, self.order, self.starts) = (hashes, order, starts)
    }

    init(_ partial: PartialGroups, _ codec: GroupKeys) {
        // Where groups share values, each value is spelled once.
        let spelled = partial.values.enumerated().map { term, values -> ByteStrings? in
            guard values.count <= 2 * partial.cells.count else { return nil }
            var strings = ByteStrings()
            for value in values {
                codec.append(value, term: term, to: &strings.data)
                strings.offsets.append(strings.data.count)
            }
            return strings
        }
        var keys = ByteStrings()
        keys.offsets.reserveCapacity(partial.cells.count + 1)
        for group in partial.cells.indices {
            for (term, numbers) in partial.numbers.enumerated() {
                let number = Int(numbers[group])
                if let strings = spelled[term] {
                    keys.data.append(contentsOf: strings[number])
                } else {
                    codec.append(partial.values[term][number], term: term, to: &keys.data)
                }
            }
            keys.offsets.append(keys.data.count)
        }
        self.init(keys: keys, cells: partial.cells, accumulators: partial.accumulators)
    }

    /// Which partition a hash belongs to: by other bits than those that place it in a table.
    private static func partition(_ hash: UInt64) -> Int { Int(hash >> 58) }

    var count: Int { cells.count }

    /// Bytes in memory, those of the accumulators among them.
    var byteCount: Int {
        keys.data.count + 8 * (keys.offsets.count + 3 * cells.count)
            + accumulators.reduce(0) { $0 + $1.byteCount }
    }

    func groups(ofPartition partition: Int) -> ArraySlice<Int> { order[starts[partition]..<starts[partition + 1]] }

    /// The same groups by some of their terms: several may have one key then.
    func projected(onto terms: [Int], _ codec: GroupKeys) -> EncodedGroups {
        var projected = ByteStrings()
        for group in 0..<count {
            let parts = codec.parts(keys[group])
            for term in terms { projected.data.append(contentsOf: parts[term]) }
            projected.offsets.append(projected.data.count)
        }
        return EncodedGroups(keys: projected, cells: cells, accumulators: accumulators)
    }
}
