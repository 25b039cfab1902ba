import Glibc
import LakeCore

/// Keys of rows to be sorted, as bytes whose order is the rows' order: `memcmp` decides, whatever the types, directions and
/// places of NULL.
///
/// Per term a byte says whether the value is NULL, and on which side NULLs stand. Numbers follow as 8 bytes, the highest first,
/// with the sign turned so that they ascend (NaN above all numbers, -0 equal to 0). Text follows with every zero byte
/// as `00 FF` and `00 00` at its end. A descending term has all bytes of its values inverted.
public struct SortKeys: Sendable {
    /// One term of an order.
    public struct Term: Sendable {
        public var descending: Bool
        public var nullsFirst: Bool
        /// Whether integers are bit patterns of unsigned ones.
        public var isUnsigned: Bool

        public init(descending: Bool, nullsFirst: Bool, isUnsigned: Bool = false) {
            self.descending = descending
            self.nullsFirst = nullsFirst
            self.isUnsigned = isUnsigned
        }
    }

    private(set) var data: [UInt8] = []
    private var offsets: [Int] = [0]
    /// The first 8 bytes of each key as a number, which most comparisons need no more than.
    private var prefixes: [UInt64] = []

    public init() {}

    /// The keys of rows with these values, one column per term.
    public init(_ columns: [ColumnVector], _ terms: [Term]) {
        let count = columns.first?.count ?? 0
        let parts = zip(columns, terms).map { KeyPart($0, $1) }
        data.reserveCapacity(count * 12 * parts.count)
        offsets.reserveCapacity(count + 1)
        prefixes.reserveCapacity(count)
        for row in 0..<count {
            for part in parts { part.append(row, to: &data) }
            endKey()
        }
    }

    private mutating func endKey() {
        let start = offsets[offsets.count - 1]
        prefixes.append(SortKeys.prefix(data, start..<data.count))
        offsets.append(data.count)
    }

    static func prefix(_ data: [UInt8], _ range: Range<Int>) -> UInt64 {
        if range.count >= 8 {
            return data.withUnsafeBytes {
                UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
            }
        }
        var prefix: UInt64 = 0
        for index in 0..<8 {
            prefix = prefix << 8 | (index < range.count ? UInt64(data[range.lowerBound + index]) : 0)
        }
        return prefix
    }

    public var count: Int { prefixes.count }

    /// Bytes in memory.
    public var byteCount: Int { data.count + 16 * count }

    /// The first 8 bytes of key `row` as a number: where two differ, so do the keys.
    public func prefix(_ row: Int) -> UInt64 { prefixes[row] }

    /// Key `row`.
    public func key(_ row: Int) -> ArraySlice<UInt8> { data[offsets[row]..<offsets[row + 1]] }

    /// Appends a key.
    public mutating func append(_ key: some Collection<UInt8>) {
        data.append(contentsOf: key)
        endKey()
    }

    /// Negative, 0 or positive as key `row` stands before, beside or behind key `otherRow` of `other`.
    public func compare(_ row: Int, _ other: SortKeys, _ otherRow: Int) -> Int {
        let (a, b) = (prefixes[row], other.prefixes[otherRow])
        if a != b { return a < b ? -1 : 1 }
        return compareBytes(row, other, otherRow)
    }

    /// Like `compare`, as far as both keys go: 0 when one of them begins with the other.
    public func compareStarts(_ row: Int, _ other: SortKeys, _ otherRow: Int) -> Int {
        let (a, b) = (key(row), other.key(otherRow))
        let length = min(a.count, b.count)
        return SortKeys.order(a.prefix(length), b.prefix(length))
    }

    private static func order(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
        a.withUnsafeBytes { a in
            b.withUnsafeBytes { b in
                guard let a = a.baseAddress, let start = b.baseAddress else { return 0 }
                return Int(memcmp(a, start, b.count))
            }
        }
    }

