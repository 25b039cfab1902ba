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

    private func sequences() throws -> SequenceTable {
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

/// Part of a sequence: `rows` of its codes from number `skip` on.
struct SequencePiece {
    var sequence: Int
    var skip: Int
    var rows: Int
}

/// The pieces that a chunk's key codes consist of.
struct SequencePieces {
    let pieces: [SequencePiece]

    init(_ segment: DataSegment) throws {
        let view = segment.values
        let count = Int(try view.load(at: 0, as: UInt32.self))
        guard count <= segment.count else { throw view.corrupt("\(count) pieces for \(segment.count) rows") }
        var (sequences, skips, rows): ([UInt32], [UInt32], [UInt32]) = ([], [], [])
        try PlainValues.codes(view, at: 8, count: count, width: 4, into: &sequences)
        try PlainValues.codes(view, at: 8 + 4 * count, count: count, width: 4, into: &skips)
        try PlainValues.codes(view, at: 8 + 8 * count, count: count, width: 4, into: &rows)
        pieces = (0..<count).map {
            SequencePiece(sequence: Int(sequences[$0]), skip: Int(skips[$0]), rows: Int(rows[$0]))
        }
        try segment.checkLength(8 + 12 * count)
        guard !rows.contains(0), pieces.reduce(0, { $0 + $1.rows }) == segment.count else {
            throw view.corrupt("pieces that do not add up to the \(segment.count) rows")
        }
    }
}

/// The sequences of a group: FORMAT.md, *Sequences*.
final class SequenceTable: Sendable {
    private struct Sequence {
        var first: Int
        var count: Int
        /// Nil for a run.
        var mask: Bitmap?
    }

    private let sequences: [Sequence]
    private let view: ByteView

    init(_ payload: ByteView, keyCount: Int) throws {
        view = payload
        let count = Int(try payload.load(at: 0, as: UInt32.self))
        guard count <= (payload.count - 8) / 24 else {
            throw payload.corrupt("\(count) sequences in \(payload.count) bytes")
        }
        let area = 8 + 24 * count
        // Each bitmap is its own: many of one area would take far more memory than they have bytes.
        var room = (payload.count - area) / 8
        sequences = try (0..<count).map { index in
            let record = try payload.slice(offset: 8 + 24 * index, count: 24)
            let first = Int(try record.load(at: 0, as: UInt32.self))
            let codes = Int(try record.load(at: 4, as: UInt32.self))
            let span = Int(try record.load(at: 8, as: UInt32.self))
            let flags: UInt32 = try record.load(at: 12)
            let offset: UInt64 = try record.load(at: 16)
            guard flags <= 1, first + span <= keyCount, codes >= 1, codes <= span, flags == 0 || codes == span,
                offset < 1 << 32
            else { throw record.corrupt("a sequence that does not fit the \(keyCount) keys") }
            guard flags == 0 else { return Sequence(first: first, count: codes, mask: nil) }
            room -= (span + 63) / 64
            guard room >= 0 else { throw record.corrupt("bitmaps of sequences that overlap") }
            let mask = try PlainValues.bitmap(payload, at: area + 8 * Int(offset), bits: span)
            guard mask.population == codes else { throw record.corrupt("a sequence with another number of keys") }
            return Sequence(first: first, count: codes, mask: mask)
        }
    }

    private func sequence(_ piece: SequencePiece) throws -> Sequence {
        guard piece.sequence < sequences.count, piece.skip + piece.rows <= sequences[piece.sequence].count else {
            throw view.corrupt("a piece of a sequence that does not exist")
        }
        return sequences[piece.sequence]
    }

    func appendCodes(_ piece: SequencePiece, onto codes: inout [UInt32]) throws {
        let sequence = try sequence(piece)
        guard let mask = sequence.mask else {
            let start = UInt32(sequence.first + piece.skip)
            codes.append(contentsOf: start..<(start + UInt32(piece.rows)))
            return
        }
        mask.appendPositions(offset: UInt32(sequence.first), skip: piece.skip, count: piece.rows, onto: &codes)
    }

    /// The codes at `positions`, ascending, of rows that consist of `pieces`.
    func codes(_ pieces: [SequencePiece], at positions: [Int32]) throws -> [UInt32] {
        var codes: [UInt32] = []
        codes.reserveCapacity(positions.count)
        var (next, start) = (0, 0)
        for piece in pieces {
            let end = start + piece.rows
            guard next < positions.count, Int(positions[next]) < end else {
                start = end
                continue
            }
            let sequence = try sequence(piece)
            var (word, passed) = (0, 0)
            while next < positions.count, Int(positions[next]) < end {
                let number = piece.skip + Int(positions[next]) - start
                if let mask = sequence.mask {
                    codes.append(UInt32(sequence.first + mask.position(ofBit: number, word: &word, passed: &passed)))
                } else {
                    codes.append(UInt32(sequence.first + number))
                }
                next += 1
            }
            start = end
        }
        return codes
    }

    /// Which rows of the piece have a key in `keys`.
    func selected(_ piece: SequencePiece, keys: Bitmap) throws -> Bitmap {
        let sequence = try sequence(piece)
        guard let mask = sequence.mask else {
            let start = sequence.first + piece.skip
            return keys.slice(start..<(start + piece.rows))
        }
        let extracted = keys.slice(sequence.first..<(sequence.first + mask.count)).extracting(mask)
        return piece.skip == 0 && piece.rows == sequence.count
            ? extracted : extracted.slice(piece.skip..<(piece.skip + piece.rows))
    }
}
