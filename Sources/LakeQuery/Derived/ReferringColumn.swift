import LakeBytes
import LakeCore
import LakeTable

/// A derived column that reads look-ups by itself: for the distinct keys of some rows, where the engine would look each of
/// them up for every row, and those alone that these rows need.
public protocol ReferringColumn: DerivedColumn {
    /// Look-ups by one whole number that the table declares: names of derived columns.
    var lookups: [String] { get }
    /// The same column, reading these.
    /// - Parameter references: in the order of `lookups`.
    func reading(_ references: [Reference]) throws -> any DerivedColumn
}

/// A look-up that a table declares, open for a column that reads it.
public struct Reference: Sendable {
    /// Stands for "no such key".
    public static let none = LookupIndex.none

    /// The column of this table that holds the key.
    public let keyColumn: String
    let table: LookupTable
    /// Positions of the key and of the value in the other table.
    let key: Int
    let value: Int

    /// Whether both read the same version of the same table by the same column there: rows of one are rows of the other.
    public func hasRows(of other: Reference) -> Bool { table === other.table && key == other.key }

    /// The rows of the other table with some keys, `none` where there is no such.
    public func rows(_ keys: [Int64]) throws -> [UInt32] {
        if let dense = try table.denseKeys(key) { return dense.rows(keys) }
        let types = [table.snapshot.schema.fields[key].type]
        return try table.index([key]).rows([ColumnVector(.integers(keys))], types: types)
    }

    /// The values at rows of the other table, which ascend.
    public func values(at rows: [UInt32]) throws -> ColumnVector { try table.read(value, rows.map { Int($0) }) }
}

/// Where the rows of a table are whose keys are whole numbers of which few are left out, such as surrogate keys: found without
/// hashing.
struct DenseKeys: Sendable {
    private let first: Int64
    private let rows: [UInt32]

    /// How many places there may be per row.
    private static let most = 4

    /// An index of keys from `first` on.
    /// - Returns: nil where they are spread too far, or one is there twice.
    init?(_ chunks: [(keys: ColumnVector, first: Int, deleted: Bitmap?)]) {
        var (least, greatest, count) = (Int64.max, Int64.min, 0)
        for chunk in chunks {
            guard case .integers(let keys) = chunk.keys.values, chunk.keys.validity == nil else { return nil }
            count += keys.count
            for key in keys {
                least = min(least, key)
                greatest = max(greatest, key)
            }
        }
        let (span, overflows) = greatest.subtractingReportingOverflow(least)
        guard count > 0, !overflows, span < Int64(DenseKeys.most * count + 1024) else { return nil }
        var rows = [UInt32](repeating: LookupIndex.none, count: Int(span) + 1)
        for chunk in chunks {
            guard case .integers(let keys) = chunk.keys.values else { return nil }
            for (row, key) in keys.enumerated() where chunk.deleted?[row] != true {
                let place = Int(key - least)
                if rows[place] != LookupIndex.none { return nil }
                rows[place] = UInt32(chunk.first + row)
            }
        }
        self.first = least
        self.rows = rows
    }

    func rows(_ keys: [Int64]) -> [UInt32] {
        keys.map { key in
            let (place, overflows) = key.subtractingReportingOverflow(first)
            return !overflows && place >= 0 && place < Int64(rows.count) ? rows[Int(place)] : LookupIndex.none
        }
    }

    var bytes: Int { 4 * rows.count }
}
