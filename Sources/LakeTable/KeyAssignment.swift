import LakeBytes
import LakeCore
import LakeShard

/// Gives the rows that a commit adds their surrogate keys: each shard that has none gets a companion with them. Which keys are
/// free is known when it is known which version the commit follows; when another writer was first and gave keys, the companions are
/// written again; who loses again and again sets keys aside by a version of its own first.
final class KeyAssignment {
    private let table: TableDirectory
    private let keptKeys: [Int64]
    /// The companions that were written, by the files of their shards, for keys from `first` on.
    private var written: (companions: [String: CompanionEntry], field: Int, first: Int, next: Int)?
    /// How often companions have been written in vain.
    private var losses = 0
    /// The first of the keys that a version set aside for these rows.
    private var reserved: Int?
    /// Whether a version lists the companions, or may do.
    var isUsed = false

    init(_ table: TableDirectory, _ change: TableChange) {
        self.table = table
        keptKeys = change.keptKeys
    }

    /// The counter after a change that `complete` has given its keys.
    static func counter(after current: Manifest, _ change: TableChange, _ schema: Schema) -> Int? {
        let next = [current.nextKey, change.nextKey].compactMap { $0 }.max()
        return (next ?? (schema.surrogateKey == nil ? nil : 0)).map { $0 + change.reservedKeys }
    }

    /// The change with keys for its rows, to follow `current`.
    func complete(_ change: TableChange, after current: Manifest) throws -> TableChange {
        guard let field = (change.schema ?? current.schema).surrogateKey else { return change }
        let first = reserved ?? current.nextKey ?? 0
        if written?.field != field.id || written?.first != first {
            if written != nil { losses += 1 }
            discard()
            let lacking = try change.added.filter { try !has(field, $0) }
            guard !lacking.isEmpty else { return change }
            try write(lacking, field, first)
            try table.store.syncDirectory(table.shardsPath)
        }
        guard let written else { return change }
        var change = change
        for index in change.added.indices {
            if let companion = written.companions[change.added[index].file] {
                change.added[index].companions.append(companion)
            }
        }
        change.nextKey = max(written.next, change.nextKey ?? 0)
        return change
    }

    /// The change that sets keys aside for all rows of `change`, where others were first too often: they may be so for good, when
    /// they bring a row at a time and this is a large import.
    func reservation(for change: TableChange) -> TableChange? {
        guard losses >= KeyAssignment.patience, reserved == nil else { return nil }
        var reservation = TableChange(
            operation: .reserveKeys, added: [], removed: [], schema: nil, details: change.details)
        reservation.reservedKeys = change.added.reduce(0) { $0 + $1.rows }
        return reservation
    }

    /// Says that the keys of a reservation are these rows'.
    func reserve(upTo next: Int, for change: TableChange) {
        reserved = next - change.added.reduce(0) { $0 + $1.rows }
    }

    private static let patience = 8

    /// Removes the companions that nothing lists.
    func discardUnused() { if !isUsed { discard() } }

    private func discard() {
        if let written { table.discard(Array(written.companions.values)) }
        written = nil
    }

    /// Whether a shard has its keys: one that was written anew, or comes back, does.
    private func has(_ field: Field, _ shard: NewShard) throws -> Bool {
        if shard.companions.contains(where: { $0.fields.contains(field.id) }) { return true }
        let reader = try ShardReader(path: table.shardPath(shard.file), store: table.store)
        return reader.field(id: field.id) != nil
    }

    private func write(_ shards: [NewShard], _ field: Field, _ first: Int) throws {
        let rows = shards.reduce(0) { $0 + $1.rows }
        guard keptKeys.isEmpty || keptKeys.count == rows else {
            throw LakeError(.failed, "\(keptKeys.count) surrogate keys for \(rows) rows", at: .init(table: table.name))
        }
        var (row, next) = (0, Int64(first))
        written = ([:], field.id, first, first)
        for shard in shards {
            let entry = ShardEntry(id: 1, shard)
            let writer = try CompanionWriter(table: table, shard: entry, fields: [field])
            do {
                while writer.rows < shard.rows {
                    let count = min(ShardFormat.chunkRows, shard.rows - writer.rows)
                    var keys =
                        keptKeys.isEmpty ? Array(next..<(next + Int64(count))) : Array(keptKeys[row..<(row + count)])
                    if keptKeys.isEmpty {
                        next += Int64(count)
                    } else {
                        for index in keys.indices where keys[index] == TableChange.newKey {
                            keys[index] = next
                            next += 1
                        }
                    }
                    row += count
                    try writer.append(Batch(count: count, columns: [ColumnVector(.integers(keys))]))
                }
                written?.companions[shard.file] = try writer.finish()
                written?.next = Int(next)
            } catch {
                writer.abandon()
                throw error
            }
        }
    }
}
