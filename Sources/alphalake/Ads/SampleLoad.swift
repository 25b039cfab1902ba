import AlphaAds
import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

/// Makes samples of the ads of a lake and puts them into its table `samples`, in one step.
///
/// The samples refer to one version of `ads`, which the table pins. Pages go in one after another, so that a shard holds the
/// samples of pages that stand together, sorted by task: a task, and the ads of a sample, are found in few places.
struct SampleLoad {
    static let table = "samples"

    let lake: Lake
    let workers: Int
    var rules = TaskRules.standard
    var tasks = Set(SampleTask.allCases)
    var replaces = false
    var details: [String: String] = [:]

    struct Outcome {
        var ads = AdPages.Totals()
        var counts = [Int](repeating: 0, count: SampleTask.allCases.count)
        var comparisons = 0
        /// Of pages larger than what an ad is compared with: kin of some ads within reach, and on the whole page.
        var recall = (within: 0, all: 0)
        /// Whether ads had vectors computed elsewhere, by which pairs were found.
        var hasEmbeddings = false
        var bytes = 0
        /// Of a build over samples that were there: what changed of their ads, and how many samples are none any more.
        var changes: AdChanges?
        var removed = 0
        var manifest: Manifest?
    }

    /// Ads that are worked on at once.
    private static let waveAds = 1 << 16

    /// What a build starts from.
    private struct Base {
        var table: TableDirectory
        var manifest: Manifest
        /// Of samples that stay as far as their ads are as they were: the engine that reads them, and what changed.
        var update: (samples: QueryEngine, changes: AdChanges)?
    }

    func run(_ console: Console) throws -> Outcome {
        guard try lake.hasTable(AdLoad.table) else {
            throw LakeError(.missing, "the lake has no ads", hint: "bring some in: alphalake import ads LAKE FILE...")
        }
        let ads = try lake.table(AdLoad.table).snapshot()
        let engine = QueryEngine(lake: lake, at: .number(ads.manifest.version), workers: workers)
        let pages = try AdPages(engine)
        var outcome = Outcome()
        outcome.ads = try pages.totals()
        outcome.hasEmbeddings = pages.hasEmbeddings
        let schema = try self.schema(ads)
        let base = try self.base(schema, ads, engine)
        outcome.changes = base.update?.changes
        let written = try write(pages, base, schema, &outcome, console)
        outcome.bytes = written.shards.reduce(0) { $0 + $1.bytes }
        outcome.removed = written.removed.count
        outcome.manifest = try commit(written.shards, written.removed, base, schema, ads, outcome)
        return outcome
    }

    /// The table, and what of it can stay.
    private func base(_ schema: Schema, _ ads: Snapshot, _ engine: QueryEngine) throws -> Base {
        guard try lake.hasTable(SampleLoad.table) else {
            let table = try lake.createTable(SampleLoad.table, schema: schema, details: ["command": "build samples"])
            return Base(table: table, manifest: try table.manifest())
        }
        let table = try lake.table(SampleLoad.table)
        let manifest = try table.manifest()
        let names = Set(manifest.schema.fields.map(\.name))
        guard schema.fields.allSatisfy({ names.contains($0.name) }) else {
            throw LakeError(
                .usage, "the table has other columns than a build of samples fills", at: .init(table: SampleLoad.table),
                hint: "build in a lake of its own, or rename the columns back")
        }
        if manifest.shards.isEmpty || replaces { return Base(table: table, manifest: manifest) }
        guard manifest.shards.allSatisfy({ $0.tags["rules"] == tags["rules"] && $0.tags["tasks"] == tags["tasks"] })
        else {
            throw LakeError(
                .usage, "the samples in the table were made by other rules or of other tasks",
                at: .init(table: SampleLoad.table),
                hint: "--rebuild makes all of them anew; earlier versions stay readable")
        }
        let pinned = manifest.schema.derived.first { $0.lookup.table == AdLoad.table }?.lookup.version
        guard let pinned else {
            throw LakeError(
                .usage, "the samples do not say which version of 'ads' they were made from",
                at: .init(table: SampleLoad.table), hint: "--rebuild makes all of them anew")
        }
        let before = QueryEngine(lake: lake, at: .number(pinned), workers: workers)
        let samples = QueryEngine(lake: lake, at: .number(manifest.version), workers: workers)
        let changes = try pinned == ads.manifest.version ? AdChanges() : AdChanges(before: before, after: engine)
        return Base(table: table, manifest: manifest, update: (samples, changes))
    }

    /// What shards of samples are marked with: those of other rules are not mixed.
    private var tags: [String: String] {
        let names = SampleTask.allCases.filter { tasks.contains($0) }.map(\.name)
        return [
            "rules": rules.fingerprint,
            "tasks": tasks.count == names.count && names.count == 18 ? "all" : names.joined(separator: " "),
        ]
    }

    /// The schema of `samples`, with the columns of the ads' that prompts are rendered from.
    private func schema(_ ads: Snapshot) throws -> Schema {
        let stored = try AdTables.samples()
        var derived: [DerivedField] = []
        for lookup in PromptSet.standard.lookups {
            let field = ads.schema.fields[try ads.schema.requiredIndex(of: lookup.column, table: AdLoad.table)]
            derived.append(
                DerivedField(
                    name: lookup.name, type: field.type,
                    lookup: Lookup(
                        table: AdLoad.table, version: ads.manifest.version,
                        key: [.init(lookup.isTarget ? "target_ad" : "ad", references: "ad")], value: lookup.column)))
        }
        return try Schema(fields: stored.fields, keyGroups: stored.keyGroups, derived: derived)
    }

