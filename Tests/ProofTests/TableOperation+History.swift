import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

/// Operations on what versions keep: earlier rows, names of versions, what is no longer needed.
extension TableOperation {
    static let upsert = TableOperation("upsert") { job in
        let (table, base) = try job.table()
        var rows = job.rows(2, base.schema)
        let (_, ids) = try job.ids()
        if !ids.isEmpty {
            let id = ids[job.random(ids.count)]
            rows[0].id = id
            rows[0].row["id"] = String(id)
        }
        let new = rows
        let schema = try base.schema.withoutSurrogateKey()
        var keys = try UpsertKeys(schema: schema, key: ["id"], table: table.name)
        try keys.add(job.batch(new, schema))
        let shards = try job.write(new, base.schema, table)
        job.announce(.deletion) { model in model.add(new) }
        for attempt in 1... {
            let found = try keys.rows(in: try table.snapshot(), workers: 1)
            do {
                let manifest = try found.replace(with: shards, details: job.details, transaction: job.transaction)
                if !manifest.lists(shards) {
                    for shard in shards { try? job.store.remove(table.shardPath(shard.file)) }
                }
                return job.acknowledge(version: manifest.version)
            } catch let error as LakeError where error.code == .conflict {
                guard attempt == 20 else { continue }
                for shard in shards { try? job.store.remove(table.shardPath(shard.file)) }
                throw error
            }
        }
    }

    static let restore = TableOperation("restore") { job in
        let table = try job.lake().table("rows")
        let versions = try table.versions()
        do {
            let plan = try Restore(table, to: .number(versions[job.random(versions.count)])).plan()
            let base = try table.snapshot(version: plan.base.version)
            guard !plan.isDone, base.manifest == plan.base else { return }
            let leaving = try TableModel(reading: table, plan.leaving, base.schema).rows.keys
            let returning = try TableModel(reading: table, plan.returning, plan.source.schema).rows
            job.announce { model in
                for id in leaving { model.rows[id] = nil }
                model.rows.merge(returning) { _, new in new }
            }
            job.acknowledge(version: try Restore(table, to: .newest).run(plan, details: job.details).version)
        } catch let error as LakeError where error.code == .missing {
            // A vacuum was faster.
            throw LakeError(.conflict, error.message, at: error.location)
        }
    }

    static let tag = TableOperation("tag") { job in
        let table = try job.lake().table("rows")
        let versions = try table.versions()
        let number = versions[job.random(versions.count)]
        let name = "tag-" + job.token.filter { $0 != " " }
        try job.change(tag: name, to: .made) { try table.makeTag(name, at: .number(number), message: job.token) }
    }

    static let moveTag = TableOperation("move a tag") { job in
        let table = try job.lake().table("rows")
        try job.change(tag: "moving", to: .made) { try table.makeTag("moving", message: job.token, isMove: true) }
    }

    static let deleteTag = TableOperation("delete a tag") { job in
        let table = try job.lake().table("rows")
        let tags = try table.tags()
        guard !tags.isEmpty else { return }
        let name = tags[job.random(tags.count)]
        try job.change(tag: name, to: .gone) { try table.deleteTag(name) }
    }

    static let vacuum = TableOperation("vacuum") { job in
        job.announceVacuum()
        _ = try Vacuum(try job.lake(), grace: 0).run()
    }

    /// Runs it again where another was cut short.
    static let purge = TableOperation("purge") { job in
        let (table, base) = try job.table()
        job.announce(.purge(since: base.version)) { _ in }
        let report = try Purge(table, workers: 1).run(details: job.details)
        if report.waiting.isEmpty { job.acknowledgePurge() }
        for version in report.made { job.acknowledge(version: version) }
    }

    /// Whether it may have done a part of its work when it fails, and does the rest when it is run again.
    var goesOn: Bool { [TableOperation.vacuum.name, TableOperation.purge.name].contains(name) }
    /// Whether it makes no version.
    var isAboutTags: Bool { [TableOperation.tag, .moveTag, .deleteTag].contains { $0.name == name } }
}
