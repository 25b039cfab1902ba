import LakeBytes
import LakeCore

/// What is different in a later version of a table, or an earlier one: rows, shards and columns. Rows are compared by where
/// they are stored: those that were written anew, as by `compact`, count as deleted and added.
public struct TableDifference: Sendable {
    /// A shard of both versions of which other rows are deleted.
    public struct Deletions: Sendable {
        /// As the second version lists it.
        public var shard: ShardEntry
        /// Rows that the first version has and the second lacks.
        public var deleted: Int
        /// Rows that the second version has and the first lacks.
        public var returned: Int
    }

    /// Further columns of a shard of both versions.
    public struct Companion: Sendable {
        /// As the second version lists it.
        public var shard: ShardEntry
        /// The file with the columns.
        public var file: StoredFile
        /// Whether the second version has it, and the first lacks it; else it is the other way round.
        public var isAdded: Bool
    }

    /// What became of a column.
    public struct Column: Sendable, Equatable {
        /// What happened.
        public enum Kind: String, Sendable {
            case added, removed, renamed, widened, narrowed
            case madeNullable = "made nullable"
            case madeRequired = "made required"
            case derived
            case derivedAnew = "derived anew"
            case derivedDropped = "derivation dropped"
        }

        /// What happened to it.
        public var kind: Kind
        /// Its name in the second version, in the first where that lacks it.
        public var name: String
        /// What it is and was.
        public var details: String
    }

    /// The version that is compared with.
    public let first: Manifest
    /// The version that is compared.
    public let second: Manifest
    /// Shards of the second version alone.
    public let added: [ShardEntry]
    /// Shards of the first version alone.
    public let removed: [ShardEntry]
    /// Shards of both whose deletions differ.
    public let deletions: [Deletions]
    /// Files with further columns that shards of both have in one of them.
    public let companions: [Companion]
    /// What became of the columns.
    public let columns: [Column]

    /// Rows that the second version has and the first lacks.
    public var rowsAdded: Int {
        added.reduce(0) { $0 &+ $1.liveRows } &+ deletions.reduce(0) { $0 &+ $1.returned }
    }

    /// Rows that the first version has and the second lacks.
    public var rowsDeleted: Int {
        removed.reduce(0) { $0 &+ $1.liveRows } &+ deletions.reduce(0) { $0 &+ $1.deleted }
    }

    /// Compares two versions; reads the deletions that differ.
    /// - Throws: `LakeError`, when these cannot be read.
    public init(from first: Snapshot, to second: Snapshot) throws {
        self.first = first.manifest
        self.second = second.manifest
        func byFile(_ shards: [ShardEntry]) -> [String: ShardEntry] {
            Dictionary(shards.map { ($0.file, $0) }, uniquingKeysWith: { one, _ in one })
        }
        let (before, after) = (byFile(first.shards), byFile(second.shards))
        added = second.shards.filter { before[$0.file] == nil }
        removed = first.shards.filter { after[$0.file] == nil }
        deletions = try second.shards.compactMap { shard in
            guard let earlier = before[shard.file], earlier.deletion != shard.deletion else { return nil }
            let old = try first.table.deletions(of: earlier)?.deleted ?? Bitmap(count: shard.rows)
            let new = try second.table.deletions(of: shard)?.deleted ?? Bitmap(count: shard.rows)
            var both = old
            both.formUnion(new)
            return Deletions(
                shard: shard, deleted: both.population - old.population, returned: both.population - new.population)
        }
        companions = second.shards.flatMap { shard -> [Companion] in
            guard let earlier = before[shard.file] else { return [] }
            let (old, new) = (Array(earlier.files.dropFirst()), Array(shard.files.dropFirst()))
            return new.filter { !old.contains($0) }.map { Companion(shard: shard, file: $0, isAdded: true) }
                + old.filter { !new.contains($0) }.map { Companion(shard: shard, file: $0, isAdded: false) }
        }
        columns = TableDifference.columns(first.schema, second.schema)
    }

    private static func columns(_ first: Schema, _ second: Schema) -> [Column] {
        let before = Dictionary(first.fields.map { ($0.id, $0) }, uniquingKeysWith: { one, _ in one })
        let ids = Set(second.fields.map(\.id))
        var columns: [Column] = []
        for field in second.fields {
            guard let old = before[field.id] else {
                columns.append(Column(kind: .added, name: field.name, details: field.type.description))
                continue
            }
            if old.name != field.name {
                columns.append(Column(kind: .renamed, name: field.name, details: "was \(old.name)"))
            }
            if old.type != field.type {
                columns.append(
                    Column(
                        kind: old.type.widens(to: field.type) ? .widened : .narrowed, name: field.name,
                        details: "\(field.type), was \(old.type)"))
            }
            if old.nullable != field.nullable {
                columns.append(
                    Column(kind: field.nullable ? .madeNullable : .madeRequired, name: field.name, details: ""))
            }
        }
        for field in first.fields where !ids.contains(field.id) {
            columns.append(Column(kind: .removed, name: field.name, details: field.type.description))
        }
        return columns + derived(first.derived, second.derived)
    }

    private static func derived(_ first: [DerivedField], _ second: [DerivedField]) -> [Column] {
        let before = Dictionary(first.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
        let names = Set(second.map(\.name))
        let changed = second.filter { before[$0.name] != $0 }.map { field in
            Column(
                kind: before[field.name] == nil ? .derived : .derivedAnew, name: field.name,
                details: field.lookup.description)
        }
        let dropped = first.filter { !names.contains($0.name) }
            .map { Column(kind: .derivedDropped, name: $0.name, details: $0.lookup.description) }
        return changed + dropped
    }
}
