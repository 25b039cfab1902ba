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
    /// Whether shards written with this schema can be read with `wider`: every field is still there under its id, with
    /// a type that holds its values and NULL allowed where it was; fields that came later can be NULL; the key groups are
    /// the same. Derived columns may change: nothing of them is stored.
    /// - Throws: `LakeError` (usage) naming the first field that does not fit.
    public func checkWidening(to wider: Schema) throws(LakeError) {
        func refuse(_ message: String, _ column: String) -> LakeError {
            LakeError(
                .usage, message, at: .init(column: column),
                hint: "columns can be added, renamed, made nullable and given a wider number type")
        }
        let later = Dictionary(wider.fields.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for field in fields {
            guard let wide = later[field.id] else { throw refuse("column '\(field.name)' is missing", field.name) }
            guard field.type.widens(to: wide.type) else {
                throw refuse("column '\(field.name)' is \(field.type) and cannot become \(wide.type)", field.name)
            }
            guard wide.nullable || !field.nullable else {
                throw refuse("column '\(field.name)' may be NULL and cannot lose that", field.name)
            }
        }
        let earlier = Set(fields.map(\.id))
        for field in wider.fields where !earlier.contains(field.id) && !field.nullable {
            throw refuse("the new column '\(field.name)' must allow NULL: the rows there are have no value", field.name)
        }
        guard keyGroupsByID == wider.keyGroupsByID else {
            throw LakeError(.usage, "the key groups differ", hint: "the key groups of a table cannot be changed")
        }
    }

    /// The key groups with field ids for column names, so that renaming a column does not change them.
    private var keyGroupsByID: [[[Int]]] {
        keyGroups.map { group in
            [group.key, group.columns].map { $0.map { name in index(of: name).map { fields[$0].id } ?? 0 } }
        }
    }
}
