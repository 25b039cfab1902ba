import LakeBytes
import LakeCore

/// A window over an input that slides forward: memory stays bounded by the longest record.
final class BlockReader {
    /// No record may be longer, so that a stray quote cannot draw a whole file into memory.
    static let recordLimit = 1 << 28
    /// Readable bytes that parsers want behind the window.
    static let padding = 64

    let path: String
    private var input: ByteInput
    private(set) var buffer: [UInt8]
    /// The bytes of `buffer` that were read and not yet consumed.
    private(set) var window: Range<Int> = 0..<0
    /// Whether nothing follows the window.
    private(set) var isLast = false
    /// Bytes consumed so far.
    private(set) var position = 0
    /// A pipe cannot be read twice, so what inference saw stays in memory until `rewind`.
    private var keepsConsumed: Bool
    private var isFresh = true

    var size: Int? { input.size }
    var isRepeatable: Bool { input.size != nil }

    /// - Throws: `LakeError` when the file cannot be opened.
    init(path: String, blockSize: Int = 1 << 20) throws(LakeError) {
        self.path = path
        input = try ByteInput(path: path)
        keepsConsumed = input.size == nil
        buffer = [UInt8](repeating: 0, count: blockSize + BlockReader.padding)
    }

    /// Whether another block can be had: makes the window larger, or at the end of the input says false.
    /// - Throws: `LakeError` for read errors and records above the limit.
    @discardableResult
    func fill() throws(LakeError) -> Bool {
        guard !isLast else { return false }
        if !keepsConsumed, window.lowerBound > 0 {
            let kept = window.count
            if kept > 0 {
                for index in 0..<kept { buffer[index] = buffer[window.lowerBound + index] }
            }
            window = 0..<kept
        }
        let capacity = buffer.count - BlockReader.padding
        if window.upperBound == capacity {
            guard window.count < BlockReader.recordLimit else {
                throw LakeError(
                    .failed, "a record is longer than \(BlockReader.recordLimit >> 20) MiB", at: .init(file: path),
                    hint: "is this a text file with one record per line?")
            }
            buffer.append(contentsOf: repeatElement(0, count: capacity))
        }
        let room = buffer.count - BlockReader.padding - window.upperBound
        let count = try input.read(into: &buffer, at: window.upperBound, limit: room)
        if count == 0 { isLast = true }
        window = window.lowerBound..<(window.upperBound + count)
        if isFresh, count > 0 {
            isFresh = false
            try skipByteOrderMark()
        }
        return true
    }

    func consume(_ count: Int) {
        window = (window.lowerBound + count)..<window.upperBound
        position += count
    }

    /// Goes back to the first byte: a file is opened again, a pipe's kept bytes are offered again (and kept no longer).
    /// - Throws: `LakeError` when the file is gone by now.
    func rewind() throws(LakeError) {
        if isRepeatable {
            input = try ByteInput(path: path)
            window = 0..<0
            isLast = false
            isFresh = true
        } else {
            window = (window.lowerBound - position)..<window.upperBound
            keepsConsumed = false
        }
        position = 0
    }

    /// From here on a pipe's bytes are forgotten once consumed: for inputs whose columns are known without inference.
    func forgetConsumed() { keepsConsumed = false }

    private func skipByteOrderMark() throws(LakeError) {
        // A pipe may bring the mark's bytes one by one.
        while window.count < 3, !isLast {
            let count = try input.read(into: &buffer, at: window.upperBound, limit: 3 - window.count)
            if count == 0 { isLast = true }
            window = window.lowerBound..<(window.upperBound + count)
        }
        let start = buffer[window.prefix(4)]
        if start.starts(with: [0xEF, 0xBB, 0xBF]) {
            window = (window.lowerBound + 3)..<window.upperBound
        } else if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) {
            throw LakeError(
                .failed, "is UTF-16; only UTF-8 is read", at: .init(file: path),
                hint: "convert it first: iconv -f UTF-16 -t UTF-8 \(path) | alphalake import table LAKE NAME -")
        } else if start.starts(with: [0x1F, 0x8B]) || start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            let tool = start.first == 0x1F ? "zcat" : "zstdcat"
            throw LakeError(
                .failed, "is compressed; only plain text is read", at: .init(file: path),
                hint: "unpack on the way in: \(tool) \(path) | alphalake import table LAKE NAME -")
        }
    }
}
