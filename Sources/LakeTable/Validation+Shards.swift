import LakeBytes
import LakeCore
import LakeShard
import Synchronization

extension Validation {
    private static let pieceBytes = 4 << 20

    /// Checks presence, length and digest of every shard, then its inside.
    func checkShards(
        _ shards: [ReferencedShard], progress: @Sendable (Progress) -> Void, checkShard: ShardCheck
    ) throws -> [Finding] {
        let total = shards.reduce(0) { $0 &+ $1.entry.storedBytes }
        let done = Mutex(0)
        let findings = try parallelMap(count: shards.count, workers: workers) { index in
            let shard = shards[index]
            let found = check(shard, checkShard)
            let sum = done.withLock { sum in
                sum &+= shard.entry.storedBytes
                return sum
            }
            progress(Progress(doneBytes: sum, totalBytes: total, table: table.name))
            return found
        }
        return findings.flatMap { $0 }
    }

    private func check(_ shard: ReferencedShard, _ checkShard: ShardCheck) -> [Finding] {
        let entry = shard.entry
        let own = check(entry.files[0], as: "the shard") { try checkShard($0, entry, shard.schema) }
        return own
            + entry.companions.flatMap { companion in
                var file = entry
                (file.file, file.bytes, file.digest) = (companion.file, companion.bytes, companion.digest)
                file.companions = []
                return check(file.files[0], as: "a companion of shard \(entry.id)") { mapped in
                    try checkShard(mapped, file, shard.schema) + fault(companion, entry, mapped)
                }
            }
    }

    /// What makes an intact file no companion of its shard.
    private func fault(_ companion: CompanionEntry, _ entry: ShardEntry, _ file: MappedFile) throws -> [Finding] {
        let path = table.shardPath(companion.file)
        let reader = try ShardReader(file.view, path: path)
        guard let fault = reader.fault(asCompanionWith: companion.fields, rows: entry.rows) else { return [] }
        return [Finding(.error, at: .init(file: path), fault, remedy: "restore the file from a copy")]
    }

    private func check(
        _ stored: StoredFile, as what: String, _ checkInside: (MappedFile) throws -> [Finding]
    ) -> [Finding] {
        let path = table.shardPath(stored.name)
        let remedy = "restore the file from a copy, or import its rows again with --replace"
        func damaged(_ message: String) -> [Finding] {
            [Finding(.error, at: .init(file: path), message, remedy: remedy)]
        }
        do {
            guard try table.store.size(path) != nil else { return damaged("\(what) is not there") }
            let file = try table.store.map(path)
            guard file.count == stored.bytes else {
                return damaged("\(file.count) bytes on disk, the manifest says \(stored.bytes)")
            }
            let digest = FileDigest()
            for start in stride(from: 0, to: file.count, by: Validation.pieceBytes) {
                let count = min(Validation.pieceBytes, file.count - start)
                digest.update(try file.view.slice(offset: start, count: count))
            }
            let inside = try locating(.init(file: path)) { try checkInside(file) }
            guard digest.digest != stored.digest else { return inside }
            // A shard's own checksums say which part is damaged; the digest covers the rest, padding included.
            let known = inside.contains { $0.severity == .error }
            let note = known ? "" : "; its parts have the checksums they should, so the bytes between them changed"
            return damaged("the file's digest is not the manifest's" + note) + inside
        } catch let error as LakeError {
            return [Finding(error.located(.init(file: path)), remedy: remedy)]
        } catch {
            return damaged("\(error)")
        }
    }
}
