import LakeBytes
import LakeCore
import LakeShard

extension TableRepair {
    /// Mends a shard; if its rows are whole but its bytes are not, writes it anew; if they are not, lets it leave where that is wanted.
    func mendShard(_ shard: Validation.ReferencedShard, _ damage: String) throws {
        let (entry, path) = (shard.entry, table.shardPath(shard.entry.file))
        if let (bytes, how) = try exact(shard) {
            add(.shard, entry.file, damage, .mend, "\(how); its digest proves every byte")
            if isExecuted { try quarantine.replace(path, by: bytes, in: "shards", because: damage) }
            return
        }
        guard let now = current(entry.file) else {
            if let newest, newest.shards.contains(where: { $0.companions.contains { $0.file == entry.file } }) {
                return add(
                    .shard, entry.file, damage, .none,
                    "it holds columns that were added to shard \(entry.id): restore the file from a copy; or drop them, compact, and vacuum in time"
                )
            }
            setAside(.shard, entry.file, "shards/" + entry.file, damage, "only earlier versions or tags list it")
            return
        }
        // Deletions that are damaged say what becomes of the shard.
        guard !change.removed.contains(now.id), let deleted = try unlessDamaged({ try table.deletions(of: now) }) else {
            return try drop(now, damage)
        }
        let repair = try mended(shard)
        let further = table.companions(of: now, version: newest?.version ?? 0)
        guard let repair, let reader = try? ShardReader(repair.bytes, path: path, companions: further),
            reader.rowCount == now.rows, let schema = newest?.schema
        else { return try drop(now, damage) }
        let rows = ShardRows(reader, schema: schema, deleted: deleted)
        if let digest = try? rows.digest() {
            add(.shard, entry.file, damage, .rewrite, "all \(rows.count) rows can be read: they are written anew")
            try rewrite(now, rows, expecting: digest, damage)
        } else if options.salvage {
            try salvage(now, rows, damage)
        } else {
            try drop(now, damage, salvage: repair.state == .partial ? rows : nil)
        }
    }

    private func mended(_ shard: Validation.ReferencedShard) throws -> ShardRepair? {
        guard let file = try mapped(table.shardPath(shard.entry.file)) else { return nil }
        let schemas = [shard.schema.stored] + (newest.map { [$0.schema.stored] } ?? [])
        return try ShardRepair(
            file.view, path: table.shardPath(shard.entry.file), bytes: shard.entry.bytes, digest: shard.entry.digest,
            schemas: schemas, workers: workers)
    }

    /// The file as the manifest lists it: a copy, or what can be mended of it. Nil when its bytes are those already.
    private func exact(_ shard: Validation.ReferencedShard) throws -> (ByteView, String)? {
        let entry = shard.entry
        if let file = try mapped(table.shardPath(entry.file)), try file.digest() == entry.digest { return nil }
        for copy in try Quarantine.copies(of: entry.file, in: "shards", table.path, store) {
            guard let file = try? store.map(copy), try file.digest() == entry.digest else { continue }
            return (file.view, "there is a copy, \(copy)")
        }
        guard let repair = try mended(shard), repair.state == .exact else { return nil }
        return (repair.bytes, "made again: " + repair.steps.prefix(3).joined(separator: ", "))
    }

    // MARK: Rows

    private func rewrite(_ shard: ShardEntry, _ rows: ShardRows, expecting digest: ContentDigest, _ damage: String)
        throws
    {
        change.removed.append(shard.id)
        lost.append("shards/" + shard.file)
        guard isExecuted else { return }
        try quarantine.keep(table.shardPath(shard.file), in: "shards", because: damage)
        try write(shard, expecting: digest) { try $0.append(rows) }
    }

    private func write(_ shard: ShardEntry, expecting digest: ContentDigest, _ body: (TableWriter) throws -> Void)
        throws
    {
        guard let schema = newest?.schema else { return }
        let writer = TableWriter(table: table, schema: schema, tags: shard.tags)
        do {
            try body(writer)
            let shards = try writer.finish()
            var written = ContentDigest()
            for shard in shards {
                let reader = try ShardReader(path: table.shardPath(shard.file), store: store)
                written = written + (try ShardRows(reader, schema: schema, deleted: nil).digest())
            }
            guard written == digest else {
                throw LakeError(
                    .failed, "\(written.rows) rows were written that are not the \(digest.rows) that were read")
            }
            change.added += shards
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// Keeps the rows of chunks in which every column can be read.
    private func salvage(_ shard: ShardEntry, _ rows: ShardRows, _ damage: String) throws {
        let saved = savable(rows)
        let lostRows = shard.liveRows - saved.rows
        add(
            .shard, shard.file, damage, .rewrite,
            "\(saved.rows) rows of intact chunks are written anew, \(lostRows) are lost", rowsLost: lostRows)
        change.removed.append(shard.id)
        lost.append("shards/" + shard.file)
        guard isExecuted else { return }
        try quarantine.keep(table.shardPath(shard.file), in: "shards", because: damage)
        guard saved.rows > 0 else { return }
        try write(shard, expecting: saved.digest) { writer in
            for chunk in saved.chunks { if let batch = try rows.batch(chunk) { try writer.append(batch) } }
        }
    }

    /// The chunks that can be read, and what their rows are.
    private func savable(_ rows: ShardRows) -> (chunks: [Int], rows: Int, digest: ContentDigest) {
        var chunks: [Int] = []
        var digest = ContentDigest()
        for chunk in 0..<rows.chunkCount {
            guard let found = try? rows.batch(chunk) as Batch?? else { continue }
            chunks.append(chunk)
            if let batch = found { digest.add(rows.hashes(of: batch)) }
        }
        return (chunks, digest.rows, digest)
    }

    private func drop(_ shard: ShardEntry, _ damage: String, salvage rows: ShardRows? = nil) throws {
        guard !change.removed.contains(shard.id) else { return }
        guard options.dropDamaged else {
            let saved = rows.map { savable($0).rows } ?? 0
            let some = saved > 0 ? "; --salvage keeps \(saved) of them" : ""
            return add(
                .shard, shard.file, damage, .none,
                "its \(shard.liveRows) rows cannot be read: \(Repair.dropHint), and them\(some)")
        }
        add(
            .shard, shard.file, damage, .drop, "its \(shard.liveRows) rows are lost; what there is of the file stays",
            rowsLost: shard.liveRows)
        change.removed.append(shard.id)
        lost.append("shards/" + shard.file)
        guard isExecuted else { return }
        try quarantine.keep(table.shardPath(shard.file), in: "shards", because: damage)
    }
}
