import LakeBytes
import LakeCore

extension Validation {
    /// Reads every tag, checks that it holds what its version says while that is there, and adds what it lists to what the versions
    /// list.
    func adding(
        tagged report: inout Report, _ shards: [ReferencedShard], _ deletions: [ReferencedDeletion]
    ) throws -> (shards: [ReferencedShard], deletions: [ReferencedDeletion]) {
        let names = try table.tags()
        report.tags = names.count
        var known = Dictionary(shards.map { ($0.entry.id, $0) }, uniquingKeysWith: { first, _ in first })
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
                if let fault = disagreement(tag, numbers) { damaged(fault) }
                for shard in tag.state.shards {
                    if let other = known[shard.id], !other.isSame(as: shard) {
                        damaged("shard \(shard.id) is '\(shard.file)' here and '\(other.entry.file)' in a version")
                    }
                    known[shard.id] = known[shard.id] ?? ReferencedShard(shard, tag.state.schema, with: [])
                    known[shard.id]?.add(shard.companions)
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
        return manifest == tag.manifest ? nil : "it does not hold what version \(tag.version) says"
    }
}
