import LakeCore

/// Hashes of rows that say nothing of where and how they are stored: of values, of the fields they are in, and of nothing else
/// (FORMAT.md, Content digest).
public enum ContentHash {
    /// Of NULL.
    static let null: UInt64 = 0x6E75_6C6C_6E75_6C6C

    /// What sets a field's values apart from another's.
    private static func seed(_ field: Int) -> UInt64 { SplitMix64.mixed(UInt64(field) &* SplitMix64.step) }

    /// The share of each value in its row's hash.
    /// - Parameter field: the field's id.
    public static func shares(_ vector: ColumnVector, field: Int) -> [UInt64] {
        if case .codes(let codes, let dictionary) = vector.values {
            return gathered(shares(dictionary.values, field: field) + [share(null, seed(field))], codes)
        }
        let seed = seed(field)
        return hashes(vector).map { share($0, seed) }
    }

    /// The share of NULL.
    public static func nullShare(field: Int) -> UInt64 { share(null, seed(field)) }

    private static func share(_ hash: UInt64, _ seed: UInt64) -> UInt64 { SplitMix64.mixed(hash ^ seed) }

    /// A hash per value.
    private static func hashes(_ vector: ColumnVector) -> [UInt64] {
        func each(_ hash: (Int) -> UInt64) -> [UInt64] {
            (0..<vector.count).map { vector.isNull($0) ? null : hash($0) }
        }
        switch vector.values {
        case .integers(let values): return each { SplitMix64.mixed(UInt64(bitPattern: values[$0])) }
        case .floats(let values):
            return each { SplitMix64.mixed(values[$0].isNaN ? Double.nan.bitPattern : values[$0].bitPattern) }
        case .bytes(let strings): return each { Checksum.xxh3(strings[$0]) }
        case .codes: return hashes(vector.spelledOut())
        case .lists(let offsets, let child):
            let elements = hashes(child.vector)
            return each { row in
                elements[offsets[row]..<offsets[row + 1]].reduce(UInt64(offsets[row + 1] - offsets[row])) {
                    SplitMix64.mixed($0 &+ $1)
                }
            }
        }
    }

    private static func gathered(_ shares: [UInt64], _ codes: [UInt32]) -> [UInt64] {
        codes.map { shares[min(Int($0), shares.count - 1)] }
    }

    /// Adds the share of each row's code to its hash. A code past the end counts as the last.
    public static func add(_ shares: [UInt64], codes: [UInt32], to hashes: inout [UInt64]) {
        guard let last = shares.indices.last else { return }
        for row in 0..<min(codes.count, hashes.count) { hashes[row] &+= shares[min(Int(codes[row]), last)] }
    }

    /// Adds each row's share to its hash.
    public static func add(_ shares: [UInt64], to hashes: inout [UInt64]) {
        for row in 0..<min(shares.count, hashes.count) { hashes[row] &+= shares[row] }
    }
}

/// What some rows are, in whatever order and shards: a number of rows and the sum of their hashes. Two tables of the same schema
/// have the same digest when they have the same rows, each as often.
public struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
    /// How many rows.
    public private(set) var rows = 0
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// Of no rows.
    public init() {}

    /// Adds rows by their hashes.
    /// - Parameter rows: the ones to add; nil for all.
    public mutating func add(_ hashes: [UInt64], at rows: [Int32]? = nil) {
        func add(_ hash: UInt64) {
            low &+= SplitMix64.mixed(hash)
            high &+= SplitMix64.mixed(hash ^ SplitMix64.step)
        }
        if let rows {
            for row in rows { add(hashes[Int(row)]) }
        } else {
            for hash in hashes { add(hash) }
        }
        self.rows += rows?.count ?? hashes.count
    }

    /// The digest of both sets of rows together.
    public static func + (a: ContentDigest, b: ContentDigest) -> ContentDigest {
        var sum = a
        sum.rows += b.rows
        sum.low &+= b.low
        sum.high &+= b.high
        return sum
    }

    /// 32 hexadecimal digits.
    public var description: String { Digest(high: high, low: low).hex }
}
