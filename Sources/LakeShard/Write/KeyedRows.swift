import LakeBytes
import LakeCore

/// The distinct keys of one key group in a block of rows, with the group's columns, once per key.
public struct KeyTable: Sendable {
    public var count: Int
    /// One vector of `count` values per column of the group, in the order of `KeyGroup.columns`.
    public var columns: [ColumnVector]
    /// For a nested group: the position of each key's parent in the parent's table, ascending (each parent's keys stand
    /// together). Nil for the others.
    public var parents: [UInt32]?

    public init(count: Int, columns: [ColumnVector], parents: [UInt32]? = nil) {
        self.count = count
        self.columns = columns
        self.parents = parents
    }
}

/// A block of table rows whose repeating columns are already factored into keys: the fastest way into a shard.
///
/// Row `r` has, for every key group `g`, the columns of key `codes[g][r]` of `keys[g]`; columns that stand in no group
/// have one value per row in `columns`.
public struct KeyedRows: Sendable {
    public var count: Int
    /// One per key group of the schema, in its order.
    public var keys: [KeyTable]
    /// Per key group, one position in `keys[g]` per row. For a nested group too (not relative to the parent); the
    /// parent of a row's key must be the row's key in the parent group.
    public var codes: [[UInt32]]
    /// Values of the columns that stand in no key group, in schema order.
    public var columns: [ColumnVector]

    public init(count: Int, keys: [KeyTable], codes: [[UInt32]], columns: [ColumnVector]) {
        self.count = count
        self.keys = keys
        self.codes = codes
        self.columns = columns
    }
}

/// A block of table rows, one vector per column of the schema in its order.
public struct Batch: Sendable {
    public var count: Int
    public var columns: [ColumnVector]

    public init(count: Int, columns: [ColumnVector]) {
        self.count = count
        self.columns = columns
    }
}

extension KeyedRows {
    /// The rows `range` with every column of the schema spelt out.
    public func expanded(_ range: Range<Int>, schema: Schema) -> Batch {
        let plan = NodePlan(schema)
        let ungrouped = plan.ungroupedFields(of: schema)
        let columns = schema.fields.indices.map { field -> ColumnVector in
            if let position = ungrouped.firstIndex(of: field) {
                return self.columns[position].gathering(range.map { $0 })
            }
            let group = plan.groupFields.firstIndex { $0.contains(field) } ?? 0
            let position = plan.groupFields[group].firstIndex(of: field) ?? 0
            return keys[group].columns[position].gathering(codes[group][range].map { Int($0) })
        }
        return Batch(count: range.count, columns: columns)
    }
}
