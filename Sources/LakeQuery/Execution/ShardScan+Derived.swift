import LakeBytes
import LakeCore
import LakeShard

/// Derived columns where a scan reads them. A key group that knows what a column is computed from has it computed once per
/// key: for all keys, and kept, where the values are small; for the keys at hand where they are long.
extension ShardScan {
    /// Keys for which values are computed at a time, and of long text those that are held at most.
    private static let blockKeys = ShardFormat.chunkRows

    /// Whether a column can be computed from what the keys of a group know.
    private func isKnown(_ column: DerivedColumns.Column, group: Int) -> Bool {
        column.inputs.allSatisfy { input in
            derived[input].map { isKnown($0, group: group) } ?? knows(group, input)
        }
    }

    /// Whether a column is computed for all keys of a group. Long text of very many keys is not: it would all stand in
    /// memory at once, where a chunk of rows needs only its own.
    func isComputed(_ column: DerivedColumns.Column, group: Int) -> Bool {
        isKnown(column, group: group) && (count(group) <= ShardScan.blockKeys || !column.isLong)
    }

    /// A column for all keys of a group; text dictionary-coded, so that rows share it.
    func compute(_ column: DerivedColumns.Column, group: Int) throws -> ColumnVector {
        let inputs = try column.inputs.map { try keys($0, group: group) }
        let count = count(group)
        guard count > ShardScan.blockKeys else {
            return try column.values(inputs, count: count).dictionaryCoded()
        }
        return ColumnVector.joining(
            try stride(from: 0, to: count, by: ShardScan.blockKeys).map { start in
                let block = Array(start..<min(count, start + ShardScan.blockKeys))
                return try column.values(inputs.map { $0.gathering(block) }, count: block.count)
            }
        ).dictionaryCoded()
    }

    /// A column for all rows of a chunk.
    func compute(_ column: DerivedColumns.Column, _ field: Int, chunk: Int) throws -> ColumnVector {
        let keys = ChunkKeys(reader, chunk: chunk)
        return try compute(column, field, count: reader.rows(ofChunk: chunk)) {
            try keys.codes($0)
        } inputs: {
            try rows($0, chunk: chunk)
        }
    }

    /// A column for some rows of a chunk, ascending positions.
    func compute(
        _ column: DerivedColumns.Column, _ field: Int, chunk: Int, at positions: [Int32],
        codes: (Int) throws -> [UInt32]
    ) throws -> ColumnVector {
        try compute(column, field, count: positions.count, codes: codes) {
            try rows($0, chunk: chunk, at: positions, codes: codes)
        }
    }

    private func compute(
        _ column: DerivedColumns.Column, _ field: Int, count rows: Int, codes: (Int) throws -> [UInt32],
        inputs: (Int) throws -> ColumnVector
    ) throws -> ColumnVector {
        let known = reader.groups.indices.filter { !reader.groups[$0].isAbsent && isKnown(column, group: $0) }
        guard let group = known.min(by: { count($0) < count($1) }) else {
            return try column.values(column.inputs.map(inputs), count: rows)
        }
        return try values(field, group: group, at: codes(group))
    }

    /// A field for keys of a group, in any order. Keys that are there several times are computed once.
    private func values(_ field: Int, group: Int, at keys: [UInt32]) throws -> ColumnVector {
        if keys.count * 8 < count(group), let node = try longText(field, group: group) {
            return try node.vector(keys: keys)
        }
        // Few keys are not worth a look at all of them.
        guard let column = derived[field], !isComputed(column, group: group) || keys.count * 8 < count(group) else {
            return try self.keys(field, group: group).gathering(codes: keys)
        }
        var interner = IntegerInterner()
        let numbers = keys.map { interner.intern(Int64($0)) }
        let distinct = interner.values.map { UInt32(truncatingIfNeeded: $0) }
        let inputs = try column.inputs.map { try values($0, group: group, at: distinct) }
        let found = try column.values(inputs, count: distinct.count)
        if distinct.count == keys.count { return found }
        return (distinct.count * 2 <= keys.count ? found.dictionaryCoded() : found).gathering(codes: numbers)
    }
}

extension DerivedColumns.Column {
    fileprivate func values(_ inputs: [ColumnVector], count: Int) throws -> ColumnVector {
        try column.checkedValues(inputs, count: count, name: name)
    }

    /// Whether its values are so long that they are not held for all keys of a large group.
    fileprivate var isLong: Bool {
        switch column.type.physical {
        case .integer, .float: false
        case .bytes, .list: (column as? LookupColumn).map { $0.table.isLong($0.value) } ?? true
        }
    }
}

extension ColumnVector {
    /// The values at the positions `codes`.
    fileprivate func gathering(codes: [UInt32]) -> ColumnVector {
        if case .codes(let all, let dictionary) = values {
            return ColumnVector(.codes(Aggregation.gather(all, codes), dictionary: dictionary))
        }
        return gathering(codes.map { Int($0) })
    }
}
