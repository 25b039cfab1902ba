import LakeBytes
import LakeCore

/// What a finished shard is, for the manifest.
public struct ShardSummary: Sendable {
    public var path: String
    public var rows: Int
    public var bytes: UInt64
    /// XXH3-128 of the whole file.
    public var digest: Digest
}

/// Choices of a writer. The defaults are what FORMAT.md recommends.
public struct ShardOptions: Sendable {
    /// Factor key groups as the schema declares them; off, every column is stored per row.
    public var keyGroups = true
    /// Write bitmaps and bit-sliced codes.
    public var indexes = true
    /// Text that may wait, over all columns, for dictionaries to be trained.
    public var trainingBytes = 128 << 20
    /// Bytes of text from which on a column gets a dictionary: below that it would cost more than it saves.
    public var smallestTraining = 1 << 20
    /// Threads that encode columns side by side. The file is the same whatever their number.
    public var workers = 1
    /// Bytes of memory that a writer should do with: a quarter for codes that wait for their dictionary (the rest of them waits in a
    /// file), an eighth for text that waits for its own, a quarter for keys (`TableWriter` ends the shard), a quarter for columns at
    /// their end. Rows on their way, and dictionaries, which are bounded per column, come on top.
    public var memory = 1 << 30

    public init() {}

    /// What the columns at the end of a shard take, which have all their codes in memory then: two times 4 bytes for each row, and
    /// what comes of them.
    private static let endingBytes = 3 * 4 * ShardFormat.maximumRows

    /// Columns that are ended at once.
    var endingColumns: Int { max(1, min(workers, memory / 4 / ShardOptions.endingBytes)) }
}

/// Writes one shard, streaming: memory holds a chunk per column, the key tables and the rows' key codes.
///
/// A shard takes either plain rows (`append(_: Batch ...)`, which finds the keys itself and drops a key group whose columns
/// do not depend on its key) or rows that are factored already (`append(_: KeyedRows ...)`), not both.
public final class ShardWriter {
    private let schema: Schema
    private let plan: NodePlan
    private let path: String
    private let file: ShardFile
    private let context: ColumnBuilder.Context
    private let schemaOffset: UInt64
    private let endingColumns: Int
    /// Per group its builder; nil once the group has proved not to hold.
    private var groups: [KeyGroupBuilder?]
    private var rowBuilders: [Int: ColumnBuilder] = [:]
    public private(set) var rows = 0

    /// Creates the file at `path`, which must not exist.
    /// - Throws: `LakeError` (io) from the store.
    public init(schema: Schema, path: String, store: any Store, options: ShardOptions = ShardOptions()) throws {
        self.schema = schema
        self.path = path
        let plan = NodePlan(schema)
        self.plan = plan
        endingColumns = options.endingColumns
        file = try ShardFile(store: store, path: path)
        let texts = schema.fields.count { $0.type.physical == .bytes || $0.type.element?.physical == .bytes }
        context = ColumnBuilder.Context(
            file: file,
            makeSpool: {
                Spool(store: store, near: path, memoryLimit: max(1 << 16, options.memory / 4 / plan.nodes.count))
            },
            trainingBytes: min(8 << 20, options.trainingBytes / max(texts, 1), options.memory / 8 / max(texts, 1)),
            smallestTraining: options.smallestTraining, indexes: options.indexes, workers: options.workers)
        schemaOffset = try file.append(SegmentHeader(.schema), payload: try schema.shardBytes())
        groups = schema.keyGroups.indices.map { index in
            options.keyGroups ? KeyGroupBuilder(group: index, schema: schema, plan: plan) : nil
        }
        for field in fieldsPerRow { rowBuilders[field] = newRowBuilder(field) }
    }

    /// Rows that still fit.
    public var room: Int { ShardFormat.maximumRows - rows }

    /// Bytes that the values of key groups take in memory until the shard is closed.
    public var heldBytes: Int { groups.reduce(0) { $0 + ($1?.heldBytes ?? 0) } }

    /// Bytes written to the file so far.
    public var bytesWritten: UInt64 { file.size }

