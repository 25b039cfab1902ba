import LakeBytes
import LakeCore
import LakeIngest
import LakeQuery
import LakeShard
import LakeTable

/// Puts the rows of a stream into a table, in one step: all of them or none.
///
/// A table that does not exist is made with the stream's columns. Otherwise columns are matched by name, new ones added and
/// types widened where nothing is lost, as imports of text do; columns that the stream lacks are NULL.
struct TableAppend {
    private let lake: Lake
    private let name: String
    /// Threads that encode columns.
    private let workers: Int
    private let recent: RecentManifests

    init(_ open: OpenLake, to table: String) {
        lake = open.engine.lake
        workers = open.engine.workers
        recent = open.recent
        name = table
    }

    /// - Returns: rows that were added.
    /// - Throws: `LakeError`: usage for columns that do not fit, failed for values, conflict when another writer changed
    ///   the table's columns meanwhile.
    func run(_ stream: StreamImport) throws -> Int {
        try Lake.checkTableName(name)
        let incoming = try stream.fields()
        let existing = try lake.hasTable(name) ? lake.table(name) : nil
        let before = try existing.map { try recent.newest(of: $0) }
        let schema = try merged(incoming, before)
        let table = try existing ?? lake.createTable(name, schema: schema, details: ["command": "append"])
        let base = try before ?? table.manifest()
        let rowSchema = try schema.withoutSurrogateKey()
        var options = ShardOptions()
        options.workers = workers
        let writer = TableWriter(table: table, schema: rowSchema, options: options)
        do {
            var rows = 0
            try stream.forEachBatch(incoming) { batch in
                try writer.append(try arranged(batch, incoming, rowSchema, firstRow: rows))
                rows += batch.count
            }
            let shards = try writer.finish()
            let widened = schema == base.schema ? nil : schema
            guard !shards.isEmpty || widened != nil else { return rows }
            let details = ["command": "append"]
            let change: TableChange =
                if let widened, shards.isEmpty {
                    .widen(to: widened, details: details)
                } else {
                    .append(shards, widening: widened, details: details)
                }
            recent.remember(try table.commit(change, over: base), of: table)
            return rows
        } catch {
            // After an unclear outcome of a commit nothing is removed; these two say that nothing was committed.
            let code = (error as? LakeError)?.code
            if code != .io { writer.abandon() }
            throw error
        }
    }

    /// The schema that the table needs for the rows.
    private func merged(_ incoming: [ImportedField], _ before: Manifest?) throws -> Schema {
        var fields: [Field] = []
        for (index, column) in incoming.enumerated() {
            let known = before?.schema.index(of: column.name).flatMap { before?.schema.fields[$0] }
            guard let type = column.type ?? known?.type else {
                throw LakeError(
                    .usage, "every value is NULL, and the column has no type", at: .init(column: column.name),
                    hint: "cast the column to the type that it is to have, or leave it out")
            }
            fields.append(Field(id: index + 1, name: column.name, type: type, nullable: known?.nullable ?? true))
        }
        let declared = try Schema(fields: fields)
        guard let before else { return declared }
        let needed = before.schema.fields.filter { !$0.nullable && !$0.isSurrogateKey }
        if let absent = needed.first(where: { declared.index(of: $0.name) == nil }) {
            throw LakeError(.usage, "the rows lack a column that must not be NULL", at: .init(column: absent.name))
        }
        return try SchemaWidening.merge(before.schema, declared: declared, nextFieldID: before.nextFieldID).schema
    }

    /// A batch with the columns of the table, in their types.
    private func arranged(
        _ batch: Batch, _ incoming: [ImportedField], _ schema: Schema, firstRow: Int
    ) throws -> Batch {
        let columns = try schema.fields.map { field -> ColumnVector in
            guard let index = incoming.firstIndex(where: { $0.name == field.name }) else {
                return .nulls(batch.count, of: field.type)
            }
            let vector = batch.columns[index]
            if !field.nullable, let row = (0..<batch.count).first(where: { vector.isNull($0) }) {
                throw LakeError(
                    .failed, "row \(firstRow + row) is NULL, and the column must not be", at: .init(column: field.name))
            }
            guard let type = incoming[index].type else { return .nulls(batch.count, of: field.type) }
            return try locating(.init(column: field.name)) { try TableAppend.converted(vector, type, field.type) }
        }
        return Batch(count: batch.count, columns: columns)
    }

    /// Values of a type in a wider one.
    /// - Throws: `LakeError` (failed) for a date whose midnight is no timestamp.
    static func converted(_ vector: ColumnVector, _ from: DataType, _ to: DataType) throws -> ColumnVector {
        if from == to || from.physical == to.physical && from != .date && from.element == nil { return vector }
        switch vector.values {
        case .codes(let codes, let dictionary):
            let values = try converted(dictionary.values, from, to)
            return ColumnVector(.codes(codes, dictionary: ValueDictionary(values)))
        case .lists(let offsets, let child):
            guard let inner = from.element, let outer = to.element else { return vector }
            let elements = try converted(child.vector, inner, outer)
            return ColumnVector(.lists(offsets: offsets, child: ListChild(elements)), validity: vector.validity)
        case .integers(let values) where to.physical == .float:
            return ColumnVector(.floats(values.map { Double($0) }), validity: vector.validity)
        case .integers(let values) where from == .date && to == .timestamp:
            let midnights = try values.indices.map { row in
                if vector.isNull(row) { return Int64(0) }
                let (midnight, overflow) = values[row].multipliedReportingOverflow(by: 86_400_000_000)
                guard !overflow else {
                    throw LakeError(.failed, "the date \(values[row]) days from 1970-01-01 has no timestamp")
                }
                return midnight
            }
            return ColumnVector(.integers(midnights), validity: vector.validity)
        default: return vector
        }
    }
}
