import LakeBytes

/// Text counted in characters (code points), as SQL counts it.
enum Characters {
    /// A byte that does not begin a character.
    @inline(__always)
    private static func continues(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    static func count(_ text: ArraySlice<UInt8>) -> Int {
        var count = 0
        for byte in text where !continues(byte) { count += 1 }
        return count
    }

    /// The characters of a range, as far as they are there.
    static func slice(_ text: ArraySlice<UInt8>, _ range: Range<Int>) -> ArraySlice<UInt8> {
        guard !range.isEmpty else { return text.prefix(0) }
        var (start, end) = (text.endIndex, text.endIndex)
        var number = -1
        for place in text.indices where !continues(text[place]) {
            number += 1
            if number == range.lowerBound { start = place }
            if number == range.upperBound {
                end = place
                break
            }
        }
        return text[min(start, end)..<end]
    }

    /// `substr`: positions count from 1, from behind where they are negative; a negative length goes back from there.
    static func substring(_ text: ArraySlice<UInt8>, from position: Int64, length: Int64?) -> ArraySlice<UInt8> {
        if position > 0, let length, length >= 0 {
            let (end, overflow) = Int(position - 1).addingReportingOverflow(Int(length))
            return slice(text, Int(position - 1)..<(overflow ? .max : end))
        }
        let count = count(text)
        // Beyond these bounds all positions and lengths are alike.
        let bound = Int64(1) << 40
        let (position, length) = (min(max(position, -bound), bound), length.map { min(max($0, -bound), bound) })
        let start = position > 0 ? Int(position) - 1 : position < 0 ? count + Int(position) : -1
        var range = (start, count)
        if let length { range = length < 0 ? (start + Int(length), start) : (start, start + Int(length)) }
        let (from, to) = (min(max(range.0, 0), count), min(max(range.1, 0), count))
        return slice(text, from..<max(from, to))
    }

    /// The first `length` characters; all but the last so many where it is negative.
    static func prefix(_ text: ArraySlice<UInt8>, _ length: Int64) -> ArraySlice<UInt8> {
        let count = length < 0 ? max(0, Int64(count(text)) + max(length, -1 << 40)) : length
        return slice(text, 0..<Int(count))
    }

    /// The last `length` characters; all but the first so many where it is negative.
    static func suffix(_ text: ArraySlice<UInt8>, _ length: Int64) -> ArraySlice<UInt8> {
        let count = Int64(count(text))
        let skipped = length < 0 ? min(count, -max(length, -1 << 40)) : max(0, count - length)
        return slice(text, Int(skipped)..<Int(count))
    }

    /// Where `part` first stands in the text, counted in characters from 1; 0 when it does not.
    static func position(of part: ArraySlice<UInt8>, in text: ArraySlice<UInt8>) -> Int64 {
        guard let found = firstRange(of: part, in: text, from: text.startIndex) else { return 0 }
        return Int64(count(text[..<found.lowerBound])) + 1
    }

    static func firstRange(
        of part: ArraySlice<UInt8>, in text: ArraySlice<UInt8>, from start: Int
    ) -> Range<Int>? {
        guard let first = part.first else { return start..<start }
        var place = start
        while place + part.count <= text.endIndex {
            guard let next = text[place...(text.endIndex - part.count)].firstIndex(of: first) else { return nil }
            if text[next..<(next + part.count)].elementsEqual(part) { return next..<(next + part.count) }
            place = next + 1
        }
        return nil
    }

    static func replacing(
        _ text: ArraySlice<UInt8>, _ part: ArraySlice<UInt8>, with other: ArraySlice<UInt8>
    ) -> [UInt8] {
        guard !part.isEmpty else { return Array(text) }
        var result: [UInt8] = []
        var place = text.startIndex
        while let found = firstRange(of: part, in: text, from: place) {
            result += text[place..<found.lowerBound]
            result += other
            place = found.upperBound
        }
        return result + text[place...]
    }

    /// The characters, one slice each.
    static func all(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var result: [ArraySlice<UInt8>] = []
        var start = text.startIndex
        for place in text.indices.dropFirst() where !continues(text[place]) {
            result.append(text[start..<place])
            start = place
        }
        if start < text.endIndex { result.append(text[start...]) }
        return result
    }

    /// The text without the characters of `set` at its start and end.
    static func trimmed(
        _ text: ArraySlice<UInt8>, _ set: ArraySlice<UInt8>, start: Bool, end: Bool
    ) -> ArraySlice<UInt8> {
        if set.count == 1, let byte = set.first {
            var text = text
            if start { text = text.drop { $0 == byte } }
            if end { while text.last == byte { text.removeLast() } }
            return text
        }
        let unwanted = Set(all(set))
        var characters = all(text)[...]
        if start { characters = characters.drop { unwanted.contains($0) } }
        if end { while let last = characters.last, unwanted.contains(last) { characters.removeLast() } }
        guard let first = characters.first, let last = characters.last else { return text.prefix(0) }
        return text[first.startIndex..<last.endIndex]
    }
}
