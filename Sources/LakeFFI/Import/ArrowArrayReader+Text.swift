import LakeBytes
import LakeCore

extension ArrowArrayReader {
    /// Values with offsets.
    func text(_ width: Int, _ rows: Range<Int>, _ validity: Bitmap?) throws(LakeError) -> ByteStrings {
        let offsets = try offsets(width, rows)
        guard let first = offsets.first, let last = offsets.last, last > first else {
            return ByteStrings(offsets: offsets.map { _ in 0 }, data: [])
        }
        guard let data = wholeBuffer(2) else { throw invalid(rows.lowerBound, "buffer 2 is missing") }
        let bytes = [UInt8](UnsafeRawBufferPointer(start: data + first, count: last - first))
        let strings = ByteStrings(offsets: offsets.map { $0 - first }, data: bytes)
        try check(strings, rows, validity)
        return strings
    }

    /// Values as views: 16 bytes each, with short text in them and long text in buffers of their own.
    func views(_ rows: Range<Int>, _ validity: Bitmap?) throws(LakeError) -> ByteStrings {
        let place = try buffer(1, from: rows.lowerBound, width: 16)
        let blocks = bufferCount - 3
        let sizes = wholeBuffer(bufferCount - 1)
        var strings = ByteStrings()
        for row in 0..<rows.count {
            let view = place + 16 * row
            let length = Int(view.loadUnaligned(as: Int32.self))
            if let validity, !validity[row] {
                strings.append([UInt8]())
            } else if (0...12).contains(length) {
                strings.append(UnsafeRawBufferPointer(start: view + 4, count: length))
            } else {
                let block = Int(view.loadUnaligned(fromByteOffset: 8, as: Int32.self))
                let start = Int(view.loadUnaligned(fromByteOffset: 12, as: Int32.self))
                guard length > 0, start >= 0, (0..<blocks).contains(block), let bytes = wholeBuffer(2 + block),
                    let sizes,
                    Int64(start + length) <= sizes.loadUnaligned(fromByteOffset: 8 * block, as: Int64.self)
                else {
                    throw invalid(rows.lowerBound + row, "text at \(start) of block \(block), \(length) bytes long")
                }
                strings.append(UnsafeRawBufferPointer(start: bytes + start, count: length))
            }
        }
        try check(strings, rows, validity)
        return strings
    }

    /// - Throws: `LakeError` (failed) for the first text that is not UTF-8.
    private func check(_ strings: ByteStrings, _ rows: Range<Int>, _ validity: Bitmap?) throws(LakeError) {
        guard field.type == .utf8, !ArrowArrayReader.isText(strings) else { return }
        for row in 0..<strings.count where validity?[row] != false {
            guard String(validating: strings[row], as: UTF8.self) != nil else {
                throw LakeError(
                    .failed, "value \(rows.lowerBound + row) is not valid UTF-8", at: .init(column: field.name),
                    hint: "cast the column to binary, or repair the text")
            }
        }
    }

    /// Whether all is UTF-8 and no character is cut in two.
    private static func isText(_ strings: ByteStrings) -> Bool {
        guard (try? UTF8Span(validating: strings.data.span)) != nil else { return false }
        return strings.offsets.allSatisfy { $0 == strings.data.count || strings.data[$0] & 0xC0 != 0x80 }
    }
}
