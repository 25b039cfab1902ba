import LakeBytes
import LakeCore

extension Validation {
    /// Reads every version file, checks that each follows from the one before, and collects the shards and the deletions that
    /// they list.
    /// - Returns: those, and the files that purges say no version may list any more, with the files that say which rows of them.
    func checkVersions(
        _ report: inout Report
    ) throws -> (
        shards: [ReferencedShard], deletions: [ReferencedDeletion], purged: Set<String>, purges: Set<String>
    ) {
        let numbers = try withoutLeftovers(table.versions(), &report)
        report.versions = numbers.count
        var shards: [String: ReferencedShard] = [:]
        var files: [Int: String] = [:]
        var deletions: [String: ReferencedDeletion] = [:]
        var transactions: [String: Int] = [:]
        var purges: [String: Int] = [:]
        var purgeFiles: Set<String> = []
        var chain: VersionChain?
        // Vacuum takes old versions up to a checkpoint; without one the next versions cannot be read.
        var expected = numbers.first.map { table.isCheckpoint($0) ? $0 : 1 }
        for number in numbers {
            let path = table.versionPath(number)
            if let expected, expected != number { report.findings.append(gap(expected, number)) }
            if number == 1 { chain = VersionChain() } else if expected != number { chain = nil }
            expected = number + 1
            do {
                let (record, digest) = try table.read(number)
                if let earlier = transactions.updateValue(number, forKey: record.transaction) {
                    report.findings.append(
                        Finding(
                            .error, at: .init(file: path), "it has the transaction of version \(earlier)",
                            remedy: "the same commit was made twice: compare both with 'alphalake log'"))
                }
                // Behind a version that cannot be read only a checkpoint can be followed.
                if chain == nil {
                    chain = try VersionChain(checkpoint: record, digest: digest, path: path)
                } else {
                    try chain?.apply(record, digest: digest, path: path)
                }
                // A purge gives the shards of earlier versions other files.
                if record.replaces != nil { files = [:] }
                let listed = record.added + (record.checkpoint?.shards ?? [])
                collect(listed, chain?.schema, &shards, &files, path, &report)
                for change in record.companions ?? [] {
                    if let file = files[change.shard], let schema = chain?.schema {
                        shards[file]?.add([change.companion], schema)
                    }
                }
                for change in record.deletions ?? [] {
                    guard let shard = files[change.shard].flatMap({ shards[$0]?.entry }) else { continue }
                    deletions[change.deletion.file] = ReferencedDeletion(shard: shard, entry: change.deletion)
                }
                for rows in record.purged ?? [] {
                    purges[rows.file] = number
                    purgeFiles.insert(rows.rows.file)
                }
                for shard in listed {
                    guard let entry = shard.deletion else { continue }
                    deletions[entry.file] = ReferencedDeletion(shard: shard, entry: entry)
                }
            } catch let error as LakeError {
                report.findings.append(Finding(error))
                chain = nil
            }
        }
        for (file, version) in purges where shards[file] != nil {
            report.findings.append(
                Finding(
                    .warning, at: .init(file: table.shardPath(file)),
                    "the purge of version \(version) did not come to its end: earlier versions still list this shard",
                    remedy: "run 'alphalake purge' again"))
        }
        return (
            shards.values.sorted { $0.entry.id < $1.entry.id },
            deletions.values.sorted { $0.entry.file < $1.entry.file }, Set(purges.keys), purgeFiles
        )
    }

    /// The versions that can be opened. A vacuum takes the version first that those up to the next checkpoint are read from: when
    /// it is interrupted the others are left.
    private func withoutLeftovers(_ numbers: [Int], _ report: inout Report) -> [Int] {
        guard let first = numbers.first, first != 1, !table.isCheckpoint(first),
            let next = numbers.prefix(2 * VersionRecord.checkpointInterval).first(where: { table.isCheckpoint($0) })
        else { return numbers }
        report.findings.append(
            Finding(
                .warning, at: .init(file: table.versionPath(first)),
                "the versions \(first) to \(next - 1) cannot be opened without those before them",
                remedy:
                    "a vacuum that was interrupted leaves them so: run it again; otherwise restore the files from a copy"
            ))
        return numbers.filter { $0 >= next }
    }

    private func collect(
        _ entries: [ShardEntry], _ schema: Schema?, _ shards: inout [String: ReferencedShard],
        _ files: inout [Int: String], _ path: String, _ report: inout Report
    ) {
        guard let schema else { return }
        for entry in entries {
            let known = shards[entry.file]
            let other = files[entry.id].flatMap { $0 == entry.file ? nil : "'\($0)'" }
            let changed = known.flatMap { $0.entry.isSameFile(as: entry) ? nil : "of other bytes or rows" }
            if let fault = other ?? changed {
                report.findings.append(
                    Finding(
                        .error, at: .init(file: path),
                        "shard \(entry.id) is '\(entry.file)' here and \(fault) in an earlier version",
                        remedy: "a shard's id and file never change: restore the version files from a copy"))
            }
            files[entry.id] = entry.file
            shards[entry.file] = ReferencedShard(entry, schema, after: known)
        }
    }

    private func gap(_ expected: Int, _ found: Int) -> Finding {
        Finding(
            .error, at: .init(file: table.versionPath(expected)),
            expected == found - 1
                ? "version \(expected) is not there" : "the versions \(expected) to \(found - 1) are not there",
            remedy: "restore the files from a copy; versions from the next checkpoint on can be read without them")
    }

    /// Notes files that nothing refers to.
    func checkNames(_ report: inout Report, referenced: Set<String>, deletions: Set<String>) throws {
        for name in try table.store.list(table.versionsPath) where TableDirectory.versionNumber(name) == nil {
            let left = name.hasPrefix(".tmp-")
            report.findings.append(
                Finding(
                    left ? .note : .warning, at: .init(file: joinPath(table.versionsPath, name)),
                    left ? "a writer that was interrupted left this file" : "this is no version's file",
                    remedy: left ? "harmless; vacuum removes it" : "remove it if you put it there"))
        }
        if try table.store.size(table.tagsPath) != nil {
            for name in try table.store.list(table.tagsPath) where TableDirectory.tagName(name) == nil {
                let left = name.hasPrefix(".tmp-") || name.hasPrefix(TableDirectory.oldTagPrefix)
                report.findings.append(
                    Finding(
                        left ? .note : .warning, at: .init(file: joinPath(table.tagsPath, name)),
                        left ? "what is left of a tag that was made, moved or deleted" : "this is no tag's file",
                        remedy: left ? "harmless; vacuum removes it" : "remove it if you put it there"))
            }
        }
        let complete = report.findings.allSatisfy { $0.severity != .error }
        var others = try table.store.list(table.shardsPath).filter { !referenced.contains($0) }.map {
            table.shardPath($0)
        }
        if try table.store.size(table.deletionsPath) != nil {
            let names = try table.store.list(table.deletionsPath)
            others += names.filter { !deletions.contains($0) }.map { table.deletionPath($0) }
        }
        for path in others {
            report.findings.append(
                Finding(
                    .note, at: .init(file: path),
                    "no version or tag " + (complete ? "" : "that can be read ") + "lists this file",
                    remedy: complete
                        ? "an interrupted or running writer left it, or a version that is gone; vacuum removes it"
                        : "keep it until the damaged versions are restored"))
        }
    }
}
