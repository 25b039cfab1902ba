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
        let name = lookup.table + (lookup.version.map { "@\($0)" } ?? "")
        let known = tables.withLock { $0[name] }
        let open =
            try lookup.version.map { version in
                // Whether it is still the same is asked every time: the lake may have been replaced by another.
                let snapshot = try lake.table(lookup.table).snapshot(version: version, known: known?.snapshot)
                return OpenTable(snapshot, kept: KeptColumns(), earlier: nil)
            } ?? shards.table(lookup.table)
        if let known, known.snapshot.manifest.digest == open.snapshot.manifest.digest { return known }
        let table = LookupTable(open)
        tables.withLock { tables in
            if tables.values.reduce(0, { $0 + $1.bytes }) > LookupTables.limit { tables.removeAll() }
            tables[name] = table
        }
        return table
    }
}
