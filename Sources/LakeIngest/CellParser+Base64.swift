extension CellParser {
    /// The bytes that standard base64 (RFC 4648, with padding) spells.
    static func base64(_ bytes: Bytes, _ start: Int, _ end: Int) -> [UInt8]? {
        guard (end - start) % 4 == 0 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity((end - start) / 4 * 3)
        var at = start
        while at < end {
            let isLast = at + 4 == end
            let padding = isLast ? (bytes[at + 3] != 0x3D ? 0 : bytes[at + 2] != 0x3D ? 1 : 2) : 0
            var word: UInt32 = 0
            for index in 0..<4 {
                guard index < 4 - padding else {
                    word <<= 6
                    continue
                }
                guard let digit = base64Digit(bytes[at + index]) else { return nil }
                word = word << 6 | digit
            }
            // Bits that padding leaves over must be zero, so that every value has one spelling.
            if word & (padding == 0 ? 0 : padding == 1 ? 0xFF : 0xFFFF) != 0 { return nil }
            result.append(UInt8(truncatingIfNeeded: word >> 16))
            if padding < 2 { result.append(UInt8(truncatingIfNeeded: word >> 8)) }
            if padding < 1 { result.append(UInt8(truncatingIfNeeded: word)) }
            at += 4
        }
        return result
    }

    private static func base64Digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte) - 0x41
        case 0x61...0x7A: UInt32(byte) - 0x61 + 26
        case 0x30...0x39: UInt32(byte) - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