    private func compareBytes(_ row: Int, _ other: SortKeys, _ otherRow: Int) -> Int {
        let (start, otherStart) = (offsets[row], other.offsets[otherRow])
        let (length, otherLength) = (offsets[row + 1] - start, other.offsets[otherRow + 1] - otherStart)
        let order = data.withUnsafeBytes { a in
            other.data.withUnsafeBytes { b in
                guard let a = a.baseAddress, let b = b.baseAddress else { return Int32(0) }
                return memcmp(a + start, b + otherStart, min(length, otherLength))
            }
        }
        return order == 0 ? length - otherLength : Int(order)
    }

    /// The rows in the order of their keys, those with equal keys in their own.
    /// - Parameters:
    ///   - limit: how many are wanted of them.
    ///   - last: a key (row 0 of other keys) that rows have to stand before.
    ///   - inclusive: whether rows whose keys begin with `last` may stand too.
    public func order(limit: Int = .max, before last: SortKeys? = nil, inclusive: Bool = false) -> [Int32] {
        order(limit: limit, before: last, inclusive: inclusive) {}
    }

    /// The same, interruptible.
    /// - Parameter check: called now and then; what it throws ends the work.
    public func order(
        limit: Int = .max, before last: SortKeys? = nil, inclusive: Bool = false, check: () throws -> Void
    ) rethrows -> [Int32] {
        var rows = (0..<Int32(count)).map { (prefix: prefixes[Int($0)], row: $0) }
        if let last {
            let bound = last.prefix(0)
            rows.removeAll { row in
                guard inclusive else { return compare(Int(row.row), last, 0) >= 0 }
                return row.prefix >= bound && compareStarts(Int(row.row), last, 0) > 0
            }
        }
        if limit < rows.count / 8 { rows = first(limit, of: rows) }
        return try sorted(rows, check).prefix(limit).map(\.row)
    }

    /// Many rows are sorted piece by piece and the pieces merged, so that nothing goes on for long without a check.
    private func sorted(
        _ rows: [(prefix: UInt64, row: Int32)], _ check: () throws -> Void
    ) rethrows -> [(prefix: UInt64, row: Int32)] {
        let piece = 1 << 14
        try check()
        guard rows.count > piece else { return rows.sorted(by: isBefore) }
        let middle = rows.count / 2
        let (a, b) = (try sorted(Array(rows[..<middle]), check), try sorted(Array(rows[middle...]), check))
        try check()
        var merged: [(prefix: UInt64, row: Int32)] = []
        merged.reserveCapacity(rows.count)
        var (i, j) = (0, 0)
        while i < a.count, j < b.count {
            // Rows of the first half come first where keys are equal.
            if isBefore(b[j], a[i]) {
                merged.append(b[j])
                j += 1
            } else {
                merged.append(a[i])
                i += 1
            }
        }
        merged += a[i...]
        merged += b[j...]
        return merged
    }

    private func isBefore(_ a: (prefix: UInt64, row: Int32), _ b: (prefix: UInt64, row: Int32)) -> Bool {
        if a.prefix != b.prefix { return a.prefix < b.prefix }
        let order = compareBytes(Int(a.row), self, Int(b.row))
        return order == 0 ? a.row < b.row : order < 0
    }

    /// The first `limit` rows of the order, in no order: a heap holds the best so far, the worst of them on top.
    private func first(
        _ limit: Int, of rows: [(prefix: UInt64, row: Int32)]
    ) -> [(prefix: UInt64, row: Int32)] {
        guard limit > 0 else { return [] }
        var heap = Array(rows.prefix(limit)).sorted { isBefore($1, $0) }
        for row in rows.dropFirst(limit) where isBefore(row, heap[0]) {
            heap[0] = row
            var top = 0
            while true {
                var worst = top
                for child in [2 * top + 1, 2 * top + 2] where child < heap.count && isBefore(heap[worst], heap[child]) {
                    worst = child
                }
                if worst == top { break }
                heap.swapAt(top, worst)
                top = worst
            }
        }
        return heap
    }

    /// The keys of `rows`, in their order.
    public func selecting(_ rows: [Int32]) -> SortKeys {
        var keys = SortKeys()
        for row in rows { keys.append(key(Int(row))) }
        return keys
    }
}
