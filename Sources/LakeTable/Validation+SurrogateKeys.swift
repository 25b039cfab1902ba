import LakeBytes
import LakeCore

extension Validation {
    /// Finds rows of the newest version whose surrogate key is missing, another row's too, or was never given.
    /// - Throws: what is no damage: that is among the findings already.
    func checkSurrogateKeys() throws -> [Finding] {
        do {
            let snapshot = try table.snapshot()
            guard let field = snapshot.schema.fields.firstIndex(where: \.isSurrogateKey) else { return [] }
            let name = snapshot.schema.fields[field].name
            let next = snapshot.manifest.nextKey ?? 0
            var seen = SeenKeys(next, rows: snapshot.manifest.rows)
            for shard in snapshot.shards {
                let rows = try ShardRows(shard, of: snapshot)
                for chunk in 0..<rows.chunkCount {
                    try Cancellation.checkCurrent()
                    let vector = try rows.columns([field], chunk: chunk).columns[0].spelledOut()
                    guard case .integers(let keys) = vector.values else { continue }
                    for (row, key) in keys.enumerated() {
                        let fault: String
                        if vector.isNull(row) {
                            fault = "a row has no surrogate key"
                        } else if !(0..<Int64(next)).contains(key) {
                            fault = "the surrogate key \(key) was never given: the next one is \(next)"
                        } else if !seen.insert(Int(key)) {
                            fault = "two rows have the surrogate key \(key)"
                        } else {
                            continue
                        }
                        return [
                            Finding(
                                .error, at: .init(file: snapshot.path(of: shard), column: name, chunk: chunk), fault,
                                remedy: "'alphalake restore' an earlier version, or drop the column and add it anew")
                        ]
                    }
                }
            }
            return []
        } catch let error as LakeError where [.corrupt, .missing].contains(error.code) {
            return []
        }
    }
}

/// Which keys have been met: a bit for each, or a set where few of those that were given are left.
private struct SeenKeys {
    private var bits: Bitmap?
    private var set: Set<Int> = []

    init(_ next: Int, rows: Int) {
        if next / 64 <= max(rows, 1 << 16) { bits = Bitmap(count: next) }
    }

    mutating func insert(_ key: Int) -> Bool {
        guard bits != nil else { return set.insert(key).inserted }
        if bits?[key] == true { return false }
        bits?[key] = true
        return true
    }
}
