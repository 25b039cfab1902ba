import LakeBytes
import LakeCore

/// Groups in memory: keys, numbered in order of arrival, and the states of their aggregates.
struct GroupTable: Sendable {
    private let aggregates: [BoundAggregate]
    /// Per term whether its values are texts.
    private let isText: [Bool]
    private(set) var keys: KeyInterner
    private(set) var accumulators: [Accumulator]

    /// - Parameter types: of the terms.
    init(_ aggregates: [BoundAggregate], types: [DataType]) {
        self.init(aggregates, isText: types.map { $0.physical == .bytes })
    }

    private init(_ aggregates: [BoundAggregate], isText: [Bool]) {
        self.aggregates = aggregates
        self.isText = isText
        keys = KeyInterner(isText: isText)
        accumulators = aggregates.map { Accumulator($0, cells: 0) }
    }

    var count: Int { keys.count }

    /// A table of the same terms and aggregates without groups.
    var emptied: GroupTable { GroupTable(aggregates, isText: isText) }

    /// Bytes that it takes.
    var byteCount: Int { keys.byteCount + accumulators.reduce(0) { $0 + $1.byteCount } }

    /// Takes some groups of `part` in, in their order.
    /// - Throws: `LakeError` (cancelled).
    mutating func merge(_ part: EncodedGroups, _ groups: [Int], _ cancellation: Cancellation?) throws {
        let targets = try keys.numbers(of: part.columns, hashes: part.hashes, groups, cancellation: cancellation)
        let sources = groups.map { part.cells[$0] }
        for index in accumulators.indices {
            accumulators[index].grow(to: keys.count)
            try accumulators[index].merge(
                part.accumulators[index], from: sources, into: targets, cancellation: cancellation)
        }
    }

    /// Makes equal values one, where values are kept: what is left over is what they take.
    /// - Throws: `LakeError` (cancelled).
    mutating func settle(_ cancellation: Cancellation?) throws {
        for index in accumulators.indices { try accumulators[index].settle(cancellation) }
    }

    /// Adds the group of all rows to a table without terms, if it is not there.
    mutating func ensureWhole() throws {
        _ = try keys.numbers(of: [], hashes: KeyColumn.hashes([], count: 1), [0])
        for index in accumulators.indices { accumulators[index].grow(to: keys.count) }
    }

    /// The groups as a partial result, with values that are sorted once and not by each who takes some.
    /// - Throws: `LakeError` (cancelled).
    func encoded(_ cancellation: Cancellation) throws -> EncodedGroups {
        var settled = self
        try settled.settle(cancellation)
        return EncodedGroups(columns: keys.columns, cells: Array(0..<count), accumulators: settled.accumulators)
    }

    // MARK: Spilling

    /// The whole table as bytes.
    func spilled() throws -> [UInt8] {
        var writer = ArrayWriter()
        writer.append(keys.columns, count: count)
        for accumulator in accumulators { try accumulator.write(to: &writer) }
        return writer.bytes
    }

    /// Takes groups of a spilled table in: those of one of `parts` that the hashes are divided into.
    /// - Throws: `LakeError` (corrupt) when the bytes are not those of one, (cancelled).
    mutating func merge(
        spilled bytes: [UInt8], part: Int, of parts: Int, _ cancellation: Cancellation?
    ) throws {
        var reader = ArrayReader(ByteView(bytes))
        let (columns, count) = try reader.keys(isText: isText)
        let accumulators = try aggregates.map { try Accumulator($0, cells: count, from: &reader) }
        let encoded = EncodedGroups(columns: columns, cells: Array(0..<count), accumulators: accumulators)
        try merge(encoded, encoded.groups(ofPart: part, of: parts), cancellation)
    }
}

extension EncodedGroups {
    /// The groups of one of `parts`, in their order.
    func groups(ofPart part: Int, of parts: Int) -> [Int] {
        parts == 1 ? Array(0..<count) : (0..<count).filter { EncodedGroups.part(hashes[$0], of: parts) == part }
    }
}
