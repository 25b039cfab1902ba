import LakeBytes
import LakeCore

/// A table version opened for reading. While it lives a lease on the version's file keeps vacuum from removing what it
/// refers to; the lease dies with the process.
public final class Snapshot: Sendable {
    /// The table.
    public let table: TableDirectory
    /// The version that is held.
    public let manifest: Manifest
    private let lease: any StoreLease

    init(table: TableDirectory, manifest: Manifest, lease: any StoreLease) {
        self.table = table
        self.manifest = manifest
        self.lease = lease
    }

    /// The columns as of this version.
    public var schema: Schema { manifest.schema }
    /// The shards of this version, in the order of their ids.
    public var shards: [ShardEntry] { manifest.shards }

    /// Whether rows of some shard are deleted.
    public var hasDeletions: Bool { shards.contains { $0.deletion != nil } }

    /// Where a shard's file is.
    public func path(of shard: ShardEntry) -> String { table.shardPath(shard.file) }

    /// A shard's file as memory.
    /// - Throws: `LakeError`: `missing` when it is gone, `corrupt` when its length is not what the manifest says.
    public func map(_ shard: ShardEntry) throws(LakeError) -> MappedFile {
        try table.map(shard.files[0], as: "a shard", version: manifest.version)
    }
}

extension Lake {
    /// Changes whenever a table gets a version or loses one (a tag, for a tagged version), and so does what is not the same table at the same path; nil
    /// where that cannot be told from outside.
    public func stamp(
        ofTable name: String, at selector: VersionSelector = .newest
    ) throws(LakeError) -> DirectoryStamp? {
        let table = TableDirectory(name: name, lake: self)
        if case .tag = selector { return try store.stamp(ofDirectory: table.tagsPath) }
        return try store.stamp(ofDirectory: table.versionsPath)
    }
}

extension TableDirectory {
    /// Opens a version for reading, the newest one if `number` is nil.
    /// - Throws: as `manifest(version:)`.
    public func snapshot(version number: Int? = nil) throws -> Snapshot {
        try locating(.init(table: name)) {
            let (version, lease) = try leaseVersion(number)
            return Snapshot(table: self, manifest: try manifest(leased: version), lease: lease)
        }
    }

    /// Opens a version for reading, the newest one if `number` is nil. The manifest is not decoded again when it is still that
    /// of `known`: a version's file never changes, which its digest shows.
    /// - Throws: as `manifest(version:)`.
    public func snapshot(version number: Int? = nil, known: Snapshot?) throws -> Snapshot {
        guard let known, known.table.path == path else { return try snapshot(version: number) }
        return try locating(.init(table: name)) {
            let (manifest, lease) = try leasedManifest(number, known: known.manifest)
            return Snapshot(table: self, manifest: manifest, lease: lease)
        }
    }

    /// A version, the newest one if `number` is nil, and its lease. It is not decoded again when it is still `known`: a version's
    /// file never changes, which its digest shows.
    func leasedManifest(_ number: Int? = nil, known: Manifest) throws -> (Manifest, any StoreLease) {
        let (version, lease) = try leaseVersion(number, from: known.version)
        let file = versionPath(version)
        if version == known.version,
            try SealedJSON.verifiedDigest(of: store.read(file, limit: SealedJSON.limit), path: file) == known.digest
        {
            return (known, lease)
        }
        return (try manifest(leased: version), lease)
    }

    /// Locks the file of the oldest version that is there, and so keeps vacuum from all versions.
    func leaseOldestVersion() throws -> any StoreLease {
        for _ in 0..<100 {
            guard let first = try versions().first else { break }
            do throws(LakeError) {
                let lease = try store.lease(versionPath(first))
                if try store.size(versionPath(first)) != nil { return lease }
            } catch {
                guard error.code == .missing else { throw error }
            }
        }
        return try leaseVersion(nil).1
    }

    /// Keeps other vacuums, purges and repairs from the table; nil while one is at work.
    func exclusiveLease() throws -> (any StoreLease)? { try patientLease(path, store) }

    /// Locks a version's file, the newest one's if `number` is nil.
    /// - Parameter known: a version that was the newest a moment ago.
    func leaseVersion(_ number: Int?, from known: Int? = nil) throws -> (Int, any StoreLease) {
        // A vacuum may take the file between finding and locking it; then there is a newer one.
        for _ in 0..<100 {
            let version = try number ?? known.map { try latestVersion(from: $0) } ?? latestVersion()
            do throws(LakeError) {
                let lease = try store.lease(versionPath(version))
                if try store.size(versionPath(version)) != nil { return (version, lease) }
            } catch {
                guard error.code == .missing else { throw error }
            }
            if let number { _ = try read(number, wanted: number) }
        }
        throw LakeError(.conflict, "versions vanish as fast as they are found", hint: "try again")
    }
}
