import LakeCore
import LakeTable
import Synchronization

/// The tables that derived columns read, kept between queries with their indexes.
final class LookupTables: Sendable {
    /// Bytes of indexes beyond which all but those in use are forgotten.
    private static let limit = 256 << 20

    private let lake: Lake
    private let shards: OpenShards
    private let tables = Mutex<[String: LookupTable]>([:])

    init(lake: Lake, shards: OpenShards) {
        self.lake = lake
        self.shards = shards
    }

    /// The version that a look-up reads.
    /// - Throws: `LakeError` (missing) when the lake lacks the table or the version.
    func table(_ lookup: Lookup) throws -> LookupTable {
        let directory = try lake.table(lookup.table)
        let pin = lookup.version.map { "@\($0)" } ?? ""
        let name = directory.path + pin
        let known = tables.withLock { $0[name] }
        // A version never changes; which one is the newest is looked up every time.
        if lookup.version != nil, let known { return known }
        let open =
            try lookup.version.map {
                OpenTable(try directory.snapshot(version: $0), kept: KeptColumns(), earlier: nil)
            } ?? shards.table(directory)
        if let known, known.snapshot.manifest.digest == open.snapshot.manifest.digest { return known }
        let table = LookupTable(open)
        tables.withLock { tables in
            if tables.values.reduce(0, { $0 + $1.bytes }) > LookupTables.limit { tables.removeAll() }
            tables[name] = table
        }
        return table
    }
}
