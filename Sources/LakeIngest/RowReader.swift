import LakeBytes
import LakeCore
import LakeShard

/// What an import has read so far.
public struct ImportReport: Sendable {
    /// Rows handed out.
    public var rows = 0
    /// Bytes read.
    public var bytes = 0
    /// Lines left out under `BadLinePolicy.skip`.
    public var badLines = 0
    /// The first of them.
    public var reasons: [BadLine] = []
    /// Fields that the schema lacks, by name, with the number of records that had them.
    public var ignoredFields: [String: Int] = [:]
}

/// Hands out the rows of text inputs, batch by batch.
public final class RowReader {
    /// Rows in a full batch: one chunk.
    public static let batchRows = 65_536

    /// The schema of every batch.
    public let schema: Schema
    private let ignoresUnknown: Bool
    /// The column whose values the table gives.
    private let surrogateKey: String?
    private var inputs: ArraySlice<(reader: BlockReader, format: TextFormat)>
    private var source: (any RowSource)?
    private var log: BadLineLog
    private var rows = 0
    private var bytesBefore = 0
    private var ignoredFields: [String: Int] = [:]

    init(
        inputs: [(reader: BlockReader, format: TextFormat)], plan: ImportPlan, badLines: BadLinePolicy
    ) throws(LakeError) {
        schema = plan.rowSchema
        ignoresUnknown = plan.ignoresUnknown
        surrogateKey = plan.schema.surrogateKey?.name
        log = BadLineLog(policy: badLines)
        for input in inputs { input.reader.forgetConsumed() }
        self.inputs = inputs[...]
        try open()
    }

    /// The next rows, at most 65,536 and never none; nil when all inputs are read.
    /// - Throws: `LakeError` for input that cannot be read and, under `BadLinePolicy.fail`, for the first bad line; the
    ///   import is then over.
    public func next() throws(LakeError) -> Batch? {
        while let source {
            guard let pending = try source.next(limit: RowReader.batchRows) else {
                close(source)
                try open()
                continue
            }
            if let surrogateKey, source.ignored.contains(where: { $0.name == surrogateKey }) {
                throw SchemaWidening.givenByTable(surrogateKey).located(.init(file: source.reader.path))
            }
            let (batch, bad) = pending.judged(schema, file: source.reader.path)
            try log.add(bad)
            if batch.count > 0 {
                rows += batch.count
                return batch
            }
        }
        return nil
    }

    /// What has been read so far.
    public var report: ImportReport {
        var ignored = ignoredFields
        for field in source?.ignored ?? [] { ignored[field.name, default: 0] += field.records }
        return ImportReport(
            rows: rows, bytes: bytesBefore + (source?.reader.position ?? 0), badLines: log.count, reasons: log.kept,
            ignoredFields: ignored)
    }

    private func open() throws(LakeError) {
        source = nil
        guard let (reader, format) = inputs.popFirst() else { return }
        switch format {
        case .csv(let dialect):
            source = try CSVRowSource(
                reader: reader, fields: schema.fields, dialect: dialect, refusesUnknown: !ignoresUnknown)
        case .jsonLines, .json:
            source = try JSONRowSource(
                reader: reader, fields: schema.fields, layout: format == .json ? .values : .lines,
                refusesUnknown: !ignoresUnknown)
        }
    }

    private func close(_ source: any RowSource) {
        bytesBefore += source.reader.position
        for field in source.ignored { ignoredFields[field.name, default: 0] += field.records }
    }
}
