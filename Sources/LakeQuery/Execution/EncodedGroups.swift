import LakeBytes
import LakeCore

/// Groups with the values of their keys term by term, sorted into the partitions that they belong to: by hashes of the
/// values, so that every table of the query agrees on them.
struct EncodedGroups: Sendable {
    static let partitions = 64

    /// Per term the values of the groups.
    let columns: [KeyColumn]
    let hashes: [UInt64]
    /// Per group its cell in the accumulators.
    let cells: [Int]
    let accumulators: [Accumulator]
    /// Groups of partition `p` from `starts[p]` on, in their order.
    private let order: [Int]
    private let starts: [Int]

    init(columns: [KeyColumn], cells: [Int], accumulators: [Accumulator]) {
        self.columns = columns
        self.cells = cells
        self.accumulators = accumulators
        let hashes = KeyColumn.hashes(columns, count: cells.count)
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

    /// - Parameter types: of the terms.
    /// - Throws: `LakeError` (cancelled).
    init(_ partial: PartialGroups, types: [DataType], cancellation: Cancellation) throws {
        let columns = try types.indices.map { term in
            try cancellation.check()
            return EncodedGroups.column(partial.values[term], partial.numbers[term], types[term])
        }
        let accumulators = try partial.accumulators.map { accumulator in
            var settled = accumulator
            try settled.settle(cancellation)
            return settled
        }
        self.init(columns: columns, cells: partial.cells, accumulators: accumulators)
    }

    private static func column(_ values: [Scalar], _ numbers: [UInt32], _ type: DataType) -> KeyColumn {
        guard type.physical != .bytes else { return texts(values, numbers) }
        var nulls: Bitmap?
        for (group, number) in numbers.enumerated() where values[Int(number)].isNull {
            if nulls == nil { nulls = Bitmap(count: numbers.count) }
            nulls?[group] = true
        }
        // Where groups share values, each value is turned into a word once.
        guard values.count <= 2 * numbers.count else {
            return KeyColumn(.words(numbers.map { word(values[Int($0)], type) }), nulls: nulls)
        }
        let words = values.map { word($0, type) }
        return KeyColumn(.words(numbers.map { words[Int($0)] }), nulls: nulls)
    }

    /// NaN is one value, and so are 0 and -0.
    private static func word(_ value: Scalar, _ type: DataType) -> UInt64 {
        guard type.physical == .float else { return UInt64(bitPattern: value.integerBits ?? 0) }
        let number = value.number ?? 0
        return (number.isNaN ? .nan : number == 0 ? 0 : number).bitPattern
    }

    /// Texts that occur, and which of them each group has.
    private static func texts(_ values: [Scalar], _ numbers: [UInt32]) -> KeyColumn {
        var strings = ByteStrings()
        var known = [UInt32](repeating: .max, count: values.count)
        let found = numbers.map { number -> UInt32 in
            let number = Int(number)
            if known[number] == .max, case .bytes(let text) = values[number] {
                known[number] = UInt32(strings.count)
                strings.append(text)
            }
            return known[number]
        }
        return KeyColumn(.texts(found, strings))
    }

    /// Which partition a hash belongs to: by other bits than those that place it in a table.
    private static func partition(_ hash: UInt64) -> Int { Int(hash >> 58) }

    /// Which of `parts`, a power of 2, of its partition a hash belongs to.
    static func part(_ hash: UInt64, of parts: Int) -> Int { Int(hash >> 32 & 0x3FF_FFFF) & (parts - 1) }

    var count: Int { cells.count }

    /// Bytes in memory, those of the accumulators among them.
    var byteCount: Int {
        24 * cells.count + columns.reduce(0) { $0 + $1.byteCount } + accumulators.reduce(0) { $0 + $1.byteCount }
    }

    func groups(ofPartition partition: Int) -> [Int] { Array(order[starts[partition]..<starts[partition + 1]]) }

    /// The same groups by some of their terms: several may have one key then.
    func projected(onto terms: [Int]) -> EncodedGroups {
        EncodedGroups(columns: terms.map { columns[$0] }, cells: cells, accumulators: accumulators)
    }
}
