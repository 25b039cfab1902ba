import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// Manifests and shards that stay open between queries, with what has been verified and decoded of their dictionaries and
/// key columns. These files never change; that a path still names the same files is asked of every query, by the digest of the
/// version or by what tells that its directory is as it was.
final class OpenShards: Sendable {
    private struct Known {
        var table: OpenTable
        /// Of the table before its version was looked for.
        var stamp: DirectoryStamp?
    }

    private let lake: Lake
    /// The version of every table.
    private let selector: VersionSelector
    /// The last snapshot of each table.
    private let tables = Mutex<[String: Known]>([:])
    private let kept = KeptColumns()

    init(lake: Lake, at selector: VersionSelector) {
        self.lake = lake
        self.selector = selector
    }

    /// The version of a table that the selector says.
    /// - Throws: `LakeError` (missing) when there is no such table.
    func table(_ name: String) throws -> OpenTable {
        if kept.isFull { for known in tables.withLock({ Array($0.values) }) { known.table.forgetColumns() } }
        let known = tables.withLock { $0[name] }
        let stamp = try lake.stamp(ofTable: name, at: selector)
        if let known, stamp != nil, known.stamp == stamp { return known.table }
        let snapshot = try lake.table(name).snapshot(at: selector, known: known?.table.snapshot)
        let isKnown = known?.table.snapshot.manifest.digest == snapshot.manifest.digest
        let table = isKnown ? known?.table : nil
        let open = table ?? OpenTable(snapshot, kept: kept, earlier: known?.table)
        tables.withLock { $0[name] = Known(table: open, stamp: stamp) }
        return open
    }
}

/// One version of a table with the shards of it that have been opened.
final class OpenTable: Sendable {
    /// Beyond this many, shards are forgotten before others are opened.
    private static let limit = 4096

    let snapshot: Snapshot
    /// The number of each shard's first row in the table, by the shard's id.
    let firstRows: [Int: Int]
    private let kept: KeptColumns
    private let scans: Mutex<[String: ShardScan]>
    /// How often equality with a column has been asked for, and where its values are once that has paid.
    private let asked = Mutex<[Int: (times: Int, index: ValueShards?)]>([:])

    /// - Parameter earlier: another version, whose shards may be this one's too.
    init(_ snapshot: Snapshot, kept: KeptColumns, earlier: OpenTable?) {
        self.snapshot = snapshot
        self.kept = kept
        let sameSchema = earlier.map { $0.snapshot.schema == snapshot.schema } ?? false
        let known = sameSchema ? earlier?.scans.withLock { $0 } ?? [:] : [:]
        let files = Set(snapshot.shards.map(OpenTable.name))
        scans = Mutex(known.filter { files.contains($0.key) })
        var (firstRows, next): ([Int: Int], Int) = ([:], 0)
        for shard in snapshot.shards {
            firstRows[shard.id] = next
            next += shard.rows
        }
        self.firstRows = firstRows
    }

    /// A shard of the snapshot, opened once.
    /// - Throws: `LakeError`: also corrupt when the file is not the one that the manifest lists.
    func scan(_ shard: ShardEntry) throws -> ShardScan {
        let name = OpenTable.name(shard)
        if let scan = scans.withLock({ $0[name] }) { return scan }
        let path = snapshot.path(of: shard)
        let reader = try locating(.init(table: snapshot.table.name)) {
            let reader = try ShardReader(
                path: path, store: snapshot.table.store, companions: snapshot.companions(of: shard))
            guard reader.rowCount == shard.rows, reader.byteCount == shard.bytes else {
                throw LakeError(
                    .corrupt,
                    "a shard of \(reader.rowCount) rows and \(reader.byteCount) bytes; the manifest says \(shard.rows) and \(shard.bytes)",
                    at: .init(file: path), hint: "restore the file from a copy")
            }
            return reader
        }
        let deleted = try snapshot.table.deletions(of: shard)
        let scan = ShardScan(reader: reader, schema: snapshot.schema, deleted: deleted, kept: kept)
        return scans.withLock { open in
            if let earlier = open[name] { return earlier }
            if open.count >= OpenTable.limit {
                for scan in open.values { scan.forgetColumns() }
                open.removeAll()
            }
            open[name] = scan
            return scan
        }
    }

    /// What a shard is known by: more of its rows may be deleted in a later version, and it may have further columns.
    private static func name(_ shard: ShardEntry) -> String {
        let files = [shard.file, shard.deletion?.file ?? ""] + shard.companions.map(\.file)
        return files.joined(separator: "/")
    }

    /// Where the values of a stored column are: nil when it is asked for the first time, because that costs about what looking
    /// into every shard costs, and for columns of too many values.
    func valueShards(_ field: Int, _ cancellation: Cancellation? = nil) throws -> ValueShards? {
        guard snapshot.schema.fields.indices.contains(field), snapshot.shards.count > 1 else { return nil }
        let (times, index) = asked.withLock { asked in
            let known = asked[field] ?? (0, nil)
            asked[field] = (known.times + 1, known.index)
            return known
        }
        guard times == 1 else { return index }
        do {
            let scans = try snapshot.shards.map { shard in
                try cancellation?.check()
                return try scan(shard)
            }
            let made = try ValueShards(scans, field: field, cancellation)
            asked.withLock { $0[field]?.index = made }
            return made
        } catch {
            // The next query that asks makes it.
            asked.withLock { $0[field]?.times = 1 }
            throw error
        }
    }

    func isOpen(_ shard: ShardEntry) -> Bool { scans.withLock { $0[OpenTable.name(shard)] != nil } }

    func forgetColumns() { for scan in scans.withLock({ Array($0.values) }) { scan.forgetColumns() } }
}

/// The bytes that decoded key columns take, over all shards that are open. When there is no room, columns are decoded again
/// by every query.
final class KeptColumns: Sendable {
    private static let limit = 128 << 20
    private let bytes = Atomic<Int>(0)

    var isFull: Bool { bytes.load(ordering: .relaxed) > KeptColumns.limit / 8 * 7 }

    /// Whether there is room for `count` bytes more, which are then counted.
    func reserve(_ count: Int) -> Bool {
        if bytes.add(count, ordering: .relaxed).newValue <= KeptColumns.limit { return true }
        release(count)
        return false
    }

    func release(_ count: Int) { bytes.subtract(count, ordering: .relaxed) }
}
