import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

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
    static let changes = [append, appendWidening, replace, widen, widenType, derive, delete, deleteShard, compact]

    /// Operations that need no table.
    static let creations = [createLake, createTable]

    static let createLake = TableOperation("create lake") { job in
        try job.announce { _, _ in }
        _ = try Lake.create(at: Job.lakePath, store: job.store)
        job.acknowledge(version: 0)
    }

    static let createTable = TableOperation("create table") { job in
        let schema = Job.schema
        try job.announce { model, _ in model = TableModel(columns: Set(schema.fields.map(\.name))) }
        try job.lake().createTable("rows", schema: schema, details: job.details)
        job.acknowledge(version: 1)
    }

    static let append = TableOperation("append") { job in
        let (table, base) = try job.table()
        let rows = job.rows(Int(job.random(3)) + 1, base.schema)
        let shards = try job.write(rows, base.schema, table)
        try job.commit(.append(shards, details: job.details), to: table, over: base) { model, _ in model.add(rows) }
    }

    static let appendWidening = TableOperation("append, widening") { job in
        let (table, base) = try job.table()
        let (wide, name) = try job.widened(base)
        let rows = job.rows(2, wide)
        let shards = try job.write(rows, wide, table)
        try job.commit(.append(shards, widening: wide, details: job.details), to: table, over: base) { model, _ in
            model.columns.insert(name)
            model.add(rows)
        }
    }

    static let replace = TableOperation("replace") { job in
        let (table, base) = try job.table()
        guard !base.shards.isEmpty else { return }
        let shard = base.shards[job.random(base.shards.count)]
        let old = try TableModel(reading: table, [shard], base.schema).rows.keys
        let rows = job.rows(2, base.schema)
        let shards = try job.write(rows, base.schema, table)
        let change = TableChange.replace([shard], with: shards, details: job.details)
        try job.commit(change, to: table, over: base) { model, _ in
            for id in old { model.rows[id] = nil }
            model.add(rows)
        }
    }

    static let widen = TableOperation("widen by a column") { job in
        let (table, base) = try job.table()
        let (wide, name) = try job.widened(base)
        try job.commit(.widen(to: wide, details: job.details), to: table, over: base) { model, _ in
            model.columns.insert(name)
        }
    }

    static let widenType = TableOperation("widen a type") { job in
        let (table, base) = try job.table()
        var fields = base.schema.fields
        guard let place = fields.firstIndex(where: { $0.name == "kind" }), fields[place].type == .int32 else { return }
        fields[place].type = .int64
        let wide = try Schema(fields: fields, derived: base.schema.derived)
        try job.commit(.widen(to: wide, details: job.details), to: table, over: base) { _, _ in }
    }

    static let derive = TableOperation("derive") { job in
        let (table, base) = try job.table()
        let lookup = Lookup(table: "names", key: [.init("kind", references: "kind")], value: "label")
        let field = DerivedField(name: "label of kind", type: .utf8, lookup: lookup)
        let isThere = base.schema.derived.contains(field)
        let change = TableChange.derive(try base.schema.deriving(isThere ? [] : [field]), details: job.details)
        try job.commit(change, to: table, over: base) { model, _ in
            if isThere { model.columns.remove(field.name) } else { model.columns.insert(field.name) }
        }
    }

    static let delete = TableOperation("delete") { job in
        let (table, base) = try job.table()
        let ids = try TableModel(reading: table, base.shards, base.schema).rows.keys.sorted()
        guard !ids.isEmpty else { return }
        let first = job.random(ids.count)
        try job.delete(ids.enumerated().filter { $0.offset == first || job.random(4) == 0 }.map(\.element), table)
    }

    static let deleteShard = TableOperation("delete a whole shard") { job in
        let (table, base) = try job.table()
        guard !base.shards.isEmpty else { return }
        let shard = base.shards[job.random(base.shards.count)]
        try job.delete(TableModel(reading: table, [shard], base.schema).rows.keys.sorted(), table)
    }

    static let compact = TableOperation("compact") { job in
        let plan = CompactionPlan(try job.table().0.snapshot())
        try job.announce { _, _ in }
        for outcome in try Compaction(plan, workers: 1).run(details: job.details) {
            if let version = outcome.version { job.acknowledge(version: version) }
        }
    }
}

extension Job {
    /// Deletes rows by their ids.
    fileprivate func delete(_ ids: [Int64], _ table: TableDirectory) throws {
        guard !ids.isEmpty else { return }
        try announce { model, _ in for id in ids { model.rows[id] = nil } }
        let condition = "id IN (" + ids.map(String.init).joined(separator: ", ") + ")"
        let deletion = RowDeletion(
            QueryEngine(lake: try lake(), workers: 1), table: table.name, condition: condition)
        if let manifest = try deletion.run(details: details, transaction: transaction).manifest {
            acknowledge(version: manifest.version)
        }
    }
}

extension TableModel {
    fileprivate mutating func add(_ new: [(id: Int64, row: Row)]) { for (id, row) in new { rows[id] = row } }

    /// With what the column `label of kind` holds where there is one.
    func withLabels(_ labels: [String: String]) -> TableModel {
        guard columns.contains("label of kind") else { return self }
        var copy = self
        for (id, row) in rows { copy.rows[id]?["label of kind"] = row["kind"].flatMap { labels[$0] } }
        return copy
    }
}
