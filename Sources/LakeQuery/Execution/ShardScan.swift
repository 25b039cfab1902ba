import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// A shard seen with the table's schema: where each field can be read, and which rows a predicate selects.
///
/// A *domain* is either the rows (nil) or the keys of a group. A group nested in another sees the other's columns too, so
/// that a condition on question and answer is evaluated once per answer of a question.
final class ShardScan: Sendable {
    let reader: ShardReader
    /// The table's, with the pseudo-column `rowid` behind its columns.
    let schema: Schema
    /// The numbers of the shard's rows in the table.
    let rowNumbers: Range<Int>
    /// Per table field the shard's field, nil for one that was added later and is NULL here.
    private let shardFields: [Int?]
    private let columns: ScanColumns
    /// Per stored field its domain: nearly every condition is on one field.
    private let fieldDomains: [Int?]
    /// The rows that are not there any more.
    let deleted: DeletionVector?
    /// The fields that are computed.
    let derived: [Int: DerivedColumns.Column]

    init(
        reader: ShardReader, schema: Schema, deleted: DeletionVector? = nil, kept: KeptColumns = KeptColumns()
    ) {
        self.reader = reader
        self.deleted = deleted
        self.schema = schema
        rowNumbers = 0..<reader.rowCount
        columns = ScanColumns(kept)
        derived = [:]
        let shardFields = schema.fields.map { reader.field(id: $0.id) }
        self.shardFields = shardFields
        fieldDomains = shardFields.map { field in
            guard let field else { return ShardScan.domain(in: reader) { _ in true } }
            let holders = reader.groups(ofField: field)
            return ShardScan.domain(in: reader) { group in
                ShardScan.lineage(of: group, in: reader).contains { holders.contains($0) }
            }
        }
    }

    /// The same shard for a query, whose schema has the columns that it computes and `rowid` behind the stored ones.
    /// - Parameter firstRow: the number of the shard's first row in the table.
    init(
        _ stored: ShardScan, schema: Schema, computing used: [Int: DerivedColumns.Column], firstRow: Int
    ) {
        reader = stored.reader
        deleted = stored.deleted
        self.schema = schema
        rowNumbers = firstRow..<(firstRow + stored.reader.rowCount)
        columns = stored.columns
        fieldDomains = stored.fieldDomains
        derived = used
        shardFields = schema.fields.indices.map {
            stored.shardFields.indices.contains($0) ? stored.shardFields[$0] : nil
        }
    }

    // MARK: Domains

    /// Whether the keys of `group` know the field.
    func knows(_ group: Int, _ field: Int) -> Bool {
        if let column = derived[field] { return isComputed(column, group: group) }
        guard let shardField = shardFields[field] else { return isAbsent(field) }
        let holders = reader.groups(ofField: shardField)
        return lineage(of: group).contains { holders.contains($0) }
    }

    /// The group and those it nests in, itself first.
    func lineage(of group: Int) -> [Int] { ShardScan.lineage(of: group, in: reader) }

    private static func lineage(of group: Int, in reader: ShardReader) -> [Int] {
        var result = [group]
        while let parent = reader.groups[result[result.count - 1]].record.parent { result.append(parent) }
        return result
    }

    /// The group with the fewest keys that knows all of `fields`; nil when they can only be read row by row.
    func domain(of fields: Set<Int>) -> Int? {
        if fields.count == 1, let field = fields.first, fieldDomains.indices.contains(field), derived[field] == nil {
            return fieldDomains[field]
        }
        return ShardScan.domain(in: reader) { group in fields.allSatisfy { knows(group, $0) } }
    }

    private static func domain(in reader: ShardReader, _ knows: (Int) -> Bool) -> Int? {
        reader.groups.indices
            .filter { !reader.groups[$0].isAbsent && knows($0) }
            .min { reader.groups[$0].keyCount < reader.groups[$1].keyCount }
    }

    /// Values in a domain: rows of the shard or keys.
    func count(_ domain: Int?) -> Int { domain.map { reader.groups[$0].keyCount } ?? reader.rowCount }

    // MARK: Values

    private func place(_ field: Int, _ group: Int) -> ScanColumns.Place {
        .init(group: group, subject: field, sources: derived[field]?.sources ?? [])
    }

    /// A field for all keys of a group.
    func keys(_ field: Int, group: Int) throws -> ColumnVector {
        try columns.vector(place(field, group)) { try loadKeys(field, group: group) }
    }

