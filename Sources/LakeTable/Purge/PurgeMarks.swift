import LakeBytes
import LakeCore
import LakeShard

/// Which rows of which shard files a purge takes out: the deleted ones, and every row of any version that says the same.
///
/// A row is known by what stands in its shard's own file, dropped columns among it and columns that came later left out, as far as the
/// shard that it is compared with has these columns. That finds it in shards that a compaction or another import has written from the
/// same rows. What the newest version has stays everywhere: the
/// rows that it lists, and those that say the same as one of them, though another such row was deleted (an upsert does that to rows
/// that did not change).
struct PurgeMarks {
    /// By the shards' files, the rows that go; none is empty.
    private(set) var rows: [String: Bitmap] = [:]

    /// How many rows are wanted and stay, because the newest version lists them.
    private(set) var kept = 0

    /// What rows say that are in no version and no tag afterwards.
    private var said: [Wanted] = []
    private let table: TableDirectory
    /// Every column that there ever was, by id, in the widest type.
    private var fields: [Int: Field] = [:]
    private let shards: [String: ShardEntry]
    private let newest: Manifest
    private let workers: Int

    /// - Parameters:
    ///   - wanted: by file, more rows that go.
    ///   - keepsNewest: whether rows stay that are wanted and that the newest version lists.
    init(
        _ table: TableDirectory, _ states: RetainedStates, wanted: [String: Bitmap], keepsNewest: Bool = true,
        workers: Int
    ) throws {
        self.table = table
        self.workers = workers
        newest = states.newest
        shards = states.shards
        for schema in states.schemas { add(schema.fields) }
        try mark(PurgeMarks.deleted(table, states))
        for (file, more) in wanted where shards[file] != nil && !more.isEmpty {
            if rows[file] == nil { rows[file] = Bitmap(count: more.count) }
            rows[file]?.formUnion(more)
        }
        guard keepsNewest else { return }
        for (file, live) in try PurgeMarks.live(newest, table) {
            if var both = wanted[file], shards[file] != nil {
                both.formIntersection(live)
                kept += both.population
            }
            rows[file]?.subtract(live)
        }
        rows = rows.filter { !$0.value.isEmpty }
    }

    /// Whether there is anything to look for afterwards.
    var isEmpty: Bool { rows.isEmpty && said.allSatisfy(\.hashes.isEmpty) }

    /// How many rows go, each file by itself.
    var count: Int { rows.values.reduce(0) { $0 + $1.population } }

    private mutating func add(_ fields: [Field]) {
        for field in fields where self.fields[field.id].map({ $0.type.widens(to: field.type) }) ?? true {
            // Names may have been given twice.
            self.fields[field.id] = Field(id: field.id, name: "\(field.id)", type: field.type)
        }
    }

    /// The rows that a version lists, by file.
    private static func live(_ version: Manifest, _ table: TableDirectory) throws -> [String: Bitmap] {
        var found: [String: Bitmap] = [:]
        for shard in version.shards {
            var live = Bitmap(count: shard.rows, filled: true)
            if let deleted = try table.deletions(of: shard)?.deleted { live.subtract(deleted) }
            found[shard.file] = live
        }
        return found
    }

    /// The deleted rows that some version knows of, by the files of their shards.
    private static func deleted(_ table: TableDirectory, _ states: RetainedStates) throws -> [String: Bitmap] {
        var found: [String: Bitmap] = [:]
        func add(_ bits: Bitmap, _ file: String) {
            if found[file] == nil { found[file] = Bitmap(count: bits.count) }
            found[file]?.formUnion(bits)
        }
        for entry in states.deletions.values {
            if let vector = try table.deletions(of: entry) { add(vector.deleted, entry.file) }
        }
        for entry in states.deletedShards { add(Bitmap(count: entry.rows, filled: true), entry.file) }
        let shards = states.shards
        for purged in states.purged {
            guard var entry = shards[purged.file] else { continue }
            entry.deletion = purged.rows
            if let vector = try table.deletions(of: entry) { add(vector.deleted, entry.file) }
        }
        return found.filter { shards[$0.key] != nil }
    }

    // MARK: By what rows say

    /// Rows that are looked for in files with the same columns.
    private struct Wanted {
        /// The columns of the files.
        var columns: Set<Int>
        /// Those of them that the shards with the deleted rows have as well: by these rows are compared.
        var key: Set<Int>
        /// What the rows say.
        var hashes: Set<UInt64>
    }

