import LakeBytes
import LakeCore
import LakeShard
import Synchronization

extension Validation {
    /// Checks presence, length and digest of every shard, then its inside.
    func checkShards(
        _ shards: [ReferencedShard], progress: @Sendable (Progress) -> Void, checkShard: ShardCheck?
    ) throws -> [Finding] {
        let total = shards.reduce(0) { $0 &+ $1.entry.storedBytes }
        let done = Mutex(0)
        @Sendable func advance(_ bytes: Int) {
            let sum = done.withLock { sum in
                sum = min(total, sum &+ bytes)
                return sum
            }
            progress(Progress(doneBytes: sum, totalBytes: total, table: table.name))
        }
        // The largest first, so that no thread is left alone with it at the end.
        let order = shards.indices.sorted { shards[$0].entry.storedBytes > shards[$1].entry.storedBytes }
        let findings = try parallelMap(count: shards.count, workers: workers) { index in
            try Cancellation.checkCurrent()
            let shard = shards[order[index]]
            let found = check(shard, checkShard) { if checkShard == nil { advance($0) } }
            // What is read a second time takes most of the time.
            if checkShard != nil { advance(shard.entry.storedBytes) }
            return (order[index], found)
        }
        return findings.sorted { $0.0 < $1.0 }.flatMap { $0.1 }
    }

    private func check(
        _ shard: ReferencedShard, _ checkShard: ShardCheck?, _ advance: (Int) -> Void
    ) -> [Finding] {
        let entry = shard.entry
        let own = check(
            entry.files[0], as: "the shard", advance, checkShard.map { check in { try check($0, entry, shard.schema) } }
        )
        return own
            + entry.companions.flatMap { companion in
                var file = entry
                (file.file, file.bytes, file.digest) = (companion.file, companion.bytes, companion.digest)
                file.companions = []
                return check(
                    file.files[0], as: "a companion of shard \(entry.id)", advance,
                    checkShard.map { check in
                        { try check($0, file, shard.schema(of: companion)) + fault(companion, entry, $0) }
                    })
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
        _ stored: StoredFile, as what: String, _ advance: (Int) -> Void,
        _ checkInside: ((MappedFile) throws -> [Finding])?
    ) -> [Finding] {
        let path = table.shardPath(stored.name)
        let remedy = ShardValidation.remedy
        func damaged(_ message: String) -> [Finding] {
            [Finding(.error, at: .init(file: path), message, remedy: remedy)]
        }
        do {
            guard try table.store.size(path) != nil else { return damaged("\(what) is not there") }
            let file = try table.store.map(path)
            guard file.count == stored.bytes else {
                return damaged("\(file.count) bytes on disk, the manifest says \(stored.bytes)")
            }
            let digest = try file.digest(advance)
            let inside = try locating(.init(file: path)) { try checkInside?(file) ?? [] }
            guard digest != stored.digest else { return inside }
            guard checkInside != nil else { return damaged("the file's digest is not the manifest's") }
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