    /// Per value of a field with few distinct values the keys of a group that have it, the last for NULL; nil for other
    /// fields.
    func bitmaps(_ field: Int, group: Int) throws -> [Bitmap]? {
        guard case .codes(let codes, let dictionary) = try keys(field, group: group).values,
            dictionary.count < ScanColumns.bitmapValues
        else { return nil }
        return columns.bitmaps(place(field, group)) {
            Aggregation.bitmaps(codes, values: dictionary.count + 1)
        }
    }

    /// Rows of the shard per key of a group, less those that are deleted.
    func rowsPerKey(_ group: Int) throws -> [UInt32] {
        try columns.codes(.init(group: group, subject: ScanColumns.rowCounts)) {
            var rows = try reader.groups[group].rowsPerKey()
            for chunk in 0..<(deleted == nil ? 0 : reader.chunkCount) {
                guard let gone = deleted?.rows(ofChunk: chunk) else { continue }
                for key in try ChunkKeys(reader, chunk: chunk).codes(group, at: gone.positions) {
                    guard Int(key) < rows.count, rows[Int(key)] > 0 else {
                        throw LakeError(
                            .corrupt, "more rows are deleted than key \(key) has",
                            at: .init(file: reader.path, chunk: chunk))
                    }
                    rows[Int(key)] -= 1
                }
            }
            return rows
        }
    }

    /// The keys of a group that rows have; nil for all of them.
    func liveKeys(_ group: Int) throws -> Bitmap? {
        guard deleted != nil else { return nil }
        let rows = try rowsPerKey(group)
        var live = Bitmap(count: rows.count)
        for key in rows.indices where rows[key] > 0 { live[key] = true }
        return live
    }

    /// Rows of the shard that are not deleted.
    var liveRows: Int { reader.rowCount - (deleted?.count ?? 0) }

    func forgetColumns() { columns.forget() }

    private func loadKeys(_ field: Int, group: Int) throws -> ColumnVector {
        if let column = derived[field] { return try compute(column, group: group) }
        guard let shardField = shardFields[field] else {
            return .nulls(count(group), of: schema.fields[field].type)
        }
        for ancestor in lineage(of: group) {
            guard try reader.node(ofField: shardField, group: ancestor) != nil else { continue }
            var vector = try reader.keys(ofField: shardField, group: ancestor)
            if ancestor != group {
                let parents = try ancestors(of: group, in: ancestor)
                if case .codes(let codes, let dictionary) = vector.values {
                    vector = ColumnVector(.codes(Aggregation.gather(codes, parents), dictionary: dictionary))
                } else {
                    vector = vector.gathering(parents.map { Int($0) })
                }
            }
            return try widened(vector, field)
        }
        throw LakeError(
            .corrupt, "column '\(schema.fields[field].name)' is not in its key group", at: .init(file: reader.path))
    }

    /// The key of group `ancestor` that each key of `group` belongs to.
    func ancestors(of group: Int, in ancestor: Int) throws -> [UInt32] {
        try columns.codes(.init(group: group, subject: ScanColumns.ancestor(ancestor))) {
            let parents = try reader.groups[group].parents()
            guard let parent = reader.groups[group].record.parent, parent != ancestor else { return parents }
            return Aggregation.gather(try ancestors(of: parent, in: ancestor), parents)
        }
    }

    /// Whether a field is NULL in the whole shard because it was added later.
    func isAbsent(_ field: Int) -> Bool {
        shardFields[field] == nil && derived[field] == nil && field != RowNumber.field(in: schema)
    }

    func isDerived(_ field: Int) -> Bool { derived[field] != nil }

    /// The field in the shard; nil when it is not stored there.
    func shardField(_ field: Int) -> Int? { shardFields[field] }

    /// The numbers of a chunk's rows in the table.
    func rowNumbers(ofChunk chunk: Int) -> Range<Int> {
        let first = rowNumbers.lowerBound + chunk * ShardFormat.chunkRows
        return first..<(first + reader.rows(ofChunk: chunk))
    }

    /// The node of a field in the row domain.
    func rowNode(_ field: Int) throws -> NodeReader? {
        try shardFields[field].flatMap { try reader.node(ofField: $0, group: nil) }
    }

    /// The same where it is coded in a dictionary of values of the table's type.
    func codedNode(_ field: Int) throws -> NodeReader? {
        try rowNode(field).flatMap { $0.isDictionaryCoded && $0.type == schema.fields[field].type ? $0 : nil }
    }

