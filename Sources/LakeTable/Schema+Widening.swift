import LakeCore

extension DataType {
    /// Whether every value of this type is a value of `wider`, unchanged. A date is the timestamp of its midnight, UTC.
    public func widens(to wider: DataType) -> Bool {
        if self == wider { return true }
        switch (self, wider) {
        case (.date, .timestamp): return true
        case (.int8, .int16), (.int8, .int32), (.int8, .int64), (.int16, .int32), (.int16, .int64), (.int32, .int64):
            return true
        case (.uint8, .uint16), (.uint8, .uint32), (.uint8, .uint64), (.uint16, .uint32), (.uint16, .uint64),
            (.uint32, .uint64):
            return true
        case (.uint8, .int16), (.uint8, .int32), (.uint8, .int64), (.uint16, .int32), (.uint16, .int64),
            (.uint32, .int64):
            return true
        case (.int8, .float32), (.int16, .float32), (.uint8, .float32), (.uint16, .float32): return true
        case (.int8, .float64), (.int16, .float64), (.int32, .float64), (.uint8, .float64), (.uint16, .float64),
            (.uint32, .float64), (.float32, .float64):
            return true
        case (.list(let narrow), .list(let wide)): return narrow.widens(to: wide)
        case (.fixedList(let narrow, let size), .fixedList(let wide, let wideSize)):
            return size == wideSize && narrow.widens(to: wide)
        default: return false
        }
    }
}

extension Schema {
    /// What else a later schema may have than rows without it can do with.
    struct Allowance: OptionSet {
        let rawValue: Int
        /// New columns without NULL: of every shard something is known that has their values.
        static let required = Allowance(rawValue: 1)
        /// New columns in key groups: they were dropped and come back with the shards that have them.
        static let grouped = Allowance(rawValue: 2)
        /// Columns that are surrogate keys: shards do not say so of theirs.
        static let surrogate = Allowance(rawValue: 4)
    }

    /// Whether shards written with this schema can be read with `later`: every field that is still there under its id has
    /// a type that holds its values and NULL allowed where it was; fields that came later can be NULL; the key groups are
    /// the same, less columns that were dropped. Derived columns may change: nothing of them is stored.
    /// - Throws: `LakeError` (usage) naming the first field that does not fit.
    public func checkWidening(to later: Schema) throws(LakeError) { try checkWidening(to: later, allowing: .surrogate) }

    func checkWidening(to later: Schema, allowing allowed: Allowance) throws(LakeError) {
        func refuse(_ message: String, _ column: String) -> LakeError {
            LakeError(
                .usage, message, at: .init(column: column),
                hint: "columns can be added, dropped, renamed, made nullable and given a wider number type")
        }
        let fieldsThere = Dictionary(later.fields.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for field in fields {
            guard let wide = fieldsThere[field.id] else { continue }
            guard field.type.widens(to: wide.type) else {
                throw refuse("column '\(field.name)' is \(field.type) and cannot become \(wide.type)", field.name)
            }
            guard field.isSurrogateKey == wide.isSurrogateKey || allowed.contains(.surrogate) else {
                throw refuse("column '\(field.name)' was a surrogate key or becomes one", field.name)
            }
            guard wide.nullable || !field.nullable else {
                throw refuse("column '\(field.name)' may be NULL and cannot lose that", field.name)
            }
        }
        let earlier = Set(fields.map(\.id))
        for field in later.fields
        where !earlier.contains(field.id) && !field.nullable && !allowed.contains(.required) {
            throw refuse("the new column '\(field.name)' must allow NULL: the rows there are have no value", field.name)
        }
        let kept = earlier.intersection(fieldsThere.keys)
        let isNewAllowed = allowed.contains(.grouped)
        guard keyGroups(of: kept) == later.keyGroups(of: isNewAllowed ? kept : Set(fieldsThere.keys)) else {
            throw LakeError(
                .usage, "the key groups differ",
                hint: "the key groups of a table cannot be changed, and the columns of their keys cannot be dropped")
        }
    }

    /// The key groups with field ids for column names, so that renaming a column does not change them: the key, and those of
    /// some columns that are in the group.
    private func keyGroups(of kept: Set<Int>) -> [[[Int]]] {
        keyGroups.map { group in
            let ids = [group.key, group.columns].map { $0.map { name in index(of: name).map { fields[$0].id } ?? 0 } }
            return [ids[0], ids[1].filter { kept.contains($0) }]
        }
    }

    /// A column without NULL that `later` has and this schema lacks, and that a companion of each of some shards would have to hold
    /// and does not; nil when there is none.
    /// - Parameter first: the lowest id that was never given: columns below it come back with their shards.
    func unfilledColumn(of later: Schema, _ shards: [ShardEntry], from first: Int) -> String? {
        let known = Set(fields.map(\.id))
        return later.fields.first { field in
            guard field.id >= first, !field.nullable, !known.contains(field.id) else { return false }
            return !shards.allSatisfy { $0.companions.contains { $0.fields.contains(field.id) } }
        }?.name
    }
}
