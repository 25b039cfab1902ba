/// A fixed table from hashes to small numbers. The hashes are spread already, so their low bits choose the slot and a
/// look-up costs a few instructions, where `Dictionary` would hash them again.
struct HashIndex: Sendable {
    private var keys: [UInt64]
    private var values: [Int32]

    /// - Parameter entries: the hashes, none of them 0; of two entries with one hash the first counts.
    init(_ entries: [(hash: UInt64, value: Int32)]) {
        var size = 16
        while size < 4 * entries.count { size *= 2 }
        keys = Array(repeating: 0, count: size)
        values = Array(repeating: 0, count: size)
        for entry in entries where entry.hash != 0 && self[entry.hash] == nil {
            var slot = slot(of: entry.hash)
            while keys[slot] != 0 { slot = (slot + 1) & (size - 1) }
            keys[slot] = entry.hash
            values[slot] = entry.value
        }
    }

    /// The number that was given to `hash`.
    subscript(hash: UInt64) -> Int32? {
        var slot = slot(of: hash)
        while keys[slot] != 0 {
            if keys[slot] == hash { return values[slot] }
            slot = (slot + 1) & (keys.count - 1)
        }
        return nil
    }

    private func slot(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (keys.count - 1) }
}
