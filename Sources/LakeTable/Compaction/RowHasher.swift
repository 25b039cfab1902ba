import LakeBytes
import LakeCore
import LakeShard

/// Hashes the rows of a shard, whatever their encoding (FORMAT.md, Content digest). What a key group knows is hashed once per key,
/// what a dictionary holds once per value.
struct RowHasher {
    private let rows: ShardRows
    /// Of the columns that the shard lacks.
    private var absent: UInt64 = 0
    /// By group, the sum of its columns per key.
    private var keyed: [Int: [UInt64]] = [:]
    /// Positions of the columns that are stored per row.
    private var fields: [Int] = []
    /// By column, the values of the dictionary that was met last.
    private var dictionaries: [Int: (dictionary: ValueDictionary, shares: [UInt64])] = [:]

    init(_ rows: ShardRows) throws {
        self.rows = rows
        for (field, shardField) in rows.shardFields.enumerated() {
            let id = rows.schema.fields[field].id
            guard let shardField else {
                absent &+= ContentHash.nullShare(field: id)
                continue
            }
            guard let group = rows.reader.groups(ofField: shardField).first,
                try rows.reader.node(ofField: shardField, group: nil) == nil
            else {
                fields.append(field)
                continue
            }
            let shares = ContentHash.shares(try rows.keys(field, group: group), field: id)
            var sums = keyed[group] ?? [UInt64](repeating: 0, count: shares.count)
            ContentHash.add(shares, to: &sums)
            keyed[group] = sums
        }
    }

    /// The hash of each row of a chunk, deleted ones among them.
    mutating func hashes(_ chunk: Int) throws -> [UInt64] {
        try Cancellation.checkCurrent()
        var hashes = [UInt64](repeating: absent, count: rows.reader.rows(ofChunk: chunk))
        for (group, shares) in keyed {
            ContentHash.add(shares, codes: try rows.codes(group, chunk: chunk, at: nil), to: &hashes)
        }
        for field in fields {
            let vector = try rows.column(field, chunk: chunk, at: nil)
            let id = rows.schema.fields[field].id
            guard case .codes(let codes, let dictionary) = vector.values else {
                ContentHash.add(ContentHash.shares(vector, field: id), to: &hashes)
                continue
            }
            if dictionaries[field]?.dictionary !== dictionary {
                let shares = ContentHash.shares(dictionary.values, field: id) + [ContentHash.nullShare(field: id)]
                dictionaries[field] = (dictionary, shares)
            }
            ContentHash.add(dictionaries[field]?.shares ?? [], codes: codes, to: &hashes)
        }
        return hashes
    }
}
