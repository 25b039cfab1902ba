import LakeBytes
import LakeCore
import LakeShard

extension TableRepair {
    /// Rows of a shard that stay deleted when its deletions are lost: an upsert gave their surrogate keys to others.
    /// - Returns: the deletions that are known with these rows; nil where no row would be left.
    func withoutReplaced(_ shard: ShardEntry, _ known: DeletionEntry?) throws -> (
        deletion: DeletionEntry?, isEmpty: Bool
    ) {
        guard let newest, let field = newest.schema.fields.firstIndex(where: \.isSurrogateKey) else {
            return (known, false)
        }
        var taken: Set<Int64> = []
        for other in newest.shards where other.id != shard.id {
            // What cannot be read is mended, or leaves, by itself.
            let theirs = try unlessDamaged { try keys(of: other, field, newest) } ?? []
            taken.formUnion(theirs.map(\.key))
        }
        var entry = shard
        entry.deletion = known
        var vector = try table.deletions(of: entry) ?? DeletionVector(rows: shard.rows)
        var replaced = Bitmap(count: shard.rows)
        let ours = try unlessDamaged { try keys(of: entry, field, newest) } ?? []
        for found in ours where taken.contains(found.key) { replaced[found.row] = true }
        guard !replaced.isEmpty else { return (known, false) }
        vector.delete(replaced)
        if vector.count == shard.rows { return (nil, true) }
        return (isExecuted ? try table.write(vector) : known, false)
    }

    /// The surrogate keys of a shard's rows that are not deleted.
    private func keys(of shard: ShardEntry, _ field: Int, _ manifest: Manifest) throws -> [(row: Int, key: Int64)] {
        let reader = try ShardReader(
            path: table.shardPath(shard.file), store: store,
            companions: table.companions(of: shard, version: manifest.version))
        let rows = ShardRows(reader, schema: manifest.schema, deleted: try table.deletions(of: shard))
        var keys: [(row: Int, key: Int64)] = []
        for chunk in 0..<rows.chunkCount {
            let (columns, places) = try rows.columns([field], chunk: chunk)
            let vector = columns[0].spelledOut()
            guard case .integers(let values) = vector.values else { continue }
            for (row, key) in values.enumerated() where !vector.isNull(row) {
                keys.append((chunk * ShardFormat.chunkRows + (places.map { Int($0[row]) } ?? row), key))
            }
        }
        return keys
    }
}
