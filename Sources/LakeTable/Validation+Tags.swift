import LakeBytes
import LakeCore

extension Validation {
    /// Reads every tag, checks that it holds what its version says while that is there, and adds what it lists to what the versions
    /// list.
    func adding(
        tagged report: inout Report, _ shards: [ReferencedShard], _ deletions: [ReferencedDeletion],
        purged: Set<String>
    ) throws -> (shards: [ReferencedShard], deletions: [ReferencedDeletion]) {
        let names = try table.tags()
        report.tags = names.count
        var known = Dictionary(shards.map { ($0.entry.file, $0) }, uniquingKeysWith: { first, _ in first })
        var files = Dictionary(deletions.map { ($0.entry.file, $0) }, uniquingKeysWith: { first, _ in first })
        let numbers = Set(try table.versions())
        for name in names {
            let path = table.tagPath(name)
            func damaged(_ message: String) {
                report.findings.append(
                    Finding(
                        .error, at: .init(file: path), message,
                        remedy: "restore the file from a copy, or make the tag anew with --move"))
            }
            do {
                let tag = try table.tag(name)
                if let finding = unfinishedPurge(tag, numbers, purged) {
                    report.findings.append(finding)
                } else if let fault = disagreement(tag, numbers) {
                    damaged(fault)
                }
                for shard in tag.state.shards {
                    if let other = known[shard.file], !other.entry.isSameFile(as: shard) {
                        damaged("the shard '\(shard.file)' is not the one that a version lists")
                    }
                    known[shard.file] = known[shard.file] ?? ReferencedShard(shard, tag.state.schema)
                    known[shard.file]?.add(shard.companions, tag.state.schema)
                    guard let deletion = shard.deletion else { continue }
                    files[deletion.file] = ReferencedDeletion(shard: shard, entry: deletion)
                }
            } catch let error as LakeError {
                report.findings.append(Finding(error))
            }
        }
        return (
            known.values.sorted { $0.entry.id < $1.entry.id }, files.values.sorted { $0.entry.file < $1.entry.file }
        )
    }

    /// A purge that was cut short has rewritten a tag or its version, and not yet the other; nil for everything else.
    private func unfinishedPurge(_ tag: Tag, _ numbers: Set<Int>, _ purged: Set<String>) -> Finding? {
        guard numbers.contains(tag.version), let manifest = try? table.manifest(version: tag.version) else {
            return nil
        }
        let (files, tagged) = (Set(manifest.shards.map(\.file)), Set(tag.state.shards.map(\.file)))
        guard !files.symmetricDifference(tagged).isDisjoint(with: purged) else { return nil }
        return Finding(
            .warning, at: .init(file: table.tagPath(tag.name)),
            "a purge did not come to its end: this tag and version \(tag.version) do not list the same shards",
            remedy: "run 'alphalake purge' again")
    }

    /// What a tag says otherwise than the versions that are there; nil when nothing.
    private func disagreement(_ tag: Tag, _ numbers: Set<Int>) -> String? {
        if let newest = numbers.max(), let record = try? table.record(newest) {
            if record.tableID != tag.tableID { return "it is a tag of another table" }
            if tag.version > newest { return "it is a tag of version \(tag.version), and the newest is \(newest)" }
        }
        // What is wrong with the version itself is among the findings already.
        guard numbers.contains(tag.version), let manifest = try? table.manifest(version: tag.version) else {
            return nil
        }
        return manifest.isSame(as: tag.manifest) ? nil : "it does not hold what version \(tag.version) says"
    }
}
