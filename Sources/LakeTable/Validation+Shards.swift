import LakeBytes
import LakeCore
import Synchronization

extension Validation {
    private static let pieceBytes = 4 << 20

    /// Checks presence, length and digest of every shard, then its inside.
    func checkShards(
        _ shards: [ReferencedShard], progress: @Sendable (Progress) -> Void, checkShard: ShardCheck
    ) throws -> [Finding] {
        let total = shards.reduce(0) { $0 &+ $1.entry.bytes }
        let done = Mutex(0)
        let findings = try parallelMap(count: shards.count, workers: workers) { index in
            let shard = shards[index]
            let found = check(shard, checkShard)
            let sum = done.withLock { sum in
                sum &+= shard.entry.bytes
                return sum
            }
            progress(Progress(doneBytes: sum, totalBytes: total, table: table.name))
            return found
        }
        return findings.flatMap { $0 }
    }

    private func check(_ shard: ReferencedShard, _ checkShard: ShardCheck) -> [Finding] {
        let entry = shard.entry
        let path = table.shardPath(entry.file)
        let remedy = "restore the file from a copy, or import its rows again with --replace"
        func damaged(_ message: String) -> [Finding] {
            [Finding(.error, at: .init(file: path), message, remedy: remedy)]
        }
        do {
            guard try table.store.size(path) != nil else { return damaged("the shard is not there") }
            let file = try table.store.map(path)
            guard file.count == entry.bytes else {
                return damaged("\(file.count) bytes on disk, the manifest says \(entry.bytes)")
            }
            let digest = FileDigest()
            for start in stride(from: 0, to: file.count, by: Validation.pieceBytes) {
                let count = min(Validation.pieceBytes, file.count - start)
                digest.update(try file.view.slice(offset: start, count: count))
            }
            let inside = try locating(.init(file: path)) { try checkShard(file, entry, shard.schema) }
            guard digest.digest != entry.digest else { return inside }
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