    private func newRowBuilder(_ field: Int) -> ColumnBuilder {
        ColumnBuilder(node: plan.rowNodes[field], plan: plan, context: context)
    }

    /// The builders in the order of the columns, so that the same rows always make the same file.
    private var orderedRowBuilders: [ColumnBuilder] { rowBuilders.sorted { $0.key < $1.key }.map(\.value) }

    private var fieldsPerRow: [Int] {
        let kept = Set(groups.compactMap { $0?.fields }.joined())
        return schema.fields.indices.filter { !kept.contains($0) }
    }

    // MARK: Rows

    /// Appends the rows `range` of `batch`, which has the schema's columns in order and whose values fit their types.
    public func append(_ batch: Batch, _ range: Range<Int>) throws {
        try forEachPiece(of: range) { piece in
            for group in groups.indices {
                guard let builder = groups[group] else { continue }
                let parentCodes = builder.parent.flatMap { groups[$0]?.codes[rows...] } ?? []
                if !builder.append(batch.columns, piece, parentCodes: parentCodes) { try dissolve(group) }
            }
            try forEachColumn { try $0.append(batch.columns[$0.role.subject], piece) }
        }
    }

    /// Appends the rows `range` of `block`.
    public func append(_ block: KeyedRows, _ range: Range<Int>) throws {
        if groups.allSatisfy({ $0 == nil }) {
            try append(block.expanded(range, schema: schema), 0..<range.count)
            return
        }
        guard block.keys.count == groups.count, block.codes.count == groups.count else {
            throw LakeError(.failed, "a block of rows with \(block.keys.count) key groups for \(groups.count)")
        }
        var renumbered: [[UInt32]] = []
        for group in groups.indices {
            guard let builder = groups[group] else {
                throw LakeError(.failed, "factored rows cannot follow plain rows in one shard")
            }
            let parentNumbers = builder.parent.map { renumbered[$0] } ?? []
            let parentCodes = builder.parent.flatMap { groups[$0]?.codes[rows...] } ?? []
            renumbered.append(
                try builder.append(
                    block.keys[group], used: block.codes[group], range, renumberedParents: parentNumbers,
                    parentCodes: parentCodes))
        }
        let fields = plan.ungroupedFields(of: schema)
        try forEachPiece(of: range) { piece in
            try append(block.columns, of: fields, piece)
        }
    }

    /// Takes over the keys of another shard, for rows of it that follow.
    /// - Parameter keys: per key group its keys, and which of them to take (nil: all).
    /// - Returns: per key group the code here of each of its keys; nil when the other shard's rows have to come as plain rows,
    ///   because a group is not kept here (any more).
    public func adopt(_ keys: [(table: KeyTable, live: Bitmap?)]) throws -> [[UInt32]]? {
        guard groups.allSatisfy({ $0 != nil }), keys.count == groups.count else { return nil }
        var codes: [[UInt32]] = []
        for (group, (table, live)) in keys.enumerated() {
            guard let builder = groups[group] else { return nil }
            let parents = builder.parent.map { parent in table.parents?.map { codes[parent][Int($0)] } ?? [] } ?? []
            guard let own = builder.merge(table, live: live, parents: parents) else {
                try dissolve(group)
                return nil
            }
            codes.append(own)
        }
        return codes
    }

    /// Appends rows whose keys have been adopted.
    /// - Parameters:
    ///   - codes: per key group the code of each row's key here.
    ///   - columns: of the columns that stand in no group, in schema order.
    public func append(codes: [[UInt32]], columns: [ColumnVector], _ range: Range<Int>) throws {
        let fields = plan.ungroupedFields(of: schema)
        try forEachPiece(of: range) { piece in
            for (group, codes) in zip(groups, codes) { group?.append(codes: codes, piece) }
            try append(columns, of: fields, piece)
        }
    }