    /// Makes the samples and writes them.
    /// - Returns: the shards, and the numbers of the rows of the table that are no samples any more, ascending.
    private func write(
        _ pages: AdPages, _ base: Base, _ schema: Schema, _ outcome: inout Outcome, _ console: Console
    ) throws -> (shards: [NewShard], removed: [Int64]) {
        let progress = Progress("building", total: outcome.ads.ads, unit: .things("ad"), on: console)
        defer { progress.finish() }
        let writing = try SampleWriting(
            table: base.table, schema: schema.withoutSurrogateKey(), tags: tags, workers: workers)
        var left = base.update?.changes.pages
        let changed = base.update?.changes.changed ?? []
        var removed: [Int64] = []
        var recall = (within: 0, all: 0)
        var (wave, waveAds, done, comparisons) = ([AdPages.Unread](), 0, 0, 0)
        func work() throws {
            var existing = try base.update.map { try ExistingSamples($0.samples, pages: wave.map(\.page)) }
            let items = SampleLoad.items(wave)
            try orderedFlow(count: items.count, workers: workers, room: 64 << 20) { index, outlet in
                for page in items[index] {
                    let made = MadePage(page, rules: rules, tasks: tasks)
                    try outlet.send(made, bytes: made.bytes)
                }
            } consume: { (made: MadePage) in
                if var known = existing.take() {
                    try writing.append(made.without(&known, changed: changed))
                    existing = known
                } else {
                    try writing.append(made)
                }
                comparisons += made.comparisons
                recall = (recall.within + made.recall.within, recall.all + made.recall.all)
                progress.update(done: done, detail: Quantities.count(writing.rows, "sample"))
                return true
            }
            removed += existing?.remainingRows ?? []
            (wave, waveAds) = ([], 0)
        }
        do {
            try pages.forEach(outcome.ads, cancellation: Interruption.cancellation) { page in
                done += page.count
                if left != nil, left?.remove(page.page) == nil { return }
                wave.append(page)
                waveAds += page.count
                if waveAds >= SampleLoad.waveAds { try work() }
            }
            try work()
            if let update = base.update, let left, !left.isEmpty {
                removed += try ExistingSamples(update.samples, pages: left.sorted()).remainingRows
            }
            let shards = try writing.finish()
            (outcome.counts, outcome.comparisons, outcome.recall) = (writing.counts, comparisons, recall)
            return (shards, removed.sorted())
        } catch {
            writing.abandon()
            throw error
        }
    }

    /// The pages of a wave in parts of a thousand ads or more.
    private static func items(_ pages: [AdPages.Unread]) -> [[AdPages.Unread]] {
        var items: [[AdPages.Unread]] = []
        var (item, count) = ([AdPages.Unread](), 0)
        for page in pages {
            item.append(page)
            count += page.count
            if count >= 1024 {
                items.append(item)
                (item, count) = ([], 0)
            }
        }
        if !item.isEmpty { items.append(item) }
        return items
    }

    private func commit(
        _ shards: [NewShard], _ removed: [Int64], _ base: Base, _ schema: Schema, _ ads: Snapshot, _ outcome: Outcome
    ) throws -> Manifest? {
        var details = self.details
        details["ads.version"] = String(ads.manifest.version)
        details["rules"] = rules.fingerprint
        details["similarity"] = outcome.hasEmbeddings ? "embeddings" : "words"
        if outcome.ads.synthetic > 0 { details["synthetic"] = "true" }
        for task in SampleTask.allCases where tasks.contains(task) {
            details["samples." + task.name] = String(outcome.counts[Int(task.rawValue)])
        }
        var deletions: [(shard: ShardEntry, new: DeletionEntry?)] = []
        do {
            let manifest = base.manifest
            var change: TableChange
            if base.update != nil {
                deletions = try self.deletions(removed, base)
                change = .delete(deletions, adding: shards, operation: .upsert, details: details)
            } else {
                change = .replace(manifest.shards, with: shards, details: details)
                if manifest.shards.isEmpty { change = .append(shards, details: details) }
            }
            change.schema = SampleLoad.merged(schema, manifest.schema)
            let isNothing = shards.isEmpty && removed.isEmpty && change.removed.isEmpty
            if isNothing, change.schema == nil { return nil }
            return try base.table.commit(change, over: manifest) { now in
                guard now.digest == manifest.digest else {
                    throw LakeError(.conflict, "another writer changed the samples meanwhile", hint: "run it again")
                }
            }
        } catch let error as LakeError where error.code == .conflict || error.code == .usage {
            for shard in shards { try? lake.store.remove(base.table.shardPath(shard.file)) }
            base.table.discard(deletions.compactMap(\.new))
            throw error
        }
    }

    /// The table's schema with the references of this build; nil when it has them.
    private static func merged(_ schema: Schema, _ present: Schema) -> Schema? {
        var merged = present
        let names = Set(schema.derived.map(\.name))
        merged.derived = schema.derived + present.derived.filter { !names.contains($0.name) }
        return merged == present ? nil : merged
    }

    /// Files of deletions for rows of the table, by their numbers.
    private func deletions(_ rows: [Int64], _ base: Base) throws -> [(shard: ShardEntry, new: DeletionEntry?)] {
        var written: [(shard: ShardEntry, new: DeletionEntry?)] = []
        var (first, next) = (0, 0)
        for shard in base.manifest.shards {
            defer { first += shard.rows }
            let start = next
            while next < rows.count, Int(rows[next]) < first + shard.rows { next += 1 }
            guard next > start else { continue }
            var gone = Bitmap(count: shard.rows)
            for row in rows[start..<next] { gone[Int(row) - first] = true }
            var vector = try base.table.deletions(of: shard) ?? DeletionVector(rows: shard.rows)
            vector.delete(gone)
            written.append((shard, vector.count == shard.rows ? nil : try base.table.write(vector)))
        }
        return written
    }
}
