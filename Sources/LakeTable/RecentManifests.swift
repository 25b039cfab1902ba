import LakeBytes
import LakeCore
import Synchronization

/// The newest versions of tables as somebody met them last, who comes back often: whether they are the newest still is asked of two
/// names and one file, where finding out anew goes through all names of versions and adds up to 64 of them.
public final class RecentManifests: Sendable {
    private let known = Mutex<[String: Manifest]>([:])

    public init() {}

    /// The newest version of a table.
    /// - Throws: as `TableDirectory.manifest(version:)`.
    public func newest(of table: TableDirectory) throws -> Manifest {
        guard let known = known.withLock({ $0[table.path] }) else {
            let manifest = try table.manifest()
            remember(manifest, of: table)
            return manifest
        }
        let (manifest, lease) = try locating(.init(table: table.name)) { try table.leasedManifest(known: known) }
        lease.release()
        remember(manifest, of: table)
        return manifest
    }

    /// Keeps a version that has just been made.
    public func remember(_ manifest: Manifest, of table: TableDirectory) {
        known.withLock { $0[table.path] = manifest }
    }
}
