import LakeBytes
import LakeCore
import LakeShard

/// How text inputs are read.
public struct ImportOptions: Sendable {
    /// The format of all inputs; nil tells it from each one's first bytes and name.
    public var format: TextFormat?
    public var badLines: BadLinePolicy
    /// How many bytes of a pipe are read (and kept in memory) to infer columns from. Files are read as a whole.
    public var pipeInferenceLimit: Int

    public init(format: TextFormat? = nil, badLines: BadLinePolicy = .fail, pipeInferenceLimit: Int = 64 << 20) {
        self.format = format
        self.badLines = badLines
        self.pipeInferenceLimit = pipeInferenceLimit
    }
}

/// What an import does to a table's schema before its rows go in.
public struct ImportPlan: Sendable {
    /// The table's schema.
    public var schema: Schema
    /// The schema that all rows come in: the table's without its surrogate key.
    public let rowSchema: Schema
    /// How it differs from the table's; empty for a new table.
    public var changes: [SchemaChange]
    /// Whether columns of the input that `schema` lacks are left out (and reported) or refused.
    public var ignoresUnknown: Bool

    /// - Throws: `LakeError` (usage) for a schema with nothing but a surrogate key.
    public init(schema: Schema, changes: [SchemaChange], ignoresUnknown: Bool) throws(LakeError) {
        self.schema = schema
        rowSchema = try schema.withoutSurrogateKey()
        self.changes = changes
        self.ignoresUnknown = ignoresUnknown
    }
}

/// Text inputs on their way into a table: opened, their formats known, ready to be read twice.
///
///     let input = try TableImport(paths: ["ads.jsonl"])
///     let plan = try input.plan(existing: nil, declared: nil)
///     let rows = try input.rows(plan)
///     while let batch = try rows.next() { try writer.append(batch) }
///     print(rows.report.rows)
public final class TableImport {
    public let options: ImportOptions
    private let inputs: [(reader: BlockReader, format: TextFormat)]

    /// Opens the inputs; `-` is standard input.
    /// - Throws: `LakeError` when one cannot be opened, is empty of text, or standard input is named twice.
    public init(paths: [String], options: ImportOptions = ImportOptions()) throws(LakeError) {
        guard !paths.isEmpty else {
            throw LakeError(.usage, "no input file", hint: "name files, or - for standard input")
        }
        guard paths.filter({ $0 == "-" }).count < 2 else { throw LakeError(.usage, "standard input is named twice") }
        self.options = options
        var inputs: [(BlockReader, TextFormat)] = []
        for path in paths {
            let reader = try BlockReader(path: path)
            if let format = options.format {
                inputs.append((reader, format))
            } else {
                inputs.append((reader, try TextFormat.sniff(reader)))
            }
        }
        self.inputs = inputs
    }

    /// The inputs with their formats, as given or told.
    public var formats: [(path: String, format: TextFormat)] { inputs.map { ($0.reader.path, $0.format) } }

    /// Bytes in all inputs, nil when one is a pipe.
    public var size: Int? {
        var total = 0
        for input in inputs {
            guard let size = input.reader.size else { return nil }
            total += size
        }
        return total
    }

    /// Decides the schema: the declared one, or what the inputs hold, merged into the table's where it exists.
    /// - Parameters:
    ///   - existing: the table's schema, nil when it is to be created.
    ///   - declared: the schema of a schema file; then no input is read.
    ///   - surrogateKey: a column of a new table whose values it gives itself.
    ///   - nextFieldID: the first id free for new columns; by default one above the highest in `existing`.
    ///   - shouldStop: asked about once per MiB, with the bytes read so far, so it can show progress too; true ends the reading,
    ///     and the plan with an error.
    /// - Throws: `LakeError` for input that cannot be read, malformed lines (unless they are skipped), and values that no
    ///   safe change of the schema lets in.
    public func plan(
        existing: Schema?, declared: Schema?, surrogateKey: String? = nil, nextFieldID: Int? = nil,
        shouldStop: (_ bytesRead: Int) -> Bool = { _ in false }
    ) throws(LakeError) -> ImportPlan {
        if let existing, let surrogateKey, existing.surrogateKey?.name != surrogateKey {
            throw LakeError(
                .usage,
                existing.surrogateKey.map { "the table's surrogate key is '\($0.name)'" }
                    ?? "the table has no surrogate key", at: .init(column: surrogateKey),
                hint: "leave the option out, or add one: `alphalake column add LAKE TABLE NAME int64 --surrogate-key`")
        }
        if let declared {
            let declared = try declared.withSurrogateKey(surrogateKey)
            guard let existing else { return try ImportPlan(schema: declared, changes: [], ignoresUnknown: true) }
            let merged = try SchemaWidening.merge(existing, declared: declared, nextFieldID: nextFieldID)
            return try ImportPlan(schema: merged.schema, changes: merged.changes, ignoresUnknown: true)
        }
        var inference = SchemaInference(policy: options.badLines)
        for (reader, format) in inputs {
            let limit = reader.isRepeatable ? Int.max : options.pipeInferenceLimit
            try inference.add(reader, format: format, limit: limit, shouldStop: shouldStop)
            if shouldStop(inference.bytes) { throw LakeError(.failed, "stopped while reading the input") }
        }
        guard let existing else {
            let schema = try inference.schema().withSurrogateKey(surrogateKey)
            return try ImportPlan(schema: schema, changes: [], ignoresUnknown: false)
        }
        let merged = try SchemaWidening.merge(
            existing, inference.columns, nextFieldID: nextFieldID, keepingMisfits: options.badLines != .fail)
        return try ImportPlan(schema: merged.schema, changes: merged.changes, ignoresUnknown: false)
    }

    /// The rows of all inputs, in order, as batches of `plan.rowSchema`. To be called once.
    /// - Throws: `LakeError` when an input cannot be read.
    public func rows(_ plan: ImportPlan) throws(LakeError) -> RowReader {
        try RowReader(inputs: inputs, plan: plan, badLines: options.badLines)
    }
}
