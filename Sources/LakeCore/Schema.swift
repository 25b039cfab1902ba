/// One column of a table. `id` is given once and never reused, so a column can be renamed without touching data.
public struct Field: Hashable, Sendable {
    public var id: Int
    public var name: String
    public var type: DataType
    public var nullable: Bool
    /// Whether the table gives the values: whole numbers from 0, few of them left out, each to one row and never again, by which
    /// other tables refer to its rows.
    public var isSurrogateKey: Bool

    public init(id: Int, name: String, type: DataType, nullable: Bool = true, isSurrogateKey: Bool = false) {
        self.id = id
        self.name = name
        self.type = type
        self.nullable = nullable
        self.isSurrogateKey = isSurrogateKey
    }
}

/// Columns that depend on a key and are stored once per key instead of once per row.
///
/// A shard keeps one row per distinct key with the values of `columns` (the key's own columns among them), and each
/// table row holds only its key's code. A column may stand in several groups: `wave` is known from the respondent and
/// from the question alike, and each group answers a question about it on its own.
public struct KeyGroup: Hashable, Sendable, Codable {
    public var name: String
    /// The columns that identify a key.
    public var key: [String]
    /// All columns stored per key, those of `key` included.
    public var columns: [String]
    /// The group that this one is nested in: its keys are told apart within one key of the parent, and the row code is
    /// stored relative to the parent's first (FORMAT.md, Nested groups).
    public var within: String?

    public init(name: String, key: [String], columns: [String], within: String? = nil) {
        self.name = name
        self.key = key
        self.columns = columns
        self.within = within
    }
}

/// The columns of a table in order, and what depends on what.
public struct Schema: Hashable, Sendable {
    public var fields: [Field]
    public var keyGroups: [KeyGroup]
    /// Columns that are computed on scan.
    public var derived: [DerivedField]

    /// - Throws: `LakeError` (usage) for no columns, names that are empty or occur twice, ids that occur twice, key groups
    ///   that name unknown columns, miss their own key, hold list columns or nest in anything but an earlier group,
    ///   derived columns whose name is taken or whose key cannot be one, and two surrogate keys or one that cannot be it.
    public init(fields: [Field], keyGroups: [KeyGroup] = [], derived: [DerivedField] = []) throws(LakeError) {
        self.fields = fields
        self.keyGroups = keyGroups
        self.derived = derived
        try check()
        try checkDerived()
        try checkSurrogateKey()
    }

    /// The position of a column, nil when there is none of that name.
    public func index(of name: String) -> Int? {
        fields.firstIndex { $0.name == name }
    }

    /// The position of a column.
    /// - Throws: `LakeError` (usage) with the nearest names as a hint.
    public func requiredIndex(of name: String, table: String? = nil) throws(LakeError) -> Int {
        if let index = index(of: name) { return index }
        let names = fields.map(\.name)
        throw LakeError(
            .usage, "no column '\(name)'" + (table.map { " in '\($0)'" } ?? ""),
            hint: suggestion(for: name, among: names) ?? "columns are " + Schema.listed(names))
    }

    /// The names, or where there are very many the first of them.
    private static func listed(_ names: [String]) -> String {
        guard names.count > 24 else { return names.joined(separator: ", ") }
        return names.prefix(20).joined(separator: ", ") + " and \(names.count - 20) more; `alphalake schema` lists them"
    }

    private func check() throws(LakeError) {
        func refuse(_ message: String) -> LakeError { LakeError(.usage, "schema: " + message) }
        guard !fields.isEmpty else { throw refuse("a table needs at least one column") }
        guard fields.count <= 16_384 else { throw refuse("\(fields.count) columns; at most 16384 are allowed") }
        var names = Set<String>()
        var ids = Set<Int>()
        for field in fields {
            guard !field.name.isEmpty, field.name.utf8.count <= 1024 else {
                throw refuse("a column's name must have 1 to 1024 bytes, '\(field.name.prefix(40))' has not")
            }
            guard names.insert(field.name).inserted else { throw refuse("column '\(field.name)' occurs twice") }
            guard field.id > 0, field.id <= Int(Int32.max), ids.insert(field.id).inserted else {
                throw refuse("column '\(field.name)' has the id \(field.id), which is taken or not positive")
            }
        }
        guard keyGroups.count <= 16 else { throw refuse("\(keyGroups.count) key groups; at most 16 are allowed") }
        var groups: [String] = []
        for group in keyGroups {
            guard !group.name.isEmpty, !groups.contains(group.name) else {
                throw refuse("key group '\(group.name)' occurs twice or has no name")
            }
            guard !group.key.isEmpty else { throw refuse("key group '\(group.name)' has no key") }
            guard Set(group.columns).count == group.columns.count else {
                throw refuse("key group '\(group.name)' names a column twice")
            }
            for column in group.key where !group.columns.contains(column) {
                throw refuse("key group '\(group.name)' does not hold its own key column '\(column)'")
            }
            for column in group.columns {
                guard let index = index(of: column) else {
                    throw refuse("key group '\(group.name)' names the unknown column '\(column)'")
                }
                guard fields[index].type.element == nil else {
                    throw refuse("key group '\(group.name)' holds the list column '\(column)'")
                }
            }
            if let parent = group.within, !groups.contains(parent) {
                throw refuse("key group '\(group.name)' nests in '\(parent)', which is no earlier group")
            }
            groups.append(group.name)
        }
    }
}
