import LakeBytes
import LakeCore
import LakeShard

extension TableRepair {
    /// Finds the shards and deletions that are damaged, of whatever version or tag, and mends them.
    func mendFiles() throws {
        var listed: [String: Validation.ReferencedShard] = [:]
        var entries: [Int: ShardEntry] = [:]
        var deletions: [String: Validation.ReferencedDeletion] = [:]
        func add(_ shards: [ShardEntry], _ schema: Schema) {
            for shard in shards {
                entries[shard.id] = shard
                if let deletion = shard.deletion { deletions[deletion.file] = .init(shard: shard, entry: deletion) }
                for companion in shard.companions { addFile(companion, of: shard, schema) }
                var own = shard
                own.companions = []
                listed[shard.file] = listed[shard.file] ?? .init(own, schema)
            }
        }
        // Each file is mended by itself.
        func addFile(_ companion: CompanionEntry, of shard: ShardEntry, _ schema: Schema) {
            var file = shard
            (file.file, file.bytes, file.digest) = (companion.file, companion.bytes, companion.digest)
            file.companions = []
            listed[file.file] = listed[file.file] ?? .init(file, schema)
        }
        // A file has the schema of the first version that lists it.
        var schema: Schema?
        for (_, (record, _)) in versions.records.sorted(by: { $0.key < $1.key }) {
            schema = record.schema ?? record.checkpoint?.schema ?? schema
            guard let schema else { continue }
            add(record.added + (record.checkpoint?.shards ?? []), schema)
            for added in record.companions ?? [] {
                if let shard = entries[added.shard] { addFile(added.companion, of: shard, schema) }
            }
            for change in record.deletions ?? [] {
                guard let shard = entries[change.shard] else { continue }
                deletions[change.deletion.file] = .init(shard: shard, entry: change.deletion)
            }
        }
        for tag in tags.values { add(tag.state.shards, tag.state.schema) }
        for (_, deletion) in deletions.sorted(by: { $0.key < $1.key }) { try mendDeletion(deletion) }
        let shards = listed.values.sorted { $0.entry.id < $1.entry.id }
        let validation = Validation(of: table, workers: workers)
        let findings = try validation.checkShards(
            shards, progress: progress, checkShard: Validation.everything(in: table, workers: workers))
        let damaged = Dictionary(grouping: findings.filter { $0.severity == .error }) { $0.location.file ?? "" }
        for shard in shards {
            guard let found = damaged[table.shardPath(shard.entry.file)],
                known["shards/" + shard.entry.file] == nil
            else { continue }
            // What stands inside says more than that the digest is another.
            try mendShard(shard, (found.count > 1 ? found[1] : found[0]).message)
        }
    }

    /// The shard as the newest version lists it; nil when that does not.
    func current(_ file: String) -> ShardEntry? { newest?.shards.first { $0.file == file } }

    // MARK: Deletions

    private func mendDeletion(_ deletion: Validation.ReferencedDeletion) throws {
        var shard = deletion.shard
        shard.deletion = deletion.entry
        let (entry, path) = (deletion.entry, table.deletionPath(deletion.entry.file))
        do {
            _ = try table.deletions(of: shard)
            return
        } catch let error as LakeError where [.corrupt, .missing].contains(error.code) {
            let folder = "deletions/" + entry.file
            guard known[folder] == nil else { return }
            if let bytes = try intactDeletion(entry, shard.rows) {
                add(
                    .deletions, entry.file, error.message, .mend, "the file is made again; its digest proves every byte"
                )
                if isExecuted { try quarantine.replace(path, by: bytes, in: "deletions", because: error.message) }
                return
            }
            guard let now = newest?.shards.first(where: { $0.deletion?.file == entry.file }) else {
                setAside(.deletions, entry.file, folder, error.message, "only earlier versions or tags list it")
                return
            }
            try revive(now, entry, folder, error)
        }
    }

    /// The bytes of a file of deletions, from a copy, by one byte, or from the rows that it still names.
    private func intactDeletion(_ entry: DeletionEntry, _ rows: Int) throws -> ByteView? {
        for copy in try Quarantine.copies(of: entry.file, in: "deletions", table.path, store) {
            guard let file = try? store.map(copy), Digest(of: file.view) == entry.digest else { continue }
            return file.view
        }
        guard let file = try mapped(table.deletionPath(entry.file)) else { return nil }
        var bytes = Array(file.view.bytes.prefix(entry.bytes))
        bytes += [UInt8](repeating: 0, count: max(0, entry.bytes - bytes.count))
        if Digest(of: bytes) == entry.digest { return ByteView(bytes) }
        if bytes.count > 40, let vector = try? DeletionVector(set: ByteView(bytes[24..<(bytes.count - 16)]), rows: rows)
        {
            let sealed = vector.sealed()
            if Digest(of: sealed) == entry.digest { return ByteView(sealed) }
        }
        guard let change = try ByteSearch.change(in: bytes, isRight: { Digest(of: $0) == entry.digest }) else {
            return nil
        }
        bytes[change.index] = change.byte
        return ByteView(bytes)
    }

    /// Goes back to a shard's last intact deletions, where that is wanted: rows that were deleted since come back.
    private func revive(_ shard: ShardEntry, _ entry: DeletionEntry, _ folder: String, _ error: LakeError) throws {
        var earlier: ShardEntry?
        for number in versions.records.keys.sorted(by: >) where earlier == nil {
            guard let before = versions.manifest(number)?.shards.first(where: { $0.id == shard.id }),
                before.deletion != entry
            else { continue }
            // Without deletions there is nothing to be read.
            if try unlessDamaged({ try table.deletions(of: before) }) != nil { earlier = before }
        }
        let back = entry.rows - (earlier?.deletion?.rows ?? 0)
        guard options.reviveDeleted else {
            add(
                .deletions, entry.file, error.message, .none,
                "\(shard.liveRows) rows of shard \(shard.id) cannot be read: --revive-deleted brings the \(back) rows back that "
                    + "it deleted, and they can be deleted anew")
            return
        }
        add(
            .deletions, entry.file, error.message, .rewrite,
            "\(back) deleted rows of shard \(shard.id) come back, but those that were replaced by surrogate key: delete them anew"
        )
        var again = shard
        let kept = try withoutReplaced(shard, earlier?.deletion)
        again.deletion = kept.deletion
        change.removed.append(shard.id)
        if !kept.isEmpty { change.added.append(NewShard(again)) }
        lost.append(folder)
        if isExecuted {
            try quarantine.keep(table.deletionPath(entry.file), in: "deletions", because: error.message)
        }
    }

    /// What is left of something that the newest version does not list and that cannot be mended.
    func setAside(_ kind: Repair.Item.Kind, _ file: String, _ folder: String, _ damage: String, _ where: String) {
        guard options.dropDamaged else {
            add(kind, file, damage, .none, "\(`where`): \(Repair.dropHint)")
            return
        }
        add(kind, file, damage, .drop, "\(`where`): a new version says that it is lost")
        lost.append(folder)
    }
}
