import LakeCore

/// Fixed-width values read from bytes in bulk: FORMAT.md, encoding *plain*.
public enum PlainValues {
    /// `count` integers of `width` bytes, sign- or zero-extended.
    /// - Throws: `LakeError` (corrupt) when the view is too short or the width is not 1, 2, 4 or 8.
    public static func integers(
        _ view: ByteView, at offset: Int, count: Int, width: Int, signed: Bool, into target: inout [Int64]
    ) throws {
        switch (width, signed) {
        case (1, true): target = try map(view, offset, count, Int8.self) { Int64($0) }
        case (1, false): target = try map(view, offset, count, UInt8.self) { Int64($0) }
        case (2, true): target = try map(view, offset, count, Int16.self) { Int64($0) }
        case (2, false): target = try map(view, offset, count, UInt16.self) { Int64($0) }
        case (4, true): target = try map(view, offset, count, Int32.self) { Int64($0) }
        case (4, false): target = try map(view, offset, count, UInt32.self) { Int64($0) }
        case (8, _): target = try map(view, offset, count, Int64.self) { $0 }
        default: throw view.corrupt("plain integers of \(width) bytes")
        }
    }

    /// `count` codes of 1, 2 or 4 bytes.
    public static func codes(
        _ view: ByteView, at offset: Int, count: Int, width: Int, into target: inout [UInt32]
    ) throws {
        switch width {
        case 1: target = try map(view, offset, count, UInt8.self) { UInt32($0) }
        case 2: target = try map(view, offset, count, UInt16.self) { UInt32($0) }
        case 4: target = try map(view, offset, count, UInt32.self) { $0 }
        default: throw view.corrupt("plain codes of \(width) bytes")
        }
    }

    /// `count` floats of 4 or 8 bytes.
    public static func floats(
        _ view: ByteView, at offset: Int, count: Int, width: Int, into target: inout [Double]
    ) throws {
        switch width {
        case 4: target = try map(view, offset, count, UInt32.self) { Double(Float(bitPattern: $0)) }
        case 8: target = try map(view, offset, count, UInt64.self) { Double(bitPattern: $0) }
        default: throw view.corrupt("plain floats of \(width) bytes")
        }
    }

    /// `count` words as a bitmap of `bits` bits.
    public static func bitmap(_ view: ByteView, at offset: Int, bits: Int) throws -> Bitmap {
        let words = try map(view, offset, (bits + 63) / 64, UInt64.self) { $0 }
        return Bitmap(words: words, count: bits)
    }

    @inline(__always)
    private static func map<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
        _ view: ByteView, _ offset: Int, _ count: Int, _ type: Stored.Type, _ convert: (Stored) -> Value
    ) throws -> [Value] {
        let width = MemoryLayout<Stored>.size
        guard count >= 0 else { throw view.corrupt("a negative number of values") }
        let source = try view.slice(offset: offset, count: count * width)
        return source.withUnsafeBytes { bytes in
            [Value](unsafeUninitializedCapacity: count) { target, initialized in
                for index in 0..<count {
                    let stored = bytes.loadUnaligned(fromByteOffset: index * width, as: Stored.self)
                    (target.baseAddress! + index).initialize(to: convert(Stored(littleEndian: stored)))
                }
                initialized = count
            }
        }
    }
}