    /// Appends the rows `range` of columns to those of `fields`.
    private func append(_ columns: [ColumnVector], of fields: [Int], _ range: Range<Int>) throws {
        let places = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($0.element, $0.offset) })
        try forEachColumn { column in
            if let place = places[column.role.subject] { try column.append(columns[place], range) }
        }
    }

    /// Does something with the columns that are stored per row, several at once, and writes what came of it in their order: so the
    /// same rows always make the same file.
    private func forEachColumn(_ body: @Sendable (ColumnBuilder) throws -> Void) throws {
        let builders = orderedRowBuilders
        try parallelForEach(builders, workers: context.workers, alone: .milliseconds(1), body)
        for builder in builders { try builder.writeSegments() }
    }

    /// Splits `range` where chunks end.
    private func forEachPiece(of range: Range<Int>, _ body: (Range<Int>) throws -> Void) throws {
        guard range.count <= room else {
            throw LakeError(.failed, "\(range.count) rows for a shard with room for \(room)", at: .init(file: path))
        }
        var start = range.lowerBound
        while start < range.upperBound {
            let room = ShardFormat.chunkRows - rows % ShardFormat.chunkRows
            let end = min(range.upperBound, start + room)
            try body(start..<end)
            rows += end - start
            if rows % ShardFormat.chunkRows == 0 { try forEachColumn { try $0.endChunk() } }
            start = end
        }
    }

    /// Gives up a key group (and those nested in it): its columns that no other group has are stored per row.
    private func dissolve(_ group: Int) throws {
        for child in groups.indices where groups[child]?.parent == group { try dissolve(child) }
        guard let builder = groups[group] else { return }
        groups[group] = nil
        for (position, field) in builder.fields.enumerated() where fieldsPerRow.contains(field) {
            guard rowBuilders[field] == nil else { continue }
            let column = newRowBuilder(field)
            for start in stride(from: 0, to: rows, by: ShardFormat.chunkRows) {
                let end = min(rows, start + ShardFormat.chunkRows)
                try column.append(builder.expanded(position, start..<end), 0..<(end - start))
                if end - start == ShardFormat.chunkRows { try column.endChunk() }
                try column.writeSegments()
            }
            rowBuilders[field] = column
        }
    }

    // MARK: The end

    /// Writes key tables, indexes and the footer, and makes the file last.
    public func finish() throws -> ShardSummary {
        for group in groups.indices.reversed() {
            guard let builder = groups[group], !builder.isWorthwhile else { continue }
            if !groups.contains(where: { $0?.parent == group }) { try dissolve(group) }
        }
        if rows % ShardFormat.chunkRows != 0 { try forEachColumn { try $0.endChunk() } }
        var records = plan.nodes.map { NodeRecord($0) }
        let builders = orderedRowBuilders
        // What a column has at its end is in memory until it is written: few at once.
        let atOnce = endingColumns == 1 ? 1 : 4 * endingColumns
        for start in stride(from: 0, to: builders.count, by: atOnce) {
            let some = Array(builders[start..<min(builders.count, start + atOnce)])
            try parallelForEach(some, workers: endingColumns) { try $0.end(rowsPerKey: nil) }
            for builder in some {
                try builder.finish()
                records[builder.node] = builder.record
                if let elements = builder.elementBuilder { records[elements.node] = elements.record }
            }
        }
        var groupRecords: [GroupRecord] = []
        var positions: [[UInt32]] = []
        for group in schema.keyGroups.indices {
            var record = GroupRecord(
                name: schema.keyGroups[group].name, parent: plan.parents[group], codeNode: plan.codeNodes[group],
                countNode: plan.countNodes[group])
            positions.append([])
            if let builder = groups[group] {
                let writer = KeyGroupWriter(builder: builder, plan: plan, context: context)
                positions[group] = try writer.write(&record, &records, parentPositions: positions)
            }
            groupRecords.append(record)
        }
        let footer = Footer(
            rowCount: rows, schemaOffset: schemaOffset, fields: schema.fields, groups: groupRecords, nodes: records)
        let (bytes, digest) = try file.finish(footer: footer.bytes)
        return ShardSummary(path: path, rows: rows, bytes: bytes, digest: digest)
    }
}
