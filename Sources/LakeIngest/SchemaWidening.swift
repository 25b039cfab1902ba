import LakeCore
import LakeTable

/// One difference between a table's schema and the one that new rows need.
public struct SchemaChange: Sendable, Equatable, CustomStringConvertible {
    /// What is different about the column.
    public enum Kind: Sendable, Equatable {
        case added
        case widened(from: DataType)
        case madeNullable
    }

    public var column: String
    public var type: DataType
    public var kind: Kind

    public var description: String {
        switch kind {
        case .added: "column \(column): added as \(type)"
        case .widened(let old): "column \(column): widened from \(old) to \(type)"
        case .madeNullable: "column \(column): may be NULL from now on"
        }
    }
}

/// Changes a table's schema so that new rows fit and no old row loses anything.
///
/// Allowed are types that hold all values of the old one (`DataType.widens(to:)`), NOT NULL to nullable, and new columns,
/// which are NULL in old rows. Nothing becomes text: a number's spelling is not kept, so `7` and `007` would meet.
public enum SchemaWidening {
    /// The types that `old` may become, the least surprising first.
    static func candidates(for old: DataType) -> [DataType] {
        switch old {
        case .list(let element): candidates(for: element).map { .list($0) }
        case .fixedList(let element, let size): candidates(for: element).map { .fixedList($0, size: size) }
        default: [DataType.int64, .uint64, .float64, .timestamp].filter { $0 != old && old.widens(to: $0) }
        }
    }

    /// The schema that a table needs for new rows of the profiled columns, and how it differs.
    /// - Parameters:
    ///   - nextFieldID: the id of the first new column; by default one above the highest in use.
    ///   - keepingMisfits: columns that cannot hold all new values stay as they are (their rows are refused one by one).
    /// - Throws: `LakeError` (failed) that names column, file, line and value when a value cannot be held.
    public static func merge(
        _ existing: Schema, _ incoming: [ColumnProfile], nextFieldID: Int? = nil, keepingMisfits: Bool = false
    ) throws(LakeError) -> (schema: Schema, changes: [SchemaChange]) {
        var fields = existing.fields
        var changes: [SchemaChange] = []
        var next = nextFieldID ?? (fields.map(\.id).max() ?? 0) + 1
        for profile in incoming {
            guard let index = existing.index(of: profile.name) else {
                let field = Field(id: next, name: profile.name, type: profile.inferredType)
                next += 1
                fields.append(field)
                changes.append(SchemaChange(column: field.name, type: field.type, kind: .added))
                continue
            }
            guard !fields[index].isSurrogateKey else { throw givenByTable(profile.name) }
            let old = fields[index].type
            guard let misfit = profile.misfit(old) else { continue }
            if let wider = candidates(for: old).first(where: { profile.misfit($0) == nil }) {
                fields[index].type = wider
                changes.append(SchemaChange(column: profile.name, type: wider, kind: .widened(from: old)))
            } else if !keepingMisfits {
                throw LakeError(
                    .failed, "'\(CellFault.shown(misfit.value.utf8))' does not fit the column's type \(old)",
                    at: .init(file: misfit.file, column: profile.name, line: misfit.line),
                    hint: hint(old, profile))
            }
        }
        return (try Schema(fields: fields, keyGroups: existing.keyGroups, derived: existing.derived), changes)
    }

    /// For new rows that have the column whose values the table gives.
    static func givenByTable(_ column: String) -> LakeError {
        LakeError(
            .usage, "'\(column)' is the table's surrogate key: the table gives its values, new rows bring none",
            at: .init(column: column), hint: "leave it out of the input, or call it by another name there")
    }

    private static func hint(_ old: DataType, _ profile: ColumnProfile) -> String {
        let wanted = profile.inferredType
        return "the new rows would need \(wanted), and \(old) cannot become \(wanted) without loss; "
            + "correct the input, leave such rows out with --skip-bad, or import into a new table"
    }

    /// The schema that a table needs to take rows of a declared schema, and how it differs.
    /// - Throws: `LakeError` (usage) naming the column whose declared type the table's cannot become.
    public static func merge(
        _ existing: Schema, declared: Schema, nextFieldID: Int? = nil
    ) throws(LakeError) -> (schema: Schema, changes: [SchemaChange]) {
        var fields = existing.fields
        var changes: [SchemaChange] = []
        var next = nextFieldID ?? (fields.map(\.id).max() ?? 0) + 1
        for field in declared.fields {
            guard let index = existing.index(of: field.name) else {
                guard !field.isSurrogateKey else {
                    throw LakeError(
                        .usage, "the table has no surrogate key '\(field.name)'", at: .init(column: field.name),
                        hint: "add it first: `alphalake column add LAKE TABLE \(field.name) int64 --surrogate-key`")
                }
                let added = Field(id: next, name: field.name, type: field.type, nullable: true)
                next += 1
                fields.append(added)
                changes.append(SchemaChange(column: added.name, type: added.type, kind: .added))
                continue
            }
            if fields[index].isSurrogateKey, !field.isSurrogateKey { throw givenByTable(field.name) }
            guard field.isSurrogateKey == fields[index].isSurrogateKey else {
                throw LakeError(
                    .usage, "a surrogate key in the schema file, and none in the table", at: .init(column: field.name),
                    hint: "a column does not become one: leave \"surrogate_key\" out, or add one by another name")
            }
            let old = fields[index].type
            if old != field.type, old.widens(to: field.type) {
                fields[index].type = field.type
                changes.append(SchemaChange(column: field.name, type: field.type, kind: .widened(from: old)))
            } else if !field.type.widens(to: old) {
                throw LakeError(
                    .usage, "the table has it as \(old), the schema file as \(field.type)",
                    at: .init(column: field.name), hint: "\(old) cannot become \(field.type) without loss")
            }
            if field.nullable, !fields[index].nullable {
                fields[index].nullable = true
                changes.append(SchemaChange(column: field.name, type: fields[index].type, kind: .madeNullable))
            }
        }
        return (try Schema(fields: fields, keyGroups: existing.keyGroups, derived: existing.derived), changes)
    }
}
