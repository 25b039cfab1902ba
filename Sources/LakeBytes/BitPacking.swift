import CKernels
import LakeCore

/// Integers of a fixed number of bits laid end to end in 64-bit words: FORMAT.md, *Packed(n, w)*.
public enum BitPacking {
    /// Bytes of Packed(count, width), the trailing zero word included.
    public static func byteCount(_ count: Int, width: Int) -> Int {
        ((count * width + 63) / 64 + 1) * 8
    }

    /// The bits that the values `0...maximum` need.
    public static func width(of maximum: UInt64) -> Int {
        64 - maximum.leadingZeroBitCount
    }

    /// Packs `values[i] - base` (modulo 2^64), each of which must fit in `width` bits.
    public static func pack(_ values: [Int64], base: Int64, width: Int, into writer: inout ByteWriter) {
        pack(count: values.count, width: width, into: &writer) { UInt64(bitPattern: values[$0] &- base) }
    }

    public static func pack(_ values: [UInt32], base: UInt32, width: Int, into writer: inout ByteWriter) {
        pack(count: values.count, width: width, into: &writer) { UInt64(values[$0] &- base) }
    }

    @inline(__always)
    private static func pack(count: Int, width: Int, into writer: inout ByteWriter, _ value: (Int) -> UInt64) {
        var words = [UInt64](repeating: 0, count: byteCount(count, width: width) / 8)
        if width > 0 {
            var bit = 0
            words.withUnsafeMutableBufferPointer { words in
                for index in 0..<count {
                    let item = value(index)
                    let (word, shift) = (bit >> 6, UInt64(bit & 63))
                    words[word] |= item << shift
                    if Int(shift) + width > 64 { words[word + 1] |= item >> (64 - shift) }
                    bit += width
                }
            }
        }
        writer.append(all: words)
    }

    /// Unpacks `count` values behind byte `offset` of `view`, adding `base` to each.
    /// - Throws: `LakeError` (corrupt) when the view is too short or `width` is over 64.
    public static func unpack(
        _ view: ByteView, at offset: Int, count: Int, width: Int, base: Int64, into target: inout [Int64]
    ) throws {
        let packed = try checked(view, at: offset, count: count, width: width)
        target = [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
            packed.withUnsafeBytes { source in
                read(source, count: count, width: width) { buffer[$0] = base &+ Int64(bitPattern: $1) }
            }
            initialized = count
        }
    }

    /// Unpacks `count` codes behind byte `offset` of `view`, adding `base` to each (modulo 2^32).
    /// - Throws: `LakeError` (corrupt) when the view is too short or `width` is over 32.
    public static func unpack(
        _ view: ByteView, at offset: Int, count: Int, width: Int, base: UInt32, into target: inout [UInt32]
    ) throws {
        guard width <= 32 else { throw view.corrupt("codes of \(width) bits; at most 32 are allowed") }
        let packed = try checked(view, at: offset, count: count, width: width)
        target = [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
            packed.withUnsafeBytes { source in
                let bytes = source.bindMemory(to: UInt8.self).baseAddress
                // Behind the values lies a word of zeros, so that 8 bytes can be read from any of them.
                let done = ck_unpack(bytes, count, UInt32(width), base, buffer.baseAddress)
                let rest = UnsafeRawBufferPointer(rebasing: source[(done / 8 * width)...])
                read(rest, count: count - done, width: width) {
                    buffer[done + $0] = base &+ UInt32(truncatingIfNeeded: $1)
                }
            }
            initialized = count
        }
    }

    /// The codes at `positions`, which ascend, of `count` packed ones, adding `base` to each (modulo 2^32).
    /// - Throws: `LakeError` (corrupt) when the view is too short, `width` is over 32 or a position is not below the count.
    public static func codes(
        _ view: ByteView, at offset: Int, count: Int, width: Int, base: UInt32, positions: [Int32]
    ) throws -> [UInt32] {
        guard width <= 32 else { throw view.corrupt("codes of \(width) bits; at most 32 are allowed") }
        let packed = try checked(view, at: offset, count: count, width: width)
        guard let first = positions.first, let last = positions.last else { return [] }
        guard first >= 0, last < count, width > 0 else {
            if width == 0, last < count { return [UInt32](repeating: base, count: positions.count) }
            throw view.corrupt("no packed value \(last) among \(count)")
        }
        let mask: UInt64 = (1 << UInt64(width)) - 1
        return packed.withUnsafeBytes { source in
            // A word of zeros ends what is packed, so that 8 bytes can be read from wherever a value begins.
            positions.map { position in
                let bit = min(max(Int(position), 0), Int(last)) * width
                let word = source.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self)
                return base &+ UInt32(truncatingIfNeeded: UInt64(littleEndian: word) >> UInt64(bit & 7) & mask)
            }
        }
    }

    /// The value at `index` of a packed run, without `base`.
    /// - Throws: `LakeError` (corrupt) when it lies outside the view.
    public static func value(_ view: ByteView, at offset: Int, index: Int, width: Int) throws -> UInt64 {
        guard width > 0 else { return 0 }
        let bit = index * width
        let low: UInt64 = try view.load(at: offset + (bit >> 6) * 8)
        let shift = UInt64(bit & 63)
        var value = low >> shift
        if Int(shift) + width > 64 {
            let high: UInt64 = try view.load(at: offset + (bit >> 6) * 8 + 8)
            value |= high << (64 - shift)
        }
        return width == 64 ? value : value & ((1 << UInt64(width)) - 1)
    }

    private static func checked(_ view: ByteView, at offset: Int, count: Int, width: Int) throws -> ByteView {
        guard width >= 0, width <= 64, count >= 0 else {
            throw view.corrupt("packed values of \(width) bits; 0 to 64 are allowed")
        }
        return try view.slice(offset: offset, count: byteCount(count, width: width))
    }

    @inline(__always)
    private static func read(
        _ source: UnsafeRawBufferPointer, count: Int, width: Int, _ store: (Int, UInt64) -> Void
    ) {
        guard width > 0 else {
            for index in 0..<count { store(index, 0) }
            return
        }
        let mask: UInt64 = width == 64 ? ~0 : (1 << UInt64(width)) - 1
        guard let base = source.baseAddress else { return }
        var bit = 0
        if width <= 56 {
            for index in 0..<count {
                let word = (base + bit >> 3).loadUnaligned(as: UInt64.self)
                store(index, UInt64(littleEndian: word) >> UInt64(bit & 7) & mask)
                bit += width
            }
            return
        }
        for index in 0..<count {
            let word = base + (bit >> 6) * 8
            let shift = UInt64(bit & 63)
            var value = UInt64(littleEndian: word.loadUnaligned(as: UInt64.self)) >> shift
            if shift != 0 {
                value |= UInt64(littleEndian: (word + 8).loadUnaligned(as: UInt64.self)) << (64 - shift)
            }
            store(index, value & mask)
            bit += width
        }
    }
}
