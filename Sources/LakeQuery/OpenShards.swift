import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// Manifests and shards that stay open between queries, with what has been verified and decoded of their dictionaries.
/// These files never change, so nothing here can be stale.
final class OpenShards: Sendable {
    /// Beyond this many, shards are forgotten before others are opened.
    private static let limit = 4096

    private let readers = Mutex<[String: ShardReader]>([:])
    /// The last snapshot of each table, by its path.
    private let snapshots = Mutex<[String: Snapshot]>([:])

    /// The newest version of a table.
    func snapshot(of table: TableDirectory) throws -> Snapshot {
        let snapshot = try table.snapshot(known: snapshots.withLock { $0[table.path] })
        snapshots.withLock { $0[table.path] = snapshot }
        return snapshot
    }

    /// A shard of a snapshot, opened once.
    /// - Throws: `LakeError`: also corrupt when the file is not the one that the manifest lists.
    func reader(_ shard: ShardEntry, of snapshot: Snapshot) throws -> ShardReader {
        let path = snapshot.path(of: shard)
        if let reader = readers.withLock({ $0[path] }) { return reader }
        let reader = try locating(.init(table: snapshot.table.name)) {
            let reader = try ShardReader(path: path, store: snapshot.table.store)
            guard reader.rowCount == shard.rows, reader.byteCount == shard.bytes else {
                throw LakeError(
                    .corrupt,
                    "a shard of \(reader.rowCount) rows and \(reader.byteCount) bytes; the manifest says \(shard.rows) and \(shard.bytes)",
                    at: .init(file: path), hint: "restore the file from a copy")
            }
            return reader
        }
        return readers.withLock { open in
            if let earlier = open[path] { return earlier }
            if open.count >= OpenShards.limit { open.removeAll() }
            open[path] = reader
            return reader
        }
    }
}
