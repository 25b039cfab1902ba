import LakeBytes
import LakeCore
import Synchronization

extension ShardValidation {
    /// Holds the row counts of all keys against the rows.
    /// - Returns: per group its row counts, nil when they are damaged or the group is absent.
    func checkGroups(_ log: FindingLog) -> [[UInt32]?] {
        let groups = reader.groups
        let results = Mutex([[UInt32]?](repeating: nil, count: groups.count))
        forEach(groups.count) { index in
            let group = groups[index]
            guard !group.isAbsent else { return }
            var stated: [UInt32] = []
            guard log.attempt(group.countNode.column, { stated = try group.rowsPerKey() }) else { return }
            guard stated.count == group.keyCount else {
                return log.note(
                    "\(stated.count) row counts for \(group.keyCount) keys",
                    at: .init(column: group.countNode.column, offset: group.countNode.record.directory))
            }
            results.withLock { $0[index] = stated }
            var counted = [UInt32](repeating: 0, count: group.keyCount)
            var codes: [UInt32] = []
            for chunk in 0..<reader.chunkCount {
                let isRead = log.attempt(group.codeNode.column, chunk: chunk) {
                    try group.codes(chunk: chunk, into: &codes)
                    try checkSelection(group, codes, chunk: chunk)
                }
                guard isRead else { return }
                for code in codes { counted[Int(code)] += 1 }
            }
            if counted != stated {
                log.note(
                    "row counts of keys that disagree with the rows",
                    at: .init(column: group.countNode.column, offset: group.countNode.record.directory))
            }
        }
        return results.withLock { $0 }
    }

    /// Rows selected by key are those whose code is selected.
    private func checkSelection(_ group: KeyGroupReader, _ codes: [UInt32], chunk: Int) throws {
        var keys = Bitmap(count: group.keyCount)
        for key in stride(from: 0, to: group.keyCount, by: 3) { keys[key] = true }
        let rows = try group.rows(withKeys: keys, chunk: chunk)
        guard rows == nil || rows == Aggregation.rows(codes, in: keys) else {
            throw LakeError(.corrupt, "rows selected by key that are not those of the key codes")
        }
    }

    /// Columns without NULL where none is allowed, and the same values wherever a column is stored.
    func checkColumns(_ log: FindingLog) {
        let (fields, chunks) = (reader.fields, reader.chunkCount)
        let checked = fields.indices.filter { reader.nodes(ofField: $0).count > 1 || !fields[$0].nullable }
        forEach(checked.count * chunks) { task in
            let (index, chunk) = (checked[task / chunks], task % chunks)
            log.attempt(fields[index].name, chunk: chunk) {
                let first = try reader.vector(field: index, chunk: chunk)
                if !fields[index].nullable, first.nullCount > 0 {
                    throw LakeError(.corrupt, "\(first.nullCount) NULLs in a column without NULL")
                }
                for node in reader.nodes(ofField: index).dropFirst() {
                    guard let group = node.record.role.group else { continue }
                    var codes: [UInt32] = []
                    try reader.groups[group].codes(chunk: chunk, into: &codes)
                    guard first.holdsSameValues(as: try node.vector(keys: codes)) else {
                        throw LakeError(
                            .corrupt, "key group '\(reader.groups[group].record.name)' has other values",
                            at: .init(offset: node.record.directory))
                    }
                }
            }
        }
    }
}

extension ColumnVector {
    var nullCount: Int {
        if case .codes(let codes, let dictionary) = values { return codes.count { Int($0) >= dictionary.count } }
        return validity.map { $0.count - $0.population } ?? 0
    }

    /// Whether the values are the same, whatever their form; not for lists.
    func holdsSameValues(as other: ColumnVector) -> Bool {
        guard count == other.count else { return false }
        if case .codes(let a, let x) = values, case .codes(let b, let y) = other.values {
            // Few pairs of codes occur, and each has to be compared only once.
            var known: [UInt64: Bool] = [:]
            for (left, right) in zip(a, b) {
                let pair = UInt64(left) << 32 | UInt64(right)
                let isSame =
                    known[pair]
                    ?? (Int(left) >= x.count || Int(right) >= y.count
                        ? Int(left) >= x.count && Int(right) >= y.count
                        : x.values.isSame(Int(left), y.values, Int(right)))
                known[pair] = isSame
                if !isSame { return false }
            }
            return true
        }
        let (left, right) = (spelledOut(), other.spelledOut())
        return (0..<count).allSatisfy { left.isSame($0, right, $0) }
    }

    private func isSame(_ index: Int, _ other: ColumnVector, _ otherIndex: Int) -> Bool {
        if isNull(index) || other.isNull(otherIndex) { return isNull(index) && other.isNull(otherIndex) }
        switch (values, other.values) {
        case (.integers(let a), .integers(let b)): return a[index] == b[otherIndex]
        case (.floats(let a), .floats(let b)): return a[index].bitPattern == b[otherIndex].bitPattern
        case (.bytes(let a), .bytes(let b)): return a[index] == b[otherIndex]
        default: return false
        }
    }
}