    /// Everywhere that a stored field has values, in rows and in keys; nil for one that is computed or absent.
    func nodes(_ field: Int) throws -> [NodeReader]? {
        guard derived[field] == nil, let shardField = shardFields[field] else { return nil }
        let places = [nil] + reader.groups(ofField: shardField).map(Optional.some)
        return try places.compactMap { try reader.node(ofField: shardField, group: $0) }
    }

    /// Whether the values of a field stand in the shard as codes in a dictionary.
    func isCoded(_ field: Int) throws -> Bool {
        try nodes(field)?.contains(where: \.isDictionaryCoded) ?? false
    }

    /// Whether every value of a field that is stored here is in a dictionary.
    func isDictionaryCoded(_ field: Int) throws -> Bool {
        try nodes(field)?.allSatisfy(\.isDictionaryCoded) ?? true
    }

    /// The dictionaries with all values of a stored field; nil where some are in none, or are widened.
    func dictionaries(_ field: Int) throws -> [ValueDictionary]? {
        guard let nodes = try nodes(field),
            nodes.allSatisfy({ $0.isDictionaryCoded && $0.type == schema.fields[field].type })
        else { return nil }
        return try nodes.map { try $0.dictionary() }
    }

    /// Where the keys of a group have a field of text that is in no dictionary; nil for other fields.
    func longText(_ field: Int, group: Int) throws -> NodeReader? {
        try shardFields[field].flatMap { try reader.node(ofField: $0, group: group) }.flatMap { node in
            node.type.physical == .bytes && !node.isDictionaryCoded ? node : nil
        }
    }

    /// A field for all rows of a chunk.
    func rows(_ field: Int, chunk: Int) throws -> ColumnVector {
        if let column = derived[field] { return try compute(column, field, chunk: chunk) }
        guard let shardField = shardFields[field] else {
            guard isAbsent(field) else { return ColumnVector(.integers(rowNumbers(ofChunk: chunk).map { Int64($0) })) }
            return .nulls(reader.rows(ofChunk: chunk), of: schema.fields[field].type)
        }
        return try widened(reader.vector(field: shardField, chunk: chunk), field)
    }

    /// A field for some rows of a chunk, ascending positions.
    func rows(_ field: Int, chunk: Int, at positions: [Int32], codes: (Int) throws -> [UInt32]) throws -> ColumnVector {
        if let column = derived[field] { return try compute(column, field, chunk: chunk, at: positions, codes: codes) }
        guard let shardField = shardFields[field] else {
            guard isAbsent(field) else {
                let first = Int64(rowNumbers(ofChunk: chunk).lowerBound)
                return ColumnVector(.integers(positions.map { first + Int64($0) }))
            }
            return .nulls(positions.count, of: schema.fields[field].type)
        }
        if let node = try reader.node(ofField: shardField, group: nil) {
            if node.type.physical != .list { return try widened(node.vector(chunk: chunk, at: positions), field) }
            let vector = try node.vector(chunk: chunk, elements: reader.elements(ofField: shardField))
            return try widened(vector.gathering(positions.map { Int($0) }), field)
        }
        guard let group = reader.groups(ofField: shardField).min(by: { count($0) < count($1) }) else {
            return .nulls(positions.count, of: schema.fields[field].type)
        }
        let keys = try codes(group)
        // Long text is read for the keys at hand only; other columns are small, and kept.
        if let node = try reader.node(ofField: shardField, group: group), node.type.physical == .bytes,
            !node.isDictionaryCoded, keys.count * 8 < count(group)
        {
            return try widened(node.vector(keys: keys), field)
        }
        let values = try self.keys(field, group: group)
        if case .codes(let all, let dictionary) = values.values {
            return ColumnVector(.codes(Aggregation.gather(all, keys), dictionary: dictionary))
        }
        return values.gathering(keys.map { Int($0) })
    }

    /// Values written under a narrower type, in the table's.
    /// - Throws: `LakeError` (corrupt) for a date whose midnight is no timestamp.
    func widened(_ vector: ColumnVector, _ field: Int) throws -> ColumnVector {
        guard let shardField = shardFields[field] else { return vector }
        let (from, to) = (try reader.type(ofField: shardField), schema.fields[field].type)
        guard from != to else { return vector }
        return try locating(.init(file: reader.path, column: schema.fields[field].name)) {
            try vector.widened(from: from, to: to)
        }
    }
}
