/// A column that is not stored but computed on scan from other columns of its row.
public struct DerivedField: Hashable, Sendable {
    /// Unique among the stored and the derived columns of the table.
    public var name: String
    /// The type of its values when it was declared; the column that they come from may since have been widened.
    public var type: DataType
    /// Where its values come from.
    public var lookup: Lookup

    public init(name: String, type: DataType, lookup: Lookup) {
        self.name = name
        self.type = type
        self.lookup = lookup
    }
}

/// The value that another table has under a key: NULL where a part of the key is NULL or the table lacks the key.
public struct Lookup: Hashable, Sendable {
    /// A column of this table and the column of the other that it is looked up in.
    public struct KeyPart: Hashable, Sendable, Codable {
        /// The column here, stored or derived by an earlier declaration.
        public var column: String
        /// The stored column there.
        public var references: String

        public init(_ column: String, references: String) {
            self.column = column
            self.references = references
        }
    }

    /// The other table, of the same lake.
    public var table: String
    /// The version of it that is read; nil for the newest.
    public var version: Int?
    /// What identifies a row there.
    public var key: [KeyPart]
    /// The stored column there whose values these are.
    public var value: String

    public init(table: String, version: Int? = nil, key: [KeyPart], value: String) {
        self.table = table
        self.version = version
        self.key = key
        self.value = value
    }
}

extension Lookup: CustomStringConvertible {
    /// `questions.text by wave, key = question_key`, with `@ 7` behind the table if its version is given.
    public var description: String {
        let key = key.map { $0.column == $0.references ? $0.column : "\($0.references) = \($0.column)" }
        return "\(table)\(version.map { "@\($0)" } ?? "").\(value) by \(key.joined(separator: ", "))"
    }
}

extension Schema {
    /// Most derived columns that a table may declare.
    static let derivedLimit = 1024

    /// The stored columns alone, as shards have them: those do not say which one the table gives the values of.
    public var stored: Schema {
        var copy = self
        copy.derived = []
        for index in fields.indices { copy.fields[index].isSurrogateKey = false }
        return copy
    }

    /// The same columns and key groups with other derived columns.
    /// - Throws: `LakeError` (usage) for names that are taken, and keys of columns that are not there or cannot be keys.
    public func deriving(_ derived: [DerivedField]) throws(LakeError) -> Schema {
        try Schema(fields: fields, keyGroups: keyGroups, derived: derived)
    }

    /// What the schema itself can tell of its derived columns; whether the other tables fit is seen when they are read.
    func checkDerived() throws(LakeError) {
        guard derived.count <= Schema.derivedLimit else {
            throw LakeError(
                .usage, "schema: \(derived.count) derived columns; at most \(Schema.derivedLimit) are allowed")
        }
        var types = Dictionary(fields.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        for field in derived {
            func refuse(_ message: String, hint: String? = nil) -> LakeError {
                LakeError(.usage, "derived column '\(field.name)': " + message, hint: hint)
            }
            guard !field.name.isEmpty, field.name.utf8.count <= 1024 else {
                throw LakeError(.usage, "schema: a derived column's name must have 1 to 1024 bytes")
            }
            guard types[field.name] == nil else {
                throw refuse(
                    "the table has a column of that name",
                    hint: "they need different names; `alphalake derive --drop` takes the derived column away")
            }
            guard !field.lookup.key.isEmpty else { throw refuse("it has no key") }
            guard Set(field.lookup.key.map(\.references)).count == field.lookup.key.count else {
                throw refuse("its key names a column of '\(field.lookup.table)' twice")
            }
            guard field.lookup.version.map({ $0 > 0 }) ?? true else { throw refuse("versions count from 1") }
            for part in field.lookup.key {
                guard let type = types[part.column] else {
                    let near = suggestion(for: part.column, among: types.keys.sorted())
                    throw refuse("there is no column '\(part.column)'", hint: near)
                }
                guard type.canBeKey else { throw refuse("'\(part.column)' is \(type), which cannot be a key") }
            }
            types[field.name] = field.type
        }
    }
}

extension DataType {
    /// Whether values of the type can identify a row: they are exact, and no lists.
    public var canBeKey: Bool { physical == .integer || physical == .bytes }

    /// Whether a key of this type can equal one of another.
    public func isComparableKey(_ other: DataType) -> Bool {
        let own: [DataType] = [.bool, .date, .timestamp]
        if own.contains(self) || own.contains(other) { return self == other }
        return physical == other.physical
    }
}
