import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

@testable import LakeQuery

/// Something that is done to a lake, with what it does to a table's rows told beforehand.
///
/// A new operation is one more entry in `changes`: it opens what it needs through `job`, tells `job.commit` its effect on the
/// rows, and commits there. Crash simulation, faults and schedules then take it up by themselves.
struct TableOperation: Sendable {
    let name: String
    /// Does it once; returns without a commit where there is nothing to do.
    let run: @Sendable (Job) throws -> Void

    init(_ name: String, _ run: @escaping @Sendable (Job) throws -> Void) {
        self.name = name
        self.run = run
    }

    /// Operations on the table `rows`.
    static let changes = [
        append, appendWidening, replace, widen, widenType, derive, delete, deleteShard, upsert, compact, restore, tag,
        moveTag, deleteTag, vacuum, purge,
    ]

    /// Operations that need no table.
    static let creations = [createLake, createTable]

    static let createLake = TableOperation("create lake") { job in
        job.announce { _ in }
        _ = try Lake.create(at: Job.lakePath, store: job.store)
        job.acknowledge(version: 0)
    }

    static let createTable = TableOperation("create table") { job in
        let schema = Job.schema
        job.announce { model in model = TableModel(schema) }
        try job.lake().createTable("rows", schema: schema, details: job.details)
        job.acknowledge(version: 1)
    }

    static let append = TableOperation("append") { job in
        let (table, base) = try job.table()
        let rows = job.rows(Int(job.random(3)) + 1, base.schema)
        let shards = try job.write(rows, base.schema, table)
        try job.commit(.append(shards, details: job.details), to: table, over: base) { model in model.add(rows) }
    }

    static let appendWidening = TableOperation("append, widening") { job in
        let (table, base) = try job.table()
        let (wide, name) = try job.widened(base)
        let rows = job.rows(2, wide)
        let shards = try job.write(rows, wide, table)
        try job.commit(.append(shards, widening: wide, details: job.details), to: table, over: base) { model in
            model.columns.insert(name)
            model.add(rows)
        }
    }

    static let replace = TableOperation("replace") { job in
        let (table, base, shard, old) = try job.someShard()
        guard let shard else { return }
        let rows = job.rows(2, base.schema)
        let shards = try job.write(rows, base.schema, table)
        let change = TableChange.replace([shard], with: shards, details: job.details)
        try job.commit(change, to: table, over: base) { model in
            for id in old { model.rows[id] = nil }
            model.add(rows)
        }
    }

    static let widen = TableOperation("widen by a column") { job in
        let (table, base) = try job.table()
        let (wide, name) = try job.widened(base)
        try job.commit(.widen(to: wide, details: job.details), to: table, over: base) { model in
            model.columns.insert(name)
        }
    }

    static let widenType = TableOperation("widen a type") { job in
        let (table, base) = try job.table()
        var fields = base.schema.fields
        guard let place = fields.firstIndex(where: { $0.name == "kind" }), fields[place].type == .int32 else { return }
        fields[place].type = .int64
        let wide = try Schema(fields: fields, derived: base.schema.derived)
        try job.commit(.widen(to: wide, details: job.details), to: table, over: base) { _ in }
    }

    static let derive = TableOperation("derive") { job in
        let (table, base) = try job.table()
        let lookup = Lookup(table: "names", key: [.init("kind", references: "kind")], value: "label")
        let field = DerivedField(name: "label of kind", type: .utf8, lookup: lookup)
        let isThere = base.schema.derived.contains(field)
        let change = TableChange.derive(try base.schema.deriving(isThere ? [] : [field]), details: job.details)
        try job.commit(change, to: table, over: base) { model in
            if isThere { model.columns.remove(field.name) } else { model.columns.insert(field.name) }
        }
    }

    static let delete = TableOperation("delete") { job in
        let (table, ids) = try job.ids()
        guard !ids.isEmpty else { return }
        let first = job.random(ids.count)
        try job.delete(ids.enumerated().filter { $0.offset == first || job.random(4) == 0 }.map(\.element), table)
    }

    static let deleteShard = TableOperation("delete a whole shard") { job in
        let (table, _, shard, ids) = try job.someShard()
        if shard != nil { try job.delete(ids, table) }
    }

    static let compact = TableOperation("compact") { job in
        let plan = CompactionPlan(try job.table().0.snapshot())
        job.announce { _ in }
        for outcome in try Compaction(plan, workers: 1).run(details: job.details) {
            if let version = outcome.version { job.acknowledge(version: version) }
        }
    }
}

/// Which rows a deletion deletes.
private final class Going: Sendable {
    let ids: Mutex<Set<Int64>>

    init(_ ids: [Int64]) { self.ids = Mutex(Set(ids)) }
}

extension Job {
    /// A shard of the newest version, and the ids of its rows.
    fileprivate func someShard() throws -> (TableDirectory, Manifest, ShardEntry?, [Int64]) {
        let table = try lake().table("rows")
        // The snapshot keeps vacuum from the shard while it is read.
        let snapshot = try table.snapshot()
        guard !snapshot.shards.isEmpty else { return (table, snapshot.manifest, nil, []) }
        let shard = snapshot.shards[random(snapshot.shards.count)]
        let rows = try TableModel(reading: table, [shard], snapshot.schema).rows
        return (table, snapshot.manifest, shard, rows.keys.sorted())
    }

    /// The ids of the rows that the newest version has.
    func ids() throws -> (TableDirectory, [Int64]) {
        let table = try lake().table("rows")
        let snapshot = try table.snapshot()
        return (table, try TableModel(reading: table, snapshot.shards, snapshot.schema).rows.keys.sorted())
    }

    /// Deletes rows by their ids.
    fileprivate func delete(_ ids: [Int64], _ table: TableDirectory) throws {
        guard !ids.isEmpty else { return }
        let going = Going(ids)
        announce(.deletion) { model in for id in going.ids.withLock({ $0 }) { model.rows[id] = nil } }
        let condition = "id IN (" + ids.map(String.init).joined(separator: ", ") + ")"
        let deletion = RowDeletion(
            QueryEngine(lake: try lake(), workers: 1), table: table.name, condition: condition)
        let (found, manifest) = try deletion.run(details: details, transaction: transaction)
        guard let manifest else { return }
        // Others may have deleted some of them before. To look for them is no part of the deletion: no call of it may fail.
        let table = try Lake.open(at: Job.lakePath, store: MemoryStore(store.shared)).table(table.name)
        var gone: Set<Int64> = []
        for (place, rows) in found.places {
            gone.formUnion(
                try TableModel(reading: table, found.snapshot.shards[place], found.snapshot.schema, at: rows).rows.keys)
        }
        going.ids.withLock { [gone] in $0 = gone }
        acknowledge(version: manifest.version)
    }
}

extension TableModel {
    mutating func add(_ new: [(id: Int64, row: Row)]) { for (id, row) in new { rows[id] = row } }

    /// With what the column `label of kind` holds where there is one.
    func withLabels(_ labels: [String: String]) -> TableModel {
        guard columns.contains("label of kind") else { return self }
        var copy = self
        for (id, row) in rows { copy.rows[id]?["label of kind"] = row["kind"].flatMap { labels[$0] } }
        return copy
    }
}
