import LakeBytes
import LakeCore
import LakeTable

/// The columns of a table as a query sees them: the stored ones, and behind them the derived ones. Of these only what the
/// query uses is looked into, so that a reference into a table that is gone hurts nobody else.
struct DerivedColumns: Sendable {
    /// A derived column that the query uses.
    struct Column: Sendable {
        var name: String
        var column: any DerivedColumn
        /// The positions of what it is computed from.
        var inputs: [Int]
        /// The versions of other tables that it reads, its inputs' among them.
        var sources: [Digest]
    }

    /// Stored columns first.
    private(set) var schema: Schema
    /// How many columns are stored: `*` stands for these.
    let storedCount: Int
    /// The derived columns in use, by position.
    private(set) var used: [Int: Column] = [:]
    /// The id of derived columns: no shard has it.
    private static let id = -1
    private let table: String
    private let registered: [String: any DerivedColumn]
    private let lookups: LookupTables

    /// - Parameter registered: the columns that the program adds to the table.
    /// - Throws: `LakeError` (usage) when the table has a column of such a name.
    init(of snapshot: Snapshot, registered: [String: any DerivedColumn], lookups: LookupTables) throws(LakeError) {
        schema = snapshot.schema
        storedCount = snapshot.schema.fields.count
        table = snapshot.table.name
        self.lookups = lookups
        for field in snapshot.schema.derived {
            schema.fields.append(Field(id: DerivedColumns.id, name: field.name, type: field.type))
        }
        var offered: [String: any DerivedColumn] = [:]
        let readable = Set(schema.fields.map(\.name))
        for (name, column) in registered.sorted(by: { $0.key < $1.key }) {
            let needed = (column as? any ReferringColumn).map { $0.lookups } ?? column.inputs
            if column.isOffer, readable.contains(name) || !needed.allSatisfy(readable.contains) { continue }
            guard schema.index(of: name) == nil else {
                throw LakeError(
                    .usage, "'\(table)' has a column '\(name)'; the program cannot register another",
                    hint: "register it under another name")
            }
            schema.fields.append(Field(id: DerivedColumns.id, name: name, type: column.type))
            offered[name] = column
        }
        self.registered = offered
    }

    /// Makes the column at `field` ready to be read.
    /// - Returns: its type, nil for one that is not derived.
    /// - Throws: `LakeError`: missing when what it reads is not there, usage when that does not fit.
    mutating func use(_ field: Int) throws -> DataType? {
        guard schema.fields.indices.contains(field), schema.fields[field].id == DerivedColumns.id else { return nil }
        if let known = used[field] { return known.column.type }
        let name = schema.fields[field].name
        let column: any DerivedColumn
        let inputs: [Int]
        var tables: [LookupTable] = []
        if let declaration = schema.derived.first(where: { $0.name == name }) {
            inputs = try use(declaration.lookup.key.map(\.column), of: name, readable: field)
            column = try lookup(declaration, inputs)
        } else if let found = registered[name] as? any ReferringColumn {
            let references = try found.lookups.map { try reference($0, of: name) }
            column = try found.reading(references)
            inputs = try use(column.inputs, of: name, readable: storedCount + schema.derived.count)
            tables = references.map(\.table)
        } else if let found = registered[name] {
            inputs = try use(found.inputs, of: name, readable: storedCount + schema.derived.count)
            column = found
        } else {
            return nil
        }
        schema.fields[field].type = column.type
        if let lookup = column as? LookupColumn { tables.append(lookup.table) }
        let own = Set(tables.map(\.snapshot.manifest.digest)).sorted { $0.hex < $1.hex }
        used[field] = Column(
            name: name, column: column, inputs: inputs, sources: own + inputs.flatMap { used[$0]?.sources ?? [] })
        return column.type
    }

    /// Makes inputs ready: columns before `readable`, so that nothing is computed from itself.
    private mutating func use(_ inputs: [String], of name: String, readable: Int) throws -> [Int] {
        try inputs.map { input in
            guard let index = schema.index(of: input), index < readable else {
                throw LakeError(
                    .usage, "'\(name)' is computed from '\(input)', which '\(table)' does not have",
                    hint: "it has " + schema.fields.prefix(readable).map(\.name).joined(separator: ", "))
            }
            _ = try use(index)
            return index
        }
    }

    /// A declared look-up for a column that reads it by itself.
    private func reference(_ lookup: String, of name: String) throws -> Reference {
        guard let field = schema.derived.first(where: { $0.name == lookup }), field.lookup.key.count == 1,
            let part = field.lookup.key.first
        else {
            throw LakeError(
                .usage, "'\(name)' reads the look-up '\(lookup)', which '\(table)' does not declare by one column")
        }
        let found = try self.lookup(field, [try schema.requiredIndex(of: part.column)])
        guard found.inputTypes[0].physical == .integer else {
            throw LakeError(.usage, "'\(name)' looks '\(lookup)' up by '\(part.column)', which is no whole number")
        }
        return Reference(keyColumn: part.column, table: found.table, key: found.key[0], value: found.value)
    }

    private func lookup(_ field: DerivedField, _ inputs: [Int]) throws -> LookupColumn {
        do {
            let table = try lookups.table(field.lookup)
            let there = table.snapshot.schema
            let type = try field.valueType(here: schema, there: there)
            let key = try field.lookup.key.map { try there.requiredIndex(of: $0.references) }
            return LookupColumn(
                type: type, inputs: field.lookup.key.map(\.column),
                inputTypes: inputs.map { schema.fields[$0].type }, table: table, key: key,
                value: try there.requiredIndex(of: field.lookup.value))
        } catch let error as LakeError {
            var error = error
            error.message = "'\(field.name)' is looked up in '\(field.lookup.table)': \(error.message)"
            if error.code == .missing {
                error.hint = "bring it back, or take the column away with `alphalake derive --drop`"
            }
            throw error
        }
    }
}
