/// Text in lower and upper case, letter by letter, as DuckDB has it: no letter becomes two.
public enum TextCase {
    public static func lower(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        append(text, to: &result, ascii: 0x41...0x5A, lower)
        return result
    }

    public static func upper(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        append(text, to: &result, ascii: 0x61...0x7A, upper)
        return result
    }

    public static func lower(_ strings: ByteStrings) -> ByteStrings { mapped(strings, ascii: 0x41...0x5A, lower) }

    public static func upper(_ strings: ByteStrings) -> ByteStrings { mapped(strings, ascii: 0x61...0x7A, upper) }

    private static func mapped(
        _ strings: ByteStrings, ascii: ClosedRange<UInt8>, _ map: (Unicode.Scalar) -> Unicode.Scalar
    ) -> ByteStrings {
        let isASCII = strings.data.allSatisfy { $0 < 0x80 }
        if isASCII {
            return ByteStrings(offsets: strings.offsets, data: strings.data.map { ascii.contains($0) ? $0 ^ 0x20 : $0 })
        }
        var result = ByteStrings()
        result.data.reserveCapacity(strings.data.count)
        result.offsets.reserveCapacity(strings.offsets.count)
        for index in 0..<strings.count {
            append(strings[index], to: &result.data, ascii: ascii, map)
            result.offsets.append(result.data.count)
        }
        return result
    }

    /// Damaged UTF-8 stays as it is.
    private static func append(
        _ text: ArraySlice<UInt8>, to result: inout [UInt8], ascii: ClosedRange<UInt8>,
        _ map: (Unicode.Scalar) -> Unicode.Scalar
    ) {
        var place = text.startIndex
        while place < text.endIndex {
            let byte = text[place]
            if byte < 0x80 {
                result.append(ascii.contains(byte) ? byte ^ 0x20 : byte)
                place += 1
                continue
            }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            let end = min(place + length, text.endIndex)
            var decoder = UTF8()
            var bytes = text[place..<end].makeIterator()
            if case .scalarValue(let scalar) = decoder.decode(&bytes), UTF8.width(scalar) == end - place {
                result.append(contentsOf: UTF8.encode(map(scalar)) ?? UTF8.encodedReplacementCharacter)
                place = end
            } else {
                result.append(byte)
                place += 1
            }
        }
    }

    private static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar == "\u{130}" { return "i" }
        return single(scalar.properties.lowercaseMapping) ?? scalar
    }

    private static func upper(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar == "ß" { return "ẞ" }
        return single(scalar.properties.uppercaseMapping) ?? single(scalar.properties.titlecaseMapping) ?? scalar
    }

    private static func single(_ text: String) -> Unicode.Scalar? {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, scalars.count == 1 else { return nil }
        return first
    }
}
