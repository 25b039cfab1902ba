import LakeBytes
import LakeCore

extension ShardValidation {
    /// A chunk's counts and bitmaps are those of its codes.
    func checkIndex(_ node: NodeReader, _ codes: [UInt32], chunk: Int) throws {
        var counted: [UInt32: UInt32] = [:]
        for code in codes { counted[code, default: 0] += 1 }
        if let counts = try node.counts() {
            guard chunk < counts.partCount, isSame(counted, counts.part(chunk)) else {
                throw LakeError(
                    .corrupt, "counts of values that disagree with the rows", at: .init(offset: node.record.counts))
            }
        }
        guard node.record.bitmaps != 0 else { return }
        for code in 0...node.nullCode {
            guard let bitmap = try node.indexedRows(code: code, chunk: chunk, count: codes.count) else { return }
            let isRight =
                bitmap.population == Int(counted[code] ?? 0)
                && bitmap.positions.allSatisfy { codes[Int($0)] == code }
            guard isRight else {
                throw LakeError(
                    .corrupt, "the bitmap of value \(code) disagrees with the rows",
                    at: .init(offset: node.record.bitmaps))
            }
        }
    }

    /// The counts of a node in a key domain are numbers of rows.
    func checkKeyCounts(_ node: NodeReader, _ rowsPerKey: [UInt32]?, _ log: FindingLog) {
        guard node.isDictionaryCoded, let rowsPerKey else { return }
        log.attempt(node.column, offset: node.record.counts) {
            guard let counts = try node.counts() else { return }
            var codes: [UInt32] = []
            try node.allCodes(into: &codes)
            var counted: [UInt32: UInt32] = [:]
            for (code, rows) in zip(codes, rowsPerKey) { counted[code, default: 0] &+= rows }
            guard codes.count == rowsPerKey.count, counts.partCount == 1, isSame(counted, counts.part(0)) else {
                throw LakeError(.corrupt, "counts of values that disagree with the rows of their keys")
            }
        }
    }

    private func isSame(_ counted: [UInt32: UInt32], _ stated: [(code: UInt32, rows: UInt32)]) -> Bool {
        counted.count == stated.count && stated.allSatisfy { counted[$0.code] == $0.rows }
    }
}
