import LakeBytes
import LakeCore

/// Finds the ascending sequences that the key codes of a shard consist of: FORMAT.md, *Sequences*.
///
/// Where rows stand question by question, the respondents of a question are one ascending run of keys, and most questions
/// were put to the same ones: each distinct run is stored once and a chunk only says which it consists of.
struct SequenceFinder {
    private struct Piece {
        var sequence: UInt32
        var rows: Range<Int>
    }

    private struct Sequence {
        var first: UInt32
        var rows: Range<Int>
        var span: Int
        var isRun: Bool { span == rows.count }
    }

    private let codes: [UInt32]
    private var sequences: [Sequence] = []
    private var pieces: [Piece] = []

    /// Nil when sequences would not be much smaller than packed codes.
    init?(_ codes: [UInt32], keyCount: Int) {
        guard !codes.isEmpty else { return nil }
        self.codes = codes
        var known: [UInt64: [UInt32]] = [:]
        var start = 0
        var bitmapBytes = 0
        let width = BitPacking.width(of: UInt64(max(keyCount, 1)))
        let budget = codes.count * width / 16
        for row in 1...codes.count where row == codes.count || codes[row] <= codes[row - 1] {
            let rows = start..<row
            let span = Int(codes[row - 1] - codes[start]) + 1
            let hash = Checksum.xxh3(codes: codes[rows])
            let same = known[hash]?.first { codes[sequences[Int($0)].rows] == codes[rows] }
            if let same {
                pieces.append(Piece(sequence: same, rows: rows))
            } else {
                let number = UInt32(sequences.count)
                sequences.append(Sequence(first: codes[start], rows: rows, span: span))
                known[hash, default: []].append(number)
                pieces.append(Piece(sequence: number, rows: rows))
                bitmapBytes += 24 + (span == rows.count ? 0 : (span + 63) / 64 * 8)
            }
            guard bitmapBytes + pieces.count * 12 <= budget + 256 else { return nil }
            start = row
        }
    }

    /// The payload of the sequences segment.
    var payload: [UInt8] {
        var writer = ByteWriter()
        writer.append(UInt32(sequences.count))
        writer.append(UInt32(0))
        var word: UInt64 = 0
        for sequence in sequences {
            writer.append(sequence.first)
            writer.append(UInt32(sequence.rows.count))
            writer.append(UInt32(sequence.span))
            writer.append(UInt32(sequence.isRun ? 1 : 0))
            writer.append(sequence.isRun ? 0 : word)
            if !sequence.isRun { word += UInt64((sequence.span + 63) / 64) }
        }
        for sequence in sequences where !sequence.isRun {
            var bitmap = Bitmap(count: sequence.span)
            for code in codes[sequence.rows] { bitmap[Int(code - sequence.first)] = true }
            writer.append(all: bitmap.words)
        }
        return writer.bytes
    }

    /// One encoded chunk of key codes per chunk of rows.
    var chunks: [EncodedChunk] {
        var result: [EncodedChunk] = []
        var next = 0
        for first in stride(from: 0, to: codes.count, by: ShardFormat.chunkRows) {
            let chunk = first..<min(codes.count, first + ShardFormat.chunkRows)
            var (numbers, skips, rows): ([UInt32], [UInt32], [UInt32]) = ([], [], [])
            while next < pieces.count, pieces[next].rows.lowerBound < chunk.upperBound {
                let piece = pieces[next]
                let part = piece.rows.clamped(to: chunk)
                numbers.append(piece.sequence)
                skips.append(UInt32(part.lowerBound - piece.rows.lowerBound))
                rows.append(UInt32(part.count))
                if piece.rows.upperBound > chunk.upperBound { break }
                next += 1
            }
            var writer = ByteWriter()
            writer.append(UInt32(numbers.count))
            writer.append(UInt32(0))
            writer.append(all: numbers)
            writer.append(all: skips)
            writer.append(all: rows)
            var encoded = EncodedChunk(encoding: .sequences, payload: writer.bytes, count: chunk.count)
            let slice = codes[chunk]
            encoded.statistics = Statistics(integers: Int64(slice.min() ?? 0), Int64(slice.max() ?? 0))
            result.append(encoded)
        }
        return result
    }
}
