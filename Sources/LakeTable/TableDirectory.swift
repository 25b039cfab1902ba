import LakeBytes
import LakeCore

/// A table on disk: `versions/N.json` and the files in `shards/`.
public struct TableDirectory: Sendable {
    /// The table's name.
    public let name: String
    /// The table's directory.
    public let path: String
    /// Where all its calls go.
    public let store: any Store
    /// The lake that it is in.
    let lake: Lake

    init(name: String, lake: Lake) {
        self.name = name
        path = joinPath(lake.tablesPath, name)
        store = lake.store
        self.lake = lake
    }

    /// The directory of the version files.
    public var versionsPath: String { joinPath(path, "versions") }
    /// The directory of the shard files.
    public var shardsPath: String { joinPath(path, "shards") }

    /// Where vacuum moves what it takes.
    var trashPath: String { joinPath(path, "trash") }

    /// Where a shard's file is.
    public func shardPath(_ file: String) -> String { joinPath(shardsPath, file) }

    /// Where version `number` is.
    public func versionPath(_ number: Int) -> String { joinPath(versionsPath, "\(number).json") }

    /// A file name for a new shard that no other writer will choose.
    public func newShardName() -> String { randomHex() + ".shard" }

    /// The numbers of the versions there are, ascending. Empty when the table does not exist.
    public func versions() throws -> [Int] {
        guard try store.size(versionsPath) != nil else { return [] }
        return try store.names(in: versionsPath).compactMap(TableDirectory.versionNumber).sorted()
    }

    /// Whether there is a version; most tables have their first one still.
    func exists() throws -> Bool { try store.size(versionPath(1)) != nil || !versions().isEmpty }

    /// The number of the newest version.
    /// - Throws: `LakeError` (missing) when the table does not exist.
    public func latestVersion() throws -> Int {
        guard try store.size(versionsPath) != nil,
            let latest = try store.names(in: versionsPath).lazy.compactMap(TableDirectory.versionNumber).max()
        else { throw LakeError(.missing, "no table '\(name)'") }
        return latest
    }

    /// The number of the newest version, looked for from one that was the newest a moment ago. Numbers have no gaps but where a
    /// file was lost: then all names are read, so that nobody makes another version of that number.
    func latestVersion(from known: Int) throws -> Int {
        let there = try (known...(known + TableDirectory.steps)).map { try store.size(versionPath($0)) != nil }
        guard let end = there.firstIndex(of: false), end > 0, !there[end...].contains(true) else {
            return try latestVersion()
        }
        return known + end - 1
    }

    /// How many versions are looked for one by one before all names are read.
    private static let steps = 16

    /// What version `number` changed.
    /// - Throws: `LakeError`: `missing` naming the versions there are, `corrupt` naming the file.
    public func record(_ number: Int) throws -> VersionRecord { try read(number).record }

    /// The records of the newest `limit` versions, newest first; of those up to `last` where that is given.
    public func log(limit: Int = .max, upTo last: Int = .max) throws -> [VersionRecord] {
        try locating(.init(table: name)) {
            let lease = try leaseOldestVersion()
            defer { lease.release() }
            return try versions().filter { $0 <= last }.suffix(max(limit, 0)).reversed().map { try read($0).record }
        }
    }

    /// The manifest of a version, the newest one if `number` is nil. Reads at most 64 files.
    /// - Throws: `LakeError`: `missing` naming the versions there are, `corrupt` naming the file that is damaged. A newest
    ///   version that is damaged is an error, never passed over.
    public func manifest(version number: Int? = nil) throws -> Manifest {
        try locating(.init(table: name)) {
            let (version, lease) = try leaseVersion(number)
            defer { lease.release() }
            return try manifest(leased: version)
        }
    }

    /// The manifest of a version that is held, and with it those that it is read from.
    func manifest(leased number: Int) throws -> Manifest {
        try locating(.init(table: name)) {
            for _ in 0..<3 {
                do {
                    return try addUp(to: number)
                } catch let error as LakeError where error.code == .missing {
                    // A vacuum may make a version stand by itself after it was read here, and take those below it then.
                    continue
                }
            }
            return try addUp(to: number)
        }
    }

    private func addUp(to number: Int) throws -> Manifest {
        var chain: [(record: VersionRecord, digest: Digest)] = []
        var next = number
        while true {
            let version = try read(next, wanted: number)
            chain.append(version)
            if version.record.checkpoint != nil || next == 1 { break }
            next -= 1
        }
        // Oldest first: a checkpoint, or version 1, and what came after it.
        var state = VersionChain()
        if let (base, digest) = chain.last,
            let checkpoint = try VersionChain(checkpoint: base, digest: digest, path: versionPath(base.version))
        {
            state = checkpoint
            chain.removeLast()
        }
        for (record, digest) in chain.reversed() {
            try state.apply(record, digest: digest, path: versionPath(record.version))
        }
        guard let manifest = state.manifest else { throw LakeError(.missing, "no table '\(name)'") }
        return manifest
    }

    func read(_ number: Int, wanted: Int? = nil) throws -> (record: VersionRecord, digest: Digest) {
        let path = versionPath(number)
        let bytes: [UInt8]
        do throws(LakeError) {
            bytes = try store.read(path, limit: SealedJSON.limit)
        } catch {
            guard error.code == .missing else { throw error }
            let all = try versions()
            if let first = all.first, let last = all.last, number == wanted ?? number {
                throw LakeError(
                    .missing, "no version \(number) of '\(name)'", at: .init(file: path),
                    hint: "there are the versions \(first) to \(last)")
            }
            throw LakeError(
                .missing, "version \(number) is needed to read the versions after it and is not there",
                at: .init(file: path), hint: "restore the file from a copy")
        }
        return try VersionRecord.open(bytes, version: number, path: path)
    }

    /// Whether a version holds the whole table. One that cannot be read does as far as its number tells.
    func isCheckpoint(_ number: Int) -> Bool {
        VersionRecord.isCheckpoint(number) || (try? read(number))?.record.checkpoint != nil
    }

    /// The number in the name of a version's file; nil for every other name, temporary files among them.
    static func versionNumber(_ file: String) -> Int? {
        // Ten thousand names are gone through for every opening: no array and no other string is made of one.
        var (number, digits) = (0, 0)
        for byte in file.utf8 {
            guard (48...57).contains(byte), digits < 16 else { break }
            number = number * 10 + Int(byte - 48)
            digits += 1
        }
        guard (1...15).contains(digits), file.utf8.count == digits + 5, file.utf8.first != UInt8(ascii: "0"),
            file.hasSuffix(".json")
        else { return nil }
        return number
    }
}
