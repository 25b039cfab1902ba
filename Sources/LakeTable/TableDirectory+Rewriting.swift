import LakeBytes
import LakeCore

extension TableDirectory {
    /// Writes a version's file anew as one that holds the whole table, so that those before it are not needed to read it.
    /// - Returns: false when somebody reads the version, and nothing was done.
    func makeCheckpoint(_ number: Int) throws -> Bool {
        let (version, lease) = try leaseVersion(number)
        let manifest = try manifest(leased: version)
        lease.release()
        return try rewrite(number, digest: manifest.digest) { record in
            record.checkpoint = VersionRecord.State(schema: manifest.schema, shards: manifest.shards)
        }
    }

    /// Puts another file in the place of a version's, in one step that lasts.
    /// - Parameters:
    ///   - digest: of the file that the change was made for.
    ///   - change: makes the record another checkpoint.
    /// - Returns: false when somebody reads the version, and nothing was done.
    /// - Throws: `LakeError` (conflict) when the file is another one by now.
    func rewrite(_ number: Int, digest: Digest, _ change: (inout VersionRecord) -> Void) throws -> Bool {
        let (target, temporary) = (versionPath(number), joinPath(versionsPath, ".tmp-" + randomHex() + "-\(number)"))
        guard let lock = try store.exclusiveLease(target) else { return false }
        defer { lock.release() }
        var (record, current) = try read(number)
        guard current == digest else {
            throw LakeError(
                .conflict, "version \(number) was changed meanwhile", at: .init(file: target), hint: "try again")
        }
        change(&record)
        record.replaces = (record.replaces ?? []) + [current]
        record.requiredFeatures = VersionRecord.features(
            record.added + (record.checkpoint?.shards ?? []), deletions: record.deletions,
            companions: record.companions, nextKey: record.nextKey)
        let bytes = try SealedJSON.seal(record).bytes
        // What this program would refuse must not take the place of what it reads.
        let opened = try VersionRecord.open(bytes, version: number, path: temporary)
        _ = try VersionChain(checkpoint: opened.0, digest: opened.1, path: temporary)
        try put(bytes, temporary, over: target, in: versionsPath)
        return true
    }

    /// Puts another file in the place of a tag's, of the same version.
    /// - Returns: false when somebody reads the tag, or moves tags, and nothing was done.
    func rewrite(_ tag: Tag) throws -> Bool {
        let (target, temporary) = (tagPath(tag.name), joinPath(tagsPath, ".tmp-" + randomHex()))
        guard let alone = try store.exclusiveLease(tagsPath) else { return false }
        defer { alone.release() }
        guard let lock = try store.exclusiveLease(target) else { return false }
        defer { lock.release() }
        let there = try self.tag(tag.name)
        guard there.versionDigest == tag.versionDigest, there.created == tag.created, there.message == tag.message
        else {
            throw LakeError(.conflict, "the tag was moved meanwhile", at: .init(file: target), hint: "try again")
        }
        try put(SealedJSON.seal(tag).bytes, temporary, over: target, in: tagsPath)
        return true
    }

    private func put(_ bytes: [UInt8], _ temporary: String, over target: String, in directory: String) throws {
        let hold = try writeHeldFile(bytes, temporary, store)
        defer { hold.release() }
        do throws(LakeError) {
            try store.rename(temporary, to: target)
        } catch {
            try? store.remove(temporary)
            throw error
        }
        try store.syncDirectory(directory)
    }
}
