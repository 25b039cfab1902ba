extension Schema {
    /// The column whose values the table gives; nil in tables without.
    public var surrogateKey: Field? { fields.first(where: \.isSurrogateKey) }

    /// The schema that new rows come in: without the column whose values the table gives.
    /// - Throws: `LakeError` (usage) when there is no other column.
    public func withoutSurrogateKey() throws(LakeError) -> Schema {
        guard let key = surrogateKey else { return self }
        guard fields.count > 1 else {
            throw LakeError(
                .usage, "a table needs a column beside its surrogate key", at: .init(column: key.name))
        }
        // What is derived may be looked up by the key, and is in no row.
        return try Schema(fields: fields.filter { !$0.isSurrogateKey }, keyGroups: keyGroups)
    }

    /// The schema with a surrogate key in front; as it is where that column is one already, and for nil.
    /// - Throws: `LakeError` (usage) for a name that is taken.
    public func withSurrogateKey(_ name: String?) throws(LakeError) -> Schema {
        guard let name, surrogateKey?.name != name else { return self }
        guard index(of: name) == nil else {
            throw LakeError(
                .usage, "the rows have a column '\(name)' already", at: .init(column: name),
                hint: "the table gives the values of a surrogate key: call it by another name")
        }
        let id = (fields.map(\.id).max() ?? 0) + 1
        let key = Field(id: id, name: name, type: .int64, nullable: false, isSurrogateKey: true)
        return try Schema(fields: [key] + fields, keyGroups: keyGroups, derived: derived)
    }

    /// - Throws: `LakeError` (usage) for a second surrogate key, and for one that is not int64, allows NULL or is in a key group.
    func checkSurrogateKey() throws(LakeError) {
        guard let key = surrogateKey else { return }
        func refuse(_ message: String) -> LakeError {
            LakeError(.usage, "schema: the surrogate key '\(key.name)' " + message, at: .init(column: key.name))
        }
        guard fields.count(where: \.isSurrogateKey) == 1 else { throw refuse("is not the only one of the table") }
        guard key.type == .int64, !key.nullable else { throw refuse("must be int64 and not allow NULL") }
        if let group = keyGroups.first(where: { $0.columns.contains(key.name) }) {
            throw refuse("is in the key group '\(group.name)': it differs from row to row")
        }
    }
}
