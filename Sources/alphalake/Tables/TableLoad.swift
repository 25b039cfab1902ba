import LakeBytes
import LakeCore
import LakeIngest
import LakeQuery
import LakeShard
import LakeTable

/// Puts text inputs into a table of a lake, in one step.
struct TableLoad {
    let lake: Lake
    let name: String
    let input: TableImport
    /// The schema of a schema file.
    let declared: Schema?
    let shardOptions: ShardOptions
    /// The column of a new table whose values it gives itself.
    var surrogateKey: String?
    /// The columns of the key by which rows are replaced; nil to append.
    var upsertKey: [String]?
    var transaction = TransactionOptions()

    /// - Throws: `LakeError` for input that cannot be read, lines that cannot become rows, and a table or lake that cannot
    ///   be written.
    func run(_ console: Console) throws {
        try Lake.checkTableName(name)
        for (path, format) in input.formats { console.note("\(path == "-" ? "standard input" : path): \(format)") }
        let started = ContinuousClock.now
        let existing = try lake.hasTable(name) ? lake.table(name) : nil
        if let existing, let done = try transaction.version(in: existing) {
            console.note("version \(done) of '\(name)' is this transaction's already; nothing to do")
            return
        }
        let before = try existing?.manifest()
        let plan = try input.plan(
            existing: before?.schema, declared: declared, surrogateKey: surrogateKey, nextFieldID: before?.nextFieldID)
        if existing == nil {
            console.note("new table '\(name)':")
            try SchemaCommand.print(plan.schema, .table, to: console.notes)
        }
        for change in plan.changes { console.note("\(change)") }
        var keys = try upsertKey.map { try UpsertKeys(schema: plan.rowSchema, key: $0, table: name) }
        let rows = try input.rows(plan)
        // The first batch is read before a table is made: input that is bad from the start leaves nothing behind.
        let first = try rows.next()
        if let first { try keys?.add(first) }
        let table = try existing ?? lake.createTable(name, schema: plan.schema, details: ["command": "import table"])
        let base = try before ?? table.manifest()
        let shards = try TableWriter(table: table, schema: plan.rowSchema, options: shardOptions).writing { writer in
            let progress = Progress("importing", total: input.size, unit: .bytes, on: console)
            defer { progress.finish() }
            var batch = first
            while let rowsRead = batch {
                try writer.append(rowsRead)
                progress.update(done: rows.report.bytes, detail: Quantities.count(rows.report.rows, "row"))
                batch = try rows.next()
                if let batch { try keys?.add(batch) }
            }
        }
        let isOurs =
            if let keys {
                try replace(shards, keys, plan, table, base, console)
            } else {
                try commit(shards, plan, table, base, console)
            }
        guard isOurs else { return }
        report(rows.report, seconds: Progress.seconds(ContinuousClock.now - started), console)
    }

    private var details: [String: String] {
        let files = input.formats.map(\.path).joined(separator: " ")
        return transaction.details(["command": "import table", "files": String(files.prefix(1_000))])
    }

    /// How often replaced rows are looked for anew because another writer was first.
    private static let attempts = 20

    private func replace(
        _ shards: [NewShard], _ keys: UpsertKeys, _ plan: ImportPlan, _ table: TableDirectory, _ base: Manifest,
        _ console: Console
    ) throws -> Bool {
        guard !shards.isEmpty else { return true }
        do {
            for attempt in 1... {
                let found = try keys.rows(in: try table.snapshot())
                let widened = try widening(plan, base.schema, now: found.snapshot.schema)
                do {
                    let manifest = try found.replace(
                        with: shards, widening: widened, details: details,
                        transaction: transaction.id)
                    if wasMadeBefore(manifest, shards, table, console) { return false }
                    console.note("replaced \(Quantities.count(found.rows, "row")) that had the same keys")
                    return true
                } catch let error as LakeError where error.code == .conflict && attempt < TableLoad.attempts {
                    continue
                }
            }
        } catch let error as LakeError where error.code != .io {
            for shard in shards { try? lake.store.remove(table.shardPath(shard.file)) }
            throw error
        }
        return true
    }

    /// The schema that an upsert has to state. New columns of two writers may have the same id: then one of them has to begin anew.
    private func widening(_ plan: ImportPlan, _ base: Schema, now current: Schema) throws -> Schema? {
        if current == base { return plan.schema == current ? nil : plan.schema }
        guard plan.schema == base, (try? base.checkWidening(to: current)) != nil else {
            throw LakeError(
                .conflict, "another writer changed the columns of '\(name)' meanwhile", hint: "run it again")
        }
        return nil
    }

    /// Whether another run of the same job was first; then these shards are nobody's.
    private func wasMadeBefore(
        _ manifest: Manifest, _ shards: [NewShard], _ table: TableDirectory, _ console: Console
    ) -> Bool {
        guard transaction.id != nil, !manifest.lists(shards) else { return false }
        for shard in shards { try? lake.store.remove(table.shardPath(shard.file)) }
        console.note(
            "version \(manifest.version) of '\(name)' was this transaction's meanwhile; these rows were not added")
        return true
    }

    private func commit(
        _ shards: [NewShard], _ plan: ImportPlan, _ table: TableDirectory, _ base: Manifest, _ console: Console
    ) throws -> Bool {
        let widened = plan.schema == base.schema ? nil : plan.schema
        guard !shards.isEmpty || widened != nil else { return true }
        let change: TableChange =
            if let widened, shards.isEmpty {
                .widen(to: widened, details: details)
            } else {
                .append(shards, widening: widened, details: details)
            }
        do {
            let manifest = try table.commit(change, over: base, transaction: transaction.id)
            return !wasMadeBefore(manifest, shards, table, console)
        } catch let error as LakeError where error.code == .conflict || error.code == .usage {
            for shard in shards { try? lake.store.remove(table.shardPath(shard.file)) }
            throw error
        }
    }

    private func report(_ report: ImportReport, seconds: Double, _ console: Console) {
        for line in report.reasons { console.note("left out: \(line)") }
        if report.badLines > report.reasons.count {
            console.note("left out: \(Quantities.count(report.badLines - report.reasons.count, "more line"))")
        }
        for (name, records) in report.ignoredFields.sorted(by: { $0.key < $1.key }) {
            console.note("ignored: field '\(name)', which the schema lacks, in \(Quantities.count(records, "row"))")
        }
        let rate = Quantities.rate(report.rows, seconds: seconds)
        let bad = report.badLines > 0 ? ", left out \(Quantities.count(report.badLines, "bad line"))" : ""
        console.note(
            "imported \(Quantities.count(report.rows, "row")) into '\(name)' in \(Quantities.time(seconds: seconds))\(rate)\(bad)"
        )
    }
}
