import LakeBytes
import LakeCore
import LakeShard

extension TableRepair {
    /// Ids that are left out where a lost version may have given some that nobody knows of.
    private static let spareIDs = 1000

    /// Reads all version files, mends those that can be, and makes the table's newest version one that can be opened.
    func mendVersions() throws {
        let numbers = try table.versions()
        var damaged: [Int: String] = [:]
        for number in numbers {
            do {
                let (record, digest) = try table.read(number)
                versions.insert(record, digest)
            } catch let error as LakeError where [.corrupt, .missing].contains(error.code) {
                if try !mend(number, error) { damaged[number] = error.message }
            }
        }
        guard let last = numbers.last, let first = numbers.first else { return }
        let there = Set(numbers)
        for number in first..<last where !there.contains(number) { damaged[number] = "the file is not there" }
        for number in numbers where number < last {
            guard let (_, digest) = versions.records[number], let next = versions.records[number + 1]?.record,
                next.parent != digest, versions.manifest(number + 1) == nil
            else { continue }
            damaged[number] = "it is not the version that version \(number + 1) follows"
        }
        // A tag can know of a version whose file is gone.
        let top = max(last, tags.values.map(\.version).max() ?? 0)
        if top == last, let manifest = versions.manifest(last) {
            newest = manifest
            try noteOlder(damaged, numbers, below: last)
            return
        }
        try fallBack(from: top, numbers, damaged)
    }

    /// Mends a single byte of a version's file.
    private func mend(_ number: Int, _ error: LakeError) throws -> Bool {
        let path = table.versionPath(number)
        let bytes = try store.read(path, limit: SealedJSON.limit)
        if (try? SealedJSON.verifiedDigest(of: bytes, path: path)) != nil {
            // As it was written: by a newer program, or for another name.
            _ = try SealedJSON.open(bytes, VersionRecord.self, path: path)
            return false
        }
        guard let mended = try SealedRepair.mended(bytes, path: path),
            let (record, digest) = try? VersionRecord.open(mended, version: number, path: path)
        else { return false }
        versions.insert(record, digest)
        add(.version, "\(number)", error.message, .mend, "the file is made again; its digest proves every byte")
        if isExecuted { try quarantine.replace(path, by: ByteView(mended), in: "versions", because: error.message) }
        return true
    }

    /// Says which older versions cannot be opened; lets them go where that is wanted.
    private func noteOlder(_ damaged: [Int: String], _ numbers: [Int], below last: Int) throws {
        guard let highest = damaged.keys.max() else { return }
        let base = (highest + 1...last).first { versions.records[$0]?.record.checkpoint != nil } ?? last
        for (number, damage) in damaged.sorted(by: { $0.key < $1.key }) {
            let until = (number + 1...last).first { versions.records[$0]?.record.checkpoint != nil } ?? last
            let lost = until - 1 > number ? "the versions \(number) to \(until - 1)" : "version \(number)"
            guard options.dropDamaged, base > highest else {
                add(
                    .version, "\(number)", damage, .none,
                    "\(lost) cannot be opened, all others can; --drop-damaged takes the files of the versions below \(base) away"
                )
                continue
            }
            add(
                .version, "\(number)", damage, .drop,
                "the files of the versions below \(base) are set aside; \(lost) could not be opened")
        }
        guard options.dropDamaged, base > highest, isExecuted else { return }
        var kept = VersionFiles()
        for (number, found) in versions.records where number >= base { kept.insert(found.record, found.digest) }
        try keepUnlisted(by: kept, because: "only versions that were set aside list it")
        // The lowest first: what an interrupted vacuum leaves can be read by everybody.
        for number in numbers where number < base {
            try take(number, because: damaged[number] ?? "a version before it is damaged")
        }
        versions = kept
    }

    /// Takes a version's file away, unless somebody reads it.
    private func take(_ number: Int, because reason: String) throws {
        let path = table.versionPath(number)
        guard try store.size(path) != nil else { return }
        guard let lease = try store.exclusiveLease(path) else {
            throw LakeError(
                .conflict, "somebody reads version \(number)", at: .init(file: path), hint: "try again later")
        }
        defer { lease.release() }
        try quarantine.move(path, in: "versions", because: reason)
    }

    // MARK: The fall back

