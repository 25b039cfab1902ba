import LakeBytes
import LakeCore

extension KeyGroupReader {
    /// Numbers per key as numbers per row of a chunk, mostly without looking at the keys: rows that go through keys in order
    /// copy them.
    /// - Parameters:
    ///   - columns: each with a number per key.
    ///   - targets: as many; the numbers per row are at the front, what lies behind means nothing.
    public func expand(_ columns: [[Double]], chunk: Int, into targets: inout [[Double]]) throws {
        guard columns.allSatisfy({ $0.count == keyCount }), targets.count == columns.count else {
            throw LakeError(.failed, "columns of another number than the group's \(keyCount) keys")
        }
        let segment = try codeNode.segment(chunk)
        for index in targets.indices where targets[index].count < segment.count + Aggregation.slack {
            targets[index] = [Double](repeating: 0, count: segment.count + Aggregation.slack)
        }
        if segment.header.encoding == .sequences, parent == nil {
            try locating(.init(file: codeNode.file.source, column: codeNode.column, chunk: chunk)) {
                let table = try sequences()
                var start = 0
                for piece in try SequencePieces(segment).pieces {
                    for index in columns.indices {
                        try table.expand(columns[index], piece, into: &targets[index], at: start)
                    }
                    start += piece.rows
                }
            }
            return
        }
        var codes: [UInt32] = []
        try self.codes(chunk: chunk, into: &codes)
        for index in columns.indices { Aggregation.gather(columns[index], codes, into: &targets[index]) }
    }
}
