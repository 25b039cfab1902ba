import LakeCore

/// Changes of a table's columns that leave its shards as they are.
extension Schema {
    /// The schema with a column behind the others.
    /// - Throws: `LakeError` (usage) for a name that is taken or cannot be one.
    public func adding(_ field: Field) throws(LakeError) -> Schema {
        try checkName(field.name)
        return try Schema(fields: fields + [field], keyGroups: keyGroups, derived: derived)
    }

    /// The schema without some columns. Those of a key group that are no part of its key leave it.
    /// - Throws: `LakeError` (usage) for a column that is not there, that a key or a derived column of the table needs, or that is
    ///   the last.
    public func dropping(_ names: [String], table: String? = nil) throws(LakeError) -> Schema {
        let gone = Set(names)
        for name in names {
            try checkStored(name, table)
            if let group = keyGroups.first(where: { $0.key.contains(name) }) {
                throw LakeError(
                    .usage, "'\(name)' is in the key of the key group '\(group.name)'", at: .init(column: name),
                    hint: "columns that a key group depends on stay; its others can be dropped")
            }
            if let user = derived.first(where: { $0.lookup.key.contains { $0.column == name } }) {
                throw LakeError(
                    .usage, "the derived column '\(user.name)' is looked up by '\(name)'", at: .init(column: name),
                    hint: "take that away first: `alphalake derive LAKE TABLE \(user.name) --drop`")
            }
        }
        guard fields.contains(where: { !gone.contains($0.name) }) else {
            throw LakeError(.usage, "no column would be left", hint: "a table has at least one")
        }
        var groups = keyGroups
        for index in groups.indices { groups[index].columns.removeAll { gone.contains($0) } }
        return try Schema(fields: fields.filter { !gone.contains($0.name) }, keyGroups: groups, derived: derived)
    }

    /// The schema with another name for a column, in its key groups and the keys of its derived columns too.
    /// - Throws: `LakeError` (usage) for a column that is not there, and a name that is taken or cannot be one.
    public func renaming(_ old: String, to new: String, table: String? = nil) throws(LakeError) -> Schema {
        let index = try checkStored(old, table)
        try checkName(new)
        func renamed(_ name: String) -> String { name == old ? new : name }
        var (fields, groups, derived) = (fields, keyGroups, derived)
        fields[index].name = new
        for index in groups.indices {
            groups[index].key = groups[index].key.map(renamed)
            groups[index].columns = groups[index].columns.map(renamed)
        }
        for index in derived.indices {
            derived[index].lookup.key = derived[index].lookup.key.map {
                Lookup.KeyPart(renamed($0.column), references: $0.references)
            }
        }
        return try Schema(fields: fields, keyGroups: groups, derived: derived)
    }

    /// The schema with a wider type for a column.
    /// - Throws: `LakeError` (usage) for a column that is not there, and a type that does not hold all its values.
    public func widening(_ name: String, to type: DataType, table: String? = nil) throws(LakeError) -> Schema {
        let index = try checkStored(name, table)
        let old = fields[index].type
        guard old != type else {
            throw LakeError(
                .usage, "'\(name)' is \(type) already", at: .init(column: name), hint: "there is nothing to widen")
        }
        guard old.widens(to: type) else {
            throw LakeError(
                .usage, "'\(name)' is \(old), and \(type) does not hold all values of that", at: .init(column: name),
                hint: Schema.wideningHint(old, to: type))
        }
        var fields = fields
        fields[index].type = type
        return try Schema(fields: fields, keyGroups: keyGroups, derived: derived)
    }

    private static func wideningHint(_ old: DataType, to type: DataType) -> String {
        let all: [DataType] = [.int16, .int32, .int64, .uint16, .uint32, .uint64, .float32, .float64, .timestamp]
        let wider = all.filter { $0 != old && old.widens(to: $0) }.map(\.description)
        if !wider.isEmpty { return "it can become \(wider.joined(separator: ", "))" }
        return old.element != nil || type.element != nil
            ? "lists widen as their elements do" : "another column can be computed from it: `alphalake help column add`"
    }

    @discardableResult
    private func checkStored(_ name: String, _ table: String?) throws(LakeError) -> Int {
        guard !derived.contains(where: { $0.name == name }) else {
            throw LakeError(
                .usage, "'\(name)' is a derived column: nothing of it is stored", at: .init(column: name),
                hint: "`alphalake derive` declares such columns, and takes them away with --drop")
        }
        return try requiredIndex(of: name, table: table)
    }

    private func checkName(_ name: String) throws(LakeError) {
        guard name.lowercased() != "rowid" else {
            throw LakeError(
                .usage, "a column cannot be called '\(name)'", hint: "rowid is the number of a row in queries")
        }
        if fields.contains(where: { $0.name == name }) || derived.contains(where: { $0.name == name }) {
            throw LakeError(
                .usage, "the table has a column '\(name)' already", at: .init(column: name),
                hint: "`alphalake schema` lists its columns")
        }
    }
}

extension TableDirectory {
    /// Makes sure that no derived column of the lake loses what it reads when the table's schema changes. Those that read an earlier
    /// version, by its number, go on.
    /// - Throws: `LakeError` (usage) naming the derived column that would.
    public func checkReaders(of new: Schema, before old: Schema) throws {
        for other in try lake.tables() {
            let schema = other == name ? new : try lake.table(other).manifest().schema
            let before = other == name ? old : schema
            for field in schema.derived where other == name || field.lookup.table == name {
                let source = try? lake.table(field.lookup.table).manifest(version: field.lookup.version).schema
                guard let source else { continue }
                let isOurs = field.lookup.table == name && field.lookup.version == nil
                let earlier = before.derived.first { $0.name == field.name } ?? field
                guard (try? earlier.valueType(here: before, there: isOurs ? old : source)) != nil else { continue }
                do throws(LakeError) {
                    _ = try field.valueType(here: schema, there: isOurs ? new : source)
                } catch {
                    throw LakeError(
                        .usage, "the derived column '\(field.name)' of '\(other)' reads it: \(error.message)",
                        hint: "take that away first: `alphalake derive LAKE \(other) \(field.name) --drop`")
                }
            }
        }
    }
}