    /// Marks the rows of all shards that say what a deleted row says and no row of the newest version.
    private mutating func mark(_ deleted: [String: Bitmap]) throws {
        guard !deleted.isEmpty else { return }
        let groups = try filesByFields(shards)
        let live = try PurgeMarks.live(newest, table)
        var own: [String: Set<Int>] = [:]
        for (columns, files) in groups { for file in files { own[file] = columns } }
        let holders = Dictionary(grouping: deleted.keys.compactMap { shards[$0] }) { own[$0.file] ?? [] }
        let whole = Dictionary(grouping: holders.values.joined().filter { !$0.companions.isEmpty }) {
            (own[$0.file] ?? []).union($0.companions.flatMap(\.fields))
        }
        for (columns, files) in groups {
            var wanted: [Set<Int>: Set<UInt64>] = [:]
            for (isWhole, holders) in [(false, holders), (true, whole)] {
                for (others, holders) in holders where !columns.isDisjoint(with: others) {
                    let key = columns.intersection(others)
                    for hashes in try collect(
                        holders, fields(key), isWhole, keep: { file, row, _ in deleted[file]?[row] ?? false })
                    {
                        wanted[key, default: []].formUnion(hashes)
                    }
                }
            }
            for (key, candidates) in wanted {
                var gone = candidates
                for isWhole in [false, true] {
                    let newest = newest.shards.compactMap { shards[$0.file] }
                    let found = try collect(newest, fields(key), isWhole) { file, row, hash in
                        candidates.contains(hash) && live[file]?[row] ?? false
                    }
                    for hashes in found { gone.subtract(hashes) }
                }
                said.append(Wanted(columns: columns, key: key, hashes: gone))
                for (file, bits) in try marked(files, fields(key), gone) {
                    if rows[file] == nil { rows[file] = Bitmap(count: bits.count) }
                    rows[file]?.formUnion(bits)
                }
            }
        }
    }

    /// Columns by their ids.
    private func fields(_ ids: Set<Int>) -> [Field] { ids.sorted().compactMap { fields[$0] } }

    /// Looks for what was marked in everything that versions and tags list, but for the rows that the newest version lists.
    func search(_ states: RetainedStates) throws -> (hits: Int, rows: Int) {
        let shards = states.shards
        let live = try PurgeMarks.live(states.newest, table)
        var (hits, copy) = (0, self)
        for (columns, files) in try copy.filesByFields(shards) {
            for wanted in said where wanted.columns == columns && !wanted.hashes.isEmpty {
                let gone = wanted.hashes
                hits += try collect(files.compactMap { shards[$0] }, fields(wanted.key), false) { file, row, hash in
                    gone.contains(hash) && !(live[file]?[row] ?? false)
                }.reduce(0) { $0 + $1.count }
            }
        }
        return (hits, shards.values.reduce(0) { $0 + $1.rows })
    }

    private func marked(_ files: [String], _ fields: [Field], _ gone: Set<UInt64>) throws -> [(String, Bitmap)] {
        let found = try parallelMap(count: files.count, workers: workers) { index in
            guard let shard = shards[files[index]] else { return Bitmap() }
            var bits = Bitmap(count: shard.rows)
            try hashes(of: shard, fields, false) { row, hash in if gone.contains(hash) { bits[row] = true } }
            return bits
        }
        return zip(files, found).filter { !$0.1.isEmpty }
    }

    /// The files by the columns that are in them, companions aside.
    private mutating func filesByFields(_ shards: [String: ShardEntry]) throws -> [Set<Int>: [String]] {
        let files = shards.keys.sorted()
        let table = table
        let own = try parallelMap(count: files.count, workers: workers) { index in
            try ShardReader(path: table.shardPath(files[index]), store: table.store).fields
        }
        for fields in own { add(fields.map { Field(id: $0.id, name: $0.name, type: $0.type) }) }
        return Dictionary(grouping: zip(files, own.map { Set($0.map(\.id)) }), by: \.1).mapValues { $0.map(\.0) }
    }

    /// Per shard the hashes of some of its rows.
    private func collect(
        _ shards: [ShardEntry], _ fields: [Field], _ isWhole: Bool,
        keep: @escaping @Sendable (_ file: String, _ row: Int, UInt64) -> Bool
    ) throws -> [[UInt64]] {
        let some = isWhole ? shards.filter { !$0.companions.isEmpty } : shards
        return try parallelMap(count: some.count, workers: workers) { index in
            var kept: [UInt64] = []
            try hashes(of: some[index], fields, isWhole) { row, hash in
                if keep(some[index].file, row, hash) { kept.append(hash) }
            }
            return kept
        }
    }

    /// What the rows of a shard say, deleted ones among them.
    /// - Parameter isWhole: with the columns that came later.
    private func hashes(
        of shard: ShardEntry, _ fields: [Field], _ isWhole: Bool, _ body: (_ row: Int, _ hash: UInt64) -> Void
    ) throws {
        let companions = isWhole ? table.companions(of: shard, version: newest.version) : []
        let reader = try ShardReader(path: table.shardPath(shard.file), store: table.store, companions: companions)
        var row = 0
        try ShardRows(reader, schema: try Schema(fields: fields), deleted: nil).hashes { _, hashes in
            for hash in hashes {
                body(row, hash)
                row += 1
            }
        }
    }
}