    /// Makes new versions on top of the newest that can be opened: one for each that a tag holds of those that cannot, else one with the
    /// same rows.
    private func fallBack(from top: Int, _ numbers: [Int], _ damaged: [Int: String]) throws {
        let reason =
            damaged[top] ?? damaged.max { $0.key < $1.key }?.value ?? "the versions do not follow from each other"
        guard let good = (1..<max(top, 1)).reversed().first(where: { versions.manifest($0) != nil }),
            var base = versions.manifest(good)
        else {
            let held = tags.isEmpty ? "" : "; the tags \(tags.keys.sorted().joined(separator: ", ")) can be opened"
            add(
                .version, "\(top)", reason, .none,
                "no version can be opened\(held): restore the files of the first versions from a copy")
            return
        }
        let lost = numbers.filter { $0 > good }
        var targets: [Manifest] = []
        let usable = tags.values.filter { $0.version > good && $0.tableID == base.tableID }
        var withTags = versions
        for tag in usable { withTags.insert(tag) }
        for number in Set(usable.map(\.version) + [top]).sorted() {
            if let manifest = withTags.manifest(number) { targets.append(manifest) }
        }
        let counters = try counters(above: good, lost, base)
        var records: [(bytes: [UInt8], record: VersionRecord)] = []
        var moved: [Int: Manifest] = [:]
        versions.remove(from: good + 1)
        for target in targets.isEmpty ? [base] : targets {
            var record = self.record(from: base, to: target, counters)
            record.details["lost versions"] = "\(good + 1) to \(top)"
            let (bytes, digest) = try SealedJSON.seal(record)
            versions.insert(record, digest)
            guard let manifest = versions.manifest(record.version), manifest.shards == target.shards else {
                // What the tag says cannot come after this version.
                versions.remove(from: record.version)
                continue
            }
            records.append((bytes, record))
            moved[target.version] = manifest
            base = manifest
        }
        guard !records.isEmpty else {
            add(.version, "\(top)", reason, .none, "restore the version files from a copy: the tags contradict them")
            return
        }
        newest = base
        noteFallBack(good, top, reason, isWhole: moved[top] != nil && targets.last?.version == top, targets)
        if isExecuted {
            try publish(records, lost, reason)
            newest = try table.manifest()
        }
        try retarget(moved.filter { $0.key > good })
        try noteOlder(damaged.filter { $0.key < good }, numbers.filter { $0 <= good }, below: good)
    }

    private func noteFallBack(_ good: Int, _ top: Int, _ reason: String, isWhole: Bool, _ targets: [Manifest]) {
        let lost = top > good + 1 ? "\(good + 1) to \(top)" : "\(top)"
        guard let last = targets.last else {
            add(
                .version, lost, reason, .fallBack,
                "version \(good) is the newest that can be opened: a new version \(good + 1) has its rows; what came later is set "
                    + "aside, shards among it")
            return
        }
        let rest = isWhole ? "no row is lost" : "what came after version \(last.version) is set aside"
        add(
            .version, lost, reason, .fallBack,
            "version \(last.version) is known from a tag: it comes after version \(good) under a new number; \(rest)")
    }

