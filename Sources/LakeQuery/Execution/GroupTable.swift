import LakeBytes
import LakeCore

/// Groups in memory: keys as bytes, numbered in order of arrival, and the states of their aggregates.
struct GroupTable: Sendable {
    private let aggregates: [BoundAggregate]
    private(set) var keys = ByteInterner()
    private(set) var accumulators: [Accumulator]

    init(_ aggregates: [BoundAggregate]) {
        self.aggregates = aggregates
        accumulators = aggregates.map { Accumulator($0, cells: 0) }
    }

    var count: Int { keys.count }

    /// A table of the same aggregates without groups.
    var emptied: GroupTable { GroupTable(aggregates) }

    /// Bytes that it takes.
    var byteCount: Int { keys.byteCount + accumulators.reduce(0) { $0 + $1.byteCount } }

    /// Takes some groups of `part` in, in their order.
    mutating func merge(_ part: EncodedGroups, _ groups: some Collection<Int>) {
        var (sources, targets): ([Int], [Int]) = ([], [])
        sources.reserveCapacity(groups.count)
        targets.reserveCapacity(groups.count)
        for group in groups {
            sources.append(part.cells[group])
            targets.append(Int(keys.intern(part.keys, group)))
        }
        for index in accumulators.indices {
            accumulators[index].grow(to: keys.count)
            accumulators[index].merge(part.accumulators[index], from: sources, into: targets)
        }
    }

    /// Adds a group that has no rows, if it is not there.
    mutating func ensure(_ key: [UInt8]) {
        _ = keys.intern(key)
        for index in accumulators.indices { accumulators[index].grow(to: keys.count) }
    }

    var encoded: EncodedGroups {
        EncodedGroups(keys: keys.values, cells: Array(0..<count), accumulators: accumulators)
    }

    // MARK: Spilling

    /// The whole table as bytes.
    var spilled: [UInt8] {
        var writer = ArrayWriter()
        writer.append(keys.values)
        for accumulator in accumulators { accumulator.write(to: &writer) }
        return writer.bytes
    }

    /// Takes the groups of a spilled table in.
    /// - Throws: `LakeError` (corrupt) when the bytes are not those of one.
    mutating func merge(spilled bytes: [UInt8]) throws {
        var reader = ArrayReader(ByteView(bytes))
        let keys = try reader.strings()
        let accumulators = try aggregates.map { try Accumulator($0, cells: keys.count, from: &reader) }
        let part = EncodedGroups(keys: keys, cells: Array(0..<keys.count), accumulators: accumulators)
        merge(part, 0..<keys.count)
    }
}
