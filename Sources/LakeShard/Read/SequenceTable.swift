import LakeBytes
import LakeCore

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

    /// Writes `column[key]` for each row of the piece to `target`, from position `start` on.
    func expand(_ column: [Double], _ piece: SequencePiece, into target: inout [Double], at start: Int) throws {
        let sequence = try sequence(piece)
        if let mask = sequence.mask {
            Aggregation.compress(
                column, from: sequence.first, mask: mask, skip: piece.skip, count: piece.rows, into: &target, at: start)
        } else {
            Aggregation.copy(
                column, from: sequence.first + piece.skip, count: piece.rows, into: &target, at: start)
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
