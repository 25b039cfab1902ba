import AlphaAds
import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

/// Puts ads into the table `ads` of a lake, in one step.
///
/// Rows are sorted by page within what fits in memory, so that the ads of a page, which samples pair, stand together.
struct AdLoad {
    static let table = "ads"

    let lake: Lake
    let workers: Int
    var cleaning = AdCleaning()
    /// Whether ads take the place of those with their ids.
    var upserts = false
    /// The job's name, for one that may be run twice.
    var transaction: TransactionOptions?
    /// What the version says of itself beside the counts.
    var details: [String: String] = [:]

    /// The table, made if it is not there.
    /// - Throws: `LakeError` (usage) when its columns are others.
    private func openTable() throws -> TableDirectory {
        let schema = try AdTables.ads()
        if try !lake.hasTable(AdLoad.table) {
            do {
                return try lake.createTable(AdLoad.table, schema: schema, details: details)
            } catch let error as LakeError where error.code == .conflict {
                // Another import made it just now.
            }
        }
        let table = try lake.table(AdLoad.table)
        let there = try table.manifest().schema
        let names = Set(there.fields.map(\.name))
        guard there.surrogateKey?.name == "ad", schema.fields.allSatisfy({ names.contains($0.name) }) else {
            throw LakeError(
                .usage, "the table has other columns than an import of ads fills", at: .init(table: AdLoad.table),
                hint: "import into a lake of its own (`alphalake init`), or rename the columns back")
        }
        return table
    }

    /// - Parameters:
    ///   - superseded: of an upsert, whether the input has a later ad with the same id than the one at this place.
    ///   - rejected: gets what is left out, with the reason.
    ///   - feed: hands in ads, or nil for a row that could not be read; it says whether it is left out.
    /// - Returns: the counts, and the version; nil where there was nothing to add.
    func run(
        _ feed: (_ intake: (_ ad: BoxedAd?, _ isSuperseded: Bool) throws -> CleaningRule?) throws -> Void,
        rejected: (Ad, CleaningRule) throws -> Void = { _, _ in }
    ) throws -> (counts: AdIntake.Counts, manifest: Manifest?) {
        let table = try openTable()
        if let done = try transaction?.version(in: table) {
            return (AdIntake.Counts(), try table.manifest(version: done))
        }
        let base = try table.manifest()
        let known =
            try upserts || base.shards.isEmpty
            ? KnownAds() : KnownAds(QueryEngine(lake: lake, workers: workers), table: AdLoad.table)
        var intake = AdIntake(cleaning: cleaning, upserts: upserts, known: known)
        let rowSchema = try base.schema.withoutSurrogateKey()
        var keys =
            try upserts ? UpsertKeys(schema: rowSchema, key: ["ad_id"], table: AdLoad.table, nullsAreNew: true) : nil
        let order = try AdLoad.order(rowSchema)
        var options = ShardOptions()
        options.workers = workers
        let writer = TableWriter(table: table, schema: rowSchema, options: options)
        let shards = try writer.writing { writer in
            func write() throws {
                for batch in try intake.takePending(workers: workers) {
                    let batch = AdLoad.arranged(batch, order, rowSchema)
                    try keys?.add(batch)
                    try writer.append(batch)
                }
            }
            try feed { ad, isSuperseded in
                guard let ad else {
                    intake.countUnreadable()
                    return nil
                }
                let rule = intake.take(ad, isSuperseded: isSuperseded)
                if intake.isFull { try write() }
                return rule
            }
            for (ad, rule) in intake.settleRounded() { try rejected(ad, rule) }
            try write()
        }
        guard !shards.isEmpty else { return (intake.counts, nil) }
        var details = self.details.merging(intake.counts.details) { own, _ in own }
        if let transaction { details = transaction.details(details) }
        let manifest = try commit(shards, keys, table, base, details)
        return (intake.counts, manifest)
    }

    private func commit(
        _ shards: [NewShard], _ keys: UpsertKeys?, _ table: TableDirectory, _ base: Manifest,
        _ details: [String: String]
    ) throws -> Manifest {
        do {
            if let keys {
                let found = try keys.rows(in: try table.snapshot(), workers: workers)
                return try found.replace(with: shards, details: details, transaction: transaction?.id)
            }
            return try table.commit(.append(shards, details: details), over: base, transaction: transaction?.id) {
                now in
                // Ads that another import brought in meanwhile might come twice.
                guard now.digest == base.digest else {
                    throw LakeError(.conflict, "another writer changed the ads meanwhile", hint: "run the import again")
                }
            }
        } catch let error as LakeError where error.code == .conflict || error.code == .usage {
            for shard in shards { try? lake.store.remove(table.shardPath(shard.file)) }
            throw error
        }
    }

    /// Where each column of the table is in a batch; nil for columns that people added.
    private static func order(_ schema: Schema) throws -> [Int?] {
        let own = try AdTables.ads().withoutSurrogateKey()
        return schema.fields.map { own.index(of: $0.name) }
    }

    private static func arranged(_ batch: Batch, _ order: [Int?], _ schema: Schema) -> Batch {
        Batch(
            count: batch.count,
            columns: zip(order, schema.fields).map { place, field in
                place.map { batch.columns[$0] } ?? .nulls(batch.count, of: field.type)
            })
    }
}

extension AdIntake.Counts {
    /// The counts as a version keeps them.
    var details: [String: String] {
        var details = ["rows.read": String(read), "rows.kept": String(kept)]
        if unreadable > 0 { details["rows.unreadable"] = String(unreadable) }
        for (rule, count) in dropped { details["cleaning." + rule.rawValue] = String(count) }
        for (flag, count) in flags { details["flag." + flag.rawValue] = String(count) }
        return details
    }
}
