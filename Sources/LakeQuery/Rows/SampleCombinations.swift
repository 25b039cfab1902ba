import LakeBytes
import LakeCore
import LakeShard
import Synchronization

/// Which combination of values each row of a chunk has. Where the keys of a group know them it is found out once per key of a
/// shard, else row by row.
final class SampleCombinations: Sendable {
    /// The combinations of some rows.
    struct Codes {
        /// Per row its code.
        var ofRows: [UInt32]
        /// Per code the number of its combination.
        var combinations: [UInt32]
        /// Per combination the bytes that stand for its values.
        var keys: [[UInt8]]
    }

    /// The combinations of a group's keys.
    private struct Keyed: Sendable {
        var group: Int
        var combinations: [UInt32]
        var keys: [[UInt8]]
    }

    private enum State: Sendable {
        case unknown
        case keyed(Keyed)
        case rows
    }

    private final class Slot: Sendable {
        let state = Mutex(State.unknown)
    }

    private let per: [Bound]
    private let slots: [Int: Slot]

    /// - Parameter shards: those that rows are asked of.
    init(_ per: [Bound], shards: [Int]) {
        self.per = per
        slots = Dictionary(uniqueKeysWithValues: shards.map { ($0, Slot()) })
    }

    /// The combinations of selected rows of a shard.
    func codes(
        _ shard: Int, _ found: (scan: ShardScan, chunk: Int, keys: ChunkKeys, rows: ChunkRows)
    ) throws -> Codes {
        if let keyed = try keyed(shard, found.scan) {
            let rows: [UInt32]
            switch found.rows {
            case .range(let range):
                let all = try found.keys.codes(keyed.group)
                rows = range.count == all.count ? all : Array(all[range])
            case .positions(let positions): rows = try found.keys.codes(keyed.group, at: positions)
            }
            return Codes(ofRows: rows, combinations: keyed.combinations, keys: keyed.keys)
        }
        let reader = MorselReader(found.scan, chunk: found.chunk, keys: found.keys, rows: found.rows)
        let columns = try reader.batch(per, 0..<found.rows.count).columns
        let (numbers, keys) = SampleCombinations.numbered(columns, count: found.rows.count)
        return Codes(ofRows: numbers, combinations: keys.indices.map { UInt32($0) }, keys: keys)
    }

    /// Gives up what is known of a shard.
    func finish(_ shard: Int) { slots[shard]?.state.withLock { $0 = .unknown } }

    private func keyed(_ shard: Int, _ scan: ShardScan) throws -> Keyed? {
        try slots[shard]?.state.withLock { state in
            if case .unknown = state { state = try find(scan).map { .keyed($0) } ?? .rows }
            if case .keyed(let keyed) = state { return keyed }
            return nil
        }
    }

    private func find(_ scan: ShardScan) throws -> Keyed? {
        let fields = per.reduce(into: Set<Int>()) { $0.formUnion($1.fields) }
        guard !fields.isEmpty, try fields.allSatisfy(scan.isSmall), let group = scan.domain(of: fields),
            let columns = try scan.values(per, group: group)
        else { return nil }
        let (numbers, keys) = SampleCombinations.numbered(columns, count: scan.count(group))
        return Keyed(group: group, combinations: numbers, keys: keys)
    }

    /// Numbers of combinations that are few enough for a table of all that there could be.
    private static let tableSize = 1 << 16

    /// Per row the number of its combination, and the key of each combination.
    static func numbered(_ columns: [ColumnVector], count: Int) -> (numbers: [UInt32], keys: [[UInt8]]) {
        var numbers = [UInt32](repeating: 0, count: count)
        var distinct = min(count, 1)
        for column in columns {
            guard case .codes(let codes, let dictionary) = column.coded().values else { continue }
            let size = dictionary.count + 1
            if distinct * size <= tableSize {
                var table = [UInt32](repeating: .max, count: distinct * size)
                distinct = 0
                for row in 0..<count {
                    let place = Int(numbers[row]) * size + min(Int(codes[row]), size - 1)
                    if table[place] == .max {
                        table[place] = UInt32(distinct)
                        distinct += 1
                    }
                    numbers[row] = table[place]
                }
            } else {
                var interner = IntegerInterner()
                for row in 0..<count {
                    let code = min(codes[row], UInt32(dictionary.count))
                    numbers[row] = interner.intern(Int64(numbers[row]) << 32 | Int64(code))
                }
                distinct = interner.count
            }
        }
        // One row of each combination tells its values.
        var examples = [Int](repeating: 0, count: distinct)
        for (row, number) in numbers.enumerated() { examples[Int(number)] = row }
        let term = SortKeys.Term(descending: false, nullsFirst: false)
        let keys = SortKeys(columns.map { $0.gathering(examples) }, columns.map { _ in term })
        return (numbers, examples.indices.map { Array(keys.key($0)) })
    }
}
