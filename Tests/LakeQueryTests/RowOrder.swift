@testable import LakeQuery

/// The order that ORDER BY asks for.
struct RowOrder {
    let keys: [SortKey]

    init(_ keys: [SortKey]) { self.keys = keys }

    /// Sorts stably by the first part of each row and returns the second.
    func sorted<Row>(_ rows: [(order: [Scalar], row: Row)]) -> [Row] {
        guard !keys.isEmpty else { return rows.map(\.row) }
        return rows.indices.sorted { a, b in
            let order = compare(rows[a].order, rows[b].order)
            return order == 0 ? a < b : order < 0
        }.map { rows[$0].row }
    }

    func compare(_ a: [Scalar], _ b: [Scalar]) -> Int {
        for (index, key) in keys.enumerated() {
            let (x, y) = (a[index], b[index])
            if x.isNull || y.isNull {
                if x.isNull == y.isNull { continue }
                return x.isNull == key.nullsFirst ? -1 : 1
            }
            let order = x.compare(y)
            if order != 0 { return key.descending ? -order : order }
        }
        return 0
    }
}
