/// Text as JSON strings, in one pass over its bytes: what needs no escape is copied in runs.
///
/// Damaged UTF-8 is replaced, so that the output is JSON whatever a column holds.
struct JSONStrings {
    private enum Class {
        static let plain: UInt8 = 0
        static let escaped: UInt8 = 1
        static let multibyte: UInt8 = 2
    }

    /// Bytes that are looked at together.
    private static let block = 16

    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// By byte. A member, not a constant of the type, which every access would have to see initialised.
    private let classes: [UInt8]

    init() {
        classes = (0...255).map { byte in
            switch byte {
            case 0x22, 0x5C, 0x7F, 0..<0x20: Class.escaped
            case 0x80...: Class.multibyte
            default: Class.plain
            }
        }
    }

    /// Appends the bytes `range` of `text` in double quotes.
    func append(_ text: [UInt8], _ range: Range<Int>, to output: inout [UInt8]) {
        let before = output.count
        output.append(0x22)
        // The first byte that has not been copied.
        var start = range.lowerBound
        var index = start
        while index < range.upperBound {
            while index + JSONStrings.block <= range.upperBound, JSONStrings.isPlain(text, index) {
                index += JSONStrings.block
            }
            guard index < range.upperBound else { break }
            let byte = text[index]
            let kind = classes[Int(byte)]
            if kind == Class.plain {
                index += 1
            } else if kind == Class.multibyte {
                let length = JSONStrings.characterLength(text, index, range.upperBound)
                guard length > 0 else {
                    output.removeLast(output.count - before)
                    let mended = Array(String(decoding: text[range], as: UTF8.self).utf8)
                    return append(mended, 0..<mended.count, to: &output)
                }
                index += length
            } else {
                output.append(contentsOf: text[start..<index])
                JSONStrings.appendEscape(of: byte, to: &output)
                index += 1
                start = index
            }
        }
        output.append(contentsOf: text[start..<range.upperBound])
        output.append(0x22)
    }

    /// Whether a block of bytes has nothing to escape and no character of several bytes: decided for all of them at
    /// once, which the compiler makes vector instructions of.
    private static func isPlain(_ text: [UInt8], _ index: Int) -> Bool {
        let bytes = text.span.extracting(index..<(index + block))
        var special: UInt8 = 0
        for position in 0..<block {
            let byte = bytes[position]
            special |= (byte < 0x20 ? 1 : 0) | (byte >= 0x7F ? 1 : 0) | (byte == 0x22 ? 1 : 0) | (byte == 0x5C ? 1 : 0)
        }
        return special == 0
    }

    /// A string as JSON.
    func literal(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        append(bytes, 0..<bytes.count, to: &output)
        return output
    }

    private static func appendEscape(of byte: UInt8, to output: inout [UInt8]) {
        output.append(0x5C)
        switch byte {
        case 0x22, 0x5C: output.append(byte)
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        case 0x09: output.append(UInt8(ascii: "t"))
        default:
            output.append(contentsOf: [0x75, 0x30, 0x30, hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]])
        }
    }

    /// The bytes of the character of two to four that begins at `index`; 0 where the bytes are none.
    private static func characterLength(_ text: [UInt8], _ index: Int, _ end: Int) -> Int {
        let first = text[index]
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard first >= 0xC2, first <= 0xF4, length <= end - index else { return 0 }
        let second = text[index + 1]
        // Neither longer than it has to be, nor a half of a surrogate pair, nor beyond U+10FFFF.
        let (least, most): (UInt8, UInt8) =
            switch first {
            case 0xE0: (0xA0, 0xBF)
            case 0xED: (0x80, 0x9F)
            case 0xF0: (0x90, 0xBF)
            case 0xF4: (0x80, 0x8F)
            default: (0x80, 0xBF)
            }
        guard second >= least, second <= most else { return 0 }
        if length > 2, text[index + 2] & 0xC0 != 0x80 { return 0 }
        if length > 3, text[index + 3] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
