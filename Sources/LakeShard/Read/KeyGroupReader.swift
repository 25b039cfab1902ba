import LakeBytes
import LakeCore
import Synchronization

/// A key group of an open shard: which key each row has.
public final class KeyGroupReader: Sendable {
    public let record: GroupRecord
    public let parent: KeyGroupReader?
    public let codeNode: NodeReader
    public let countNode: NodeReader
    private let rowCount: Int
    private let file: ByteView

    private struct Loaded {
        var firsts: [UInt32]?
        var sequences: SequenceTable?
    }
    private let loaded = Mutex(Loaded())

    init(
        record: GroupRecord, rowCount: Int, codes: NodeReader, counts: NodeReader, parent: KeyGroupReader?,
        file: ByteView
    ) {
        self.record = record
        self.rowCount = rowCount
        self.codeNode = codes
        self.countNode = counts
        self.parent = parent
        self.file = file
    }

    public var isAbsent: Bool { record.isAbsent }
    public var keyCount: Int { record.keyCount }

    /// Rows of the shard per key.
    public func rowsPerKey() throws -> [UInt32] {
        var counts: [UInt32] = []
        try countNode.allCodes(into: &counts)
        guard counts.reduce(0, { $0 + Int($1) }) == rowCount, !counts.contains(0) else {
            throw LakeError(
                .corrupt, "the row counts of key group '\(record.name)' do not add up to the \(rowCount) rows",
                at: .init(file: file.source, column: countNode.column, offset: countNode.record.directory))
        }
        return counts
    }

    /// For a nested group: the first key of each parent key, and the number of keys at the end.
    public func parentFirsts() throws -> [UInt32] {
        if let firsts = loaded.withLock({ $0.firsts }) { return firsts }
        let firsts = try locating(.init(file: file.source, column: codeNode.column)) { try readParentFirsts() }
        loaded.withLock { $0.firsts = firsts }
        return firsts
    }

    private func readParentFirsts() throws -> [UInt32] {
        let count = (parent?.keyCount ?? 0) + 1
        let payload = try SegmentPayload(
            file, at: record.parentFirsts, kind: .parentFirsts, node: codeNode.number, chunk: nil
        ).raw
        var firsts: [UInt32] = []
        try PlainValues.codes(payload, at: 0, count: count, width: 4, into: &firsts)
        for index in firsts.indices.dropFirst() where firsts[index - 1] > firsts[index] {
            throw payload.corrupt("parent firsts that do not ascend", at: 4 * index)
        }
        guard firsts.first == 0, firsts.last == UInt32(keyCount), payload.count == 4 * count else {
            throw payload.corrupt("parent firsts that do not cover the \(keyCount) keys")
        }
        return firsts
    }

    func sequences() throws -> SequenceTable {
        if let table = loaded.withLock({ $0.sequences }) { return table }
        let payload = try SegmentPayload(
            file, at: record.sequences, kind: .sequences, node: codeNode.number, chunk: nil
        ).raw
        let table = try SequenceTable(payload, keyCount: keyCount)
        loaded.withLock { $0.sequences = table }
        return table
    }

    /// The key of each row of a chunk.
    /// - Parameter parentCodes: for a nested group, its parent's keys if they are at hand.
    /// - Throws: `LakeError` (corrupt) also when a code is not below the number of keys.
    public func codes(chunk: Int, parentCodes: [UInt32]? = nil, into codes: inout [UInt32]) throws {
        let segment = try codeNode.segment(chunk)
        let place = LakeError.Location(
            file: file.source, column: codeNode.column, chunk: chunk, offset: segment.values.absoluteOffset)
        try locating(place) {
            if segment.header.encoding == .sequences {
                let table = try sequences()
                codes.removeAll(keepingCapacity: true)
                codes.reserveCapacity(segment.count)
                for piece in try SequencePieces(segment).pieces {
                    try table.appendCodes(piece, onto: &codes)
                }
            } else {
                try CodeDecoder.decode(segment, into: &codes)
            }
            try finish(&codes, segment, chunk, parentCodes)
        }
    }

    /// The keys of the rows at `positions`, ascending; nil when the chunk's encoding has to be decoded as a whole.
    /// - Parameter parentCodes: for a nested group, its parent's keys of the same rows.
    public func codes(chunk: Int, at positions: [Int32], parentCodes: [UInt32]?) throws -> [UInt32]? {
        let segment = try codeNode.segment(chunk)
        let place = LakeError.Location(
            file: file.source, column: codeNode.column, chunk: chunk, offset: segment.values.absoluteOffset)
        return try locating(place) {
            guard let last = positions.last else { return [] }
            guard last < segment.count else { throw segment.values.corrupt("no row \(last) in the chunk") }
            var codes: [UInt32]
            if segment.header.encoding == .sequences {
                codes = try sequences().codes(SequencePieces(segment).pieces, at: positions)
            } else if let found = try CodeDecoder.codes(segment, at: positions) {
                codes = found
            } else {
                return nil
            }
            try finish(&codes, segment, chunk, parentCodes)
            return codes
        }
    }

    /// Makes local codes whole, and checks them.
    private func finish(
        _ codes: inout [UInt32], _ segment: DataSegment, _ chunk: Int, _ parentCodes: [UInt32]?
    ) throws {
        guard let parent else {
            // Sequences are checked as a whole when their table is read.
            if segment.header.encoding != .sequences { try checkBelowKeyCount(codes, segment.values) }
            return
        }
        var parents = parentCodes ?? []
        if parentCodes == nil { try parent.codes(chunk: chunk, into: &parents) }
        guard Aggregation.addFirsts(&codes, parents: parents, firsts: try parentFirsts()) else {
            throw segment.values.corrupt("a key that lies outside of its parent's")
        }
    }

    /// The rows of a chunk whose key is in `keys`; nil when the keys have to be decoded for that.
    public func rows(withKeys keys: Bitmap, chunk: Int) throws -> Bitmap? {
        let segment = try codeNode.segment(chunk)
        guard keys.count == keyCount else {
            throw LakeError(.failed, "a selection of \(keys.count) keys in a group of \(keyCount)")
        }
        guard parent == nil else { return nil }
        let place = LakeError.Location(
            file: file.source, column: codeNode.column, chunk: chunk, offset: segment.values.absoluteOffset)
        return try locating(place) {
            switch segment.header.encoding {
            case .sequences:
                let table = try sequences()
                var rows = Bitmap(count: segment.count)
                var at = 0
                for piece in try SequencePieces(segment).pieces {
                    rows.place(try table.selected(piece, keys: keys), at: at)
                    at += piece.rows
                }
                return rows
            case .runs:
                let runs = try RunTable(segment)
                var rows = Bitmap(count: segment.count)
                var start = 0
                for (end, head) in zip(runs.ends, runs.heads) {
                    guard head >= 0, head < keyCount else { throw segment.values.corrupt("no key \(head)") }
                    if keys[Int(head)] { rows.fill(start..<Int(end)) }
                    start = Int(end)
                }
                return rows
            default: return nil
            }
        }
    }

    private func checkBelowKeyCount(_ codes: [UInt32], _ view: ByteView) throws {
        if let highest = Aggregation.maximum(codes), Int(highest) >= keyCount {
            throw view.corrupt("key \(highest) in a group of \(keyCount) keys")
        }
    }
}
