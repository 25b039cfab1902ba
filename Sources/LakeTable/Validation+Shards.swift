import LakeBytes
import LakeCore
import LakeShard
import Synchronization

extension Validation {
    /// Checks presence, length and digest of every shard, then its inside.
    func checkShards(
        _ shards: [ReferencedShard], progress: @Sendable (Progress) -> Void, checkShard: ShardCheck?
    ) throws -> [Finding] {
        let total = shards.reduce(0) { $0 &+ $1.entry.bytes }
        let done = Mutex(0)
        @Sendable func advance(_ bytes: Int) {
            let sum = done.withLock { sum in
                sum = min(total, sum &+ bytes)
                return sum
            }
            progress(Progress(doneBytes: sum, totalBytes: total, table: table.name))
        }
        // The largest first, so that no thread is left alone with it at the end.
        let order = shards.indices.sorted { shards[$0].entry.bytes > shards[$1].entry.bytes }
        let findings = try parallelMap(count: shards.count, workers: workers) { index in
            try Cancellation.checkCurrent()
            let shard = shards[order[index]]
            let found = check(shard, checkShard) { if checkShard == nil { advance($0) } }
            // What is read a second time takes most of the time.
            if checkShard != nil { advance(shard.entry.bytes) }
            return (order[index], found)
        }
        return findings.sorted { $0.0 < $1.0 }.flatMap { $0.1 }
    }

    private func check(
        _ shard: ReferencedShard, _ checkShard: ShardCheck?, _ advance: (Int) -> Void
    ) -> [Finding] {
        let entry = shard.entry
        let path = table.shardPath(entry.file)
        let remedy = ShardValidation.remedy
        func damaged(_ message: String) -> [Finding] {
            [Finding(.error, at: .init(file: path), message, remedy: remedy)]
        }
        do {
            guard try table.store.size(path) != nil else { return damaged("the shard is not there") }
            let file = try table.store.map(path)
            guard file.count == entry.bytes else {
                return damaged("\(file.count) bytes on disk, the manifest says \(entry.bytes)")
            }
            let digest = try file.digest(advance)
            let inside = try locating(.init(file: path)) { try checkShard?(file, entry, shard.schema) ?? [] }
            guard digest != entry.digest else { return inside }
            guard checkShard != nil else { return damaged("the file's digest is not the manifest's") }
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

extension Validation {
    /// The check of everything inside of a shard: every checksum, statistics, counts, bitmaps, dictionaries and keys against the
    /// values, the schema against the footer and the table's.
    public static func everything(in table: TableDirectory, workers: Int? = nil) -> ShardCheck {
        { file, entry, schema in
            var validation = ShardValidation(of: try ShardReader(file.view, path: table.shardPath(entry.file)))
            validation.workers = workers
            validation.rows = entry.rows
            validation.schema = schema
            return validation.run().map { Finding($0) }
        }
    }
}

extension Finding {
    /// What was found inside of a shard.
    init(_ finding: ShardFinding) {
        self.init(
            finding.severity == .error ? .error : .warning, at: finding.location, finding.message,
            remedy: finding.remedy)
    }
}
