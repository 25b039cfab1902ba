import LakeBytes
import LakeCore

extension DerivedField {
    /// The type that its values have, given the table that they are looked up in.
    /// - Parameters:
    ///   - here: the schema of its own table.
    ///   - there: the stored columns of the table that it reads.
    /// - Throws: `LakeError` (usage) when a column is not there, keys cannot be equal, or the values' type is not the
    ///   declared one or wider.
    public func valueType(here: Schema, there: Schema) throws(LakeError) -> DataType {
        for part in lookup.key {
            let theirs = there.fields[try there.requiredIndex(of: part.references, table: lookup.table)].type
            guard theirs.canBeKey else {
                throw LakeError(.usage, "'\(part.references)' of '\(lookup.table)' is \(theirs), which cannot be a key")
            }
            let ours =
                here.index(of: part.column).map { here.fields[$0].type }
                ?? here.derived.first { $0.name == part.column }?.type
            guard let ours, ours.isComparableKey(theirs) else {
                throw LakeError(
                    .usage,
                    "'\(part.column)' is \(ours?.description ?? "no column") and '\(part.references)' of "
                        + "'\(lookup.table)' is \(theirs): they are never equal",
                    hint: "keys are equal numbers, texts, dates or timestamps")
            }
        }
        let found = there.fields[try there.requiredIndex(of: lookup.value, table: lookup.table)].type
        guard type.widens(to: found) else {
            throw LakeError(
                .usage, "'\(lookup.value)' of '\(lookup.table)' is \(found), '\(name)' was declared as \(type)",
                hint: "declare it anew: `alphalake derive --drop`, then `alphalake derive`")
        }
        return found
    }
}

extension Lake {
    /// Opens the version that a derived column reads.
    /// - Returns: the version, and the type that the column's values have there.
    /// - Throws: `LakeError`: missing when the lake lacks the table or the version, usage when the column does not fit it.
    public func references(of field: DerivedField, in schema: Schema) throws -> (snapshot: Snapshot, type: DataType) {
        let snapshot = try table(field.lookup.table).snapshot(version: field.lookup.version)
        return (snapshot, try field.valueType(here: schema, there: snapshot.schema))
    }
}

extension Validation {
    /// Finds derived columns of the newest version that cannot be computed.
    func checkDerived() throws -> [Finding] {
        let lake = table.lake
        let schema: Schema
        do { schema = try table.manifest().schema } catch {
            // What is wrong with the versions is among the findings already.
            return []
        }
        return schema.derived.compactMap { field in
            do {
                _ = try lake.references(of: field, in: schema)
                return nil
            } catch let error as LakeError {
                return Finding(
                    .warning, at: .init(column: field.name), "the derived column cannot be computed: \(error.message)",
                    remedy: "put back what it reads (\(field.lookup)), or take it away with `alphalake derive --drop`")
            } catch {
                return nil
            }
        }
    }
}
