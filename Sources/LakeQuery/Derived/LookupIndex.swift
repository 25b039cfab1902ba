import LakeBytes
import LakeCore

/// Which row of a table has which key. Rows are numbered through all shards of one version.
struct LookupIndex: Sendable {
    /// Stands for "no such key".
    static let none = UInt32.max

    /// The distinct values of one key column, numbered.
    private enum Values: Sendable {
        case integers(IntegerInterner)
        case texts(ByteInterner)
    }

    private let types: [DataType]
    private var values: [Values]
    /// Pairs of (number of the key's columns so far, number of its next column), numbered; one per column but the first.
    private var tuples: [IntegerInterner]
    /// The row of each numbered key.
    private var rows: [UInt32] = []

    /// An index of no rows.
    /// - Parameter types: the key columns' types.
    init(_ types: [DataType]) {
        self.types = types
        values = types.map { $0.physical == .bytes ? .texts(ByteInterner()) : .integers(IntegerInterner()) }
        tuples = types.dropFirst().map { _ in IntegerInterner() }
    }

    /// Roughly how much memory it takes.
    var bytes: Int {
        var bytes = rows.count * 4 + tuples.reduce(0) { $0 + $1.count * 20 }
        for part in values {
            switch part {
            case .integers(let integers): bytes += integers.count * 20
            case .texts(let texts): bytes += texts.count * 28 + texts.values.data.count
            }
        }
        return bytes
    }

    /// Takes in rows that begin at `first`. A key with a NULL is nobody's.
    /// - Parameters:
    ///   - columns: the key columns, of one length.
    ///   - deleted: rows that are not there any more.
    /// - Returns: nil, or the first row whose key is there already.
    mutating func add(_ columns: [ColumnVector], first: Int, deleted: Bitmap? = nil) -> Int? {
        let numbers = columns.indices.map { number(columns[$0], column: $0) }
        for row in 0..<(columns.first?.count ?? 0) where deleted?[row] != true {
            var key = numbers[0][row]
            if key == LookupIndex.none { continue }
            var isNull = false
            for column in 1..<max(1, numbers.count) {
                let next = numbers[column][row]
                if next == LookupIndex.none {
                    isNull = true
                    break
                }
                key = tuples[column - 1].intern(Int64(key) << 32 | Int64(next))
            }
            if isNull { continue }
            while rows.count <= Int(key) { rows.append(LookupIndex.none) }
            if rows[Int(key)] != LookupIndex.none { return row }
            rows[Int(key)] = UInt32(first + row)
        }
        return nil
    }

    /// The numbers of a column's values, new ones where they have not been seen; `none` for NULL.
    private mutating func number(_ vector: ColumnVector, column: Int) -> [UInt32] {
        if case .codes(let codes, let dictionary) = vector.values {
            let known = number(dictionary.values, column: column) + [LookupIndex.none]
            return Aggregation.gather(known, codes)
        }
        var numbers = [UInt32](repeating: LookupIndex.none, count: vector.count)
        switch (values[column], vector.values) {
        case (.integers(var integers), .integers(let found)):
            values[column] = .integers(IntegerInterner())
            for row in numbers.indices where !vector.isNull(row) { numbers[row] = integers.intern(found[row]) }
            values[column] = .integers(integers)
        case (.texts(var texts), .bytes(let found)):
            values[column] = .texts(ByteInterner())
            for row in numbers.indices where !vector.isNull(row) { numbers[row] = texts.intern(found, row) }
            values[column] = .texts(texts)
        default: break
        }
        return numbers
    }

    /// The rows with some keys, `none` where there is no such key.
    /// - Parameters:
    ///   - columns: the key columns of another table, of one length.
    ///   - types: their types there.
    func rows(_ columns: [ColumnVector], types: [DataType]) -> [UInt32] {
        var keys: [UInt32] = []
        for (column, vector) in columns.enumerated() {
            // The bits of an unsigned number above all signed ones are those of a negative one.
            let isMixed = (types[column] == .uint64) != (self.types[column] == .uint64)
            let found = numbers(vector, column: column, isMixed: isMixed)
            guard column > 0 else {
                keys = found
                continue
            }
            let pairs = tuples[column - 1]
            for row in keys.indices where keys[row] != LookupIndex.none {
                let next = found[row]
                keys[row] =
                    next == LookupIndex.none
                    ? next : pairs.number(of: Int64(keys[row]) << 32 | Int64(next)) ?? LookupIndex.none
            }
        }
        // A key that only began like one of the table's, or that had a NULL further on, has a number but no row.
        return keys.map { Int($0) < rows.count ? rows[Int($0)] : LookupIndex.none }
    }

    /// The numbers of a column's values where they have one.
    private func numbers(_ vector: ColumnVector, column: Int, isMixed: Bool) -> [UInt32] {
        if case .codes(let codes, let dictionary) = vector.values {
            if codes.count * 4 < dictionary.count {
                return numbers(vector.spelledOut(), column: column, isMixed: isMixed)
            }
            let known = numbers(dictionary.values, column: column, isMixed: isMixed) + [LookupIndex.none]
            return Aggregation.gather(known, codes)
        }
        var numbers = [UInt32](repeating: LookupIndex.none, count: vector.count)
        switch (values[column], vector.values) {
        case (.integers(let integers), .integers(let wanted)):
            for row in numbers.indices where !vector.isNull(row) && !(isMixed && wanted[row] < 0) {
                numbers[row] = integers.number(of: wanted[row]) ?? LookupIndex.none
            }
        case (.texts(let texts), .bytes(let wanted)):
            for row in numbers.indices where !vector.isNull(row) {
                numbers[row] = texts.number(of: wanted, row) ?? LookupIndex.none
            }
        default: break
        }
        return numbers
    }
}
