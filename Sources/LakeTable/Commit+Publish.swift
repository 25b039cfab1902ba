import LakeBytes
import LakeCore

extension TableDirectory {
    /// Gives `record` its number, if that is free: writes and syncs a temporary file, links it to the version's name,
    /// syncs the directory.
    /// - Returns: the version's digest; nil when another writer has the number.
    func publish(_ record: VersionRecord) throws -> Digest? {
        // The version before may be that of a writer who has not made its name last yet: this one must not outlive it.
        if record.version > 1 { try store.syncDirectory(versionsPath) }
        let sealed = try SealedJSON.seal(record)
        let target = versionPath(record.version)
        // A name of its own: writers may share a transaction.
        let temporary = joinPath(versionsPath, ".tmp-" + randomHex() + "-\(record.version)")
        let hold = try writeHeldFile(sealed.bytes, temporary, store)
        defer { hold.release() }
        do throws(LakeError) {
            try store.link(temporary, to: target)
        } catch {
            // The call may have failed after it took effect: the version itself says whose it is.
            switch owner(of: record.version, sealed.digest, error) {
            case .us: break
            case .others:
                try? store.remove(temporary)
                return nil
            case .nobody:
                try? store.remove(temporary)
                throw error
            case .unknown(let reason):
                throw LakeError(
                    .io, "whether version \(record.version) was committed is not known: \(reason)",
                    at: .init(file: target),
                    hint: "look for transaction \(record.transaction) with 'alphalake log' before trying again")
            }
        }
        try? store.remove(temporary)
        do throws(LakeError) {
            try store.syncDirectory(versionsPath)
        } catch {
            throw LakeError(
                .io, "version \(record.version) is committed but may not survive a power cut: \(error.message)",
                at: .init(file: target), hint: "do not repeat the operation; check the disk")
        }
        return sealed.digest
    }

    private enum Owner {
        case us
        case others
        case nobody
        case unknown(String)
    }

    /// Whose version stands under a number after `link` failed: ours has our bytes. A transaction may be another writer's too.
    private func owner(of version: Int, _ digest: Digest, _ failure: LakeError) -> Owner {
        let path = versionPath(version)
        do throws(LakeError) {
            guard try store.size(path) != nil else { return .nobody }
            let bytes = try store.read(path, limit: SealedJSON.limit)
            let (_, found) = try VersionRecord.open(bytes, version: version, path: path)
            return found == digest ? .us : .others
        } catch {
            return .unknown("\(failure.message); then \(error.message)")
        }
    }
}

extension VersionRecord {
    /// A record without shards.
    init(
        tableID: String, version: Int, parent: Digest?, transaction: String, operation: Operation, timestamp: Int64,
        details: [String: String], nextShardID: Int, nextFieldID: Int, schema: Schema?
    ) {
        format = Lake.format
        requiredFeatures = []
        self.tableID = tableID
        self.version = version
        self.parent = parent
        self.transaction = transaction
        self.operation = operation
        self.timestamp = timestamp
        self.details = details
        self.nextShardID = nextShardID
        self.nextFieldID = nextFieldID
        self.schema = schema
        added = []
        removed = []
        summary = Summary(
            rows: 0, bytes: 0, shards: 0, rowsAdded: 0, rowsRemoved: 0, shardsAdded: 0, shardsRemoved: 0)
    }
}