    /// The record that makes one version of another.
    private func record(
        from base: Manifest, to target: Manifest, _ counters: Counters
    ) -> VersionRecord {
        let before = Dictionary(base.shards.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let after = Set(target.shards.map(\.id))
        var record = VersionRecord(
            tableID: base.tableID, version: base.version + 1, parent: base.digest, transaction: randomHex(),
            operation: .repair, timestamp: max(microsecondsNow(), base.timestamp, target.timestamp),
            details: ["command": "repair"], nextShardID: max(base.nextShardID, target.nextShardID, counters.shard),
            nextFieldID: max(base.nextFieldID, target.nextFieldID, counters.field),
            schema: target.schema == base.schema ? nil : target.schema)
        record.nextKey = [base.nextKey, target.nextKey, counters.key].compactMap { $0 }.max()
        record.added = target.shards.filter { before[$0.id] == nil }
        record.removed = base.shards.map(\.id).filter { !after.contains($0) }
        let deletions = target.shards.compactMap { shard -> VersionRecord.ShardDeletion? in
            guard let old = before[shard.id], let new = shard.deletion, old.deletion != new else { return nil }
            return VersionRecord.ShardDeletion(shard: shard.id, deletion: new)
        }
        if !deletions.isEmpty { record.deletions = deletions }
        let companions = target.shards.compactMap { shard -> VersionRecord.AddedCompanion? in
            guard let old = before[shard.id] else { return nil }
            let new = shard.companions.filter { !old.companions.contains($0) }
            return new.count == 1 ? VersionRecord.AddedCompanion(shard: shard.id, companion: new[0]) : nil
        }
        if !companions.isEmpty { record.companions = companions }
        let rowsAdded = record.added.reduce(0) { $0 &+ $1.liveRows }
        record.summary = VersionRecord.Summary(
            rows: target.rows, bytes: target.bytes, shards: target.shards.count, rowsAdded: rowsAdded,
            rowsRemoved: base.rows &+ rowsAdded &- target.rows, shardsAdded: record.added.count,
            shardsRemoved: record.removed.count)
        if VersionRecord.isCheckpoint(record.version) {
            record.checkpoint = VersionRecord.State(schema: target.schema, shards: target.shards)
        }
        record.requiredFeatures = VersionRecord.features(
            record.added + (record.checkpoint?.shards ?? []), deletions: record.deletions,
            companions: record.companions, nextKey: record.nextKey)
        return record
    }

    /// Above all ids and surrogate keys that lost versions may have given.
    private struct Counters {
        var shard: Int
        var field: Int
        var key: Int?
    }

    /// What the damaged files of lost versions say, what columns shards have, and as many more as there are files that nothing lists,
    /// or rows in them.
    private func counters(above good: Int, _ lost: [Int], _ base: Manifest) throws -> Counters {
        var (shard, field, key) = (base.nextShardID, base.nextFieldID, base.nextKey)
        for number in lost {
            let bytes = (try? store.read(table.versionPath(number), limit: SealedJSON.limit)) ?? []
            shard = max(shard, SealedRepair.number("next_shard_id", in: bytes) ?? 0)
            field = max(field, SealedRepair.number("next_field_id", in: bytes) ?? 0)
            if let told = SealedRepair.number("next_key", in: bytes) { key = max(key ?? 0, told) }
        }
        let unlisted = try unlisted(by: versions).filter { parentDirectory(of: $0) == table.shardsPath }
        for path in unlisted {
            guard let reader = try? ShardReader(path: path, store: store) else { continue }
            field = max(field, (reader.fields.map(\.id).max() ?? 0) + 1)
            key = key.map { min($0, 1 << 52) + reader.rowCount }
        }
        let limit = 1 << 31
        return Counters(
            shard: min(shard, 1 << 52) + unlisted.count + TableRepair.spareIDs,
            field: max(base.nextFieldID, min(field + TableRepair.spareIDs, limit)), key: key)
    }

    /// Puts new versions in the place of lost ones, the lowest first: until the last lost file is gone the table cannot be opened, and
    /// nobody commits.
    private func publish(_ records: [(bytes: [UInt8], record: VersionRecord)], _ lost: [Int], _ reason: String) throws {
        try keepUnlisted(by: versions, because: "a version that was lost may have listed it")
        let leases = try lost.compactMap { number -> (any StoreLease)? in
            let path = table.versionPath(number)
            if let lease = try store.exclusiveLease(path) { return lease }
            throw LakeError(
                .conflict, "somebody reads version \(number)", at: .init(file: path), hint: "try again later")
        }
        defer { for lease in leases { lease.release() } }
        for (bytes, record) in records {
            let path = table.versionPath(record.version)
            guard try store.size(path) == nil else {
                try quarantine.replace(path, by: ByteView(bytes), in: "versions", because: reason)
                continue
            }
            let temporary = joinPath(table.versionsPath, ".tmp-" + randomHex())
            let hold = try writeHeldFile(bytes, temporary, store)
            defer { hold.release() }
            do {
                try store.link(temporary, to: path)
            } catch {
                try? store.remove(temporary)
                throw error
            }
            try? store.remove(temporary)
            try store.syncDirectory(table.versionsPath)
        }
        let last = records.last?.record.version ?? 0
        for number in lost.reversed() where number > last {
            try quarantine.move(table.versionPath(number), in: "versions", because: reason)
        }
    }

    // MARK: Files that nothing lists

    /// Paths of shards and deletions that neither these versions nor a tag lists.
    private func unlisted(by versions: VersionFiles) throws -> [String] {
        var listed: Set<String> = []
        func add(_ shards: [ShardEntry]) {
            for shard in shards {
                for file in shard.files { listed.insert(table.shardPath(file.name)) }
                if let deletion = shard.deletion { listed.insert(table.deletionPath(deletion.file)) }
            }
        }
        for (record, _) in versions.records.values {
            add(record.added + (record.checkpoint?.shards ?? []))
            for change in record.deletions ?? [] { listed.insert(table.deletionPath(change.deletion.file)) }
            for change in record.purged ?? [] { listed.insert(table.deletionPath(change.rows.file)) }
            for added in record.companions ?? [] { listed.insert(table.shardPath(added.companion.file)) }
        }
        for tag in tags.values { add(tag.state.shards) }
        var paths: [String] = []
        for directory in [table.shardsPath, table.deletionsPath] where try store.size(directory) != nil {
            paths += try store.list(directory).filter(Lake.isShardName).map { joinPath(directory, $0) }
        }
        return paths.filter { !listed.contains($0) }
    }

    /// Keeps what nothing lists any more from vacuum.
    private func keepUnlisted(by versions: VersionFiles, because reason: String) throws {
        for path in try unlisted(by: versions) {
            try quarantine.keep(path, in: baseName(parentDirectory(of: path)), because: reason)
        }
    }
}
