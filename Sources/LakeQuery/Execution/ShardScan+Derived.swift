import LakeBytes
import LakeCore
import LakeShard

/// Derived columns where a scan reads them: once per key of a group that knows what they are computed from, or for the
/// rows that are asked for.
extension ShardScan {
    /// Keys for which values are computed at a time, and held at most where they are text.
    private static let blockKeys = ShardFormat.chunkRows

    /// Whether a column is computed once per key of a group. Text of very many keys is not: it would all stand in memory
    /// at once, where a chunk of rows needs only its own.
    func isComputed(_ column: DerivedColumns.Column, group: Int) -> Bool {
        guard column.inputs.allSatisfy({ knows(group, $0) }) else { return false }
        return [.integer, .float].contains(column.column.type.physical) || count(group) <= ShardScan.blockKeys
    }

    /// A column for all keys of a group; text dictionary-coded, so that rows share it.
    func compute(_ column: DerivedColumns.Column, group: Int) throws -> ColumnVector {
        let inputs = try column.inputs.map { try keys($0, group: group) }
        let count = count(group)
        guard count > ShardScan.blockKeys else {
            return try column.values(inputs, count: count).dictionaryCoded()
        }
        return .joining(
            try stride(from: 0, to: count, by: ShardScan.blockKeys).map { start in
                let block = Array(start..<min(count, start + ShardScan.blockKeys))
                return try column.values(inputs.map { $0.gathering(block) }, count: block.count)
            })
    }

    /// A column for all rows of a chunk.
    func compute(_ column: DerivedColumns.Column, _ field: Int, chunk: Int) throws -> ColumnVector {
        if let group = domain(of: [field]) {
            return try keys(field, group: group).gathering(codes: ChunkKeys(reader, chunk: chunk).codes(group))
        }
        return try column.values(column.inputs.map { try rows($0, chunk: chunk) }, count: reader.rows(ofChunk: chunk))
    }

    /// A column for some rows of a chunk, ascending positions. Few rows are not worth a look at all keys.
    func compute(
        _ column: DerivedColumns.Column, _ field: Int, chunk: Int, at positions: [Int32],
        codes: (Int) throws -> [UInt32]
    ) throws -> ColumnVector {
        if let group = domain(of: [field]), positions.count * 8 >= count(group) {
            return try keys(field, group: group).gathering(codes: codes(group))
        }
        let inputs = try column.inputs.map { try rows($0, chunk: chunk, at: positions, codes: codes) }
        return try column.values(inputs, count: positions.count)
    }
}

extension DerivedColumns.Column {
    fileprivate func values(_ inputs: [ColumnVector], count: Int) throws -> ColumnVector {
        try column.checkedValues(inputs, count: count, name: name)
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
