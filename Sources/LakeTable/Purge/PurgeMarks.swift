import LakeBytes
import LakeCore
import LakeShard

/// Which rows of which shard files a purge takes out: the deleted ones, and every row of any version that says the same.
///
/// A row is known by what is in it. That finds it in shards that a compaction or another import has written from the same rows;
/// and a row that the newest version has stays everywhere, though another one that says the same was deleted (an upsert does
/// that to rows that did not change). Where a shard lacks columns that came later, rows are compared without those.
struct PurgeMarks {
    /// By the shards' files, the rows that go; none is empty.
    private(set) var rows: [String: Bitmap] = [:]

    /// By columns, what rows say that are in no version and no tag afterwards.
    private var said: [Set<Int>: Set<UInt64>] = [:]
    private let table: TableDirectory
    private let schema: Schema
    private let shards: [String: ShardEntry]
    private let newest: Int
    private let workers: Int

    /// - Parameter wanted: by file, rows that go whatever the newest version has.
    init(
        _ table: TableDirectory, _ states: RetainedStates, wanted: [String: Bitmap], workers: Int
    ) throws {
        self.table = table
        self.workers = workers
        newest = states.newest.version
        schema = states.newest.schema.stored
        shards = states.shards
        try mark(PurgeMarks.deleted(table, states), newest: states.newest)
        for (file, more) in wanted where shards[file] != nil && !more.isEmpty {
            if rows[file] == nil { rows[file] = Bitmap(count: more.count) }
            rows[file]?.formUnion(more)
        }
    }

    /// Whether there is anything to look for afterwards.
    var isEmpty: Bool { rows.isEmpty && said.values.allSatisfy(\.isEmpty) }

    /// How many rows go, each file by itself.
    var count: Int { rows.values.reduce(0) { $0 + $1.population } }

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

    /// Marks the rows of all shards that say what a deleted row says and no row of the newest version.
    private mutating func mark(_ deleted: [String: Bitmap], newest: Manifest) throws {
        guard !deleted.isEmpty else { return }
        for (ids, files) in try filesByFields(shards) {
            let fields = schema.fields.filter { ids.contains($0.id) }
            guard !fields.isEmpty else { continue }
            var gone = Set<UInt64>()
            let holders = deleted.keys.compactMap { shards[$0] }
            for hashes in try collect(holders, fields, keep: { file, row, _ in deleted[file]?[row] ?? false }) {
                gone.formUnion(hashes)
            }
            let live = try Dictionary(
                newest.shards.map { ($0.file, try table.deletions(of: $0)) }, uniquingKeysWith: { first, _ in first })
            let deletedNow = live.mapValues { $0?.deleted }
            let candidates = gone
            let said = try collect(newest.shards, fields) { file, row, hash in
                candidates.contains(hash) && !((deletedNow[file] ?? nil)?[row] ?? false)
            }
            for hashes in said { gone.subtract(hashes) }
            self.said[ids] = gone
            for (file, bits) in try marked(files, fields, gone) { rows[file] = bits }
        }
    }

    /// Looks for what was marked in everything that versions and tags list, but for the rows that the newest version has.
    func search(_ states: RetainedStates) throws -> (hits: Int, rows: Int) {
        let shards = states.shards
        let live = try Dictionary(
            states.newest.shards.map { ($0.file, try table.deletions(of: $0)?.deleted ?? Bitmap(count: $0.rows)) },
            uniquingKeysWith: { first, _ in first })
        var hits = 0
        for (ids, files) in try filesByFields(shards) {
            let fields = schema.fields.filter { ids.contains($0.id) }
            guard let gone = said[ids], !gone.isEmpty, !fields.isEmpty else { continue }
            hits += try collect(files.compactMap { shards[$0] }, fields) { file, row, hash in
                gone.contains(hash) && live[file]?[row] ?? true
            }.reduce(0) { $0 + $1.count }
        }
        return (hits, shards.values.reduce(0) { $0 + $1.rows })
    }

    private func marked(_ files: [String], _ fields: [Field], _ gone: Set<UInt64>) throws -> [(String, Bitmap)] {
        let found = try parallelMap(count: files.count, workers: workers) { index in
            guard let shard = shards[files[index]] else { return Bitmap() }
            var bits = Bitmap(count: shard.rows)
            try hashes(of: shard, fields) { row, hash in if gone.contains(hash) { bits[row] = true } }
            return bits
        }
        return zip(files, found).filter { !$0.1.isEmpty }
    }

    /// The files by the table's columns that are in them.
    private func filesByFields(_ shards: [String: ShardEntry]) throws -> [Set<Int>: [String]] {
        let files = shards.keys.sorted()
        let ids = Set(schema.fields.map(\.id))
        let sets = try parallelMap(count: files.count, workers: workers) { index in
            let reader = try ShardReader(path: table.shardPath(files[index]), store: table.store)
            let further = shards[files[index]]?.companions.flatMap(\.fields) ?? []
            return Set(reader.fields.map(\.id) + further).intersection(ids)
        }
        return Dictionary(grouping: zip(files, sets), by: \.1).mapValues { $0.map(\.0) }
    }

    /// Per shard the hashes of some of its rows.
    private func collect(
        _ shards: [ShardEntry], _ fields: [Field],
        keep: @escaping @Sendable (_ file: String, _ row: Int, UInt64) -> Bool
    ) throws -> [[UInt64]] {
        try parallelMap(count: shards.count, workers: workers) { index in
            var kept: [UInt64] = []
            try hashes(of: shards[index], fields) { row, hash in
                if keep(shards[index].file, row, hash) { kept.append(hash) }
            }
            return kept
        }
    }

    /// What the rows of a shard say, deleted ones among them.
    private func hashes(of shard: ShardEntry, _ fields: [Field], _ body: (_ row: Int, _ hash: UInt64) -> Void) throws {
        let reader = try ShardReader(
            path: table.shardPath(shard.file), store: table.store,
            companions: table.companions(of: shard, version: newest))
        var row = 0
        try ShardRows(reader, schema: try Schema(fields: fields), deleted: nil).hashes { _, hashes in
            for hash in hashes {
                body(row, hash)
                row += 1
            }
        }
    }
}
